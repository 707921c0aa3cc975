"""Facebook's archive up to 2018, what fbchat-archive-parser made of it, and the table of 2017 (§4, 20.4)."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from functools import partial
from html import escape

import yaml as pyyaml

from talklikeme.exports import facebook_legacy, fbcap, legacy_dataset
from talklikeme.exports.fbcap_forms import STAMP
from tests.renderers.base import (
    CONTROLS,
    ENGLISH_DAYS,
    ENGLISH_MONTHS,
    GERMAN_DAYS,
    GERMAN_MONTHS,
    Conversation,
    Dialect,
    Files,
    Limits,
    as_json,
    clock12,
    half,
)

# Minutes; Facebook writes names unescaped and joins them with commas, and drops control characters.
PAGES = Limits("min", lacks=CONTROLS, name_lacks="<>&,")
# The owner is believed to be one of these people only where one of them is called so.
INDEX = PAGES.but(owner_speaks=True)
# Names stand before a colon, and the others' are joined by commas.
NAMES = ",:[]\x1b"
# A line like a stamp or a thread's title begins a message; colours are taken out; lines begin indented.
TEXT = Limits(
    "min", lacks="\x1b\0", blanks=False, name_lacks=NAMES,
    never=lambda text: any(STAMP.match(one) or one.startswith("Conversation with") for one in text.split("\n")),
)  # fmt: skip
TABLE = Limits("min", lacks="\0", name_lacks=NAMES)
# csv cannot hold NUL, and with line ends of its own the writer does not quote a bare CR.
CSV = TABLE.but(lacks="\0\r", is_owner_stated=False)


def us(wall: datetime) -> str:
    """Friday, October 4, 2013 at 10:05pm UTC+02."""
    day = (
        f"{ENGLISH_DAYS[wall.weekday()]}, {ENGLISH_MONTHS[wall.month - 1]} {wall.day}, {wall.year}"
    )
    return f"{day} at {clock12(wall)}:{wall:%M}{half(wall).lower()} UTC+0{_offset(wall)}"


def german(wall: datetime) -> str:
    """Freitag, 4. Oktober 2013 um 22:05 CEST."""
    day = f"{GERMAN_DAYS[wall.weekday()]}, {wall.day}. {GERMAN_MONTHS[wall.month - 1]} {wall.year}"
    return f"{day} um {wall:%H:%M} {wall.tzname()}"


def _offset(wall: datetime) -> int:
    return int((wall.utcoffset() or 0).total_seconds()) // 3600  # type: ignore[union-attr]


def thread(
    chat: Conversation, stamp: Callable[[datetime], str], heading: str, gap: str = ""
) -> str:
    """Newest first; the text stands behind the box of its head."""
    parts = [f'<div class="thread">{heading}']
    for line in reversed(chat.lines):
        parts.append(
            f'<div class="message">{gap}<div class="message_header">{gap}<span class="user">{chat.name(line)}'
            f'</span><span class="meta">{stamp(line.wall)}</span></div>{gap}</div>{gap}'
            f"<p>{escape(line.text, quote=False)}</p>"
        )
    return gap.join(parts) + "</div>"


def page(body: str, owner: str) -> bytes:
    """html/messages.htm."""
    return (
        f'<html><head><meta charset="UTF-8" /><title>{owner} - Messages</title></head><body>'
        f'<div class="contents"><h1>{owner}</h1><div>{body}</div></div>'
        f'<div class="footer">Downloaded by {owner} on Friday, October 4, 2013 at 11:00pm UTC+02</div></body></html>'
    ).encode()


def one_page(chat: Conversation, stamp: Callable[[datetime], str], gap: str = "") -> Files:
    """All threads on one page."""
    return {
        "html/messages.htm": page(thread(chat, stamp, ", ".join(chat.people), gap), chat.people[0])
    }


def index(chat: Conversation, heading: str, stamp: Callable[[datetime], str] = us) -> Files:
    """One page a thread, and a list of them."""
    others = ", ".join(chat.others)
    listed = f'<p><a href="../messages/0.html">{others}</a></p>'
    body = thread(chat, stamp, heading.format(others))
    own = f"<html><head><title>Chat</title></head><body><a href='../html/messages.htm'>Back</a><br/>{body}</body></html>"
    return {"html/messages.htm": page(listed, chat.people[0]), "messages/0.html": own.encode()}


def stamp(wall: datetime) -> str:
    """2013-10-04T22:05+02:00."""
    return wall.isoformat(timespec="minutes")


def text(chat: Conversation, *, head: bool = True, paint: bool = False) -> Files:
    """Lines "[stamp] Name: text", several lines below the name and indented."""
    dim, name, plain = ("\x1b[2m", "\x1b[36m", "\x1b[37m") if paint else ("", "", "")
    owner, rule = chat.people[0], "-" * 33
    lines = [rule, f" Conversation history of {name}{owner}{plain}", rule, ""] if head else []
    lines += [f"Conversation with {', '.join(chat.others)}:", ""]
    for line in chat.lines:
        start = f"{dim}[{stamp(line.wall)}] {name}{chat.name(line)}: {plain}"
        below = line.text.replace("\r\n", "\n").split("\n")
        is_one = len(below) == 1
        lines += [start + below[0]] if is_one else [start, "", *("    " + one for one in below), ""]
    return {"fbMessages.txt": "\n".join([*lines, ""]).encode()}


def table(chat: Conversation) -> Files:
    """The columns thread, sender, date and message."""
    out = io.StringIO()
    others = ", ".join(chat.others)
    rows = [[others, chat.name(one), stamp(one.wall), one.text] for one in chat.lines]
    csv.writer(out, lineterminator="\n").writerows([["thread", "sender", "date", "message"], *rows])
    return {"archive.csv": out.getvalue().encode()}


def _thread(chat: Conversation) -> dict[str, object]:
    said = [
        {"date": stamp(one.wall), "sender": chat.name(one), "message": one.text}
        for one in chat.lines
    ]
    return {"participants": list(chat.others), "messages": said}


def archive(chat: Conversation, *, is_pretty: bool = False) -> Files:
    """JSON; the owner first or last."""
    if is_pretty:
        whole = {"threads": [_thread(chat)], "user": chat.people[0]}
        return {"pretty.json": as_json(whole, indent=4)}
    return {"archive.json": as_json({"user": chat.people[0], "threads": [_thread(chat)]})}


def yaml(chat: Conversation) -> Files:
    """The same in YAML."""
    whole = {"threads": [_thread(chat)], "user": chat.people[0]}
    return {"archive.yaml": pyyaml.safe_dump(whole, allow_unicode=True).encode()}


def dump(chat: Conversation, *, is_json: bool) -> Files:
    """A folder: the manifest names the owner, each thread has a file."""
    manifest = f"Chat history manifest for: {chat.people[0]}\n\n  1. {', '.join(chat.others)}\n"
    [body] = text(chat, head=False).values()
    name = "thread_1.json" if is_json else "thread_1.txt"
    own = as_json(_thread(chat)) if is_json else body
    return {"fbchat_dump/manifest.txt": manifest.encode(), f"fbchat_dump/{name}": own}


def whatsapp_chats(chat: Conversation) -> Files:
    """From and Content, and no time."""
    out = io.StringIO()
    rows = [[chat.name(line), line.text] for line in chat.lines]
    csv.writer(out, lineterminator="\n").writerows([["From", "Content"], *rows])
    return {"whatsapp_chats.csv": out.getvalue().encode()}


UNSTATED = TEXT.but(is_owner_stated=False)
DIALECTS = [
    Dialect("messages.htm 2013", facebook_legacy, PAGES, partial(one_page, stamp=us)),
    Dialect("messages.htm 2015 German, printed nicely", facebook_legacy, PAGES, partial(one_page, stamp=german, gap="\n      ")),
    Dialect("messages.htm 2017 index", facebook_legacy, INDEX, partial(index, heading="<h3>Conversation with x</h3>")),
    Dialect("messages.htm 2018 participants", facebook_legacy, INDEX, partial(index, heading="<h3>Conversation with x</h3>Participants: {}")),
    Dialect("fbMessages.txt", fbcap, TEXT, text),
    Dialect("fbMessages.txt without its head", fbcap, UNSTATED, partial(text, head=False)),
    Dialect("fbMessages.txt from a terminal", fbcap, TEXT, partial(text, paint=True)),
    Dialect("fbcap CSV", fbcap, CSV, table),
    Dialect("fbcap JSON", fbcap, TABLE, archive),
    Dialect("fbcap JSON, printed nicely", fbcap, TABLE, partial(archive, is_pretty=True)),
    # PyYAML does not read back what it writes for U+0085.
    Dialect("fbcap YAML", fbcap, TABLE.but(lacks="\0\x85"), yaml),
    Dialect("fbcap folder of texts", fbcap, TEXT, partial(dump, is_json=False)),
    Dialect("fbcap folder of JSON", fbcap, TABLE, partial(dump, is_json=True)),
    Dialect(
        "whatsapp_chats.csv", legacy_dataset,
        CSV.but(precision="no", lacks="\0\r"), whatsapp_chats,
    ),
]  # fmt: skip
