"""One row of the Messages database as a Message (formats.md §18.3)."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from talklikeme.exports.imessage_blobs import decode_styled_text, parse_edits
from talklikeme.exports.imessage_chats import Chat, Directory, Person
from talklikeme.exports.imessage_people import OWNER
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.phone_numbers import UNKNOWN
from talklikeme.exports.reaction_texts import ReactionJudge
from talklikeme.exports.times import EPOCH
from talklikeme.messages import Attachment, Kind, Message, Precision, Reaction, clean_text

_APPLE_EPOCH: Final = EPOCH + timedelta(seconds=978_307_200)
_FIRST_NANOSECONDS: Final = 1_000_000_000_000
_LAST_SECOND: Final = 31_000_000_000  # about the year 2983
_PLACEHOLDERS = re.compile("[\ufffc\ufffd]")
_TARGET_PART = re.compile(r"^(?:p:\d+/|bp:)")
_EMOJI: Final = ("❤️", "👍", "👎", "😂", "‼️", "❓")
_STICKER, _ADDED, _REMOVED, _VOTE = 1000, 2000, 3000, 4000
_OWN_EMOJI: Final = 6
_LINK: Final = "com.apple.messages.URLBalloonProvider"
_POLL: Final = "polls"
_KINDS: Final = {"image": "photo", "video": "video", "audio": "audio"}


class Row(NamedTuple):
    """The columns that are read, in this order; any may be missing or of a wrong type."""

    ROWID: Any
    guid: Any
    text: Any
    attributedBody: Any
    handle_id: Any
    date: Any
    date_edited: Any
    is_from_me: Any
    item_type: Any
    associated_message_type: Any
    balloon_bundle_id: Any
    message_summary_info: Any
    subject: Any
    thread_originator_guid: Any
    cache_has_attachments: Any


class ReactionRow(NamedTuple):
    """The columns of a row that may be a reaction."""

    associated_message_type: Any
    associated_message_guid: Any
    associated_message_emoji: Any
    is_from_me: Any
    handle_id: Any


@dataclass(slots=True)
class Context:
    """What the rows of one database share."""

    path: str
    directory: Directory
    chat_of: dict[int, int]
    deleted_from: dict[int, int]
    reactions: dict[str, list[Reaction]]
    read_attachments: Callable[[int], Iterable[tuple[Any, Any, Any, Any]]]
    judge: ReactionJudge


def collect_reactions(
    rows: Iterable[Iterable[Any]], directory: Directory
) -> dict[str, list[Reaction]]:
    """What is on each message in the end, by the message's guid: rows add and take away."""
    found: dict[str, dict[tuple[str, int], Reaction]] = defaultdict(dict)
    for values in rows:
        row = ReactionRow(*values)
        kind, target = row.associated_message_type, row.associated_message_guid
        if not isinstance(kind, int) or not isinstance(target, str):
            continue
        actor = "" if row.is_from_me == 1 else _handle_name(row.handle_id, directory)
        place = _TARGET_PART.sub("", target)
        number = kind % 1000
        if _REMOVED <= kind < _VOTE:
            found[place].pop((actor, number), None)
        elif emoji := _find_emoji(number, row.associated_message_emoji):
            found[place][actor, number] = Reaction(emoji, actor or None)
    return {guid: list(reactions.values()) for guid, reactions in found.items() if reactions}


def _find_emoji(number: int, own: Any) -> str:
    if number == _OWN_EMOJI:
        return clean_text(own) if isinstance(own, str) else ""
    return _EMOJI[number] if number < len(_EMOJI) else ""


def _handle_name(handle_id: Any, directory: Directory) -> str:
    person = _find_person(handle_id, directory)
    return person.name if person else UNKNOWN


def _find_person(handle_id: Any, directory: Directory) -> Person | None:
    return directory.people.get(handle_id) if isinstance(handle_id, int) else None


