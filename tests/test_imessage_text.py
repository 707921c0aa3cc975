"""imessage-exporter's texts: what a user would miss if it went wrong."""

import io
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.errors import ExportError
from talklikeme.exports import imessage_text, whatsapp
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Message, Reaction
from tests.imessage_kit import EXPECTED, GOLDEN, record

UTC = ReadSettings(ZoneInfo("UTC"))
STAMP = "Jan 05, 2023  8:00:00 AM"
ZOE = "+15550001"


def as_file(content: bytes, path: str) -> ExportFile:
    return ExportFile(path, len(content), partial(io.BytesIO, content))


def read(*contents: str, names: tuple[str, ...] = (f"{ZOE}.txt",), zone: Any = UTC) -> list[Item]:
    """Everything that the reader yields, checked against its tallies."""
    files = []
    for content, name in zip(contents, names, strict=True):
        files.append(as_file(content.encode(), f"export/{name}"))
        assert imessage_text.recognises(files[-1], content.encode()[:65_536])
    items = list(imessage_text.read(files, zone))
    records = len(messages(items)) + sum(error.records for error in errors(items))
    assert sum(item.records for item in items if isinstance(item, Tally)) == records
    return items


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError)]


def block(*lines: str, who: str = "Me", stamp: str = STAMP) -> str:
    return "\n".join([stamp, who, *lines, "", ""])


def only(*lines: str, who: str = "Me") -> Message:
    [message] = messages(read(block(*lines, who=who)))
    return message


DIALECTS = ["crlf", "v1", "v3"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_version_gives_the_same_messages(dialect: str) -> None:
    [path] = (GOLDEN / dialect).iterdir()
    items = read(path.read_bytes().decode(), names=(path.name,))
    assert not errors(items)
    assert [record(message) for message in messages(items)] == EXPECTED


@pytest.mark.parametrize(
    ("lines", "kind", "text"),
    [
        (["hi"], "text", "hi"),
        (["one", "", "two"], "text", "one\n\ntwo"),
        (["one", STAMP, "two"], "text", f"one\n{STAMP}\ntwo"),
        (["hi", "Sent with Confetti"], "text", "hi"),
        (["hi", "Tapbacks:", f"Loved by {ZOE}", "", "second part"], "text", "hi\n\nsecond part"),
        (["hi", "This message responded to an earlier message."], "text", "hi"),
        (["hi", f"    {STAMP}", "    Me", "    no", "lines of it"], "text", "hi"),
        (["    indented"], "text", "indented"),
        ([f"{STAMP} a", "b", "Edited 5 seconds later: c", "d"], "text", "c\nd"),
        (["Edited photos are nicer later: true"], "text", "Edited photos are nicer later: true"),
        (["You unsent this message part 5 seconds after sending!"], "deleted", ""),
        (["They deleted a message."], "deleted", ""),
        (["This message was deleted from the conversation!", "x"], "text", "x"),
        (["This message was deleted from the conversation!"], "deleted", ""),
        (["attachments/1/p.jpg"], "media", ""),
        (["/Users/x/Library/SMS/Attachments/a/p 1.jpg", "look"], "text", "look"),
        (["~/Library/Messages/Attachments/a.caf", "Transcription: words"], "media", ""),
        (["Attachment missing!"], "media", ""),
        (["Sticker from Me: /x/StickerCache/a.heic (App: Memoji)"], "sticker", ""),
        (["https://x.org", "A title", "A summary"], "text", "https://x.org"),
        (["Unable to format app message: no payload"], "media", ""),
        (["com.apple.games message:", "Your turn"], "media", ""),
        (["SharePlay Message", "Ended"], "system", ""),
        (["Started sharing location!"], "system", ""),
        (["Loved by everybody"], "text", "Loved by everybody"),
        ([], "empty", ""),
        (["hi", "Unable to format announcement!"], "text", "hi"),
    ],
)
def test_kinds(lines: list[str], kind: str, text: str) -> None:
    message = only(*lines)
    assert (message.kind, message.text) == (kind, text)


@pytest.mark.parametrize("heading", ["Reactions:", "Tapbacks:", None])
def test_reactions(heading: str | None) -> None:
    lines = ["hi", *([heading] if heading else []), "Loved by Me", "☕️ by Me"]
    assert only(*lines).reactions == (Reaction("❤️", "Me"), Reaction("☕️", "Me"))


@pytest.mark.parametrize(
    "event",
    [
        "You added Ali to the conversation.", "Ali left the conversation.", "You unsent a message!",
        "Ali named the conversation Trip", "Ali renamed the conversation to Trip",
    ],
)  # fmt: skip
def test_announcements_are_nobodys_words(event: str) -> None:
    found = messages(read(f"{STAMP} {event}\n\n" + block("hi")))
    assert [(m.kind, m.text, m.is_me, m.system) for m in found] == [
        ("system", "", None, True), ("text", "hi", True, False),
    ]  # fmt: skip


def test_who_is_me_shows_in_another_chat() -> None:
    names = (f"{ZOE}.txt", "ali@example.org.txt")
    found = messages(read(block("a", who=ZOE), block("b"), names=names))
    assert [message.is_me for message in found] == [False, True]
    assert [message.conversation_id for message in found] == [
        f"imessage:{ZOE}", "imessage:ali@example.org",
    ]  # fmt: skip


def test_an_owner_with_another_name_is_left_open() -> None:
    found = messages(read(block("a", who="Kim") + block("b", who=ZOE)))
    assert [(message.is_me, message.is_group) for message in found] == [(None, False)] * 2


@pytest.mark.parametrize(
    ("name", "title", "is_group"),
    [
        ("+15550001.txt", "+15550001", False), ("Trip - 12.txt", "Trip", True),
        ("Zoë, Ali (1).txt", "Zoë, Ali", True), ("orphaned.txt", None, None),
    ],
)  # fmt: skip
def test_the_files_name_is_the_chats(name: str, title: str | None, is_group: bool | None) -> None:
    senders = (ZOE, "Ali") if is_group else (ZOE,)
    content = "".join(block("x", who=who) for who in ("Me", *senders))
    message = messages(read(content, names=(name,)))[0]
    assert (message.conversation_title, message.is_group) == (title, is_group)


def test_times_are_the_exporters_own() -> None:
    stamps = ["Jan 05, 2023 12:00:00 AM", "Jan 05, 2023 12:30:00 PM", "Jul 15, 2023  1:02:03 PM"]
    content = "".join(block("x", stamp=stamp) for stamp in stamps)
    found = messages(read(content, zone=ReadSettings(ZoneInfo("Europe/Berlin"))))
    assert [message.ts.isoformat() for message in found] == [
        "2023-01-04T23:00:00+00:00", "2023-01-05T11:30:00+00:00", "2023-07-15T11:02:03+00:00",
    ]  # fmt: skip
    assert {(message.tz_basis, message.ts_precision) for message in found} == {("local", "s")}


@pytest.mark.parametrize("stamp", ["Foo 05, 2023  8:00:00 AM", "Feb 31, 2023  8:00:00 AM", "Jan 05, 2023 13:00:00 PM"])  # fmt: skip
def test_a_time_that_does_not_exist_is_one_error(stamp: str) -> None:
    items = read(block("a") + block("x", stamp=stamp) + block("b"))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 5)]


