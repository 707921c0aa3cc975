"""Google Chat from Google Takeout: messages.json in a folder per chat (formats.md §7).

Beside it lies group_info.json with the members; user_info.json names the owner. Chats of two meet
with the same people's Hangouts (see `google_people`). Unsupported: dates in a calendar or language
that `google_dates` does not know, threads (topics are read as one chat in the order of time), and
the contents of cards and meetings.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.google_chat_library import (
    GROUP_PATH,
    USER_PATH,
    Library,
    load_records,
    person_id,
    survey_chats,
)
from talklikeme.exports.google_dates import DateReader
from talklikeme.exports.google_people import Chat, People, parse_id
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord, dict_of, dicts_of
from talklikeme.exports.times import EPOCH
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    Reaction,
    clean_text,
)

FORMAT = "Google Chat JSON"

_MESSAGES = re.compile(rb'"messages"\s*:\s*\[')
_KEYS = re.compile(rb'"(?:topic_id|created_date)"\s*:\s*"|"creator"\s*:\s*\{')
_COMPANIONS: Final = {
    "group_info": rb'"members"|\{\s*\}',
    "user_info": rb'"user"\s*:|"membership_info"',
}


def recognises(file: ExportFile, head: bytes) -> bool:
    """By the keys of messages, or by name and keys of the two files beside them."""
    if not file.name.lower().endswith(".json"):
        return False
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{"):
        return False
    if _MESSAGES.search(head) and _KEYS.search(head):
        return True
    if GROUP_PATH.search(file.path) and file.plain_stem.lower() == "messages":
        return bool(re.match(rb'\{\s*(?:"messages"|\})', start))
    mark = _COMPANIONS.get(file.plain_stem.lower())
    return mark is not None and bool(re.search(mark, head)) and _is_in_takeout(file, head)


def _is_in_takeout(file: ExportFile, head: bytes) -> bool:
    is_placed = GROUP_PATH.search(file.path) or USER_PATH.search(file.path)
    return bool(is_placed) or b'"user_type"' in head


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Learn owner and people first, then read one chat after the other."""
    library = Library()
    chats = []
    for file in files:
        if file.plain_stem.lower() in _COMPANIONS:
            yield Tally(file.path, FORMAT, 0)
            try:
                library.note(file)
            except ExportError as error:
                yield error
        else:
            chats.append(file)
    yield from survey_chats(chats, library)
    counts: Counter[str] = Counter()
    for file in chats:
        yield from _read_chat(file, library, counts)


def _read_chat(file: ExportFile, library: Library, counts: Counter[str]) -> Iterator[Item]:
    if file.path in library.broken:
        return
    records = load_records(file)
    yield Tally(file.path, FORMAT, len(records))
    chat = _build_chat(file, library)
    dates = [_date(record, library.dates) for record in records]
    for when, index in _in_order(dates):
        seq = counts[chat.conversation_id]
        counts[chat.conversation_id] += 1
        record = records[index]
        try:
            if not isinstance(record, dict):
                raise BadRecord("not a message")
            if when is None or (dates[index] is None and not _is_deleted(record)):
                raise BadRecord("no usable time")
            yield _build_message(record, chat, when, index=index, seq=seq)
        except BadRecord as error:
            yield ExportError(file.path, str(error), line=index, records=1)


def _build_chat(file: ExportFile, library: Library) -> Chat:
    name, members = library.group_of(file)
    persons = list(dict.fromkeys([*members, *library.senders[file.path]]))
    owners = library.owners_of(file, persons)
    found = GROUP_PATH.search(file.path)
    folder = found["group"] if found else ""
    is_group = folder.lower().startswith("space") or bool(name)
    is_group = is_group or len({library.people.key(one) for one in persons}) > 2
    return Chat(
        library.people,
        persons,
        owners,
        source_file=file.path,
        own_id=f"googlechat:{folder or file.path}",
        name=name,
        is_group=is_group,
    )


def _date(record: Any, dates: DateReader) -> datetime | None:
    """The time of sending; of a deleted message only that of its deletion may be left."""
    written = dict_of(record).get("created_date", dict_of(record).get("deleted_date"))
    try:
        return dates.read(written) if isinstance(written, str) else None
    except (ValueError, OverflowError):
        return None


def _in_order(dates: list[datetime | None]) -> list[tuple[datetime | None, int]]:
    """Oldest first; what has no date stays behind its neighbour in the file."""
    last = next((date for date in dates if date), None)
    placed = []
    for index, date in enumerate(dates):
        last = date or last
        placed.append((last, index))
    return sorted(placed, key=lambda one: (one[0] or EPOCH, one[1]))


def _build_message(record: Any, chat: Chat, when: datetime, *, index: int, seq: int) -> Message:
    """Turn one raw record into a Message; raises BadRecord with the reason."""
    is_deleted = _is_deleted(record)
    creator = dict_of(record.get("creator"))
    person = person_id(creator)
    if not person and not is_deleted:
        raise BadRecord("no sender")
    text, attachments = _parse_text(record), tuple(_attachments(record))
    kind: Kind = "deleted" if is_deleted else _kind(text, attachments)
    raw = record.get("created_date")
    return Message(
        platform="googlechat",
        conversation_id=chat.conversation_id,
        sender_id=chat.people.key(person),
        ts=when,
        seq=seq,
        kind=kind,
        source_file=chat.source_file,
        conversation_title=chat.title,
        is_group=chat.is_group,
        participants=chat.participants,
        sender_name=chat.people.name(person),
        is_me=chat.is_me(person),
        ts_raw=clean_text(raw) if isinstance(raw, str) else "",
        ts_precision="s",
        text="" if is_deleted else text,
        attachments=attachments,
        reactions=tuple(_reactions(record, chat.people)),
        message_id=parse_id(record.get("message_id")) or None,
        reply_to=parse_id(dict_of(record.get("quoted_message_metadata")).get("message_id")) or None,
        edited="updated_date" in record,
        deleted=is_deleted,
        system=not person,
        via_bot=creator.get("user_type") == "Bot",
        source_line=index,
    )


def _is_deleted(record: Any) -> bool:
    record = dict_of(record)
    is_marked = any(key in record for key in ("deleted_date", "deletion_metadata"))
    return record.get("message_state") == "DELETED" or (is_marked and "text" not in record)


def _parse_text(record: dict[str, Any]) -> str:
    text = record.get("text")
    if text is not None and not isinstance(text, str):
        raise BadRecord("its text is not text")
    return clean_text(text or "")


def _kind(text: str, attachments: tuple[Attachment, ...]) -> Kind:
    if text:
        return "text"
    return "media" if attachments else "empty"


def _attachments(record: dict[str, Any]) -> Iterator[Attachment]:
    for item in dicts_of(record.get("attached_files")):
        path = parse_id(item.get("export_name")) or parse_id(item.get("original_name"))
        yield Attachment("file", path or None)


def _reactions(record: dict[str, Any], people: People) -> Iterator[Reaction]:
    """One for each person that the export names."""
    for item in dicts_of(record.get("reactions")):
        emoji = dict_of(item.get("emoji"))
        custom = dict_of(emoji.get("custom_emoji")).get("short_code")
        shown = parse_id(emoji.get("unicode")) or parse_id(custom)
        emails = item.get("reactor_emails")
        addresses = [parse_id(one).casefold() for one in emails] if isinstance(emails, list) else []
        if shown:
            actors = [people.name(one) or one for one in addresses if one]
            yield from (Reaction(shown, actor or None) for actor in actors or [""])
