"""Discord's data package, and DiscordChatExporter's JSON, CSV, text and pages (§15)."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

from talklikeme.exports import discord_exporter, discord_package
from talklikeme.exports.discord_text import render_markup
from tests.renderers.base import (
    CONTROLS,
    MONTHS,
    ZONE,
    Conversation,
    Dialect,
    Files,
    Limits,
    Line,
    as_json,
    clock12,
    half,
)

_FIRST_MS = 1_420_070_400_000
_NUMBER = re.compile(r"#\d{1,4}$|#0000")


def _is_markup(text: str) -> bool:
    """Ids like <@90> stand for names in all of Discord's formats."""
    return render_markup(text, {}, {}, ZONE) != text


# Only what the owner wrote; JSON has seconds since 2025; csv cannot hold NUL.
PACKAGE = Limits("s", is_one_sided=True, lacks="\0", never=_is_markup, name_lacks="#")
JSON = Limits("ms", name_lacks="#", is_owner_stated=False, never=_is_markup)
TABLE = Limits("min", lacks="\0", name_lacks="#", is_owner_stated=False, never=_is_markup)
# A stamp in brackets at the start of a line begins a message, one in braces behind an empty line a block.
_FRAME = re.compile(r"^\[.*\] |\]$|^\{[A-Z][A-Za-z ]+\}$|^={40}", re.MULTILINE)
TEXT = Limits(
    "min", name_lacks="#[]()", is_owner_stated=False,
    never=lambda text: _FRAME.search(text) or _is_markup(text),
)  # fmt: skip
# HTML has no control characters.
PAGE = Limits("min", lacks=CONTROLS, name_lacks='<>&#"', is_owner_stated=False)


def _id(line: Line, number: int) -> str:
    return str((line.ms - _FIRST_MS << 22) + number)


def package(
    chat: Conversation, *, root: str, folder: str, is_json: bool, newest_first: bool
) -> Files:
    """One folder a channel."""
    me, friend = "111111111111111111", "222222222222222222"
    user = {
        "id": me, "username": "kim", "global_name": chat.people[0],
        "relationships": [{"id": friend, "type": 1, "user": {"id": friend, "username": "nova"}}],
    }  # fmt: skip
    path = f"{root}{folder}"
    files = {
        f"{root}account/user.json": as_json(user),
        f"{path}/channel.json": as_json({"id": "333333333333333333", "type": 1, "recipients": [me, friend]}),
    }  # fmt: skip
    lines = list(enumerate(chat.lines))
    if newest_first:
        lines.reverse()
    if is_json:
        said = [
            {
                "ID": int(_id(line, n)),
                "Timestamp": f"{line.at:%Y-%m-%d %H:%M:%S}",
                "Contents": line.text,
                "Attachments": "",
            }
            for n, line in lines
        ]
        return files | {f"{path}/messages.json": as_json(said)}
    out = io.StringIO()
    rows = [
        [_id(line, n), f"{line.at:%Y-%m-%d %H:%M:%S}.000000+00:00", line.text, ""]
        for n, line in lines
    ]
    csv.writer(out).writerows([["ID", "Timestamp", "Contents", "Attachments"], *rows])
    return files | {f"{path}/messages.csv": out.getvalue().encode()}


NAME = "Direct Messages - Private - chat [555555555555555555]"


def _record(chat: Conversation, line: Line, number: int, *, is_utc: bool) -> dict[str, Any]:
    at = line.at if is_utc else line.wall
    author = {
        "id": str(number_of(line)), "name": chat.name(line), "discriminator": "0000",
        "nickname": chat.name(line), "isBot": False,
    }  # fmt: skip
    return {
        "id": _id(line, number), "type": "Default", "timestamp": at.isoformat(timespec="milliseconds"),
        "timestampEdited": None, "isPinned": False, "content": line.text, "author": author,
        "attachments": [], "embeds": [], "stickers": [], "reactions": [], "mentions": [],
    }  # fmt: skip


