"""Hangouts in its layouts, Google Chat in five languages, Google Voice, chats among mails (§6, 7, 10)."""

import base64
import quopri
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from html import escape
from typing import Any
from xml.sax.saxutils import escape as escape_xml

from talklikeme.exports import gmail_chats, google_chat, google_voice, hangouts, hangouts_text
from tests.renderers.base import (
    CONTROLS,
    ENGLISH_DAYS,
    ENGLISH_MONTHS,
    GERMAN_DAYS,
    GERMAN_MONTHS,
    NO_XML,
    Conversation,
    Dialect,
    Files,
    Limits,
    Line,
    as_json,
    clock12,
    half,
)

HANGOUTS = Limits("us")
CHAT = Limits("s")
# A line like a stamp begins a message; "<" and ">" close names; nobody says whose it is; NULs
# are no text's.
TEXT = Limits(
    "s",
    lacks="\0", name_lacks="<>", is_owner_stated=False,
    never=lambda text: any(one[:1].isdigit() or one[:1] in "[(" for one in text.split("\n")),
)  # fmt: skip
# HTML has no control characters; the owner is "Me"; one page a contact.
VOICE = Limits("ms", lacks=CONTROLS, name_lacks="<>&", people=2, is_owner_named=False)
# A mail's To is one person; the header's words have no controls.
MAIL = Limits(
    "s", lacks=CONTROLS, name_lacks='"\\<>@(),:;[]=?\ufffd', people=2, is_owner_stated=False
)
# The same stanza twice is one message that Talk logged twice.
TALK = MAIL.but(precision="ms", lacks=NO_XML, has_ties=False)


def _person(number: int) -> dict[str, str]:
    return {"gaia_id": f"1{number}", "chat_id": f"1{number}"}


def _event(line: Line, number: int) -> dict[str, Any]:
    segments: list[dict[str, Any]] = []
    for part in line.text.replace("\r\n", "\n").split("\n"):
        segments += [{"type": "LINE_BREAK", "text": "\n"}] if segments else []
        segments.append({"type": "TEXT", "text": part, "formatting": {"bold": False}})
    stamp = f"{int(line.at.timestamp())}{line.at.microsecond:06}"
    return {
        "event_id": f"e{number}", "conversation_id": {"id": "UgxA"}, "sender_id": _person(line.who),
        "timestamp": stamp, "event_type": "REGULAR_CHAT_MESSAGE",
        "self_event_state": {"user_id": _person(0)},
        "chat_message": {"message_content": {"segment": segments}},
    }  # fmt: skip


def _header(chat: Conversation) -> dict[str, Any]:
    people = [
        {"id": _person(number), "fallback_name": name} for number, name in enumerate(chat.people)
    ]
    return {
        "id": {"id": "UgxA"}, "type": "STICKY_ONE_TO_ONE" if len(people) == 2 else "GROUP",
        "self_conversation_state": {
            "self_read_state": {"participant_id": _person(0), "latest_read_timestamp": "1"}
        },
        "current_participant": [one["id"] for one in people], "participant_data": people,
    }  # fmt: skip


def hangouts_new(chat: Conversation, *, events_first: bool = False) -> Files:
    """Takeout since 2017; the order of events means nothing but for equal times."""
    events = [_event(line, number) for number, line in enumerate(chat.lines)]
    one = {
        "conversation": {"conversation_id": {"id": "UgxA"}, "conversation": _header(chat)},
        "events": events,
    }
    if events_first:
        one = dict(reversed(one.items()))
    return {"Takeout/Hangouts/Hangouts.json": as_json({"conversations": [one]})}


def hangouts_old(chat: Conversation) -> Files:
    """Takeout of 2013 to 2017."""
    state = {
        "conversation_id": {"id": "UgxA"}, "conversation": _header(chat),
        "event": [_event(line, number) for number, line in enumerate(chat.lines)],
    }  # fmt: skip
    one = {
        "conversation_id": {"id": "UgxA"}, "response_header": {"status": "OK"},
        "conversation_state": state,
    }  # fmt: skip
    return {
        "Hangouts.json": as_json(
            {"continuation_end_timestamp": "0", "conversation_state": [one]}, indent=1
        )
    }


