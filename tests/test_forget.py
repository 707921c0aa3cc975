"""A friend is taken out of pairs that are there already, and the ledger shows it."""

import json
from pathlib import Path

import pytest
from datasets import load_from_disk

from talklikeme import forget, runs
from talklikeme.options import PrepareOptions
from talklikeme.preparation import prepare, write_pairs
from tests.chats import as_read, said
from tests.scripts import call


@pytest.fixture
def out(tmp_path: Path) -> Path:
    crew = {"conversation_id": "crew", "is_group": True}
    bo = {"conversation_id": "bo", "conversation_title": "Bo"}
    talk = [
        said("zoe", "hi", "10:00"),
        said("me", "hey", "10:01"),
        said("bo", "secret", "10:00", **bo),
        said("bo", "really", "10:00", **bo),
        said("me", "wow", "10:01", **bo),
        said("me", "bo?", "12:10", **bo),
        said("bo", "i was there", "10:00", **crew),
        said("zoe", "me too", "10:01", **crew),
        said("me", "all of you", "10:02", **crew),
    ]
    spool = tmp_path / "spool"
    spool.mkdir()
    options = PrepareOptions(out=tmp_path / "out", groups="keep")
    write_pairs(prepare(as_read(talk, spool, len(talk)), options, spool), options)
    return tmp_path / "out"


def test_a_forgotten_friend_is_nowhere(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = runs.pairs_identity(out / "pairs")
    done = call(forget.main, ["bo", "--out", str(out)], capsys)
    assert done.code == 0, done.err
    assert "3 pairs removed" in done.out

    rows = [row for split in load_from_disk(str(out / "pairs")).values() for row in split]
    assert [row["completion"][0]["content"] for row in rows] == ["hey"]
    stored = b"".join(path.read_bytes() for path in (out / "pairs").rglob("*") if path.is_file())
    assert b"secret" not in stored
    assert b"i was there" not in stored

    ledger = json.loads((out / "pairs" / "ledger.json").read_text(encoding="utf-8"))
    assert ledger["records"] == sum(ledger["total"].values()) == 9
    assert ledger["total"]["forgotten friend"] == 7
    assert all(file["records"] == sum(file["fates"].values()) for file in ledger["files"].values())
    assert runs.pairs_identity(out / "pairs") != identity  # so that finetune.py notices


def test_a_name_that_is_nobody_changes_nothing(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = call(forget.main, ["Nobody", "--out", str(out)], capsys)
    assert (done.code, len(done.error_lines)) == (1, 1)
    assert "nobody of that name" in done.err
