"""Telegram, Signal and WhatsApp in all their ages (§16, 17, 19)."""

import re
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

from talklikeme.exports import (
    sigexport,
    signal_json,
    signal_text,
    telegram,
    telegram_html,
    whatsapp,
)
from tests.golden.whatsapp.make import PHONES, Phone, render_stamp
from tests.renderers.base import (
    CONTROLS,
    MONTHS,
    Conversation,
    Dialect,
    Files,
    Limits,
    Line,
    as_json,
)

TELEGRAM = Limits("s")
UNSTATED = TELEGRAM.but(is_owner_stated=False)
# HTML has no control characters and joins blanks; a chat of one names only its partner.
TELEGRAM_HTML = Limits("s", lacks=CONTROLS, blanks=False, name_lacks="<>&@")
# U+FFFC stands for a mention.
SIGNAL = Limits("ms", lacks="\ufffc")
# The owner is "Me".
SIGEXPORT = Limits("ms", is_owner_named=False)
# A stamp begins a message; quotes, reactions, stickers and files stand among the words.
_MARKS = re.compile(r"^\s*[>(\[]|\n\s*[>(\[]|\]\(|not exported|^This message", re.DOTALL)
MARKDOWN = Limits(
    "s", name_lacks=":()[]", is_owner_named=False, never=_MARKS.search, lacks="\u200e"
)
# A stamp begins a message; a bracket at its end may hold reactions; times are of receiving.
SIGNAL_TEXT = Limits(
    "s", name_lacks="<>", is_owner_stated=False,
    never=lambda text: re.search(r"^\[|\)\s*$|^Poll: ", text, re.MULTILINE),
)  # fmt: skip
# A stamp begins a message, names end at a colon and are no mere signs, and what looks like WhatsApp's own words is none of a
# person; a short file with NULs is no text.
_OWN = re.compile(r"^\W*\d|^\W*\[|[>)]$|^(?:null|\.|:\.)$|://|^You |^This message", re.MULTILINE)
WHATSAPP = Limits(
    "min",
    lacks="\0",
    name_lacks=':[]"',
    name_like=r".*\w.*",
    is_owner_stated=False,
    never=_OWN.search,
    date_order="auto",
)


def _tg_message(chat: Conversation, line: Line, number: int, age: int) -> dict[str, Any]:
    person = 11 * (line.who + 1)
    message: dict[str, Any] = {
        "id": number,
        "type": "message",
        "date": f"{line.wall:%Y-%m-%dT%H:%M:%S}",
    }
    if age > 2021:
        message["date_unixtime"] = str(int(line.at.timestamp()))
    if age == 2020:
        message["edited"] = "1970-01-01T01:00:00"
    message |= {
        "from": chat.name(line), "from_id": person if age == 2020 else f"user{person}",
        "text": [line.text[:1], {"type": "bold", "text": line.text[1:]}] if number % 2 else line.text,
    }  # fmt: skip
    if age > 2022:
        message["text_entities"] = [{"type": "plain", "text": line.text}]
    return message


def telegram_json(
    chat: Conversation, *, age: int, is_full: bool, list_name: str = "chats", **options: Any
) -> Files:
    """One chat, or all of an account."""
    kind = "personal_chat" if len(chat.people) == 2 else "private_group"
    said = [_tg_message(chat, line, number, age) for number, line in enumerate(chat.lines, start=1)]
    one = {"name": chat.people[1], "type": kind, "id": 22, "messages": said}
    if not is_full:
        return {"result.json": as_json(one, **options)}
    first, _, last = chat.people[0].rpartition(" ")
    owner = {"user_id": 11, "first_name": first, "last_name": last, "bio": ""}
    whole = {"about": "x", "personal_information": owner, list_name: {"about": "", "list": [one]}}
    return {"result.json": as_json(whole, **options)}