def number_of(line: Line) -> int:
    """An id of a person."""
    return 111111111111111111 * (line.who + 1)


def exporter_json(
    chat: Conversation, *, is_utc: bool = False, reverse: bool = False, parts: int = 1, **options: Any
) -> Files:  # fmt: skip
    """One object a channel, perhaps in parts."""
    kind = "DirectTextChat" if len(chat.people) == 2 else "DirectGroupTextChat"
    said = [_record(chat, line, number, is_utc=is_utc) for number, line in enumerate(chat.lines)]
    said = said[::-1] if reverse else said
    files = {}
    size = -(-len(said) // parts)
    for part in range(parts):
        whole = {
            "guild": {"id": "0", "name": "Direct Messages"},
            "channel": {"id": "555555555555555555", "type": kind, "category": "Private", "name": "chat"},
            "dateRange": {"after": None, "before": None},
            "messages": said[part * size : (part + 1) * size],
            "messageCount": len(said[part * size : (part + 1) * size]),
        }  # fmt: skip
        name = NAME if part == 0 else f"{NAME} [part {part + 1}]"
        files[f"{name}.json"] = as_json(whole, **options)
    return files


def interrupted(chat: Conversation) -> Files:
    """The exporter was stopped: no end brackets."""
    [(name, data)] = exporter_json(chat).items()
    cut = data.rindex(b'"messageCount"')
    return {name: data[:cut].rstrip(b", ").removesuffix(b"]")}


def named(at: datetime) -> str:
    """01-May-24 10:00 AM."""
    return f"{at:%d}-{MONTHS[at.month - 1]}-{at:%y} {clock12(at, pad='02')}:{at:%M} {half(at)}"


def us(at: datetime) -> str:
    """05/01/2024 10:00 AM."""
    return f"{at:%m/%d/%Y} {clock12(at)}:{at:%M} {half(at)}"


def iso(at: datetime) -> str:
    """2024-05-01T10:00:00.1230000+02:00."""
    zone = f"{at:%z}"
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}0{zone[:3]}:{zone[3:]}"


def unix(at: datetime) -> str:
    """1714550400."""
    return str(int(at.timestamp()))


def quote(value: str) -> str:
    """As the exporter does, all fields."""
    return '"' + value.replace('"', '""') + '"'


def table(
    chat: Conversation, *, stamp: Callable[[datetime], str], has_ids: bool = True, mark: str = ",",
    start: str = "", suffix: str = "", reverse: bool = False,
) -> Files:  # fmt: skip
    """AuthorID, Author, Date, Content, Attachments, Reactions; semicolons until 2020."""
    columns = ["AuthorID", "Author", "Date", "Content", "Attachments", "Reactions"]
    columns = columns if has_ids else columns[1:5]
    tail = mark if mark == ";" else ""
    rows = []
    for line in chat.lines:
        values = [
            str(number_of(line)),
            chat.name(line) + suffix,
            stamp(line.wall),
            line.text,
            "",
            "",
        ]
        values = values if has_ids else values[1:5]
        rows.append(mark.join(map(quote, values)) + tail)
    rows = rows[::-1] if reverse else rows
    text = start + "\r\n".join([mark.join(columns) + tail, *rows, ""])
    return {f"{NAME}.csv": text.encode()}


def text(chat: Conversation, *, stamp: Callable[[datetime], str], suffix: str = "") -> Files:
    """A head, then blocks: the stamp in brackets, the author, the words."""
    rule = "=" * 62
    head = [rule, "Guild: Direct Messages", "Channel: Private / chat", rule, "", ""]
    blocks = [
        f"[{stamp(line.wall)}] {chat.name(line)}{suffix}\n{line.text}\n\n\n" for line in chat.lines
    ]
    end = f"{rule}\nExported {len(chat.lines)} message(s)\n{rule}\n"
    return {f"{NAME}.txt": ("\n".join(head) + "".join(blocks) + end).encode()}


