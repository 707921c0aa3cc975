"""SMS in XML and mbox, iMessage in databases, pages and texts (§8, 9, 18)."""

import base64
import quopri
import re
from datetime import datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from talklikeme.exports import imessage, imessage_html, imessage_text, sms_mbox, sms_xml
from tests.imessage_kit import OLD_SCHEMA, Messages, styled
from tests.renderers.base import (
    MONTHS,
    NO_XML,
    Conversation,
    Dialect,
    Files,
    Limits,
    clock12,
    half,
)

_APPLE_EPOCH = 978_307_200

# A phone knows one partner by address and name, and its owner by neither; XML has no control characters.
# "(Unknown)", in any language, is no name, and "null" no text.
XML = Limits(
    "ms", lacks=NO_XML, name_like=r"[^(].*", people=2, is_owner_named=False,
    never=lambda text: text == "null",
)  # fmt: skip
# Signs that headers use are in no name, and a number is an address.
MBOX = Limits(
    "ms",
    lacks="\0",
    name_like=r".*[^\W\d_].*",
    name_lacks='"\\<>@(),:;[]=?\ufffd',
    people=2,
    is_owner_named=False,
)
# A chat.db knows handles only; U+FFFC stands for a file.
DATABASE = Limits("us", lacks="\0\ufffc\ufffd", is_owner_named=False, has_numbers=True)
# A stamp behind an empty line begins a message; the exporter's own lines look like words.
_OWN_LINES = re.compile(
    r"\n\s*\n|[A-Z][a-z]{2} \d\d, \d{4} |\bby \+|^\s|https?://|Sticker|^(?:/|~/|[A-Za-z]:[\\/])",
    re.MULTILINE,
)
TEXT = Limits(
    "s",
    lacks="\0\ufffc\ufffd",
    has_numbers=True,
    is_owner_named=False,
    owner_speaks=True,
    never=_OWN_LINES.search,
)
PAGE = Limits("s", lacks="\0\ufffc\ufffd", has_numbers=True, is_owner_named=False)


def _units(text: str, style: str) -> str:
    """Emoji as the surrogate pairs that old versions wrote."""
    pairs = text.encode("utf-16-be")
    units = [int.from_bytes(pairs[n : n + 2], "big") for n in range(0, len(pairs), 2)]
    return "".join(style.format(one) if 0xD800 <= one < 0xE000 else chr(one) for one in units)


def _attribute(text: str) -> str:
    text = escape(text)
    return text.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def xml(
    chat: Conversation, *, emoji: str = "", newest_first: bool = False, encoding: str = "utf-8",
    has_head: bool = True, address: str = "+15550001",
) -> Files:  # fmt: skip
    """SMS Backup & Restore, or Signal's imitation of it."""
    records = []
    for line in chat.lines:
        body, name = _attribute(line.text), _attribute(chat.people[1])
        body, name = (_units(body, emoji), _units(name, emoji)) if emoji else (body, name)
        records.append(
            f' <sms protocol="0" address="{address}" date="{line.ms}" type="{1 if line.who else 2}" subject="null" '
            f'body="{body}" toa="null" read="1" status="-1" locked="0" readable_date="x" contact_name="{name}" />\n'
        )
    if newest_first:
        records.reverse()
    head = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"
    head += (
        "<!--File Created By SMS Backup & Restore v10-->\n"
        if has_head
        else "<!-- File Created By Signal -->"
    )
    text = f'{head}<smses count="{len(records)}">\n{"".join(records)}</smses>'
    return {"sms-20240101090000.xml": text.encode(encoding)}


def mbox(chat: Conversation, *, is_base64: bool) -> Files:
    """SMS Backup+ in Gmail's Takeout, or from an IMAP server."""
    mails = []
    name = f"=?UTF-8?B?{base64.b64encode(chat.people[1].encode()).decode()}?="
    for number, line in enumerate(chat.lines):
        partner, me = f"{name} <+15550001@unknown.email>", "me@example.org"
        people = (partner, me) if line.who else (me, partner)
        data = line.text.encode()
        body = base64.encodebytes(data) if is_base64 else quopri.encodestring(data, quotetabs=True)
        head = [
            f"From {number}@xxx Mon Jan 01 10:06:40 +0000 2024", "X-GM-THRID: 1787",
            f"Message-ID: <{line.ms}.{number}@sms-backup-plus.local>", "X-smssync-address: +15550001",
            "X-smssync-datatype: SMS", f"X-smssync-id: {number}", f"X-smssync-type: {1 if line.who else 2}",
            f"X-smssync-date: {line.ms}", "X-smssync-thread: 4",
            "Date: Mon, 01 Jan 2024 10:06:40 +0000", f"From: {people[0]}", f"To: {people[1]}",
            f"Subject: SMS with {name}", "MIME-Version: 1.0", "Content-Type: text/plain;\n charset=utf-8",
            f"Content-Transfer-Encoding: {'base64' if is_base64 else 'quoted-printable'}", "", "",
        ]  # fmt: skip
        mail = "\n".join(head).encode() + body + b"\n\n"
        mails.append(mail.replace(b"\n", b"\r\n") if is_base64 else mail)
    return {"SMS.mbox": b"".join(mails)}


