"""Telegram Desktop's result.json, of the whole account or of one chat (formats.md §17.1 to §17.4).

The file may be larger than memory, so it is read as a stream, some hundred messages at a time. A
basic group and the supergroup that it became are one conversation if both are in the file and say
so.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.json_stream import Event, build_value
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.telegram_pieces import (
    CHATS,
    RECORD_LISTS,
    RECORDS,
    WHOLE_RECORDS,
    read_events,
)
from talklikeme.exports.telegram_records import Chat, Owner, build_message
from talklikeme.exports.times import EPOCH, LocalClock
from talklikeme.messages import clean_name, name_key

FORMAT = "Telegram JSON"

_HEADERS: Final = {
    f"{chat}.{key}".lstrip("."): key for chat in CHATS for key in ("id", "type", "name")
}
_OWNER: Final = "personal_information.user_id"
_AT_ONCE: Final = 1_000  # messages

_CHAT_TYPE = re.compile(
    rb'"type"\s*:\s*"(?:personal_chat|bot_chat|saved_messages|replies|verification_codes|'
    rb'(?:private|public)_(?:group|supergroup|channel))"'
)
_FULL_EXPORT = re.compile(
    rb'"(?:left_)?chats"\s*:\s*\{|"personal_information"\s*:\s*\{\s*"user_id"'
)
_SENDER = re.compile(rb'"(?:from|actor)_id"\s*:')


def recognises(file: ExportFile, head: bytes) -> bool:
    """An account with chats, or one chat; keys may stand in any order and be cut off."""
    if not file.name.lower().endswith(".json"):
        return False
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{") or b'"guild"' in head:
        return False
    if _FULL_EXPORT.search(head):
        return b'"list"' in head or b'"about"' in head
    if b'"messages"' not in head:
        return False
    return bool(_CHAT_TYPE.search(head)) or (b'"date"' in head and bool(_SENDER.search(head)))


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one file after the other; each tells its own owner."""
    for file in files:
        yield from _FileReader(file, settings).read()


class _Migrations:
    """Which supergroup goes on with which basic group, by the names that both tell."""

    def __init__(self) -> None:
        self._ended: dict[str, str] = {}
        self._begun: dict[str, str] = {}

    def awaits(self, chat: Chat) -> bool:
        """Whether a supergroup read before may be what this basic group became."""
        return chat.type == "private_group" and name_key(chat.title or "") in self._begun

    def note(self, record: Any, chat: Chat, *, is_first: bool) -> None:
        """Link the chat if this record tells of a move; before its first message is yielded."""
        if not isinstance(record, dict) or not chat.title:
            return
        action, message_id = record.get("action"), record.get("id")
        name = name_key(chat.title)
        if action == "migrate_to_supergroup":
            self._ended[name] = chat.conversation_id
        elif action == "migrate_from_group":
            title = record.get("title")
            old_name = name_key(title) if isinstance(title, str) else name
            self._begin(old_name, chat, is_first=is_first)
        elif is_first and isinstance(message_id, int) and message_id < 0:
            self._begin(name, chat, is_first=True)

    def _begin(self, old_name: str, chat: Chat, *, is_first: bool) -> None:
        if is_first and old_name in self._ended:
            chat.conversation_id = self._ended.pop(old_name)
        else:
            self._begun[old_name] = chat.conversation_id

    def settle(self, records: Sequence[Any], chat: Chat) -> None:
        """Give a basic group that was held back the id of its supergroup, if it did move."""
        actions = [one.get("action") for one in records if isinstance(one, dict)]
        if "migrate_to_supergroup" in actions:
            chat.conversation_id = self._begun.pop(name_key(chat.title or ""))


