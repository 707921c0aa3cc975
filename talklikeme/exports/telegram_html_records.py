"""One message of Telegram's HTML pages as a Message (formats.md §17.5)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborNode

from talklikeme.exports.html_text import attribute, classes, shown_text
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.times import LocalClock
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    Precision,
    Reaction,
    TimeBasis,
    clean_name,
    clean_text,
    name_key,
)

_STAMP = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4}) (\d{1,2}):(\d\d):(\d\d)(?: UTC(?:([+-])(\d\d):?(\d\d))?)?"
)
_DAY = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_VIA = re.compile(r" via @\w+$")
_TARGET = re.compile(r"go_to_message(-?\d+)")
_NOT_SUPPORTED: Final = "This message is not supported by this version"
_GROUP_CALL: Final = ("Group call", "Voice chat", "Video chat")
# What the classes of a media block say; the first of them that is there counts.
_MEDIA: Final[dict[str, tuple[Kind, str]]] = {
    "media_call": ("call", ""),
    "media_contact": ("contact", "contact"),
    "media_location": ("location", ""),
    "media_live_location": ("location", ""),
    "media_venue": ("location", ""),
    "media_poll": ("poll", ""),
    "sticker_wrap": ("sticker", "sticker"),
    "photo_wrap": ("media", "photo"),
    "media_photo": ("media", "photo"),
    "animated_wrap": ("media", "animation"),
    "video_file_wrap": ("media", "video_file"),
    "media_video": ("media", "video"),
    "media_voice_message": ("media", "voice_message"),
    "media_audio_file": ("media", "audio_file"),
    "media_file": ("media", "file"),
    "media_game": ("media", ""),
    "media_invoice": ("media", ""),
}


@dataclass(slots=True)
class HtmlChat:
    """What all messages of one chat share, and what one leaves to the next."""

    conversation_id: str
    title: str | None
    is_group: bool | None
    participants: tuple[str, ...]
    owner: str | None
    clock: LocalClock
    zone: ZoneInfo
    zone_doubt: str = ""
    sender: str = ""
    via_bot: bool = False
    last: "When | None" = None

    def begin_page(self) -> None:
        """Each page names its first sender again."""
        self.sender = ""

    def begin_day(self, day: datetime) -> None:
        """A date line; what has no time of its own before the first message has this."""
        if self.last is None or self.last.wall.date() < day.date():
            ts = day.replace(tzinfo=self.zone).astimezone(UTC)
            self.last = When(ts, day, "", "local", "day")

    def is_mine(self, sender: str) -> bool | None:
        """Whether the owner sent it; None where export_results.html is missing."""
        return sender == self.owner if self.owner else None


@dataclass(frozen=True, slots=True)
class When:
    """A time, and how it was written."""

    ts: datetime
    wall: datetime
    raw: str
    basis: TimeBasis
    precision: Precision = "s"


@dataclass(slots=True)
class _Parts:
    """The parts of one message as they stand in its body."""

    stamp: str = ""
    sender: str = ""
    text: str = ""
    kind: Kind = "empty"
    attachments: tuple[Attachment, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    reply_to: str | None = None
    forwarded: bool = False


def is_day_line(node: LexborNode) -> datetime | None:
    """The day of a line like "4 October 2013", which separates messages and is none."""
    if "service" not in classes(node) or not attribute(node, "id").startswith("message-"):
        return None
    found = _DAY.fullmatch(shown_text(node, keeps_space=False).strip())
    if not found or found[2] not in _MONTHS:
        return None
    try:
        return datetime(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]))  # noqa: DTZ001 - a local day
    except ValueError:
        return None


def build_message(node: LexborNode, chat: HtmlChat, path: str, *, line: int, seq: int) -> Message:
    """Turn one element into a Message; raises BadRecord with the reason."""
    is_service = "service" in classes(node)
    parts = _read_service(node) if is_service else _read_default(node, chat)
    when = chat.last if is_service else parse_stamp(parts.stamp, chat)
    if when is None:
        raise BadRecord("no usable time")
    chat.last = when
    sender_id = name_key(parts.sender)
    return Message(
        platform="telegram",
        conversation_id=chat.conversation_id,
        sender_id=sender_id,
        ts=when.ts,
        seq=seq,
        kind=parts.kind,
        source_file=path,
        conversation_title=chat.title,
        is_group=chat.is_group,
        participants=chat.participants,
        sender_name=parts.sender or None,
        is_me=None if is_service else chat.is_mine(sender_id),
        ts_raw=when.raw,
        ts_precision=when.precision,
        tz_basis=when.basis,
        text=parts.text if parts.kind in ("text", "system") else "",
        attachments=parts.attachments,
        reactions=parts.reactions,
        message_id=attribute(node, "id").removeprefix("message") or None,
        reply_to=parts.reply_to,
        system=parts.kind == "system",
        forwarded=parts.forwarded,
        via_bot=chat.via_bot and not is_service,
        source_line=line,
    )


def _read_service(node: LexborNode) -> _Parts:
    body = node.css_first(".body")
    text = clean_text(shown_text(body, keeps_space=False))
    if text.startswith(_NOT_SUPPORTED):
        return _Parts(kind="empty")
    return _Parts(text=text, kind="call" if text.startswith(_GROUP_CALL) else "system")


def _read_default(node: LexborNode, chat: HtmlChat) -> _Parts:
    parts = _Parts()
    body = next((child for child in node.iter() if "body" in classes(child)), None)
    if body is None:
        raise BadRecord("nothing in it")
    _read_body(body, parts)
    if parts.sender:
        chat.via_bot = bool(_VIA.search(parts.sender))
        chat.sender = _VIA.sub("", parts.sender)
    elif "joined" not in classes(node):
        chat.sender = ""
    parts.sender = chat.sender
    if not parts.sender:
        raise BadRecord("no sender")
    if parts.text:
        parts.kind = "text"
    return parts


def _read_body(body: LexborNode, parts: _Parts) -> None:
    """Take the parts of a body; a forwarded message is a second body inside the first."""
    for child in body.iter():
        names = classes(child)
        if "date" in names:
            parts.stamp = attribute(child, "title")
        elif "forwarded" in names and "body" in names:
            parts.forwarded = True
            _read_body(child, parts)
        elif "from_name" in names:
            # The name on a forwarded message is its first author's.
            if not parts.forwarded:
                parts.sender = clean_name(shown_text(child, keeps_space=False))
        elif "reply_to" in names:
            parts.reply_to = _find_target(child)
        elif "media_wrap" in names:
            _read_media(child, parts)
        elif "text" in names:
            parts.text = clean_text(shown_text(child, keeps_space=False))
        elif "reactions" in names:
            parts.reactions = tuple(_reactions(child))


def _find_target(node: LexborNode) -> str | None:
    """The message answered, if it is in the same chat."""
    link = node.css_first("a")
    found = _TARGET.search(attribute(link, "href") + attribute(link, "onclick"))
    return found[1] if found else None


def _read_media(node: LexborNode, parts: _Parts) -> None:
    for child in node.css("a, div"):
        known = next((_MEDIA[name] for name in classes(child) if name in _MEDIA), None)
        if known is None:
            continue
        parts.kind, kind = known
        address = attribute(child, "href")
        if kind:
            path = address if address and not address.startswith("http") else None
            parts.attachments += (Attachment(kind, path),)
        return
    parts.kind = "media"


def _reactions(node: LexborNode) -> Iterator[Reaction]:
    """One for each person that is named, else one for the emoji."""
    for item in node.css(".reaction"):
        emoji = clean_text(shown_text(item.css_first(".emoji"), keeps_space=False))
        actors = [clean_name(attribute(one, "title")) for one in item.css("[title]")]
        if emoji:
            yield from (Reaction(emoji, actor or None) for actor in actors or [""])


def parse_stamp(stamp: str, chat: HtmlChat) -> When:
    """The exporter's wall clock, with its zone since about 2022 (in summer too, its winter offset)."""
    found = _STAMP.fullmatch(stamp.strip())
    if found is None:
        raise BadRecord("no usable time")
    day, month, year, hour, minute, second = (int(found[n]) for n in range(1, 7))
    try:
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - wall clock
    except ValueError:
        raise BadRecord("no usable time") from None
    if not 1970 < year < 3000:
        raise BadRecord("no usable time")
    if "UTC" not in stamp:
        return When(chat.clock.to_utc(wall), wall, stamp, "local")
    offset = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    return _with_offset(wall, -offset if found[7] == "-" else offset, stamp, chat)


def _with_offset(wall: datetime, offset: timedelta, stamp: str, chat: HtmlChat) -> When:
    """Where the chosen zone has that offset in winter, its summer time is known too."""
    local = wall.replace(tzinfo=chat.zone)
    standard = (local.utcoffset() or timedelta()) - (local.dst() or timedelta())
    if standard == offset:
        return When(chat.clock.to_utc(wall), wall, stamp, "offset")
    written = stamp.rpartition(" ")[2]
    chat.zone_doubt = f"its clock is of {written}, the chosen zone {chat.zone.key} is not; its summer times may be an hour off"
    return When((wall - offset).replace(tzinfo=UTC), wall, stamp, "offset")
