"""One message of sigexport's data.json or chat.md as a Message (formats.md §19.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from talklikeme.exports.loose_values import BadRecord, dict_of, dicts_of, parse_iso, text_of
from talklikeme.exports.times import LocalClock
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    Precision,
    Reaction,
    clean_name,
    clean_text,
    name_key,
)

NO_SENDER: Final = "No-Sender"
MARKDOWN_FIRST = re.compile(
    r"\[(?P<stamp>\d{4}-\d\d-\d\d,? \d\d:\d\d(?::\d\d)?)\] (?P<sender>[^\n]{0,200}?): ?"
)
_DELETED: Final = "(This message was deleted)"
_CALL = re.compile(
    r"(?:Incoming|Outgoing|Missed)(?: (?:voice|video|group|adhoc))? call(?: \([^)]{1,60}\))?"
)
_REACTIONS = re.compile(r"\n\(- (.*) -\)[ \t]*")
_STICKER = re.compile(
    r"\n\(\( (.*) \)\)[ \t]*|!?\[[^\]\n]*\]\(\.\./exported_stickers/[^)\n]*\)[ \t]*"
)
_ATTACHMENT = re.compile(r"!?\[(?P<name>[^\]\n]*)\]\((?P<path>\./media/[^)\n]*)\)[ \t]*")
_MISSING = re.compile(r"\([a-z][a-z ]{2,20} not exported\)[ \t]*")
_QUOTE = re.compile(r"\A[ \t]*(?:\n[ \t]*)+(?:> ?[^\n]*(?:\n|\Z))+")


@dataclass(frozen=True, slots=True)
class Folder:
    """What all messages of one chat share."""

    conversation_id: str
    title: str
    is_group: bool | None
    participants: tuple[str, ...]
    clock: LocalClock


@dataclass(slots=True)
class Raw:
    """One message before its time is told."""

    line: int
    stamp: str
    sender: str
    body: str = ""
    attachments: tuple[Attachment, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    deleted: bool = False
    is_call: bool = False


def raw_from_json(record: Any, line: int) -> Raw:
    """Take one object; older versions wrote fewer keys."""
    if not isinstance(record, dict):
        raise BadRecord("not a message")
    body = record.get("body")
    if body is not None and not isinstance(body, str):
        raise BadRecord("its text is not text")
    return Raw(
        line=line,
        stamp=text_of(record.get("date")),
        sender=clean_name(text_of(record.get("sender"))),
        body=clean_text(body or ""),
        attachments=tuple(_attachments(record)),
        reactions=tuple(_reactions(record.get("reactions"))),
        deleted=record.get("deleted") is True,
        is_call=record.get("call") is True or record.get("missed") is True,
    )


def _attachments(record: dict[str, Any]) -> Iterator[Attachment]:
    for item in dicts_of(record.get("attachments")):
        path = text_of(item.get("path")) or text_of(item.get("name"))
        yield Attachment("file", path or None)
    sticker = record.get("sticker")
    if sticker and isinstance(sticker, str | dict):
        yield Attachment("sticker", text_of(dict_of(sticker).get("path")) or None)


def _reactions(value: Any) -> Iterator[Reaction]:
    """Pairs of name and emoji."""
    for item in value if isinstance(value, list) else ():
        pair = [item.get("name"), item.get("emoji")] if isinstance(item, dict) else item
        if isinstance(pair, list) and len(pair) == 2 and text_of(pair[1]):
            yield Reaction(text_of(pair[1]), clean_name(text_of(pair[0])) or None)


def raw_from_markdown(stamp: str, sender: str, body: str, line: int) -> Raw:
    """Take the text apart again that sigexport put together; code marks are gone from it."""
    raw = Raw(line, stamp, clean_name(sender))
    if found := _REACTIONS.search(body):
        body = body[: found.start()] + body[found.end() :]
        raw.reactions = tuple(_named_reactions(found[1]))
    for match in _ATTACHMENT.finditer(body):
        raw.attachments += (Attachment("file", match["path"].removeprefix("./")),)
    raw.attachments += tuple(Attachment("sticker") for _ in _STICKER.finditer(body))
    raw.attachments += tuple(Attachment("file") for _ in _MISSING.finditer(body))
    for pattern in (_ATTACHMENT, _STICKER, _MISSING):
        body = pattern.sub("", body)
    text = clean_text(_QUOTE.sub("", body))
    raw.deleted = text == _DELETED
    raw.body = "" if raw.deleted else text
    return raw


def _named_reactions(text: str) -> Iterator[Reaction]:
    for part in text.split(", "):
        name, mark, emoji = part.rpartition(": ")
        if mark and emoji:
            yield Reaction(emoji, clean_name(name) or None)


def build_message(raw: Raw, folder: Folder, path: str, *, seq: int) -> Message:
    """Give it its time and its place; raises BadRecord with the reason."""
    if not raw.sender:
        raise BadRecord("no sender")
    ts, precision, is_local = _parse_time(raw.stamp, folder.clock)
    is_me = raw.sender == "Me"
    kind = _parse_kind(raw)
    return Message(
        platform="signal",
        conversation_id=folder.conversation_id,
        sender_id="" if raw.sender == NO_SENDER else name_key(raw.sender),
        ts=ts,
        seq=seq,
        kind=kind,
        source_file=path,
        conversation_title=folder.title,
        is_group=folder.is_group,
        participants=folder.participants,
        sender_name=None if raw.sender == NO_SENDER else raw.sender,
        is_me=is_me,
        ts_raw=raw.stamp,
        ts_precision=precision,
        tz_basis="local" if is_local else "offset",
        text=raw.body if kind in ("text", "system") else "",
        attachments=raw.attachments,
        reactions=raw.reactions,
        deleted=raw.deleted,
        system=kind == "system",
        source_line=raw.line,
    )


def _parse_time(stamp: str, clock: LocalClock) -> tuple[datetime, Precision, bool]:
    time = parse_iso(stamp.replace(", ", " "))
    if time is None:
        raise BadRecord("no usable time")
    precision: Precision = "min" if stamp.count(":") < 2 else "ms" if "T" in stamp else "s"
    if time.tzinfo is not None:
        return time.astimezone(UTC), precision, False
    return clock.to_utc(time), precision, True


def _parse_kind(raw: Raw) -> Kind:
    if raw.deleted:
        return "deleted"
    if raw.is_call or _CALL.fullmatch(raw.body):
        return "call"
    if raw.sender == NO_SENDER:
        return "system"
    if raw.body:
        return "text"
    if any(one.kind == "sticker" for one in raw.attachments):
        return "sticker"
    return "media" if raw.attachments else "empty"