def telegram_page(chat: Conversation, *, root: str, zone: str) -> Files:
    """Pages of one chat; who goes on speaking is not named again."""
    boxes, last = [], None
    for number, line in enumerate(chat.lines, start=1):
        is_new = line.who != last
        last = line.who
        name = f'<div class="from_name">\n{chat.name(line)} \n</div>' if is_new else ""
        said = escape(line.text, quote=False).replace("\r\n", "\n").replace("\n", "<br>")
        boxes.append(
            f'<div class="message default clearfix{"" if is_new else " joined"}" id="message{number}">\n\n<div class="body">\n'
            f'<div class="pull_right date details" title="{line.wall:%d.%m.%Y %H:%M:%S}{zone}">\n09:01\n</div>\n'
            f'{name}\n<div class="text">\n{said}\n</div>\n\n</div>\n\n</div>'
        )
    title = chat.people[1]
    page = (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"/><title>Exported Data</title></head><body onload="CheckLocation();">'
        f'<div class="page_wrap"><div class="page_header"><div class="content"><div class="text bold">\n{title}\n</div></div></div>'
        f'<div class="page_body chat_page"><div class="history">{"".join(boxes)}</div></div></div></body></html>'
    )
    return {f"{root}messages.html": page.encode()}


def signal(chat: Conversation, *, layout: str) -> Files:
    """The plaintext export: an account, people, a chat, its items."""
    first, _, last = chat.people[0].rpartition(" ")
    frames: list[dict[str, Any]] = [
        {"version": "1", "backupTimeMs": "1767225600000", "mediaRootBackupKey": "AAAA"},
        {"account": {"givenName": first, "familyName": last}},
        {"recipient": {"id": "1", "self": {}}},
    ]
    for number, name in enumerate(chat.others, start=2):
        frames.append(
            {
                "recipient": {
                    "id": str(number),
                    "contact": {"aci": f"em9{number}", "profileGivenName": name},
                }
            }
        )
    members = [{"userId": f"em9{number}"} for number in range(2, len(chat.people) + 1)]
    group = {"masterKey": "Z3Jw", "snapshot": {"title": {"title": "Climbing"}, "members": members}}
    frames += [
        {"recipient": {"id": "9", "group": group}},
        {"chat": {"id": "7", "recipientId": "2" if len(chat.people) == 2 else "9"}},
    ]
    for line in chat.lines:
        way = {"incoming": {}} if line.who else {"outgoing": {}}
        said = {"standardMessage": {"text": {"body": line.text}}}
        frames.append(
            {
                "chatItem": {"chatId": "7", "authorId": str(line.who + 1), "dateSent": str(line.ms)}
                | way
                | said
            }
        )
    if layout == "ints":
        frames = [_with_ints(frame) for frame in frames]
    if layout == "array":
        return {"main.jsonl": as_json(frames, indent=2), "metadata.json": b'{"version": 1}'}
    lines = b"\n".join(as_json(frame) for frame in frames) + b"\n"
    return {"main.jsonl": lines, "metadata.json": b'{"version": 1}'}


def _with_ints(value: Any) -> Any:
    """Numbers as numbers, where the export writes text."""
    if isinstance(value, dict):
        return {
            key: int(one) if key in {"id", "chatId", "authorId", "recipientId", "dateSent"} else _with_ints(one)
            for key, one in value.items()
        }  # fmt: skip
    return value


def _speaker(chat: Conversation, line: Line) -> str:
    return chat.name(line) if line.who else "Me"


def sigexport_json(chat: Conversation, *, is_new: bool) -> Files:
    """Lines of JSON; two spaces behind each text."""
    rows = []
    for line in chat.lines:
        at = line.wall.replace(tzinfo=None).isoformat()
        row = {
            "date": at, "sender": _speaker(chat, line), "body": f"{line.text}  ", "quote": "",
            "sticker": None if is_new else "", "reactions": [], "attachments": [],
        }  # fmt: skip
        more = {"deleted": False, "call": False, "missed": False} if is_new else {}
        rows.append(as_json(row | more, ensure_ascii=not is_new) + b"\n")
    return {f"out/{_folder(chat)}/data.json": b"".join(rows)}


def _folder(chat: Conversation) -> str:
    return "chat" if len(chat.people) > 2 else chat.people[1].replace("/", "_").replace("\\", "_")


def markdown(chat: Conversation, *, is_old: bool) -> Files:
    """[stamp] name: words, with two spaces behind."""
    stamp, name = ("%Y-%m-%d, %H:%M", "index.md") if is_old else ("%Y-%m-%d %H:%M:%S", "chat.md")
    lines = [
        f"[{line.wall:{stamp}}] {_speaker(chat, line)}: {line.text}  \n" for line in chat.lines
    ]
    return {f"out/{_folder(chat)}/{name}": "".join(lines).encode()}