def jay2k1(chat: Conversation) -> Files:
    """One line a message."""
    lines = [
        f"{line.wall:%Y-%m-%d %H:%M:%S} <{chat.name(line)}> {line.text}" for line in chat.lines
    ]
    return {"GoogleTextForm/chat.txt": "\n".join([*lines, ""]).encode()}


def english(at: datetime) -> str:
    """Monday, June 5, 2023 at 10:11:12 AM UTC."""
    day = f"{ENGLISH_DAYS[at.weekday()]}, {ENGLISH_MONTHS[at.month - 1]} {at.day}, {at.year}"
    return f"{day} at {clock12(at)}:{at:%M:%S}\u202f{half(at)} UTC"


def british(at: datetime) -> str:
    """Monday, 5 June 2023 at 10:11:12 UTC."""
    day = f"{ENGLISH_DAYS[at.weekday()]}, {at.day} {ENGLISH_MONTHS[at.month - 1]} {at.year}"
    return f"{day} at {at:%H:%M:%S} UTC"


def german(at: datetime) -> str:
    """Montag, 5. Juni 2023 um 10:11:12 UTC."""
    day = f"{GERMAN_DAYS[at.weekday()]}, {at.day}. {GERMAN_MONTHS[at.month - 1]} {at.year}"
    return f"{day} um {at:%H:%M:%S} UTC"


def hungarian(at: datetime) -> str:
    """2023. június 5., hétfő 10:11:12 UTC."""
    months = [
        "január",
        "február",
        "március",
        "április",
        "május",
        "június",
        "július",
        "augusztus",
        "szeptember",
        "október",
        "november",
        "december",
    ]
    days = ["hétfő", "kedd", "szerda", "csütörtök", "péntek", "szombat", "vasárnap"]
    return f"{at.year}. {months[at.month - 1]} {at.day}., {days[at.weekday()]} {at.hour}:{at:%M:%S} UTC"


def japanese(at: datetime) -> str:
    """2023年6月5日月曜日 10時11分12秒 UTC."""
    clock = f"{at.hour}時{at.minute:02}分{at.second:02}秒"
    return f"{at.year}年{at.month}月{at.day}日{'月火水木金土日'[at.weekday()]}曜日 {clock} UTC"


def google_chat_json(chat: Conversation, write: Callable[[datetime], str]) -> Files:
    """One folder a conversation; the owner in Users."""
    people = [
        {"name": name, "email": f"p{number}@ex.org", "user_type": "Human"}
        for number, name in enumerate(chat.people)
    ]
    said = [
        {
            "creator": people[line.who], "created_date": write(line.at), "text": line.text,
            "topic_id": f"t{number}", "message_id": f"DM1/t{number}/t{number}",
        }
        for number, line in enumerate(chat.lines)
    ]  # fmt: skip
    root = "Takeout/Google Chat"
    return {
        f"{root}/Groups/DM abc/group_info.json": as_json({"members": people}),
        f"{root}/Groups/DM abc/messages.json": as_json({"messages": said}, indent=2),
        f"{root}/Users/User 1/user_info.json": as_json({"user": people[0]}),
    }


def voice(chat: Conversation) -> Files:
    """A page of texts with one contact."""
    parts = []
    for line in chat.lines:
        fn = (
            f'<span class="fn">{chat.name(line)}</span>'
            if line.who
            else '<abbr class="fn" title="">Me</abbr>'
        )
        said = escape(line.text).replace("\r\n", "\n").replace("\n", "<br>")
        parts.append(
            f'<div class="message"><abbr class="dt" title="{line.wall.isoformat(timespec="milliseconds")}">x</abbr>:\n'
            f'<cite class="sender vcard"><a class="tel" href="tel:+1555010000{line.who}">{fn}</a></cite>:\n<q>{said}</q>\n</div>'
        )
    tags = '<div class="tags">Labels:\n<a rel="tag" href="http://www.google.com/voice#sms">Text</a></div>'
    page = f'<html><body><div class="hChatLog hfeed">{" ".join(parts)}</div>{tags}</body></html>'
    return {"Takeout/Voice/Calls/X - Text - 2021-01-02T02_29_20Z.html": page.encode()}