def build_message(row: Row, context: Context, *, seq: int) -> Message:
    """Turn one row into a Message; raises BadRecord with the reason."""
    ts, precision = parse_time(row.date)
    is_me = row.is_from_me == 1
    person = _find_person(row.handle_id, context.directory)
    chat_id = context.chat_of.get(row.ROWID, context.deleted_from.get(row.ROWID))
    chat = context.directory.find_chat(chat_id, person)
    sender = None if is_me else person or _only_person(chat)
    guid = row.guid if isinstance(row.guid, str) else None
    attachments = tuple(_attachments(row, context))
    kind, text = _judge(row, attachments, chat, context, is_me=is_me)
    is_deleted = row.ROWID in context.deleted_from and row.ROWID not in context.chat_of
    return Message(
        platform="imessage",
        conversation_id=chat.conversation_id,
        conversation_title=chat.title,
        is_group=chat.is_group,
        participants=tuple(one.name for one in chat.people),
        sender_id=OWNER if is_me else sender.key if sender else UNKNOWN,
        sender_name=sender.name if sender else None,
        is_me=is_me,
        ts=ts,
        ts_raw=str(row.date),
        ts_precision=precision,
        seq=seq,
        kind=kind,
        text=text,
        attachments=attachments,
        reactions=tuple(context.reactions.get(guid or "", ())),
        message_id=guid,
        reply_to=row.thread_originator_guid
        if isinstance(row.thread_originator_guid, str)
        else None,
        edited=bool(row.date_edited) and kind == "text",
        deleted=kind == "deleted" or is_deleted,
        system=kind == "system",
        source_file=context.path,
        source_line=row.ROWID if isinstance(row.ROWID, int) else None,
    )


def parse_time(value: Any) -> tuple[datetime, Precision]:
    """Since 2001: nanoseconds, or seconds before High Sierra and iOS 11."""
    if not isinstance(value, int) or value <= 0:
        raise BadRecord("no usable time")
    if value > _FIRST_NANOSECONDS:
        return _APPLE_EPOCH + timedelta(microseconds=value // 1000), "us"
    if value > _LAST_SECOND:
        raise BadRecord("no usable time")
    return _APPLE_EPOCH + timedelta(seconds=value), "s"


def _only_person(chat: Chat) -> Person | None:
    return chat.people[0] if len(chat.people) == 1 and not chat.is_group else None


def _judge(
    row: Row, attachments: tuple[Attachment, ...], chat: Chat, context: Context, *, is_me: bool
) -> tuple[Kind, str]:
    """What the row is, and its text if a person wrote it."""
    if (marked := _judge_marks(row)) is not None:
        return marked, ""
    text = parse_text(row)
    if text and context.judge.is_reaction(text, chat.conversation_id, is_me=is_me):
        return "reaction_notice", ""
    if text:
        return "text", text
    if isinstance(row.message_summary_info, bytes) and parse_edits(row.message_summary_info)[1]:
        return "deleted", ""
    if attachments:
        return "sticker" if all(one.kind == "sticker" for one in attachments) else "media", ""
    return "empty", ""


def _judge_marks(row: Row) -> Kind | None:
    """What the columns say that is no message of words."""
    associated, balloon = row.associated_message_type, row.balloon_bundle_id
    if row.item_type not in (None, 0):
        return "system"
    if isinstance(associated, int) and associated >= _STICKER:
        if associated < _ADDED:
            return "sticker"
        return "reaction_notice" if associated < _VOTE else "poll"
    if isinstance(balloon, str) and balloon and balloon != _LINK:
        return "poll" if _POLL in balloon.lower() else "media"
    return None


def parse_text(row: Row) -> str:
    """The wording that counts in the end, below the subject."""
    text = row.text if isinstance(row.text, str) else ""
    if not text and isinstance(row.attributedBody, bytes):
        text = decode_styled_text(row.attributedBody)
    if not text and row.date_edited and isinstance(row.message_summary_info, bytes):
        text = parse_edits(row.message_summary_info)[0]
    if isinstance(row.subject, str) and row.subject:
        text = f"{row.subject}\n{text}"
    return clean_text(_PLACEHOLDERS.sub("", text))


def _attachments(row: Row, context: Context) -> Iterator[Attachment]:
    if row.cache_has_attachments == 0 or not isinstance(row.ROWID, int):
        return
    for path, name, mime, is_sticker in context.read_attachments(row.ROWID):
        mime = mime if isinstance(mime, str) else None
        kind = _KINDS.get((mime or "").split("/")[0], "file")
        shown = next(
            (clean_text(one) for one in (path, name) if isinstance(one, str) and one), None
        )
        yield Attachment("sticker" if is_sticker == 1 else kind, shown, mime)
