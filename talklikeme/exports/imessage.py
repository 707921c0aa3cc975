"""Apple's Messages: chat.db of a Mac, sms.db of an iPhone's backup (formats.md §18.1 to §18.5).

Names are not in it, so people are called by their numbers and mail addresses. Not supported: the
words inside app messages, handwriting and polls, encrypted backups, and the sms.db of iOS 5 and
older, which has other tables.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.imessage_chats import Directory, read_directory
from talklikeme.exports.imessage_database import (
    FAILURES,
    Database,
    is_log,
    needs_log,
    open_database,
)
from talklikeme.exports.imessage_rows import (
    Context,
    ReactionRow,
    Row,
    build_message,
    collect_reactions,
)
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.reaction_texts import ReactionJudge
from talklikeme.messages import Message

FORMAT = "Apple Messages database"

_SQLITE: Final = b"SQLite format 3\0"
_TABLES: Final = (b"chat_message_join", b"handle", b"message")
# sms.db lies in a backup under the hash of its path; a large schema goes on beyond the head.
_NAMES = re.compile(
    r"(?:chat|sms)|3d0d7e5fb2ce288813306e4d4636395e047a3d28", re.IGNORECASE
)  # fmt: skip
_LOGS = re.compile(rf"(?:{_NAMES.pattern})(?:\.db)?-(?:wal|shm)", re.IGNORECASE)
_LOG_HEADS: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_ATTACHMENT: Final = ("filename", "transfer_name", "mime_type", "is_sticker")


def recognises(file: ExportFile, head: bytes) -> bool:
    """A database with the tables of Messages, or the log that its newest rows lie in."""
    if _LOGS.fullmatch(file.name):
        return not head or head.startswith(_LOG_HEADS) or file.name.lower().endswith("-shm")
    if not head.startswith(_SQLITE):
        return False
    return bool(_NAMES.fullmatch(file.plain_stem)) or all(name in head for name in _TABLES)


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Read one database after the other, each with its log."""
    paths = {file.path for file in files}
    logs = {file.path: file for file in files if is_log(file)}
    for file in files:
        if file.path in logs:
            yield Tally(file.path, FORMAT, 0)
            if file.path.endswith("-wal") and file.path.removesuffix("-wal") not in paths:
                yield ExportError(file.path, "without its database", hint="Copy both together")
            continue
        log = logs.get(f"{file.path}-wal")
        try:
            with open_database(file, log) as database:
                yield from _DatabaseReader(file, database).read()
            if log is None and needs_log(file.read(100)):
                yield _missing_log(file)
        except ExportError as error:
            yield error
        except FAILURES:
            yield ExportError(file.path, "a damaged database", hint="Copy it again")


def _missing_log(file: ExportFile) -> ExportError:
    name = PurePosixPath(file.path).name
    why = f"without {name}-wal beside it, which has the newest messages while Messages is open"
    return ExportError(file.path, why, hint=f"Copy {name}, -wal and -shm together", is_note=True)


class _DatabaseReader:
    """Reads the messages of one database in the order of their times."""

    def __init__(self, file: ExportFile, database: Database) -> None:
        self._path = file.path
        self._database = database

    def read(self) -> Iterator[Item]:
        """Yield every message and the tally; what damaged pages hold becomes one error."""
        if not {"message", "handle", "chat_message_join"} <= self._database.columns.keys():
            raise ExportError(self._path, "its tables are not those of Messages since iOS 6")
        context = self._build_context()
        numbers = self._list_messages()
        count = max(self._count_messages(), len(numbers))
        yield Tally(self._path, FORMAT, count)
        for place, number in enumerate(numbers):
            yield self._read_message(number, context, place)
        if missing := count - len(numbers):
            why = f"damaged: {missing} messages could not be read"
            yield ExportError(self._path, why, hint="Copy it again", records=missing)
        elif self._database.is_damaged:
            why = "damaged: some of it could not be read, nobody knows how much"
            yield ExportError(self._path, why, hint="Copy it again")

    def _build_context(self) -> Context:
        directory = read_directory(self._database)
        return Context(
            path=self._path,
            directory=directory,
            chat_of=self._read_chats("chat_message_join"),
            deleted_from=self._read_chats("chat_recoverable_message_join"),
            reactions=self._read_reactions(directory),
            read_attachments=self._read_attachments,
            judge=ReactionJudge(),
        )

    def _read_chats(self, table: str) -> dict[int, int]:
        """The chat of each message; the first one of a message that is in two."""
        chats: dict[int, int] = {}
        for message_id, chat_id in self._database.select_around_damage(
            table, ("message_id", "chat_id")
        ):
            if isinstance(message_id, int) and isinstance(chat_id, int):
                chats[message_id] = min(chat_id, chats.get(message_id, chat_id))
        return chats

    def _read_reactions(self, directory: Directory) -> Any:
        if "associated_message_type" not in self._database.columns["message"]:
            return {}
        where = "WHERE associated_message_type BETWEEN 2000 AND 3999 ORDER BY date, ROWID"
        try:
            rows = list(self._database.select("message", ReactionRow._fields, where))
        except FAILURES:
            return {}
        return collect_reactions(rows, directory)

    def _list_messages(self) -> list[int]:
        """The rows' numbers by time: a Mac stores what it fetches later behind what came first."""
        dates: dict[int, int] = {}
        for number, date in self._database.select_around_damage("message", ("ROWID", "date")):
            dates[number] = date if isinstance(date, int) else 0
        # Databases of an upgraded phone may hold seconds and nanoseconds side by side.
        return sorted(dates, key=lambda number: (_nanoseconds(dates[number]), number))

    def _count_messages(self) -> int:
        try:
            return self._database.count("message")
        except FAILURES:
            return 0

    def _read_attachments(self, number: int) -> list[Any]:
        where = (
            "WHERE ROWID IN (SELECT attachment_id FROM message_attachment_join "
            "WHERE message_id = ?) ORDER BY ROWID"
        )
        if "message_attachment_join" not in self._database.columns:
            return []
        try:
            return list(self._database.select("attachment", _ATTACHMENT, where, number))
        except FAILURES:
            return []

    def _read_message(self, number: int, context: Context, place: int) -> Message | ExportError:
        try:
            rows = list(self._database.select("message", Row._fields, "WHERE ROWID = ?", number))
        except FAILURES:
            rows = []
        if not rows:
            return ExportError(self._path, "a damaged row", line=number, records=1)
        try:
            return build_message(Row(*rows[0]), context, seq=place)
        except BadRecord as error:
            return ExportError(self._path, str(error), line=number, records=1)


def _nanoseconds(date: int) -> int:
    return date if date > 1_000_000_000_000 else date * 1_000_000_000
