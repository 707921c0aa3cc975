"""imessage-exporter's pages: what a user would miss if it went wrong."""

import io
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from talklikeme.errors import ExportError
from talklikeme.exports import imessage_html
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Attachment, Message
from tests.imessage_kit import EXPECTED, GOLDEN, record
from tests.test_imessage_text import STAMP, ZOE

UTC = ReadSettings(ZoneInfo("UTC"))


def read(page: str, name: str = f"{ZOE}.html") -> list[Item]:
    """Everything that the reader yields, checked against its tally."""
    file = ExportFile(f"export/{name}", len(page), partial(io.BytesIO, page.encode()))
    assert imessage_html.recognises(file, page.encode()[:65_536])
    items = list(imessage_html.read([file], UTC))
    [tally] = [item for item in items if isinstance(item, Tally)]
    assert tally.records == len(messages(items)) + sum(error.records for error in errors(items))
    return items


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError)]


def message(*parts: str, who: str = "Me", around: str = "", stamp: str = STAMP) -> str:
    side = "sent SMS" if who == "Me" else "received"
    inside = "".join(f'<hr><div class="message_part">\n{part}\n</div>\n' for part in parts)
    return (
        f'<div class="message">\n<div class="{side}">\n<p><span class="timestamp">{stamp}</span>\n'
        f'<span class="sender">{who}</span></p>\n{around}{inside}</div>\n</div>\n'
    )


def bubble(text: str) -> str:
    return f'<span class="bubble">{text}</span>'


def only(page: str) -> Message:
    [found] = messages(read(page))
    return found


@pytest.mark.parametrize("dialect", ["html_v1", "html_v2"])
def test_pages_give_the_same_messages_as_texts(dialect: str) -> None:
    [path] = Path(GOLDEN / dialect).iterdir()
    items = read(path.read_text(encoding="utf-8"), path.name)
    assert not errors(items)
    assert [record(found) for found in messages(items)] == EXPECTED


@pytest.mark.parametrize(
    ("page", "kind", "text"),
    [
        (message(bubble("a &lt;b&gt; &amp;amp; c")), "text", "a <b> &amp; c"),
        (message(bubble("<b>bold</b> and <u>more</u><br>next")), "text", "bold and more\nnext"),
        (message(bubble("a"), bubble("b")), "text", "a\nb"),
        (message(bubble("a"), around='<p>Subject: <span class="subject">S</span></p>'), "text", "S\na"),
        (message('<div class="app"><a href="https://x.org"><div class="app_header">Title</div></a></div>'), "text", "https://x.org"),
        (message('<div class="app"><div class="caption">Your turn</div></div>'), "media", ""),
        (message('<div class="sticker"><img src="s.heic"></div>'), "sticker", ""),
        (message('<span class="attachment_error">Attachment does not exist!</span>'), "media", ""),
        (message('<span class="unsent">You unsent this message part!</span>'), "deleted", ""),
        (message(around='<span class="shareplay"><hr>SharePlay Message Ended</span>'), "system", ""),
        (message(), "empty", ""),
        (f'<div class="announcement"><p><span class="timestamp">{STAMP}</span> You left.</p></div>', "system", ""),
        (f'<div class ="announcement"><p><span class="timestamp">{STAMP}</span> You left.</p></div>', "system", ""),
    ],
    ids=lambda value: None,
)  # fmt: skip
def test_kinds(page: str, kind: str, text: str) -> None:
    found = only(page)
    assert (found.kind, found.text) == (kind, text)


@pytest.mark.parametrize(
    ("part", "attachment"),
    [
        ('<div class="attachment"><video controls> <source src="v.mov" type="x"></video></div>', Attachment("video", "v.mov")),
        ('<div class="attachment"><audio controls src="a.caf" type="x" </audio></div>', Attachment("audio", "a.caf")),
        ('<div class="attachment"><a href="f.pdf">Click to download f.pdf</a></div>', Attachment("file", "f.pdf")),
        ('<img src="p.jpg">', Attachment("photo", "p.jpg")),
    ],
)  # fmt: skip
def test_attachments(part: str, attachment: Attachment) -> None:
    found = only(message(part))
    assert (found.kind, found.attachments) == ("media", (attachment,))


def test_the_direction_is_stated_whatever_the_owner_is_called() -> None:
    kim = message(bubble("a"), who="Me").replace(">Me<", ">Kim<")
    found = messages(read(kim + message(bubble("b"), who=ZOE), "Trip - 3.html"))
    assert [(m.is_me, m.sender_id, m.is_group) for m in found] == [
        (True, "me", True), (False, ZOE, True),
    ]  # fmt: skip


def test_copies_of_answers_are_passed_over_however_often() -> None:
    copy = f'<div class="reply" id="G">\n{message(bubble("copy"))}</div>\n'
    thread = message(bubble("a"), around=f'<div class="replies">{copy * 3}</div>')
    assert [m.text for m in messages(read(thread + message(bubble("b"))))] == ["a", "b"]


@pytest.mark.parametrize(
    "broken",
    [
        message(bubble("x"), stamp="yesterday"), message(bubble("x"), stamp="Feb 31, 2023  8:00:00 AM"),
        '<div class="message">' + "<div>" * 9_000, '<div class="message"><p>',
    ],
    ids=range(4),
)  # fmt: skip
def test_a_broken_message_is_one_error_and_stops_nothing(broken: str) -> None:
    items = read(message(bubble("a")) + broken + message(bubble("b")))
    assert [found.text for found in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize(
    ("name", "head", "is_mine"),
    [
        ("x.html", message(bubble("x")), True),
        ("x.txt", message(bubble("x")), False),
        ("x.html", '<div class="message default clearfix">', False),
        ("x.html", '<div class="message"><div class="body">', False),
        ("x.html", "", False),
    ],
)
def test_recognises(name: str, head: str, is_mine: bool) -> None:
    file = ExportFile(name, len(head), partial(io.BytesIO, head.encode()))
    assert imessage_html.recognises(file, head.encode()) == is_mine