def database(chat: Conversation, *, is_styled: bool = False, is_old: bool = False) -> Files:
    """Apple's own; the text in a column of its own, or styled since iOS 16; seconds in old ones."""
    made = Messages(Path(":memory:"), OLD_SCHEMA if is_old else None)
    for number, name in enumerate(chat.others, start=1):
        made.add("handle", ROWID=number, id=name)
    handles = () if is_old else range(1, len(chat.people))
    made.add_chat(
        1, *handles, style=45 if len(chat.people) == 2 else 43,
        chat_identifier=chat.people[1], guid="iMessage;-;x",
    )  # fmt: skip
    for number, line in enumerate(chat.lines, start=1):
        seconds = int(line.at.timestamp()) - _APPLE_EPOCH
        date = seconds if is_old else seconds * 10**9 + line.at.microsecond * 1000
        said: dict[str, Any] = (
            {"attributedBody": styled(line.text)} if is_styled else {"text": line.text}
        )
        made.say(number, handle_id=line.who, is_from_me=int(not line.who), date=date, **said)
    made.connection.commit()
    return {"chat.db": made.connection.serialize()}


def stamp(wall: datetime) -> str:
    """Jan 05, 2023  8:00:00 AM."""
    return f"{MONTHS[wall.month - 1]} {wall:%d, %Y} {clock12(wall, pad='>2')}:{wall:%M:%S} {half(wall)}"


def _name(chat: Conversation) -> str:
    return chat.people[1] if len(chat.people) == 2 else ", ".join(chat.others)


def text(chat: Conversation, *, end: str = "\n") -> Files:
    """Stamp, sender, words, an empty line."""
    parts = []
    for line in chat.lines:
        who = chat.name(line) if line.who else "Me"
        words = line.text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
        parts.append(f"{stamp(line.wall)}\n{who}\n{words}\n\n".replace("\n", end))
    return {f"imessage_export/{_name(chat)}.txt": "".join(parts).encode()}


def page(chat: Conversation, *, is_new: bool) -> Files:
    """Bubbles, sent or received."""
    parts = []
    for number, line in enumerate(chat.lines):
        who, side = (chat.name(line), "received") if line.who else ("Me", "sent iMessage")
        at = stamp(line.wall)
        if is_new:
            at = f'<a title="Reveal" href="sms://open?message-guid=G{number}">{at}</a> '
        parts.append(
            f'<div class="message">\n<div class="{side}">\n<p><span class="timestamp">{at}</span>\n'
            f'<span class="sender">{who}</span></p>\n<hr><div class="message_part">\n'
            f'<span class="bubble">{escape(line.text)}</span>\n</div>\n</div>\n</div>\n'
        )
    head = '<html>\n<meta charset="UTF-8"><style>.sent{}</style>\n<body>\n'
    return {f"imessage_export/{_name(chat)}.html": (head + "".join(parts)).encode()}


# A message's place in a backup is its time; of equal times the file's order counts.
DECIMAL, HEX = "&#{};", "&#x{:X};"
DIALECTS = [
    Dialect("SMS Backup & Restore v10", sms_xml, XML, xml),
    Dialect("SMS Backup & Restore v9, broken emoji", sms_xml, XML, partial(xml, emoji=DECIMAL)),
    Dialect("SMS Backup & Restore v8, newest first", sms_xml, XML.but(has_ties=False),
            partial(xml, emoji=DECIMAL, newest_first=True, address="1-555-0001")),
    Dialect("SMS Backup & Restore saved again in UTF-16", sms_xml, XML, partial(xml, emoji=HEX, encoding="utf-16")),
    Dialect("Signal's XML", sms_xml, XML, partial(xml, has_head=False)),
    Dialect("SMS Backup+ quoted-printable", sms_mbox, MBOX, partial(mbox, is_base64=False)),
    Dialect("SMS Backup+ base64 and CRLF", sms_mbox, MBOX, partial(mbox, is_base64=True)),
    Dialect("chat.db", imessage, DATABASE, database),
    Dialect("chat.db with styled text", imessage, DATABASE, partial(database, is_styled=True)),
    Dialect("chat.db of iOS 6", imessage, DATABASE.but(precision="s"), partial(database, is_old=True)),
    Dialect("imessage-exporter text", imessage_text, TEXT, text),
    Dialect("imessage-exporter text, CRLF", imessage_text, TEXT, partial(text, end="\r\n")),
    Dialect("imessage-exporter HTML v1", imessage_html, PAGE, partial(page, is_new=False)),
    Dialect("imessage-exporter HTML v2", imessage_html, PAGE, partial(page, is_new=True)),
]  # fmt: skip
