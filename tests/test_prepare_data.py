"""prepare_data.py as a user runs it: what it writes, what it says, what it refuses."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import load_from_disk

import prepare_data
from talklikeme.exports import whatsapp
from talklikeme.exports.items import Tally
from talklikeme.messages import Message
from tests.scripts import Outcome, call, command, snapshot

CHAT = """\
01/03/2024, 09:58 - Messages and calls are end-to-end encrypted. Tap to learn more.
01/03/2024, 10:00 - Zoë: hey 😂
01/03/2024, 10:00 - Zoë: you up?
01/03/2024, 10:01 - Kim Berg: <Media omitted>
01/03/2024, 10:02 - Kim Berg: haha
no way
25/03/2024, 18:00 - Kim Berg: hi
25/03/2024, 18:01 - Zoë: hello
25/03/2024, 18:02 - Kim Berg: :)
"""

Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_here(*argv: str) -> Outcome:
        return call(
            prepare_data.main,
            [*argv, "--out", str(tmp_path / "out"), "--timezone", "Europe/Berlin"],
            capsys,
        )

    return run_here


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "exports" / "WhatsApp Chat with Zoë.txt"
    path.parent.mkdir()
    path.write_text(CHAT, encoding="utf-8")
    return path


def rows(tmp_path: Path) -> list[dict[str, Any]]:
    data = load_from_disk(str(tmp_path / "out" / "pairs"))
    return sorted((row for split in data.values() for row in split), key=lambda row: row["sent_at"])


def read_ledger(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "out" / "pairs" / "ledger.json"
    ledger: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return ledger


def test_of_a_few_sessions_some_are_left_to_learn_from(
    run: Run, chat: Path, tmp_path: Path
) -> None:
    """The hash of a single session may well say "test", and then there was nothing to train on."""
    exports = ("--exports", str(chat.parent))
    assert run(*exports, "--test-share", "0.99", "--validation-share", "0.01").code == 0
    splits = load_from_disk(str(tmp_path / "out" / "pairs"))
    assert {split: len(pairs) for split, pairs in splits.items()} == {
        "train": 3,
        "validation": 0,
        "test": 0,
    }
    ledger = read_ledger(tmp_path)
    assert ledger["records"] == sum(ledger["total"].values()) == 8

    done = run(*exports, "--test-since", "2024-01-01", "--fresh")
    assert (done.code, done.out) == (1, "")
    assert "--test-since 2024-01-01: none of the 3 pairs is older" in done.err


def test_a_chat_becomes_a_dataset_that_others_can_read(
    run: Run, chat: Path, tmp_path: Path
) -> None:
    done = run("--exports", str(chat.parent))
    assert done.code == 0, done.err

    first, opener, last = rows(tmp_path)
    assert first["prompt"] == [
        {"role": "user", "content": "hey 😂"},
        {"role": "user", "content": "you up?"},
    ]
    assert first["completion"] == [{"role": "assistant", "content": "haha\nno way"}]
    assert first["sent_at"].isoformat() == "2024-03-01T09:02:00+00:00"
    assert (first["platform"], first["friend"], first["reply_delay_s"]) == ("whatsapp", "Zoë", 60.0)
    assert first["source"] == chat.as_posix()
    assert (opener["prompt"], opener["friend"], opener["reply_delay_s"]) == ([], "Zoë", None)
    assert last["session"] == opener["session"] != first["session"]

    readable = (tmp_path / "out" / "pairs" / "pairs.txt").read_text(encoding="utf-8")
    assert "them: hey 😂\nthem: you up?\nME>   haha\n      no way\n" in readable
    ledger = read_ledger(tmp_path)
    assert ledger["records"] == sum(ledger["total"].values()) == 8
    assert ledger["total"]["media only"] == 1


def test_a_second_run_sees_an_export_that_changed(run: Run, chat: Path, tmp_path: Path) -> None:
    """datasets' own builders return the old rows here (huggingface/datasets#7448)."""
    run("--exports", str(chat))
    chat.write_text(CHAT.replace("haha", "hihi"), encoding="utf-8")
    assert run("--exports", str(chat)).code == 0
    assert rows(tmp_path)[0]["completion"][0]["content"] == "hihi\nno way"


