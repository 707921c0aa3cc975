"""Telegram's HTML pages: what a user would miss if it went wrong."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from talklikeme.exports import telegram_html
from talklikeme.exports.items import Item, ReadSettings
from talklikeme.messages import Attachment, Message
from tests.chatapps_kit import (
    BERLIN,
    GARBAGE,
    comparable,
    errors,
    messages,
    read_folder,
    read_tree,
    recognises,
)

GOLDEN = Path(__file__).parent / "golden" / "telegram_html"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
PAGE = '<html><head><title>Exported Data</title></head><body><div class="page_wrap">'
CHAT = '<div class="page_header"><div class="content"><div class="text bold">{}</div></div></div><div class="history">'


@pytest.mark.parametrize(
    ("dialect", "basis", "mine"),
    [("full_2024", "offset", {True, False}), ("single_2024", "offset", {None}), ("single_2020", "local", {None})],
)  # fmt: skip
def test_every_kind_of_export_gives_the_same_messages(
    dialect: str, basis: str, mine: set[bool | None]
) -> None:
    items = read_folder(telegram_html, GOLDEN / dialect)
    assert not errors(items)
    found = messages(items)
    assert [comparable(message, EXPECTED[0]) for message in found] == EXPECTED
    told = [message for message in found if not message.system]
    assert {message.tz_basis for message in told} == {basis}
    assert {message.is_me for message in told} == mine
    assert all(
        message.is_me == (message.sender_id == "kim lee") for message in told if True in mine
    )


def said(
    content: str = '<div class="text">hi</div>',
    *,
    who: str | None = "Zoë",
    number: int = 1,
    stamp: str = "15.01.2024 09:01:02",
) -> str:
    joined = "" if who else " joined"
    name = f'<div class="from_name">\n{who} </div>' if who else ""
    date = f'<div class="pull_right date details" title="{stamp}">09:01</div>'
    return (
        f'<div class="message default clearfix{joined}" id="message{number}">'
        f'<div class="body">{date}{name}{content}</div></div>'
    )


def service(text: str, number: int = 5) -> str:
    return f'<div class="message service" id="message{number}"><div class="body details">\n{text}\n</div></div>'


def chat(*blocks: str, title: str = "Zoë") -> str:
    return PAGE + CHAT.format(title) + "".join(blocks)


def read(*blocks: str, options: ReadSettings = BERLIN) -> list[Item]:
    return read_tree(telegram_html, {"chat/messages.html": chat(*blocks)}, options)


def only(*blocks: str) -> Message:
    [message] = messages(read(*blocks))
    return message


def media(name: str, href: str = "") -> str:
    link = f'<a class="media clearfix pull_left block_link {name}" href="{href}">'
    return f'<div class="media_wrap clearfix">{link}<div class="body"><div class="title bold">T</div></div></a></div>'


@pytest.mark.parametrize(
    ("content", "kind", "attachments"),
    [
        ('<div class="text">a</div>', "text", ()),
        (media("media_call success"), "call", ()),
        (media("media_voice_message", "voice_messages/a.ogg"), "media", (Attachment("voice_message", "voice_messages/a.ogg"),)),
        (media("media_file"), "media", (Attachment("file"),)),
        (media("media_contact"), "contact", (Attachment("contact"),)),
        (media("media_location", "https://maps.google.com/maps?q=1,2"), "location", ()),
        (media("media_live_location"), "location", ()),
        (media("media_venue"), "location", ()),
        (media("media_game"), "media", ()),
        ('<div class="media_wrap clearfix"><div class="media_poll"><div class="question bold">q</div></div></div>', "poll", ()),
        ('<div class="media_wrap clearfix"><a class="sticker_wrap clearfix pull_left" href="stickers/s.webp"></a></div>',
         "sticker", (Attachment("sticker", "stickers/s.webp"),)),
        ('<div class="media_wrap clearfix"><a class="video_file_wrap clearfix" href="v.mp4"></a></div>',
         "media", (Attachment("video_file", "v.mp4"),)),
        (media("something_new"), "media", ()),
        ("", "empty", ()),
    ],
)  # fmt: skip
def test_kinds(content: str, kind: str, attachments: tuple[Attachment, ...]) -> None:
    message = only(said(content))
    assert (message.kind, message.attachments) == (kind, attachments)
    assert message.text == ("a" if kind == "text" else "")


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("\na<br>b<br><br>c\n", "a\nb\n\nc"),
        ("<strong>b</strong> <em>i</em><code>c</code>", "b ic"),
        ('<a href="https://ex.org">ex</a> &amp; &lt;3', "ex & <3"),
        ('<span class="spoiler hidden"><span>secret</span></span> x', "secret x"),
        ("a<blockquote>quoted</blockquote>b", "a\nquoted\nb"),
        ("x\n  y", "x y"),
        ("<pre>if x:\n    y</pre>", "if x:\n    y"),
    ],
)
def test_text_is_what_people_saw(inner: str, shown: str) -> None:
    assert only(said(f'<div class="text">{inner}</div>')).text == shown


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Zoë created group «Trip»", "system"),
        ("Group call (5 seconds)", "call"),
        ("This message is not supported by this version of Telegram Desktop. Please update.", "empty"),
        ("4 October 2013", "system"),
    ],
)  # fmt: skip
def test_service_lines_stand_where_they_stand(text: str, kind: str) -> None:
    found = messages(read(said(), service(text), said(number=7)))
    assert [message.kind for message in found] == ["text", kind, "text"]
    assert found[1].ts == found[0].ts


def test_date_lines_are_no_messages_and_give_the_first_line_its_day() -> None:
    found = messages(read(service("4 October 2013", -1), service("Zoë joined Telegram"), said()))
    assert [(m.ts.isoformat(), m.ts_precision) for m in found] == [
        ("2013-10-03T22:00:00+00:00", "day"), ("2024-01-15T08:01:02+00:00", "s"),
    ]  # fmt: skip
    [error] = errors(read(service("Zoë joined Telegram"), said()))
    assert error.records == 1


def test_joined_messages_have_the_sender_before_them_but_not_across_pages() -> None:
    found = messages(
        read(said(who="Kim via @gif"), said(who=None), said(who="Kim"), said(who=None))
    )
    assert [(m.sender_name, m.via_bot) for m in found] == [
        ("Kim", True), ("Kim", True), ("Kim", False), ("Kim", False),
    ]  # fmt: skip
    pages = {"c/messages.html": chat(said()), "c/messages2.html": chat(said(who=None))}
    assert [error.why for error in errors(read_tree(telegram_html, pages))] == ["no sender"]


def test_pages_follow_their_numbers() -> None:
    names = ["messages10.html", "messages.html", "messages2.html", "messages (1).html"]
    tree = {f"c/{name}": chat(said(f'<div class="text">{name}</div>')) for name in names}
    assert [message.text for message in messages(read_tree(telegram_html, tree))] == [
        "messages (1).html", "messages.html", "messages2.html", "messages10.html",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stamp", "zone", "ts", "notes"),
    [
        ("15.07.2024 09:01:02 UTC+01:00", "Europe/Berlin", "2024-07-15T07:01:02+00:00", 0),
        ("15.07.2024 09:01:02", "Europe/Berlin", "2024-07-15T07:01:02+00:00", 0),
        ("15.07.2024 09:01:02 UTC-05:00", "Europe/Berlin", "2024-07-15T14:01:02+00:00", 1),
        ("15.01.2024 09:01:02 UTC", "UTC", "2024-01-15T09:01:02+00:00", 0),
        ("15.01.2024 09:01:02 UTC+05:30", "Asia/Kolkata", "2024-01-15T03:31:02+00:00", 0),
    ],
)
def test_the_stated_offset_is_the_winters(stamp: str, zone: str, ts: str, notes: int) -> None:
    items = read(said(stamp=stamp), said(stamp=stamp), options=ReadSettings(ZoneInfo(zone)))
    assert {message.ts.isoformat() for message in messages(items)} == {ts}
    assert [error.is_note for error in errors(items)] == [True] * notes


@pytest.mark.parametrize(
    ("blocks", "is_group"),
    [
        ((said(), said(who="Kim")), False),
        ((said(), said(who="Kim"), said(who="Bo")), True),
        ((said(who="Kim"), said(who="Bo")), None),
        ((said(who="Kim"), service("Kim created group &laquo;Zoë&raquo;")), True),
        ((said(),), None),
    ],
)
def test_groups(blocks: tuple[str, ...], is_group: bool | None) -> None:
    assert {message.is_group for message in messages(read(*blocks))} == {is_group}


def test_chats_of_one_name_are_kept_apart() -> None:
    tree = {f"x/chats/chat_00{n}/messages.html": chat(said()) for n in (1, 2)}
    assert [message.conversation_id for message in messages(read_tree(telegram_html, tree))] == [
        "telegram:zoë", "telegram:zoë/chat_002",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        said(stamp="soon"), said(stamp="31.02.2024 10:00:00"), said(stamp="01.01.0001 00:00:00"),
        '<div class="message default clearfix" id="message1"></div>', said(who=" "),
        said("<b>" * 50_000),
    ],
    ids=lambda value: value[:150],
)  # fmt: skip
def test_a_broken_message_is_one_error_and_stops_nothing(broken: str) -> None:
    items = read(said(), broken, said(number=9))
    assert [message.message_id for message in messages(items)] == ["1", "9"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize(
    ("path", "content", "is_mine"),
    [
        ("messages.html", chat(said()), True),
        ("export_results.html", PAGE, True),
        ("messages.html", '<html><div class="chatlog__message-group">', False),
        ("messages.txt", chat(said()), False),
        ("x.html", "<html>", False),
    ],
)
def test_recognises(path: str, content: Any, is_mine: bool) -> None:
    assert recognises(telegram_html, path, content) == is_mine


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_not_telegram(garbage: bytes) -> None:
    assert not recognises(telegram_html, "messages.html", garbage)