class _FileReader:
    """Walks through one file, holding no more than the messages of one second."""

    def __init__(self, file: ExportFile, settings: ReadSettings) -> None:
        self._file = file
        self._settings = settings
        self._owner = Owner()
        self._migrations = _Migrations()
        self._records = 0
        self._has_chats = False
        self._is_zone_checked = False
        self._open_chat()

    def _open_chat(self) -> None:
        self._header: dict[str, Any] = {}
        self._chat: Chat | None = None
        self._waiting: list[Any] = []  # records that came before the chat's own id and type
        self._run: list[tuple[int, Any]] = []  # records of one second
        self._second: Any = None
        self._index = 0
        self._seq = 0

    def read(self) -> Iterator[Item]:
        """Yield every message, then the tally, and a note if the file breaks off."""
        broken = None
        events = read_events(self._file)
        try:
            for prefix, event, value in events:
                records = _take_records(prefix, event, value, events)
                if records is None:
                    yield from self._note(prefix, event, value)
                else:
                    yield from self._take(records)
        except ExportError as error:
            broken = error
        yield from self._close_chat()
        yield Tally(self._file.path, FORMAT, self._records)
        if broken is not None:
            yield broken
        elif not self._has_chats:
            yield ExportError(
                self._file.path, "no chats in it", hint="Tick the chats when exporting"
            )

    def _note(self, prefix: str, event: str, value: Any) -> Iterator[Item]:
        """Everything around the messages: where chats begin and end, and what they are called."""
        if prefix in CHATS:
            if event == "end_map":
                yield from self._close_chat()
            if event != "map_key":
                self._open_chat()
        elif prefix in RECORD_LISTS:
            self._has_chats = True
            if event not in ("start_array", "end_array", "map_key", "end_map"):
                yield ExportError(self._file.path, "a chat's messages are no list")
        elif prefix in _HEADERS:
            self._header[_HEADERS[prefix]] = value
        elif prefix == _OWNER:
            self._owner.learn(str(value))

    def _take(self, records: list[Any]) -> list[Item]:
        self._records += len(records)
        if self._chat is None and {"id", "type"} <= self._header.keys():
            chat = self._build_chat()
            if not self._migrations.awaits(chat):
                self._chat = chat
        if self._chat is None:
            self._waiting += records
            return []
        return self._queue(records, self._chat)

    def _build_chat(self) -> Chat:
        number, kind, name = (self._header.get(key) for key in ("id", "type", "name"))
        title = clean_name(name) or None if isinstance(name, str) else None
        is_number = isinstance(number, int) and not isinstance(number, bool)
        return Chat(
            source_file=self._file.path,
            id=int(number or 0) if is_number else 0,
            type=kind if isinstance(kind, str) else "",
            title=title,
            conversation_id=f"telegram:{number if is_number else title or kind}",
            owner=self._owner,
            clock=LocalClock(self._settings.timezone),
        )

    def _close_chat(self) -> Iterator[Item]:
        """Yield what was held back."""
        if self._waiting:
            chat = self._build_chat()
            if self._migrations.awaits(chat):
                self._migrations.settle(self._waiting, chat)
            waiting, self._waiting = self._waiting, []
            for start in range(0, len(waiting), _AT_ONCE):
                yield from self._queue(waiting[start : start + _AT_ONCE], chat)
            self._chat = chat
        if self._chat is not None:
            items: list[Item] = []
            self._flush(self._chat, items)
            yield from items

    def _queue(self, records: list[Any], chat: Chat) -> list[Item]:
        """Hold the records of one second together: their ids, not their places, are their order."""
        items: list[Item] = []
        for record in records:
            if not isinstance(record, dict):
                second: Any = 0
            else:
                if self._index == 0 or "action" in record:
                    self._migrations.note(record, chat, is_first=self._index == 0)
                second = (record.get("date"), record.get("date_unixtime"))
            if second != self._second:
                self._flush(chat, items)
                self._second = second
            self._run.append((self._index, record))
            self._index += 1
        return items

    def _flush(self, chat: Chat, items: list[Item]) -> None:
        run, self._run = self._run, []
        if len(run) > 1:
            run.sort(key=lambda one: _order(one[1]))
        for index, record in run:
            seq, self._seq = self._seq, self._seq + 1
            try:
                message = build_message(record, chat, index=index, seq=seq)
            except BadRecord as error:
                items.append(ExportError(self._file.path, str(error), line=index, records=1))
                continue
            if message.tz_basis == "local" and not self._is_zone_checked:
                items += self._check_zone(record)
            items.append(message)

    def _check_zone(self, record: Any) -> Iterator[Item]:
        """Old exports show epoch 0 as `edited`, and with it the zone that they were written in."""
        edited = record.get("edited")
        if not isinstance(edited, str) or edited[:4] not in ("1969", "1970"):
            return
        self._is_zone_checked = True
        here = EPOCH.astimezone(self._settings.timezone).replace(tzinfo=None).isoformat()
        if edited != here:
            why = f"its clock showed {edited} at 1970-01-01T00:00:00 UTC, the chosen zone {here}"
            yield ExportError(self._file.path, why, hint="Is --timezone right", is_note=True)


def _take_records(prefix: str, event: str, value: Any, events: Iterator[Event]) -> list[Any] | None:
    """The records that begin with this event, if any do."""
    if event == WHOLE_RECORDS:
        records: list[Any] = value
        return records
    return [build_value(event, value, events)] if prefix in RECORDS else None


def _order(record: Any) -> int:
    number = record.get("id") if isinstance(record, dict) else None
    return number if isinstance(number, int) else 0