def test_the_unified_stream_has_every_message_and_field(
    run: Run, chat: Path, tmp_path: Path
) -> None:
    stream = tmp_path / "stream.jsonl"
    assert run("--exports", str(chat), "--messages", str(stream)).code == 0
    messages = [json.loads(line) for line in stream.read_text(encoding="utf-8").splitlines()]

    assert len(messages) == 8
    fields = (
        "platform conversation_id conversation_title is_group participants sender_id sender_name is_me ts "
        "tz_basis seq text attachments reactions reply_to edited deleted system forwarded kind source_file "
        "source_line"
    )
    assert set(fields.split()) <= messages[0].keys()
    photo = messages[3]
    assert (photo["ts"], photo["kind"], photo["text"]) == ("2024-03-01T09:01:00+00:00", "media", "")
    assert (photo["is_me"], photo["tz_basis"], photo["source_line"]) == (True, "local", 4)
    assert sorted(photo["participants"]) == ["Kim Berg", "Zoë"]


@pytest.mark.parametrize("flags", [[], ["--inspect"]])
def test_people_are_suggested_with_and_without_pairs(
    run: Run, chat: Path, tmp_path: Path, flags: list[str]
) -> None:
    people = tmp_path / "people.yaml"
    assert run("--exports", str(chat), "--suggest-people", str(people), *flags).code == 0
    assert "Zoë:\n- whatsapp/zoë\n" in people.read_text(encoding="utf-8")
    assert run("--exports", str(chat), "--people", str(people)).code == 0


def test_inspect_only_looks(run: Run, chat: Path, tmp_path: Path) -> None:
    (chat.parent / "shopping.txt").write_text("milk\neggs\n", encoding="utf-8")
    (chat.parent / "broken.zip").write_bytes(b"PK\x03\x04 not really")
    done = run("--exports", str(chat.parent), "--inspect")

    assert done.code == prepare_data.PARTLY_READ
    assert not (tmp_path / "out").exists()
    assert "Kim Berg" in done.out
    assert "2024-03-25" in done.out
    assert "shopping.txt" in done.out
    assert "broken.zip: not a whole archive" in done.err


def test_one_broken_file_does_not_stop_the_rest(run: Run, chat: Path, tmp_path: Path) -> None:
    (chat.parent / "broken.zip").write_bytes(b"PK\x03\x04 not really")
    done = run("--exports", str(chat.parent))
    assert done.code == prepare_data.PARTLY_READ
    assert "broken.zip: not a whole archive. Download it again." in done.err
    assert len(rows(tmp_path)) == 3


def test_a_doubt_is_told_but_is_no_failure(run: Run, chat: Path) -> None:
    chat.write_text(
        "01/03/24, 10:00 - Zoë: hi\n01/03/24, 10:01 - Kim Berg: hey\n", encoding="utf-8"
    )
    done = run("--exports", str(chat))
    assert done.code == 0
    assert "note: " in done.err
    assert "Pass --date-order month-first if that is wrong" in done.err


