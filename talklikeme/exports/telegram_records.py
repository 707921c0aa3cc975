"""One raw message of a Telegram export as a Message (formats.md §17.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from talklikeme.exports.times import LocalClock, from_epoch_ms
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    Reaction,
    TimeBasis,
    clean_name,
    clean_text,
    name_key,
)

# Chats that are no conversation between people; a later stage leaves them out by this.
SECTIONS: Final = {
    "bot_chat",
    "private_channel",
    "public_channel",
    "replies",
    "saved_messages",
    "verification_codes",
}
_PAIR_TYPES: Final = ("personal_chat", "bot_chat")
_CALLS: Final = {"phone_call", "group_call", "invite_to_group_call", "conference_call"}
# Exports of about 2020-10 to 2021-05 added this to every user id.
_SHIFTED_ID: Final = 1 << 32
# The content that a message without text may have, and what it makes of the message.
_CONTENT_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("poll", "poll"),
    ("location_information", "location"),
    ("place_name", "location"),
    ("contact_information", "contact"),
    ("photo", "media"),
    ("file", "media"),
    ("media_type", "media"),
    ("dice", "sticker"),
    ("game_title", "media"),
    ("invoice_information", "media"),
    ("giveaway_information", "media"),
    ("giveaway_results", "media"),
    ("paid_media", "media"),
    ("story_id", "media"),
    ("todo_list", "media"),
)


class BadRecord(Exception):
    """One raw record lacks what a message needs; the text says what."""


@dataclass(slots=True)
class Owner:
    """Whose export it is: stated at its head, or learned from chats that leave no doubt."""

    user_id: int | None = None

    def is_mine(self, sender_id: str) -> bool | None:
        """Whether the owner has this id; None as long as the owner is unknown."""
        return None if self.user_id is None else _is_user(sender_id, self.user_id)

    def learn(self, sender_id: str) -> None:
        """Remember the owner's id, unless the export stated it."""
        number = sender_id.removeprefix("user")
        if self.user_id is None and number.isdecimal():
            self.user_id = int(number)


@dataclass(slots=True)
class Chat:
    """One chat and the state that its messages share while they stream by."""

    source_file: str
    id: int
    type: str
    title: str | None
    conversation_id: str
    owner: Owner
    clock: LocalClock
    last_time: "When | None" = None

    @property
    def section(self) -> str | None:
        """The chat's type, for chats that are no conversation between people."""
        return self.type if self.type in SECTIONS else None


@dataclass(frozen=True, slots=True)
class When:
    """A time, and how it was written."""

    ts: datetime
    raw: str
    basis: TimeBasis


def _is_user(sender_id: str, user_id: int) -> bool:
    return sender_id in (f"user{user_id}", f"user{user_id + _SHIFTED_ID}")


def _is_partner(sender_id: str, chat: Chat) -> bool:
    return _is_user(sender_id, chat.id) or sender_id == f"user{chat.id - _SHIFTED_ID}"


def build_message(record: Any, chat: Chat, *, index: int, seq: int) -> Message:
    """Turn one raw record into a Message; raises BadRecord with the reason."""
    if not isinstance(record, dict):
        raise BadRecord("not a message")
    is_service = record.get("type") == "service"
    sender_id, sender_name = _parse_sender(record, "actor" if is_service else "from", chat)
    when = parse_time(record, chat)
    text = clean_text(_parse_text(record))
    kind = _parse_kind(record, text)
    is_forwarded = _has_any(record, "forwarded_from", "forwarded_from_id", "saved_from")
    return Message(
        platform="telegram",
        conversation_id=chat.conversation_id,
        sender_id=sender_id,
        ts=when.ts,
        seq=seq,
        kind=kind,
        source_file=chat.source_file,
        conversation_title=chat.title,
        is_group="group" in chat.type or "channel" in chat.type,
        participants=(chat.title,) if chat.title and chat.type in _PAIR_TYPES else (),
        sender_name=sender_name,
        is_me=_is_me(sender_id, sender_name, chat, is_forwarded),
        ts_raw=when.raw,
        ts_precision="s",
        tz_basis=when.basis,
        text="" if kind in ("call", "empty") else text,
        attachments=tuple(_attachments(record)),
        reactions=tuple(_reactions(record)),
        message_id=_parse_id(record.get("id")),
        reply_to=_parse_reply(record),
        edited=_is_edited(record),
        system=kind == "system",
        forwarded=is_forwarded,
        via_bot=record.get("via_bot") is not None,
        section=chat.section,
        source_line=index,
    )


def _has_any(record: Mapping[str, Any], *keys: str) -> bool:
    """Whether a key is there; its value is null where somebody hid their name."""
    return any(key in record for key in keys)


def _parse_sender(record: Mapping[str, Any], key: str, chat: Chat) -> tuple[str, str | None]:
    """The sender's id and name; both may be null for deleted accounts, then not for messages."""
    name = record.get(key)
    raw_id = record.get(f"{key}_id")
    sender_name = clean_name(name) or None if isinstance(name, str) else None
    if isinstance(raw_id, int) and not isinstance(raw_id, bool):
        raw_id = f"{'channel' if 'channel' in chat.type else 'user'}{raw_id}"
    sender_id = raw_id if isinstance(raw_id, str) and raw_id else name_key(sender_name or "")
    if not sender_id and record.get("type") == "message":
        raise BadRecord("no sender")
    return sender_id, sender_name


