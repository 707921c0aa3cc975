"""Rows of an unknown table as Messages, once it is known what its columns mean."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.generic_columns import Columns, Fields, time_of
from talklikeme.exports.generic_times import Stamp, StampColumn, study_column
from talklikeme.exports.items import Item, ReadSettings
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.meta import distinct_names
from talklikeme.exports.times import EPOCH, LocalClock
from talklikeme.messages import Kind, Message, TimeBasis, clean_name, clean_text, name_key

_PLAIN_SORTS: Final = {"", "text", "文本", "1"}


@dataclass(frozen=True, slots=True)
class Record:
    """One raw record: where it stands, the chat around it if there is one, and its fields."""

    line: int
    fields: Fields
    chat: str = ""
    title: str | None = None


@dataclass(slots=True)
class _Chat:
    """What all messages of one conversation share."""

    id: str
    title: str | None
    clock: LocalClock
    people: dict[str, str] = field(default_factory=dict)
    participants: tuple[str, ...] = ()
    count: int = 0


class RecordReader:
    """Turns all records of one file into messages."""

    def __init__(
        self, file: ExportFile, columns: Columns, settings: ReadSettings, platform: str = "generic"
    ) -> None:
        self._file = file
        self._columns = columns
        self._settings = settings
        self._platform = platform
        self._chats: dict[str, _Chat] = {}
        self._has_self = False
        folder, _, _ = file.parent.rpartition("/")
        self._prefix = f"{platform}:{file.parent[len(folder) :].strip('/')}/{file.plain_stem}"

    def read(self, records: Sequence[Record]) -> Iterator[Item]:
        """Yield one message or error for each record, and the doubts about their times."""
        times = [time_of(record.fields, self._columns) for record in records]
        column = study_column(times, self._settings.date_order, self._columns.time_format)
        stamps = [column.parse(time) if time else None for time in times]
        yield from self._notes(column, records)
        rows = list(zip(records, stamps, times, strict=True))
        if _is_newest_first(stamps):
            rows.reverse()
        for record in records:
            self._meet(record)
        for chat in self._chats.values():
            chat.participants = distinct_names(chat.people.values())
        for record, stamp, time in rows:
            try:
                yield self._build_message(record, stamp, time)
            except BadRecord as error:
                yield ExportError(self._file.path, str(error), line=record.line, records=1)

    def _notes(self, column: StampColumn, records: Sequence[Record]) -> Iterator[ExportError]:
        if not self._columns.time:
            why = "it has no times; its order was kept, a second from one message to the next"
            yield ExportError(self._file.path, why, is_note=True)
        elif column.is_doubtful:
            why = "its dates do not show which number is the day; read as day first"
            hint = "Pass --date-order month-first if that is wrong, or day-first to confirm it"
            yield ExportError(self._file.path, why, hint=hint, is_note=True)
        columns = self._columns
        if columns.mine and not any(columns.direction_of(record.fields) for record in records):
            why = "nothing in it is yours: none of what columns.mine says stands there"
            yield ExportError(self._file.path, why, is_note=True)

    def _meet(self, record: Record) -> None:
        """Note who takes part in the record's conversation."""
        chat = self._chat_of(record)
        key, name = self._sender_of(record)
        self._has_self = self._has_self or key == "me"
        if key:
            chat.people.setdefault(key, name or key)
        for person in self._recipients_of(record):
            chat.people.setdefault(name_key(person), person)

    def _chat_of(self, record: Record) -> _Chat:
        columns = self._columns
        key = record.chat
        if columns.conversation is not None:
            key += f":{_text(record.fields.get(columns.conversation))}"
        elif columns.recipients is not None:
            people = {name_key(person) for person in self._recipients_of(record)}
            key += ":" + " & ".join(sorted(people | {self._sender_of(record)[0]}))
        if key not in self._chats:
            title = _text(record.fields.get(columns.title)) if columns.title else ""
            chat_id = f"{self._prefix}:{key.strip(':')}".rstrip(":")
            clock = LocalClock(self._settings.timezone)
            self._chats[key] = _Chat(chat_id, clean_name(title) or record.title, clock)
        return self._chats[key]

    def _sender_of(self, record: Record) -> tuple[str, str | None]:
        """The sender's key and name; a direction alone makes them "me" and who the chat is with."""
        columns = self._columns
        if columns.sender and (sender := _person(_text(record.fields.get(columns.sender))))[0]:
            return sender
        is_mine = columns.direction_of(record.fields)
        if is_mine is not False:
            return ("me" if is_mine else ""), None
        partner = _person(_text(record.fields.get(columns.conversation or "")))
        return partner if partner[0] else ("other", None)

    def _recipients_of(self, record: Record) -> list[str]:
        value = record.fields.get(self._columns.recipients or "")
        names = value if isinstance(value, list) else [value]
        return [name for one in names if (name := clean_name(_text(one)))]

    def _build_message(self, record: Record, stamp: Stamp | None, time: str) -> Message:
        chat = self._chat_of(record)
        sender_id, sender_name = self._sender_of(record)
        columns, fields = self._columns, record.fields
        if not sender_id:
            raise BadRecord("no sender")
        text, kind = _parse_text(fields, columns)
        ts, basis = self._parse_time(stamp, chat)
        seq, chat.count = chat.count, chat.count + 1
        return Message(
            platform=self._platform,
            conversation_id=chat.id,
            conversation_title=chat.title,
            is_group=len(chat.people) > 2,
            participants=chat.participants,
            sender_id=sender_id,
            sender_name=sender_name,
            is_me=self._is_me(sender_id, fields),
            ts=ts,
            ts_raw=time,
            ts_precision=stamp.precision if stamp else "day",
            tz_basis=basis,
            seq=seq,
            kind=kind,
            text=text,
            message_id=_text(fields.get(columns.message_id or "")) or None,
            reply_to=_text(fields.get(columns.reply_to or "")) or None,
            forwarded=_text(fields.get(columns.forwarded or "")).casefold() in ("1", "true", "yes"),
            source_file=self._file.path,
            source_line=record.line,
        )

    def _parse_time(self, stamp: Stamp | None, chat: _Chat) -> tuple[datetime, TimeBasis]:
        if stamp is not None:
            return stamp.to_utc(chat.clock)
        if self._columns.time:
            raise BadRecord("no usable time")
        return EPOCH + timedelta(seconds=chat.count), "local"

    def _is_me(self, sender_id: str, fields: Fields) -> bool | None:
        """By the direction; else "Me" among the senders is the one who wrote the file."""
        stated = self._columns.direction_of(fields)
        if stated is None and self._has_self:
            return sender_id == "me"
        return stated


