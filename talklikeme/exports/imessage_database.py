"""Opens chat.db or sms.db so that neither it nor this machine comes to harm (formats.md §18.1).

A database on disk is read in place. One inside an archive, or with its newest messages in a `-wal`
file beside it, is copied to a private folder for the time of reading. The schema is not trusted:
views and virtual tables are refused, and a query that goes on without a row is stopped.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile

# A damaged schema is described in the words that it consists of, which need not be UTF-8.
FAILURES: Final = (sqlite3.Error, UnicodeError)
_STEPS: Final = 100_000
_MOST_CALLS_WITHOUT_ROW: Final = 5_000  # 500 million steps: some ten seconds
_LARGEST_VALUE: Final = 64 << 20
_WAL_AT: Final = slice(18, 20)


class Database:
    """Tables of an untrusted database; columns that it lacks read as NULL."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path
        self._calls = 0
        self.is_damaged = False
        connection.text_factory = _decode
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
        connection.set_progress_handler(self._is_stuck, _STEPS)
        for setting in ("trusted_schema=OFF", "cell_size_check=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("PRAGMA query_only=ON")
        self.columns = self._read_columns()

    def _is_stuck(self) -> bool:
        self._calls += 1
        return self._calls > _MOST_CALLS_WITHOUT_ROW

    def _read_columns(self) -> dict[str, set[str]]:
        """The columns of each plain table; computed ones are left out."""
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        )
        columns = {}
        for (table,) in self._connection.execute(query).fetchall():
            rows = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            columns[str(table)] = {str(name) for (name,) in rows}
        return columns

    def select(
        self, table: str, names: Sequence[str], tail: str = "", *values: Any
    ) -> Iterator[Any]:
        """Rows of a table; a table that is missing has none. Raises FAILURES."""
        if table not in self.columns:
            return
        known = self.columns[table] | {"ROWID"}
        wanted = ", ".join(name if name in known else f"NULL AS {name}" for name in names)
        self._calls = 0
        cursor = self._connection.execute(f"SELECT {wanted} FROM {table} {tail}", values)
        while (row := cursor.fetchone()) is not None:
            self._calls = 0
            yield row

    def select_around_damage(self, table: str, names: Sequence[str]) -> Iterator[Any]:
        """All rows, or those before the first damaged page and after the last one.

        A row may come twice.
        """
        try:
            yield from self.select(table, names)
        except FAILURES:
            self.is_damaged = True
            with contextlib.suppress(*FAILURES):
                yield from self.select(table, names, "ORDER BY ROWID DESC")

    def count(self, table: str) -> int:
        """How many rows the table has. Raises FAILURES."""
        self._calls = 0
        return int(self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _decode(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def is_log(file: ExportFile) -> bool:
    """Whether it is a database's -wal or -shm file."""
    return file.name.lower().endswith(("-wal", "-shm"))


def needs_log(head: bytes) -> bool:
    """Whether the database writes its newest messages to a -wal file first."""
    return head[_WAL_AT] == b"\x02\x02"


@contextlib.contextmanager
def open_database(file: ExportFile, log: ExportFile | None) -> Iterator[Database]:
    """Open it for reading; raises ExportError if it is no database."""
    with contextlib.ExitStack() as stack:
        place = Path(file.path)
        options = "mode=ro&immutable=1"
        if log is not None or not place.is_file():
            place = _copy(file, log, stack)
            options = "mode=rw"
        uri = f"file:{quote(str(place.absolute()))}?{options}"
        try:
            connection = sqlite3.connect(uri, uri=True)
            stack.callback(connection.close)
            database = Database(connection, file.path)
        except FAILURES:
            raise ExportError(
                file.path, "not a whole database", hint="Copy it again while Messages is closed"
            ) from None
        yield database


def _copy(file: ExportFile, log: ExportFile | None, stack: contextlib.ExitStack) -> Path:
    """A copy that nobody else can read, removed at the end."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="talklikeme-")))
    place = folder / "chat.db"
    for source, target in ((file, place), (log, folder / "chat.db-wal")):
        if source is None:
            continue
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as copy, source.open() as raw:
            shutil.copyfileobj(raw, copy)
    return place
