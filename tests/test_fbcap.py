"""What fbchat-archive-parser wrote, in each of its forms."""

import json
from pathlib import Path

import pytest

from talklikeme.exports import fbcap
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Tally
from tests.export_checks import errors, messages, read_with

GOLDEN = Path(__file__).parent / "golden" / "fbcap"
EXPECTED = json.loads((GOLDEN / "expected_messages").read_text(encoding="utf-8"))
FORMS = sorted(path for path in GOLDEN.iterdir() if path.name not in ("make.py", "expected_messages"))  # fmt: skip
HEAD = "[2013-10-04T22:05-07:00] "


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_every_form_gives_the_same_messages(path: Path) -> None:
    items = read_with(fbcap, path)
    found = [
        [one.sender_name, one.kind, one.text, f"{one.ts:%H:%M}", one.is_me, one.is_group]
        for one in messages(items)
    ]
    assert not errors(items)
    assert found == [[*one[:3], f"{int(one[3][:2]) - 2:02d}{one[3][2:]}", *one[4:]] for one in EXPECTED]  # fmt: skip
    assert {one.conversation_id for one in messages(items)} == {
        "messenger:ali can + kim berg + zoë ruiz", "messenger:kim berg + zoë ruiz",
    }  # fmt: skip


def read_text(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "fbMessages.txt"
    path.write_text(text, encoding="utf-8", newline="")
    return [f"{one.sender_name}|{one.text}" for one in messages(read_with(fbcap, path))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{HEAD}Zoë: a: b\n", ["Zoë|a: b"]),
        (f"{HEAD}Zoë:\n{HEAD}Kim: x\n", ["Zoë|", "Kim|x"]),
        (f"{HEAD}Zoë: \n\n    one\n    \n        two\n\n{HEAD}Kim: x", ["Zoë|one\n\n    two", "Kim|x"]),
        (f"{HEAD}Zoë: \n\n    Conversation with Ali:\n\n", ["Zoë|Conversation with Ali:"]),
        (f"{HEAD}Zoë: one\u2028two\r\n{HEAD}Kim: x\r\n", ["Zoë|one\u2028two", "Kim|x"]),
        ("[2013-10-04 22:05Z] Zoë: of the first version\n", ["Zoë|of the first version"]),
        (f"\ufeff{HEAD}Zoë: hi\n", ["Zoë|hi"]),
        (f"{HEAD}Zoë: (image reference: messages/photos/1.jpg)\n", ["Zoë|"]),
    ],
)  # fmt: skip
def test_lines_of_the_text_form(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert read_text(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("stamp", "utc", "basis"),
    [
        ("2013-10-04T22:05-07:00", "05:05", "offset"),
        ("2013-10-04T22:05+0530", "16:35", "offset"),
        ("2013-10-04T22:05Z", "22:05", "utc"),
    ],
)
def test_offsets(tmp_path: Path, stamp: str, utc: str, basis: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"[{stamp}] Zoë: hi\n", encoding="utf-8")
    [message] = messages(read_with(fbcap, path))
    assert (f"{message.ts:%H:%M}", message.tz_basis) == (utc, basis)


def test_without_owner_or_thread_nobody_is_me(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{HEAD}Zoë: hi\n{HEAD}Kim: hi\n", encoding="utf-8")
    assert {one.is_me for one in messages(read_with(fbcap, path))} == {None}


@pytest.mark.parametrize(
    "broken",
    ["5", "null", "{}", '{"sender": "Z", "date": 5, "message": "x"}', '{"sender": 7, "date": "2013-10-04T22:05Z"}',
     '{"sender": "Z", "date": "2013-13-04T22:05Z", "message": "x"}', '{"sender": "Z", "date": "0001-01-01T00:00+14:00"}',
     '{"sender": "Z", "date": "2013-10-04T22:05Z", "message": ["x"]}', '{"sender": "Z", "date": "2013-10-04T22:05"}',
     "1e400"],
)  # fmt: skip
def test_a_broken_record_is_one_error(tmp_path: Path, broken: str) -> None:
    good = '{"sender": "Z", "date": "2013-10-04T22:05Z", "message": "x"}'
    path = tmp_path / "a.json"
    path.write_text(
        f'{{"threads": [5, {{"participants": 5, "messages": [{good}, {broken}, {good}]}}]}}',
        encoding="utf-8",
    )
    items = read_with(fbcap, path)
    assert len(messages(items)) == 2
    assert [one.records for one in errors(items)] == [1]


@pytest.mark.parametrize(
    ("name", "cut"), [("archive.json", 400), ("archive.csv", 120), ("fbMessages.txt", 300)]
)
def test_a_file_that_breaks_off_keeps_what_stands_before(
    tmp_path: Path, name: str, cut: int
) -> None:
    path = tmp_path / name
    path.write_bytes((GOLDEN / name).read_bytes()[:cut])
    items = read_with(fbcap, path)
    assert [item for item in items if isinstance(item, Tally)]
    assert not name.endswith("json") or [one.records for one in errors(items)] == [0]


@pytest.mark.parametrize(
    "content",
    ['date: 2013-10-04T22:05Z\nsender: [\nmessage: "', "date: 2013-10-04T22:05Z\nsender: x\nmessage: " + "[" * 100_000,
     "date: 2013-10-04T22:05Z\nsender: &a x\nmessage: [*a, *a]", "date: 2013-10-04T22:05Z\n? [sender: 1]\n: message: 1",
     '{"sender": "", "message": "", "date": "2013-10-04T22:05Z", "threads": ' + "[" * 100_000],
)  # fmt: skip
def test_hostile_files_end_in_one_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(content, encoding="utf-8")
    items = read_with(fbcap, path)
    assert [(one.path, one.records) for one in errors(items)] == [(path.as_posix(), 0)]


@pytest.mark.parametrize(
    ("head", "is_mine"),
    [
        (b"---\n Conversation history of Kim\n---\n", True),
        (b"[2013-10-04T22:05-07:00] Kim: x\n[2013-10-04T22:05-07:00] Kim: ", True),
        (b"thread,sender,date,message\r\nZ,", True),
        (b"Chat history manifest for: Kim\n", True),
        (b"[04.10.13, 22:05:00] Kim: x\n[2013-10-04T22:05-07:00] pasted: x\n[04.10.13, 22:06:00] Kim: y", False),
        (b"[2013-10-04, 22:05:00] Kim: x", False),
        (b"From,Content\nKim,\"look:\n[2013-10-04T22:05-07:00] Zoe: pasted\"\n", False),
        (b'{"participants": [{"name": "Z"}], "messages": [{"sender_name": "Z", "timestamp_ms": 1}]}', False),
        (b'[{"sender": "Z", "message": "x", "date": "04/10/2013"}]', False),
        (b"sender,date,text\n", False),
        (b"\0\xff" * 100, False),
        (b"", False),
    ],
)  # fmt: skip
def test_recognises(head: bytes, is_mine: bool) -> None:
    file = ExportFile("any.txt", len(head), lambda: pytest.fail("head is enough"))
    assert fbcap.recognises(file, head) == is_mine
