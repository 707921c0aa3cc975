"""One raw event of a Hangouts.json (formats.md §6.2, §6.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from talklikeme.exports.google_people import parse_id
from talklikeme.exports.hangouts_survey import ids_of
from talklikeme.exports.loose_values import BadRecord, dict_of, dicts_of
from talklikeme.messages import Attachment, Kind, clean_text

_CHAT_TYPES: Final = {"REGULAR_CHAT_MESSAGE", "SMS", ""}
_CALL_TYPES: Final = {"HANGOUT_EVENT", "VOICEMAIL"}
_LATEST: Final = 32_503_680_000_000_000  # the year 3000, in microseconds


@dataclass(slots=True)
class Event:
    """One event, until its place in time is known."""

    microseconds: int
    index: int
    ids: list[str]
    kind: Kind
    text: str
    attachments: tuple[Attachment, ...]
    message_id: str | None


def parse_event(record: Any, index: int) -> Event:
    """The parts of one raw event; raises BadRecord with the reason."""
    if not isinstance(record, dict):
        raise BadRecord("not an event")
    ids = ids_of(record.get("sender_id"))
    if not ids:
        raise BadRecord("no sender")
    event_type = record.get("event_type")
    event_type = event_type if isinstance(event_type, str) else ""
    content = dict_of(dict_of(record.get("chat_message")).get("message_content"))
    kind, text, attachments = _judge(event_type, content)
    return Event(
        microseconds=_parse_time(record.get("timestamp")),
        index=index,
        ids=ids,
        kind=kind,
        text=text,
        attachments=attachments,
        message_id=parse_id(record.get("event_id")) or None,
    )


def _parse_time(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 18:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _LATEST:
        raise BadRecord("no usable time")
    return value


def _judge(event_type: str, content: dict[str, Any]) -> tuple[Kind, str, tuple[Attachment, ...]]:
    """What an event is. A voicemail's words are a machine's transcript, not what somebody wrote."""
    if event_type in _CALL_TYPES:
        return "call", "", ()
    if event_type not in _CHAT_TYPES and not content:
        return "system", "", ()
    text = clean_text("".join(_segments(content.get("segment"))))
    attachments = tuple(_attachments(content["attachment"])) if "attachment" in content else ()
    if text:
        return "text", text, attachments
    if attachments:
        is_place = all(one.kind == "place" for one in attachments)
        return ("location" if is_place else "media"), "", attachments
    return "empty", "", ()


def _segments(segments: Any) -> Iterator[str]:
    if segments is not None and not isinstance(segments, list):
        raise BadRecord("its text is not text")
    for segment in segments or ():
        if not isinstance(segment, dict):
            raise BadRecord("its text is not text")
        text = segment.get("text")
        if segment.get("type") == "LINE_BREAK":
            yield "\n"
        elif isinstance(text, str):
            yield text
        elif text is not None:
            raise BadRecord("its text is not text")


_EMBED_KINDS: Final = (
    ("PHOTO", "photo"),
    ("AUDIO", "audio"),
    ("VIDEO", "video"),
    ("PLACE", "place"),
)


def _attachments(attachments: Any) -> Iterator[Attachment]:
    for attachment in dicts_of(attachments):
        embed = dict_of(attachment.get("embed_item"))
        types = embed.get("type")
        marks = (
            " ".join(one for one in types if isinstance(one, str))
            if isinstance(types, list)
            else ""
        )
        kind = next((kind for mark, kind in _EMBED_KINDS if mark in marks), "file")
        urls = (value.get("url") for value in embed.values() if isinstance(value, dict))
        url = next((one for one in urls if isinstance(one, str) and one), None)
        yield Attachment(kind, clean_text(url) if url else None)