def signalbackup(chat: Conversation) -> Files:
    """[Jan 15, 2024 09:01:02] <Zoë> words."""
    lines = [
        f"[{MONTHS[line.wall.month - 1]} {line.wall:%d, %Y %H:%M:%S}] <{chat.name(line)}> {line.text}\n"
        for line in chat.lines
    ]
    return {f"{_folder(chat)} (_id7).txt": "".join(lines).encode()}


def whatsapp_text(chat: Conversation, *, phone: Phone, is_ios: bool) -> Files:
    """One file a chat, named after the other phone's owner or the group."""
    lines = ["\ufeff"] if is_ios else []
    for line in chat.lines:
        stamp = render_stamp(line.wall, phone.ios if is_ios else phone.android, phone.markers)
        text = line.text.replace("\r\n", "\n")
        head = f"[{stamp}]" if is_ios else f"{stamp} -"
        lines.append(f"{head} {chat.name(line)}: {text}{chr(13) if is_ios else ''}\n")
    return {"_chat.txt": "".join(lines).encode()}


def _whatsapp() -> list[Dialect]:
    found = []
    for country, phone in PHONES.items():
        order = "month-first" if country == "us" else "day-first"
        if country in {"se", "za"}:
            order = "auto"  # the year comes first
        limits = WHATSAPP.but(date_order=order)
        found.append(
            Dialect(
                f"WhatsApp Android {country}",
                whatsapp,
                limits,
                partial(whatsapp_text, phone=phone, is_ios=False),
            )
        )
        if phone.ios:
            found.append(Dialect(f"WhatsApp iPhone {country}", whatsapp, limits.but(precision="s"),
                                 partial(whatsapp_text, phone=phone, is_ios=True)))  # fmt: skip
    return found


def telegram_account(chat: Conversation) -> Files:
    """All chats, with a page that names the owner."""
    first, _, last = chat.people[0].rpartition(" ")
    rows = "".join(
        f'<div class="row"><div class="label details">\n{label} name</div><div class="value bold">\n{name}</div></div>'
        for label, name in (("First", first), ("Last", last))
        if name
    )
    page = (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"/><title>Exported Data</title></head><body onload="CheckLocation();">'
        '<div class="page_wrap"><div class="page_body chat_page"><div class="personal_info clearfix">'
        f'<div class="rows names">{rows}</div></div></div></div></body></html>'
    )
    files = telegram_page(chat, root="DataExport/chats/chat_001/", zone=" UTC+01:00")
    return files | {"DataExport/export_results.html": page.encode()}


_HTML: dict[str, Callable[[Conversation], Files]] = {
    "2024, with its zone": partial(telegram_page, root="ChatExport_2024-02-01/", zone=" UTC+01:00"),
    "2020": partial(telegram_page, root="chat/", zone=""),
}
DIALECTS = [
    *(
        Dialect(f"Telegram JSON {age}, all chats", telegram, TELEGRAM, partial(telegram_json, age=age, is_full=True, indent=1))
        for age in (2020, 2021, 2022, 2024)
    ),
    Dialect("Telegram JSON 2020, one chat", telegram, UNSTATED, partial(telegram_json, age=2020, is_full=False, indent=1)),
    Dialect("Telegram JSON 2024, one chat", telegram, UNSTATED, partial(telegram_json, age=2024, is_full=False, indent=1)),
    Dialect("Telegram JSON left chats, sorted keys", telegram, UNSTATED,
            partial(telegram_json, age=2024, is_full=True, list_name="left_chats", sort_keys=True, ensure_ascii=True)),
    Dialect("Telegram HTML full account", telegram_html, TELEGRAM_HTML, telegram_account),
    *(Dialect(f"Telegram HTML {age}", telegram_html, TELEGRAM_HTML.but(is_owner_stated=False), one) for age, one in _HTML.items()),
    *(Dialect(f"Signal {layout}", signal_json, SIGNAL, partial(signal, layout=layout)) for layout in ("jsonl", "array", "ints")),
    Dialect("sigexport data.json 2021", sigexport, SIGEXPORT, partial(sigexport_json, is_new=False)),
    Dialect("sigexport data.json 2026", sigexport, SIGEXPORT, partial(sigexport_json, is_new=True)),
    Dialect("sigexport chat.md", sigexport, MARKDOWN, partial(markdown, is_old=False)),
    Dialect("sigexport index.md", sigexport, MARKDOWN.but(precision="min"), partial(markdown, is_old=True)),
    Dialect("signalbackup-tools text", signal_text, SIGNAL_TEXT, signalbackup),
    *_whatsapp(),
]  # fmt: skip