def text_2017(chat: Conversation) -> Files:
    """The author first, two spaces, the stamp."""
    rule = "=" * 48
    head = f"{rule}\nGuild: Direct Messages\nChannel: chat\nMessages: {len(chat.lines)}\n{rule}\n\n"
    blocks = [
        f"{chat.name(line)}#1234  [{named(line.wall)}]\n{line.text}\n\n" for line in chat.lines
    ]
    return {f"{NAME}.txt": (head + "".join(blocks)).encode()}


def _break_lines(text: str) -> str:
    return escape(text, quote=False).replace("\r\n", "\n").replace("\n", "<br />")


def page_2017(chat: Conversation, *, age: int) -> Files:
    """No ids; a name and a stamp for each message."""
    boxes = []
    for line in chat.lines:
        who, said, at = chat.name(line), _break_lines(line.text), named(line.wall)
        if age == 2017:
            boxes.append(
                f'<div class="msg"><div class="msg-right"><span class="msg-user" title="{who}#1234">{who}</span>'
                f'<span class="msg-date">{at}</span><div class="msg-content">{said}</div></div></div>'
            )
        else:
            boxes.append(
                f'<div class="chatlog__message-group"><div class="chatlog__messages">'
                f'<span class="chatlog__author-name" title="{who}#1234">{who}</span><span class="chatlog__timestamp">{at}</span>'
                f'<div class="chatlog__content">{said}</div></div></div>'
            )
    frame = "log" if age == 2017 else "chatlog"
    text = f'<html><head><style>.x{{}}</style></head><body><div id="{frame}" class="{frame}">{"".join(boxes)}</div></body></html>'
    return {f"{NAME}.html": text.encode()}


def page(chat: Conversation, *, age: int, gap: str = "\n") -> Files:
    """Ids tell the time to the millisecond; line breaks of the source are shown since 2020."""
    boxes = []
    for number, line in enumerate(chat.lines):
        who, user, mid = chat.name(line), number_of(line), _id(line, number)
        said = _break_lines(line.text) if age == 2019 else escape(line.text, quote=False)
        if age < 2024:
            words = f'<span class="markdown">{said}</span>'
            if age == 2020:
                words = (
                    f'<div class="markdown"><span class="preserve-whitespace">{said}</span></div>'
                )
            boxes.append(
                f'<div class="chatlog__message-group">{gap}<div class="chatlog__messages">'
                f'<span class="chatlog__author-name" title="{who}#1234" data-user-id="{user}">{who}</span>{gap}'
                f'<span class="chatlog__timestamp">{named(line.wall)}</span><div class="chatlog__message " data-message-id="{mid}">'
                f'<div class="chatlog__content">{words}</div></div></div></div>'
            )
        else:
            boxes.append(
                f'<div class="chatlog__message-group">{gap}<div id="c-{mid}" class="chatlog__message-container " data-message-id="{mid}">'
                f'<div class="chatlog__message">{gap}<div class="chatlog__message-primary"><div class="chatlog__header">'
                f'<span class="chatlog__author" title="{who}" data-user-id="{user}">{who}</span><span class="chatlog__timestamp" title="x">'
                f'<a href="#c">{line.wall:%d/%m/%Y %H:%M}</a></span></div><div class="chatlog__content chatlog__markdown">'
                f'<span class="chatlog__markdown-preserve">{said}</span></div></div></div></div></div>'
            )
    head = (
        '<!DOCTYPE html><html lang="en"><head><title>Direct Messages - chat</title><meta charset="utf-8">'
        "<style>.preamble__entry{}.chatlog__message-group{margin:0}</style></head><body>"
        '<div class="preamble"><div class="preamble__entry">Direct Messages</div><div class="preamble__entry">Private / chat</div></div>'
    )
    text = f'{head}<div class="chatlog">{gap.join(boxes)}</div></body></html>'
    return {f"{NAME}.html": text.encode()}


