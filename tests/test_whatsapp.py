"""WhatsApp exports: every dialect says the same, whatever the file is called and however it ends."""

import json
import time
import zipfile
from pathlib import Path

import pytest

from talklikeme.errors import ExportError
from talklikeme.exports import whatsapp
from talklikeme.exports.files import find_files
from tests.export_checks import errors
from tests.export_checks import messages as messages_of
from tests.whatsapp_kit import BERLIN, LRM, read_items, said, write_dates

GOLDEN = Path(__file__).parent / "golden" / "whatsapp"


# One chat in 18 dialects (golden/whatsapp/make.py writes the files).


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_every_dialect_says_the_same(path: Path) -> None:
    items = read_items(path)
    messages = messages_of(items)
    got = [
        {
            "minute": f"{message.ts.astimezone(BERLIN):%Y-%m-%d %H:%M}",
            "author": message.sender_name or "",
            "kind": message.kind,
            "text": "" if message.system else message.text,
            "edited": message.edited,
        }
        for message in messages
    ]
    assert got == json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
    assert errors(items) == []
    assert [message.seq for message in messages] == list(range(len(messages)))
    assert messages[0].is_group
    assert messages[0].participants == ("Kim: work", "Zoë Ruiz 🌵", "+49 170 1234567")
    assert whatsapp.recognises(next(iter(find_files([path]))), path.read_bytes()[:65_536])  # type: ignore[arg-type]


# Files.


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("WhatsApp Chat with Ann Lee.txt", "Ann Lee"), ("WhatsApp Chat with Ann (1).txt", "Ann"),
        ("WhatsApp_Chat_with_Ann_Lee.txt", "Ann Lee"), ("WhatsApp Chat - Ann.txt", "Ann"),
        ("WhatsApp Chat mit Ann.txt", "Ann"), ("Discussion WhatsApp avec Ann.txt", "Ann"),
        ("Chat de WhatsApp con Ann.txt", "Ann"), ("Chat WhatsApp con Ann.txt", "Ann"),
        ("Conversa do WhatsApp com Ann.txt", "Ann"), ("WhatsApp-chat met Ann.txt", "Ann"),
        ("Чат WhatsApp с Ann.txt", "Ann"), ("WhatsApp Chat with +49 170 1234567.txt", "+49 170 1234567"),
        ("WhatsApp Chat with with Bob.txt", "with Bob"), ("WhatsApp Chat - Ann/_chat.txt", "Ann"),
        ("WhatsApp Chat - Ann (2).zip/_chat.txt", "Ann"), ("holiday.txt", None), ("WhatsApp Chat.txt", None),
        ("与Ann的 WhatsApp 聊天.txt", "Ann"),
    ],
)  # fmt: skip
def test_titles(tmp_path: Path, name: str, title: str | None) -> None:
    path = tmp_path / name
    line = "28/12/2019, 21:43 - Ann: hi\n"
    if path.parent.suffix == ".zip":
        path = path.parent
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("_chat.txt", line)
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(line, encoding="utf-8")
    (message,) = messages_of(read_items(path))
    assert message.conversation_title == title


def test_exports_of_one_chat_meet_and_others_do_not(tmp_path: Path) -> None:
    names = [
        "a/WhatsApp Chat with Ann.txt",
        "b/WhatsApp Chat - Ann/_chat.txt",
        "c/x.txt",
        "d/x.txt",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True)
        write_dates(tmp_path / name, "28/12/2019")
    ann, also_ann, one, two = messages_of(read_items(*(tmp_path / name for name in names)))
    assert ann.conversation_id == also_ann.conversation_id
    assert len({ann.conversation_id, one.conversation_id, two.conversation_id}) == 3


def test_a_text_file_sent_in_a_chat_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "WhatsApp Chat - Ann.zip", "w") as archive:
        archive.writestr("_chat.txt", "[28.12.19, 21:43:05] Ann: hi\n")
        archive.writestr("00000003-WhatsApp Chat with Bob.txt", "28/12/2019, 21:43 - Bob: no\n")
    items = read_items(tmp_path)
    assert said(messages_of(items)) == [("Ann", "hi")]
    assert [error.records for error in errors(items)] == [0]