@lru_cache(maxsize=65_536)
def _person(written: str) -> tuple[str, str | None]:
    """A sender's key and name."""
    return name_key(written), clean_name(written)


def _is_newest_first(stamps: Sequence[Stamp | None]) -> bool:
    times = [stamp.time.replace(tzinfo=None) for stamp in stamps if stamp]
    steps = Counter((later > earlier) - (later < earlier) for earlier, later in pairwise(times))
    return steps[-1] > steps[1]


def _text(value: Any) -> str:
    """Words and numbers; nothing for all else."""
    if isinstance(value, str):
        return clean_text(value)
    is_small_number = isinstance(value, int) and abs(value) < 10**40
    return str(value) if is_small_number and not isinstance(value, bool) else (
        str(value).lower() if isinstance(value, bool) else ""
    )  # fmt: skip


def _parse_text(fields: Fields, columns: Columns) -> tuple[str, Kind]:
    value = fields.get(columns.text)
    if isinstance(value, list):  # pieces of text and pictures, as language models get them
        value = "\n".join(_piece(one) for one in value)
    if value is not None and not isinstance(value, str):
        raise BadRecord("its text is not text")
    text = clean_text(value or "")
    if columns.sort and _text(fields.get(columns.sort)).casefold() not in _PLAIN_SORTS:
        return "", "media"
    return text, "text" if text else "empty"


def _piece(value: Any) -> str:
    text = value.get("text") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""