LINES = st.lists(
    st.text(st.sampled_from("ab :.Me\u2028😆\x0c(1"), max_size=12).map(str.strip), max_size=4
)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(st.lists(st.tuples(LINES, st.booleans()), min_size=1, max_size=6))
def test_any_chat_is_read_back(chat: list[tuple[list[str], bool]]) -> None:
    start = datetime(2023, 1, 5, 11, 58)  # noqa: DTZ001
    content = ""
    for number, (lines, is_me) in enumerate(chat):
        clock = start + timedelta(minutes=number)
        stamp = f"{clock:%b %d, %Y} {clock.hour % 12 or 12:>2}:{clock:%M:%S %p}"
        content += block("x", *lines, who="Me" if is_me else ZOE, stamp=stamp)
    found = messages(read(content))
    assert [message.text for message in found] == [
        "\n".join(["x", *lines]).strip() for lines, _ in chat
    ]
    assert [message.ts.minute for message in found] == [(58 + n) % 60 for n in range(len(chat))]


@pytest.mark.parametrize(
    ("head", "is_mine"),
    [
        (block("hi"), True),
        ("\ufeff\n" + block("hi"), True),
        (f"{STAMP} You named the conversation Trip\n\n", True),
        (f"{STAMP} (Read by you after 1 hour, 49 seconds)\nZoë\nhi\n", True),
        (f"{STAMP}\n\nhi", False),
        ("1/5/23, 8:00 AM - Zoë: hi\n" * 5, False),
        ("hello\n" + block("hi"), False),
        ("", False),
        ("\0\1\2" * 99, False),
    ],
)
def test_recognises(head: str, is_mine: bool) -> None:
    data = head.encode()
    assert imessage_text.recognises(as_file(data, "x.txt"), data) == is_mine
    assert not imessage_text.recognises(as_file(data, "x.html"), data)


def test_whatsapp_does_not_take_these() -> None:
    data = (block("hi: there") * 20).encode()
    assert not whatsapp.recognises(as_file(data, f"{ZOE}.txt"), data)
