"""A friend is taken out of pairs that are there already, and the ledger shows it."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from datasets import load_from_disk

from talklikeme import forget, runs
from talklikeme.messages import Message
from talklikeme.options import PrepareOptions
from talklikeme.preparation import prepare, write_pairs
from tests.chats import as_read, said
from tests.scripts import call

Make = Callable[..., Path]
BO = {"conversation_id": "whatsapp:bo", "conversation_title": "Bo"}
CREW = {"conversation_id": "whatsapp:crew", "conversation_title": "Crew", "is_group": True}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(talk: list[Message], **options: Any) -> Path:
        spool = tmp_path / "spool"
        spool.mkdir()
        given = PrepareOptions(out=tmp_path / "out", groups="keep", timezone="UTC", **options)
        write_pairs(prepare(as_read(talk, spool, len(talk)), given, spool), given)
        return tmp_path / "out"

    return write


@pytest.fixture
def out(make: Make) -> Path:
    return make(
        [
            said("zoe", "hi", "10:00"),
            said("me", "hey", "10:01"),
            said("bo", "secret", "10:00", **BO),
            said("bo", "really", "10:00", **BO),
            said("me", "wow", "10:01", **BO),
            said("me", "bo?", "12:10", **BO),
            said("bo", "i was there", "10:00", **CREW),
            said("zoe", "me too", "10:01", **CREW),
            said("me", "all of you", "10:02", **CREW),
        ]
    )


def replies(out: Path) -> list[str]:
    """My replies that are left, in alphabetical order."""
    rows = [row for split in load_from_disk(str(out / "pairs")).values() for row in split]
    return sorted(row["completion"][0]["content"] for row in rows)


def test_a_forgotten_friend_is_nowhere(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = runs.pairs_identity(out / "pairs")
    done = call(forget.main, ["bo", "--out", str(out)], capsys)
    assert done.code == 0, done.err
    assert "3 pairs removed" in done.out

    assert replies(out) == ["hey"]
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


def days(who: str, asks: str, answers: str, **fields: Any) -> list[Message]:
    """The same question and answer on sixty days."""
    return [
        said(speaker, text, f"2024-0{1 + day // 28}-{1 + day % 28:02} 10:0{minute}:07", **fields)
        for day in range(60)
        for minute, (speaker, text) in enumerate(((who, asks), ("me", answers)))
    ]


def test_the_report_is_made_anew_and_knows_nothing_of_the_friend(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    out = make(
        [
            *days("zoe", "have you seen bo zebra", "lol otter"),
            *days("bo", "yacht call 0171 3920012", "ahoy sailor", **BO),
            *days("zoe", "meeting walrus", "noted", **CREW),
            said("me", "hello?", "2024-06-01 10:00", conversation_title="Bo & me", **{
                "conversation_id": "whatsapp:none"}),
        ]
    )  # fmt: skip
    report = out / "pairs" / "report.html"
    before = report.read_text(encoding="utf-8")
    assert all(word in before for word in ("yacht", "ahoy", "otter", "Bo"))

    assert call(forget.main, ["Bo", "--out", str(out)], capsys).code == 0
    page = report.read_text(encoding="utf-8")
    told = " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.S)).split())
    assert not re.search(r"\b(bo|yacht|ahoy|sailor)\b", told, re.IGNORECASE)
    assert all(word in told for word in ("otter", "walrus", "Zoe", "groups on WhatsApp"))
    assert "made from the pairs that are left" in told
    assert "Half of your replies come within 1 minute" in told
    ledger = json.loads((out / "pairs" / "ledger.json").read_text(encoding="utf-8"))
    gone = ledger["total"]["forgotten friend"]
    assert gone > 100
    assert f"forgotten friend taken out of the pairs again {gone}" in told
    assert ledger["redaction"]["counts"]["phone"] == 60
    assert ledger["redaction"]["examples"] == {}


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("bo", ["quoted", "to carl", "to the second"]),
        ("BO: the second", ["quoted", "to bo", "to carl"]),
        ("carl", ["quoted", "to bo", "to the second"]),
        ("zoe", ["to bo", "to carl", "to the second"]),
    ],
)
def test_speakers_in_groups_are_known_by_their_whole_names(
    make: Make, capsys: pytest.CaptureFixture[str], name: str, left: list[str]
) -> None:
    second = {"sender_name": "Bo: the second", **CREW}
    out = make(
        [
            said("bo", "x", "10:00", **CREW),
            said("me", "to bo", "10:01", **CREW),
            said("b2", "x: y", "12:00", **second),
            said("me", "to the second", "12:01", **CREW),
            said("carl", "Bo: x", "16:00", **CREW),
            said("me", "to carl", "16:01", **CREW),
            said("zoe", "Bo: come over", "10:00"),
            said("me", "quoted", "10:01"),
        ]
    )
    assert call(forget.main, [name, "--out", str(out)], capsys).code == 0
    assert replies(out) == left


@pytest.mark.parametrize("name", ["Bo Lind", "whatsapp/bo", "telegram/user22", "user22", "bo"])
def test_any_of_a_persons_identities_names_the_person(
    make: Make, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    people = tmp_path / "people.yaml"
    people.write_text("Bo Lind:\n  - whatsapp/bo\n  - telegram/user22\n", encoding="utf-8")
    other = {"platform": "telegram", "conversation_id": "telegram:22", "conversation_title": "B"}
    out = make(
        [
            said("zoe", "hi", "10:00"),
            said("me", "hey", "10:01"),
            said("bo", "one", "10:00", **BO),
            said("me", "wow", "10:01", **BO),
            said("user22", "two", "10:00", **other),
            said("me", "so", "10:01", **other),
            said("user22", "three", "10:00", platform="telegram", **CREW),
            said("me", "crew", "10:01", platform="telegram", **CREW),
        ],
        people=people,
    )
    assert call(forget.main, [name, "--out", str(out)], capsys).code == 0
    assert replies(out) == ["hey"]
