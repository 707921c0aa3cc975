"""Messenger and Instagram: JSON of four ages, end-to-end encrypted JSON, pages of seven ages (§1-3, 5)."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

from talklikeme.exports import messenger_e2ee, meta_archive
from talklikeme.exports.meta import fix_mojibake
from tests.renderers.base import (
    CONTROLS,
    GERMAN_MONTHS,
    MONTHS,
    Conversation,
    Dialect,
    Files,
    Limits,
    Line,
    as_json,
    clock12,
    half,
)

# Facebook writes its own sentences ("Zoë sent a photo.") where a person's words stand.
JSON = Limits()
# In right UTF-8, "Ã©" could still be the "é" that Facebook breaks.
REPAIRED = JSON.but(
    never=lambda text: fix_mojibake(text) != text,
    name_lacks="".join(map(chr, range(0x80, 0xC0))),
)
# The order of the file means nothing; newest first is told by the times alone.
E2EE = REPAIRED.but(has_ties=False)
# Pages show minutes; HTML has no control characters and joins blanks; no page names its owner.
HTML = Limits(
    "min", lacks=CONTROLS, blanks=False, name_lacks="<>&,", is_owner_stated=False, people=2
)


def _mojibake(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, list):
        return [_mojibake(one) for one in value]
    return {key: _mojibake(one) for key, one in value.items()} if isinstance(value, dict) else value


def _record(chat: Conversation, line: Line, more: dict[str, Any]) -> dict[str, Any]:
    said = {"sender_name": chat.name(line), "timestamp_ms": line.ms, "content": line.text}
    return said | more


def _part(chat: Conversation, lines: Sequence[Line], **more: Any) -> dict[str, Any]:
    """One message_N.json: newest first."""
    return {
        "participants": [{"name": name} for name in (*chat.others, chat.people[0])],
        "messages": [_record(chat, line, more) for line in reversed(lines)],
        "title": ", ".join(chat.others),
        "is_still_participant": True,
        "thread_type": "Regular" if len(chat.people) == 2 else "RegularGroup",
        "thread_path": "inbox/chat_JGzDRwOqCg",
    }


def messenger_2018(chat: Conversation) -> Files:
    """One message.json, every byte of UTF-8 a character."""
    owner = {"profile": {"name": {"full_name": chat.people[0]}}}
    return {
        "messages/inbox/chat_JGzDRwOqCg/message.json": json.dumps(
            _mojibake(_part(chat, chat.lines, type="Generic"))
        ).encode(),
        "profile_information/profile_information.json": json.dumps(_mojibake(owner)).encode(),
    }


def messenger_parts(chat: Conversation) -> Files:
    """The newest in message_1.json, over two archives."""
    middle = len(chat.lines) // 2
    owner = {"autofill_information_v2": {"FULL_NAME": [chat.people[0]]}}
    parts = {9: chat.lines[middle:], 10: chat.lines[:middle]}
    files = {
        f"facebook-kim-{number}/messages/inbox/chat_JGzDRwOqCg/message_{number}.json": json.dumps(
            _mojibake(_part(chat, lines))
        ).encode()
        for number, lines in parts.items()
        if lines
    }
    files["facebook-kim-2/messages/autofill_information.json"] = json.dumps(
        _mojibake(owner)
    ).encode()
    return files


def messenger_2024(chat: Conversation) -> Files:
    """Indented, in your_facebook_activity."""
    root = "your_facebook_activity/messages"
    owner = {"autofill_information_v2": {"FULL_NAME": [chat.people[0]]}}
    part = _part(chat, chat.lines, is_geoblocked_for_viewer=False)
    return {
        f"{root}/inbox/chat_JGzDRwOqCg/message_1.json": json.dumps(
            _mojibake(part), indent=2
        ).encode(),
        f"{root}/autofill_information.json": json.dumps(_mojibake(owner)).encode(),
    }


def messenger_saved_again(chat: Conversation) -> Files:
    """Repaired, with sorted keys and a byte order mark."""
    owner = {"profile_v2": {"name": {"full_name": chat.people[0]}}}
    part = as_json(_part(chat, chat.lines), sort_keys=True, separators=(",", ":"))
    return {
        "inbox/chat_JGzDRwOqCg/message_1 (2).json": b"\xef\xbb\xbf" + part,
        "profile_information.json": as_json(owner),
    }


def instagram(chat: Conversation, root: str) -> Files:
    """Folders and schema are Facebook's."""
    owner = {"profile_user": [{"string_map_data": {"Name": {"value": chat.people[0]}}}]}
    return {
        f"{root}/inbox/chat_1015/message_1.json": json.dumps(
            _mojibake(_part(chat, chat.lines))
        ).encode(),
        f"{root.split('/')[0]}/personal_information/personal_information.json": json.dumps(
            _mojibake(owner)
        ).encode(),
    }


def e2ee(chat: Conversation) -> Files:
    """One file a chat; the order in it means nothing, so equal times stand as they were written."""
    records = [
        {
            "isUnsent": False, "media": [], "reactions": [], "senderName": chat.name(line),
            "text": line.text, "timestamp": line.ms, "type": "text",
        }
        for line in reversed(chat.lines)
    ]  # fmt: skip
    thread = {"participants": list(chat.people), "threadName": "chat_4", "messages": records}
    return {"messages/chat_4.json": as_json(thread, indent=2)}