def test_a_reader_that_loses_a_message_is_found_out(
    run: Run, chat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--exports", str(chat))
    before = snapshot(tmp_path / "out")
    read = whatsapp.read

    def forgetful(*args: Any) -> Any:
        return (
            item for item in read(*args) if not (isinstance(item, Message) and item.text == "hello")
        )

    monkeypatch.setattr(whatsapp, "read", forgetful)
    done = run("--exports", str(chat))
    assert done.code == 1
    assert "holds 8 messages, but 7 are accounted for" in done.err
    assert snapshot(tmp_path / "out") == before


def test_a_reader_that_yields_a_message_twice_is_found_out(
    run: Run, chat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = whatsapp.read
    monkeypatch.setattr(
        whatsapp,
        "read",
        lambda *args: (
            again
            for item in read(*args)
            for again in ([item] if isinstance(item, Tally) else [item, item])
        ),
    )
    assert "holds 8 messages, but 16 are" in run("--exports", str(chat)).err


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def zipped(path: Path, name: str, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return path


TELEGRAM = '{"name": "Zo", "type": "personal_chat", "id": 2, "messages": ['
BAD_INPUT: list[tuple[str, Callable[[Path], Path], str]] = [
    ("missing", lambda d: d / "nowhere", "nowhere: no such file or folder."),
    ("empty folder", lambda d: d, "the folder is empty."),
    ("no archive", lambda d: write(d / "a.zip", "PK??"), "a.zip: not a whole archive."),
    (
        "truncated archive",
        lambda d: write(
            d / "b.zip", zipped(d / "a.zip", "_chat.txt", CHAT.encode()).read_bytes()[:-30]
        ),
        "b.zip: not a whole archive.",
    ),
    (
        "climbing archive",
        lambda d: zipped(d / "a.zip", "../_chat.txt", b"x"),
        "points outside the archive",
    ),
    (
        "rooted archive",
        lambda d: zipped(d / "a.zip", "/_chat.txt", b"x"),
        "points outside the archive",
    ),
    ("bomb", lambda d: zipped(d / "a.zip", "_chat.txt", b"0" * 10_000_000), "like a zip bomb"),
    (
        "broken JSON",
        lambda d: write(d / "result.json", TELEGRAM + '{"id": 1, "type"'),
        "result.json",
    ),
    (
        "not UTF-8",
        lambda d: write(
            d / "inbox" / "zo_1" / "message_1.json",
            b'{"participants": [{"name": "\xff"}], "messages": [{"sender_name": "\xff"}]}',
        ),
        "message_1.json: not UTF-8",
    ),
    ("no export", lambda d: write(d / "notes.txt", "milk\neggs\n"), "no chat export recognised"),
    ("binary", lambda d: write(d / "cat.jpg", bytes(range(256)) * 99), "no chat export recognised"),
    (
        "nobody answered",
        lambda d: write(
            d / "x.txt", "01/03/2024, 10:00 - Zo: <Media omitted>\n01/03/2024, 10:01 - Kim: null\n"
        ),
        "no pairs came out of 2 messages",
    ),
    (
        "not mine",
        lambda d: write(d / "x.txt", "01/03/2024, 10:00 - Zo: hi\n01/03/2024, 10:01 - Al: hey\n"),
        '"Kim" is nobody in the whatsapp chats. Pass --me NAME; the people there: Zo (1), Al (1)',
    ),
]


@pytest.mark.parametrize(
    ("make", "complaint"), [case[1:] for case in BAD_INPUT], ids=[c[0] for c in BAD_INPUT]
)
def test_bad_input_is_one_line_and_earlier_results_stay(
    run: Run, chat: Path, tmp_path: Path, make: Callable[[Path], Path], complaint: str
) -> None:
    run("--exports", str(chat))
    before = snapshot(tmp_path / "out")
    (tmp_path / "bad").mkdir()
    done = run("--exports", str(make(tmp_path / "bad")), "--me", "Kim")

    assert done.code != 0
    assert complaint in done.err, done.err
    assert len(done.error_lines) == 1
    assert "Traceback" not in done.err
    assert snapshot(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("argv", "complaint", "code"),
    [
        ([], "no exports named. Pass --exports PATH", 2),
        (
            ["--exports", "x", "--timezone", "Mars/Base"],
            "--timezone Mars/Base: no such time zone",
            2,
        ),
    ],
)
def test_wrong_options_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, argv: list[str], complaint: str, code: int
) -> None:
    done = call(prepare_data.main, [*argv, "--out", str(tmp_path)], capsys)
    assert (done.code, len(done.error_lines)) == (code, 1)
    assert complaint in done.err


def test_another_configs_results_are_not_overwritten(run: Run, chat: Path, tmp_path: Path) -> None:
    config = write(tmp_path / "mine.yaml", "prepare_data: {context_turns: 2}\n")
    run("--exports", str(chat))
    before = snapshot(tmp_path / "out")

    done = run(str(config), "--exports", str(chat))
    assert done.code == 1
    assert "was made with no config, not with" in done.err
    assert snapshot(tmp_path / "out") == before
    assert run(str(config), "--exports", str(chat), "--fresh").code == 0


def test_a_full_disk_is_one_line_and_earlier_results_stay(
    run: Run, chat: Path, tmp_path: Path
) -> None:
    """RLIMIT_FSIZE refuses a write in the middle of a file, as a full disk does."""
    run("--exports", str(chat))
    before = snapshot(tmp_path / "out")
    limited = (
        "import resource, functools, prepare_data; from talklikeme.errors import run_script;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600));"
        f"run_script(functools.partial(prepare_data.main, ['--exports', {str(chat)!r}, '--out', "
        f"{str(tmp_path / 'out')!r}]))"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True)
    assert done.returncode == 1
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(tmp_path / "out") == before


def test_what_is_written_is_private(run: Run, chat: Path, tmp_path: Path) -> None:
    run("--exports", str(chat), "--messages", str(tmp_path / "stream.jsonl"))
    assert (tmp_path / "out" / "pairs").stat().st_mode & 0o077 == 0
    assert (tmp_path / "stream.jsonl").stat().st_mode & 0o077 == 0


def test_the_command_itself_works(chat: Path, tmp_path: Path) -> None:
    done = command("prepare_data", "--exports", str(chat), "--out", str(tmp_path / "out"))
    assert done.code == 0, done.err
    assert "Next: python train_tokenizer.py" in done.out