def _is_me(sender_id: str, sender_name: str | None, chat: Chat, is_forwarded: bool) -> bool | None:
    """Whether the owner sent it: by the stated id, else by the kind of chat (formats.md §17.4)."""
    is_user = sender_id.startswith("user")
    if chat.owner.user_id is None and is_user and not is_forwarded:
        if chat.type == "saved_messages":
            chat.owner.learn(sender_id)
        elif chat.type in _PAIR_TYPES:
            if _is_partner(sender_id, chat):
                return False
            if sender_name != chat.title:  # else its ids are of a kind that cannot be compared
                chat.owner.learn(sender_id)
    return chat.owner.is_mine(sender_id)


def parse_time(record: Mapping[str, Any], chat: Chat) -> When:
    """UTC where the export has it (since about 2021), else the exporter's wall clock."""
    when = _utc_time(record.get("date_unixtime")) or _local_time(record.get("date"), chat.clock)
    if when is None and record.get("type") == "unsupported" and chat.last_time is not None:
        when = chat.last_time  # these have nothing but an id, and stand in their place
    if when is None:
        raise BadRecord("no usable time")
    chat.last_time = when
    return when


def _utc_time(value: Any) -> When | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    digits = str(value)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 12):
        return None
    try:
        return When(from_epoch_ms(int(digits) * 1000), digits, "utc")
    except ValueError:
        return None


def _local_time(value: Any, clock: LocalClock) -> When | None:
    if not isinstance(value, str):
        return None
    try:
        wall = datetime.fromisoformat(value)
    except ValueError:
        return None
    if not 1970 < wall.year < 3000:
        return None
    if wall.tzinfo is not None:
        return When(wall.astimezone(UTC), value, "offset")
    return When(clock.to_utc(wall), value, "local")


def _parse_text(record: Mapping[str, Any]) -> str:
    """Display text of all runs, joined without anything between."""
    value = record.get("text", record.get("text_entities"))
    if value is None:
        return ""
    runs = [value] if isinstance(value, str) else value
    if not isinstance(runs, list):
        raise BadRecord("its text is not text")
    return "".join(_run_text(run) for run in runs)


def _run_text(run: Any) -> str:
    text = run.get("text") if isinstance(run, dict) else run
    if not isinstance(text, str):
        raise BadRecord("its text is not text")
    return text


def _parse_kind(record: Mapping[str, Any], text: str) -> Kind:
    """Words first: a caption is the sender's own, whatever it stands under."""
    kind = record.get("type")
    if kind == "service":
        action = record.get("action")
        return "call" if isinstance(action, str) and action in _CALLS else "system"
    if kind == "unsupported":
        return "empty"
    if text:
        return "text"
    if record.get("media_type") == "sticker":
        return "sticker"
    return next((found for key, found in _CONTENT_KINDS if key in record), "empty")


def _attachments(record: Mapping[str, Any]) -> Iterator[Attachment]:
    if "photo" in record:
        yield Attachment("photo", _parse_path(record["photo"]))
    if "file" in record or "media_type" in record:
        kind, mime = record.get("media_type"), record.get("mime_type")
        yield Attachment(
            kind if isinstance(kind, str) else "file",
            _parse_path(record.get("file")),
            mime if isinstance(mime, str) else None,
        )
    if "contact_vcard" in record:
        yield Attachment("contact", _parse_path(record["contact_vcard"]))


def _parse_path(value: Any) -> str | None:
    """A path; "(File not included. …)" and its like are none."""
    return value if isinstance(value, str) and value and not value.startswith("(") else None


def _reactions(record: Mapping[str, Any]) -> Iterator[Reaction]:
    """One for each person that the export names, else one for the emoji."""
    for item in _dicts(record.get("reactions")):
        emoji = "⭐" if item.get("type") == "paid" else item.get("emoji")
        if not isinstance(emoji, str) or not emoji:
            continue
        actors = [one.get("from") for one in _dicts(item.get("recent"))]
        names = [clean_name(name) for name in actors if isinstance(name, str)]
        yield from (Reaction(emoji, name or None) for name in names or [""])


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (one for one in (value if isinstance(value, list) else ()) if isinstance(one, dict))


def _parse_id(value: Any) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _parse_reply(record: Mapping[str, Any]) -> str | None:
    """The message answered, if it is in the same chat."""
    return None if "reply_to_peer_id" in record else _parse_id(record.get("reply_to_message_id"))


def _is_edited(record: Mapping[str, Any]) -> bool:
    """Old exports give every message an `edited`: the year 1970 where nobody edited."""
    edited = record.get("edited")
    is_epoch = not isinstance(edited, str) or edited[:4] in ("1969", "1970")
    return not is_epoch and record.get("edited_unixtime") != "0"