OLD = (
    "pam _3-95 _2pi0 _2lej uiBoxWhite noborder",
    "_3-96 _2pio _2lek _2lel",
    "_3-96 _2let",
    "_3-94 _2lem",
)
OLD_IG = (
    "pam _3-95 _2ph- _2lej uiBoxWhite noborder",
    "_3-95 _2pim _2lek _2lel",
    "_3-95 _2let",
    "_3-94 _2lem",
)
NEW = (
    "pam _3-95 _2ph- _a6-g uiBoxWhite noborder",
    "_3-95 _2pim _a6-h _a6-i",
    "_3-95 _a6-p",
    "_3-94 _a6-o",
)
BARE = ("", "", "", "")


def us(wall: datetime) -> str:
    """Mar 06, 2023 6:26 pm."""
    day = f"{MONTHS[wall.month - 1]} {wall:%d, %Y}"
    return f"{day} {clock12(wall)}:{wall:%M} {half(wall).lower()}"


def us_at(wall: datetime) -> str:
    """Mar 06, 2023 at 6:26 PM."""
    day = f"{MONTHS[wall.month - 1]} {wall:%d, %Y}"
    return f"{day} at {clock12(wall)}:{wall:%M}\u202f{half(wall)}"


def german(wall: datetime) -> str:
    """6. März 2023, 18:26."""
    return f"{wall.day}. {GERMAN_MONTHS[wall.month - 1]} {wall:%Y, %H:%M}"


def finnish(wall: datetime) -> str:
    """6.3.2023 klo 18.26."""
    return f"{wall.day}.{wall.month}.{wall.year} klo {wall:%H.%M}"


def page(
    chat: Conversation, path: str, classes: Sequence[str], stamp: Callable[[datetime], str],
    words: tuple[str, str], *, gap: str = "", tag: str = "div", name: str = "div", nest: bool = False,
) -> Files:  # fmt: skip
    """One thread, newest first."""
    boxes = []
    for line in reversed(chat.lines):
        at = stamp(line.wall)
        at = f'<a href="x"><div class="_a72d">{at}</div></a>' if nest else at
        said = escape(line.text, quote=False).replace("\r\n", "\n").replace("\n", "<br />")
        boxes.append(gap.join([
            f'<{tag} class="{classes[0]}">',
            f'<{name} class="{classes[1]}">{chat.name(line)}</{name}>',
            f'<div class="{classes[2]}"><div><div></div><div>{said}</div><div></div><div></div></div></div>',
            f'<div class="{classes[3]}">{at}</div></{tag}>',
        ]))  # fmt: skip
    people = f" {words[1]} ".join((*chat.others, chat.people[0]))
    head = f'<div class="{classes[0]}"><div class="{classes[1]}">{words[0]}: {people}</div></div>'
    title = chat.people[1]
    text = (
        f"<html><head><title>{title}</title><style>.x{{}}</style></head><body>{gap}"
        f'<div class="_a70e">{title}</div>{gap}<div class="_4t5n" role="main">{head}'
        f"{gap.join(boxes)}</div></body></html>"
    )
    return {f"{path}messages/inbox/chat_1015/message_1.html": text.encode()}


EN, DE, FI = ("Participants", "and"), ("Teilnehmer", "und"), ("Osallistujat", "ja")
PAGES: dict[str, Callable[[Conversation], Files]] = {
    "2018": partial(page, path="", classes=OLD, stamp=us, words=EN),
    "2022": partial(page, path="your_activity_across_facebook/", classes=NEW, stamp=us, words=EN),
    "2023 German": partial(page, path="", classes=NEW, stamp=german, words=DE, name="h2"),
    "2025 section": partial(
        page, path="", classes=("_a6-g", *NEW[1:]), stamp=us, words=EN, tag="section", name="h2", nest=True
    ),
    "Finnish, printed nicely": partial(page, path="", classes=NEW, stamp=finnish, words=FI, gap="\n   "),
    "without classes": partial(page, path="", classes=BARE, stamp=us, words=EN, nest=True, gap="\n "),
}  # fmt: skip

DIALECTS = [
    Dialect("Messenger JSON 2018", meta_archive, JSON, messenger_2018),
    Dialect("Messenger JSON 2021 in parts", meta_archive, JSON, messenger_parts),
    Dialect("Messenger JSON 2024", meta_archive, JSON, messenger_2024),
    Dialect("Messenger JSON saved again", meta_archive, REPAIRED, messenger_saved_again),
    Dialect(
        "Instagram JSON 2020", meta_archive, JSON, partial(instagram, root="instagram-kim/messages")
    ),
    Dialect(
        "Instagram JSON 2024",
        meta_archive,
        JSON,
        partial(instagram, root="your_instagram_activity/messages"),
    ),
    Dialect("Messenger E2EE", messenger_e2ee, E2EE, e2ee),
    *(
        Dialect(f"Messenger HTML {age}", meta_archive, HTML, render)
        for age, render in PAGES.items()
    ),
    Dialect(
        "Instagram HTML 2020",
        meta_archive,
        HTML,
        partial(page, path="instagram-2020/", classes=OLD_IG, stamp=us_at, words=EN),
    ),
]