def _word(name: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(name.encode()).decode()}?="


def _mail(
    chat: Conversation, line: Line, number: int, kind: str, encoding: str, body: bytes
) -> bytes:
    others = [n for n in range(len(chat.people)) if n != line.who]
    head = [
        "From 1@xxx Mon Sep 02 07:58:38 +0000 2013", "X-GM-THRID: 222", "X-Gmail-Labels: Chat",
        f"Message-ID: <{number}.222.chat@gmail.com>", "Delivered-To: p0@ex.org",
        f"From: {_word(chat.name(line))} <p{line.who}@ex.org>",
        "To: " + ", ".join(f"{_word(chat.people[n])} <p{n}@ex.org>" for n in others),
        f"Date: {format_datetime(line.at.astimezone(UTC))}", "MIME-Version: 1.0",
        f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}", "", "",
    ]  # fmt: skip
    quoted = re.sub(rb"^(>*From )", rb">\1", body, flags=re.M)  # as mboxrd wants it
    return "\n".join(head).encode() + quoted + b"\n\n"


def mails(chat: Conversation, *, is_html: bool) -> Files:
    """Each message a mail: plain as it is, with quoted From lines, or HTML."""
    found = []
    for number, line in enumerate(chat.lines):
        text = line.text.replace("\r\n", "\n").replace("\r", "\n")
        if is_html:
            body = escape(text).replace("\n", "<br>").encode()
            found.append(_mail(chat, line, number, "text/html; charset=utf-8", "8bit", body))
        else:
            body = quopri.encodestring(text.encode())
            found.append(
                _mail(chat, line, number, "text/plain; charset=utf-8", "quoted-printable", body)
            )
    return {"Takeout/Mail/Chats.mbox": b"".join(found)}


def talk(chat: Conversation) -> Files:
    """One mail a session, its messages in XML."""
    stanzas: Sequence[str] = [
        f'<cli:message from="p{line.who}@ex.org/Talk" to="p{1 - line.who}@ex.org">'
        f"<cli:body>{escape_xml(line.text)}</cli:body>"
        f'<time ms="{line.ms}" xmlns="google:timestamp"/></cli:message>'
        for line in chat.lines
    ]
    xml = (
        '<con:conversation xmlns:con="google:archive:conversation" xmlns:cli="jabber:client">'
        f"{''.join(stanzas)}</con:conversation>"
    )
    part = b"--B\nContent-Type: text/xml; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    body = part + quopri.encodestring(xml.encode()) + b"\n--B--\n"
    kind = 'multipart/alternative; boundary="B"'
    return {"All mail.mbox": _mail(chat, Line(1, chat.lines[0].at, ""), 1, kind, "7bit", body)}


DATES = {
    "US": english,
    "GB": british,
    "German": german,
    "Hungarian": hungarian,
    "Japanese": japanese,
}
DIALECTS = [
    Dialect("Hangouts JSON new", hangouts, HANGOUTS, hangouts_new),
    Dialect(
        "Hangouts JSON events first", hangouts, HANGOUTS, partial(hangouts_new, events_first=True)
    ),
    Dialect("Hangouts JSON old", hangouts, HANGOUTS, hangouts_old),
    Dialect("Hangouts text", hangouts_text, TEXT, jay2k1),
    *(
        Dialect(
            f"Google Chat {language}", google_chat, CHAT, partial(google_chat_json, write=write)
        )
        for language, write in DATES.items()
    ),
    Dialect("Google Voice", google_voice, VOICE, voice),
    Dialect("Gmail chat as text", gmail_chats, MAIL, partial(mails, is_html=False)),
    Dialect(
        "Gmail chat as HTML", gmail_chats, MAIL.but(blanks=False), partial(mails, is_html=True)
    ),
    Dialect("Gmail chat as XML", gmail_chats, TALK, talk),
]
