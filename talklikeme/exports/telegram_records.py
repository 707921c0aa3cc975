"""One raw message of a Telegram export as a Message (formats.md §17.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.telegram_contents import (
    parse_attachments,
    parse_kind,
    parse_reactions,
    parse_text,
)
from talklikeme.exports.times import LocalClock, from_epoch_ms
from talklikeme.messages import (
    Message,
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
# Exports of about 2020-10 to 2021-05 added this to every user id.
_SHIFTED_ID: Final = 1 << 32


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
        if self.user_id is None and number.isdecimal() and len(number) <= _LONGEST_ID:
            self.user_id = int(number)


_LONGEST_ID = 20  # digits of a 64-bit number; Python refuses to read some thousands


class When(msgspec.Struct, frozen=True):
    """A time, and how it was written."""

    ts: datetime
    raw: str
    basis: TimeBasis


class Sender(msgspec.Struct):
    """Who wrote messages; `is_me` is None until the owner is known."""

    id: str
    name: str | None
    is_me: bool | None = None


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
    last_time: When | None = None
    senders: dict[tuple[str, str | int], Sender] = field(default_factory=dict)
    is_group: bool = field(init=False)
    participants: tuple[str, ...] = field(init=False)
    section: str | None = field(init=False)  # the type, if it is no talk between people

    def __post_init__(self) -> None:
        self.is_group = "group" in self.type or "channel" in self.type
        self.participants = (self.title,) if self.title and self.type in _PAIR_TYPES else ()
        self.section = self.type if self.type in SECTIONS else None


def _is_user(sender_id: str, user_id: int) -> bool:
    return sender_id in (f"user{user_id}", f"user{user_id + _SHIFTED_ID}")


def _is_partner(sender_id: str, chat: Chat) -> bool:
    return _is_user(sender_id, chat.id) or sender_id == f"user{chat.id - _SHIFTED_ID}"


def build_message(record: Any, chat: Chat, *, index: int, seq: int) -> Message:
    """Turn one raw record into a Message; raises BadRecord with the reason."""
    if not isinstance(record, dict):
        raise BadRecord("not a message")
    sender = _find_sender(record, chat)
    when = parse_time(record, chat)
    text = clean_text(parse_text(record))
    kind = parse_kind(record, text)
    is_forwarded = (
        "forwarded_from" in record or "forwarded_from_id" in record or "saved_from" in record
    )
    return Message(
        platform="telegram",
        conversation_id=chat.conversation_id,
        sender_id=sender.id,
        ts=when.ts,
        seq=seq,
        kind=kind,
        source_file=chat.source_file,
        conversation_title=chat.title,
        is_group=chat.is_group,
        participants=chat.participants,
        sender_name=sender.name,
        is_me=_is_me(sender, chat, is_forwarded) if sender.is_me is None else sender.is_me,
        ts_raw=when.raw,
        ts_precision="s",
        tz_basis=when.basis,
        text="" if kind in ("call", "empty") else text,
        attachments=parse_attachments(record),
        reactions=parse_reactions(record),
        message_id=_parse_id(record.get("id")),
        reply_to=_parse_reply(record) if "reply_to_message_id" in record else None,
        edited="edited" in record and _is_edited(record),
        system=kind == "system",
        forwarded=is_forwarded,
        via_bot=record.get("via_bot") is not None,
        section=chat.section,
        source_line=index,
    )


def _find_sender(record: Mapping[str, Any], chat: Chat) -> Sender:
    """The sender; most are known from earlier messages of the chat."""
    is_service = record.get("type") == "service"
    name = record.get("actor" if is_service else "from")
    raw_id = record.get("actor_id" if is_service else "from_id")
    # True and 1 are the same key: only these types may be looked up.
    if type(name) is not str or not (type(raw_id) is str or type(raw_id) is int):
        return _parse_sender(name, raw_id, record, chat)
    sender = chat.senders.get((name, raw_id))
    if sender is None:
        sender = _parse_sender(name, raw_id, record, chat)
        if sender.id:
            chat.senders[name, raw_id] = sender
    return sender


def _parse_sender(name: Any, raw_id: Any, record: Mapping[str, Any], chat: Chat) -> Sender:
    """The sender's id and name; both may be null for deleted accounts, then not for messages."""
    sender_name = clean_name(name) or None if isinstance(name, str) else None
    if isinstance(raw_id, int) and not isinstance(raw_id, bool):
        raw_id = f"{'channel' if 'channel' in chat.type else 'user'}{raw_id}"
    sender_id = raw_id if isinstance(raw_id, str) and raw_id else name_key(sender_name or "")
    if not sender_id and record.get("type") == "message":
        raise BadRecord("no sender")
    return Sender(sender_id, sender_name)


def _is_me(sender: Sender, chat: Chat, is_forwarded: bool) -> bool | None:
    """Whether the owner sent it: by the stated id, else by the kind of chat (formats.md §17.4)."""
    if chat.owner.user_id is None and sender.id.startswith("user") and not is_forwarded:
        if chat.type == "saved_messages":
            chat.owner.learn(sender.id)
        elif chat.type in _PAIR_TYPES:
            if _is_partner(sender.id, chat):
                return False
            if sender.name != chat.title:  # else its ids are of a kind that cannot be compared
                chat.owner.learn(sender.id)
    sender.is_me = chat.owner.is_mine(sender.id)
    return sender.is_me


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
    digits = str(value) if type(value) is int else value
    if not (isinstance(digits, str) and len(digits) <= 12):
        return None
    if not (digits.isascii() and digits.isdecimal()):
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


def _parse_id(value: Any) -> str | None:
    return str(value) if type(value) is int else None  # and not bool


def _parse_reply(record: Mapping[str, Any]) -> str | None:
    """The message answered, if it is in the same chat."""
    return None if "reply_to_peer_id" in record else _parse_id(record.get("reply_to_message_id"))


def _is_edited(record: Mapping[str, Any]) -> bool:
    """Old exports give every message an `edited`: the year 1970 where nobody edited."""
    edited = record.get("edited")
    is_epoch = not isinstance(edited, str) or edited[:4] in ("1969", "1970")
    return not is_epoch and record.get("edited_unixtime") != "0"