# Newest first is told by the times alone. Of "01/02/2021" alone nobody knows which number is the day.
MONTH_FIRST, DAY_FIRST = TEXT.but(date_order="month-first"), TEXT.but(date_order="day-first")
IDS = PAGE.but(precision="ms")
_TABLES: dict[str, tuple[Limits, Callable[[Conversation], Files]]] = {
    "2018, semicolons": (
        TABLE,
        partial(table, stamp=named, has_ids=False, mark=";", suffix="#1234"),
    ),
    "2019, ids": (TABLE, partial(table, stamp=named, mark=";", suffix="#1234")),
    "2020": (TABLE, partial(table, stamp=named, suffix="#1234")),
    "2023": (TABLE.but(date_order="month-first"), partial(table, stamp=us)),
    "2024": (TABLE.but(precision="ms"), partial(table, stamp=iso, start="\ufeff")),
    "reverse": (TABLE.but(precision="ms", has_ties=False), partial(table, stamp=iso, reverse=True)),
    "unix": (TABLE.but(precision="s"), partial(table, stamp=unix)),
}
_TEXTS: dict[str, tuple[Limits, Callable[[Conversation], Files]]] = {
    "2017": (TEXT, text_2017),
    "2018": (TEXT, partial(text, stamp=named, suffix="#1234")),
    "2023 US": (MONTH_FIRST, partial(text, stamp=us)),
    "British": (DAY_FIRST, partial(text, stamp=lambda at: f"{at:%d/%m/%Y %H:%M}")),
    "Finnish": (DAY_FIRST, partial(text, stamp=lambda at: f"{at.day}.{at.month}.{at:%Y %H.%M}")),
    "German": (DAY_FIRST, partial(text, stamp=lambda at: f"{at:%d.%m.%Y %H:%M}")),
    "Swedish": (TEXT, partial(text, stamp=lambda at: f"{at:%Y-%m-%d %H:%M}")),
}
_JSON: dict[str, Callable[[Conversation], Files]] = {
    "2020, UTC": partial(exporter_json, is_utc=True, indent=2),
    "2024, offset": partial(exporter_json, indent=2),
    "2026, reverse": partial(exporter_json, reverse=True, indent=2),
    "parts": partial(exporter_json, parts=2),
    "sorted keys": partial(exporter_json, sort_keys=True, ensure_ascii=True),
}
DIALECTS = [
    Dialect("Discord package 2020", discord_package, PACKAGE,
            partial(package, root="", folder="messages/333333333333333333", is_json=False, newest_first=True)),
    Dialect("Discord package 2022", discord_package, PACKAGE,
            partial(package, root="package/", folder="messages/c333333333333333333", is_json=False, newest_first=True)),
    Dialect("Discord package 2025", discord_package, PACKAGE,
            partial(package, root="", folder="Messages/c333333333333333333", is_json=True, newest_first=False)),
    Dialect("DiscordChatExporter JSON interrupted", discord_exporter, JSON.but(breaks_off=True), interrupted),
    *(Dialect(f"DiscordChatExporter JSON {name}", discord_exporter, JSON, one) for name, one in _JSON.items()),
    *(Dialect(f"DiscordChatExporter CSV {name}", discord_exporter, *one) for name, one in _TABLES.items()),
    *(Dialect(f"DiscordChatExporter text {name}", discord_exporter, *one) for name, one in _TEXTS.items()),
    Dialect("DiscordChatExporter HTML 2017", discord_exporter, PAGE, partial(page_2017, age=2017)),
    Dialect("DiscordChatExporter HTML 2018", discord_exporter, PAGE, partial(page_2017, age=2018)),
    *(Dialect(f"DiscordChatExporter HTML {age}", discord_exporter, IDS, partial(page, age=age)) for age in (2019, 2020, 2024)),
    Dialect("DiscordChatExporter HTML 2025, minified", discord_exporter, IDS, partial(page, age=2024, gap="")),
]  # fmt: skip