CHAT_LINE = b"28/12/2019, 21:43 - Ann: hi\n"


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("anything.txt", CHAT_LINE, True),
        ("WhatsApp Chat with Ann.txt", CHAT_LINE + b"x\n" * 60, True),
        ("anything.txt", CHAT_LINE + b"x\n" * 60, False),
        ("anything.txt", (CHAT_LINE + b"x\n" * 60) * 3, True),
        ("anything.txt", ("28/12/2019, 9:43\u202fPM - Ann: hi\n" * 2 + "ö").encode()[:-1], True),
        ("anything.txt", ("28/12/2019, 21:43 - Ann: hi\n" * 2).encode("utf-16")[:-1], True),
        ("anything.txt", b"13.06.18 21.25.15: Ann: hi\n", True),
        ("_chat.txt", b"hello\n", False),
        ("irc.txt", b"2015-01-02 10:11:12 <Ann> bob: hi\n" * 5, False),
        ("irc.txt", b"[2015-01-02 10:11:12] <Ann> bob: hi\n" * 5, False),
        ("app.log", b"2015-01-02 10:11:12 INFO: started\n" * 5, False),
        ("Ann.txt", b"Jan 05, 2023  8:00:00 AM\nMe\nhi\n" * 5, False),
        ("dce.txt", b"=" * 62 + b"\nGuild: x\n" + b"[28-Oct-20 05:22 PM] Ann\nhi\n" * 5, False),
        ("chat.md", b"[2019-05-29 15:30] Me: hi\n" * 5, False),
        ("result.json", b'{"a": "28/12/2019, 21:43 - Ann: hi"}', False),
        ("index.html", b"<html>\n" + CHAT_LINE * 5, False),
        ("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)) * 200, False),
        ("x.bin", bytes(65_536), False),
        ("empty.txt", b"", False),
    ],
)
def test_recognises(tmp_path: Path, name: str, head: bytes, expected: bool) -> None:
    (tmp_path / name).write_bytes(head)
    (file,) = find_files([tmp_path / name])
    assert not isinstance(file, ExportError)
    assert whatsapp.recognises(file, head) is expected


HOSTILE = [
    "x" * 20_000_000,
    "[" + LRM * 5_000_000,
    "1/1/1" * 1_000_000,
    "28/12/2019, 21:43 - " + "a: " * 2_000_000,
    "28/12/2019, 21:43 - Ann: " + "<" * 2_000_000 + ">",
    "28/12/2019, 21:43 - Ann: x\0y" + ("\n" + "a." * 2_000 + " (b)") * 100,
    "28/12/2019, 21:43 - Ann: " + "x.pdf • " * 200_000 + "document omitted",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_is_read_in_no_time(tmp_path: Path, text: str) -> None:
    path = tmp_path / "_chat.txt"
    path.write_text(text, encoding="utf-8")
    began = time.monotonic()
    read_items(path)
    assert time.monotonic() - began < 5


def test_encodings(tmp_path: Path) -> None:
    text = "28/12/2019, 21:43 - Ann: schön 😀\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.txt"
        path.write_bytes(text.encode(encoding))
        assert said(messages_of(read_items(path))) == [("Ann", "schön 😀")]
    path.write_bytes(text.replace("😀", "").encode("cp1252"))
    items = read_items(path)
    assert said(messages_of(items)) == [("Ann", "schön")]
    assert [error.records for error in errors(items)] == [0]


def test_one_damaged_character_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "_chat.txt"
    path.write_bytes(("28/12/2019, 21:43 - Ann: schön, ääääää\n" * 3).encode()[:-2])
    items = read_items(path)
    assert messages_of(items)[0].text == "schön, ääääää"
    assert "1 damaged character" in str(errors(items)[0])


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("WhatsApp Chat with Ann.txt", "28/12/2019, 21:43 - Ann: hello there\n")
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b"hello", b"jello"))
    whole = write_dates(tmp_path / "WhatsApp Chat with Bob.txt", "28/12/2019")
    items = read_items(archive, whole)
    assert [Path(error.path).name for error in errors(items)] == ["WhatsApp Chat with Ann.txt"]
    assert len(messages_of(items)) == 1
