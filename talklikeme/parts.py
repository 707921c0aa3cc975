"""Rows on disk as they are made: an Arrow stream, the format of datasets' own files, and as text."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from talklikeme.rows import show_row
from talklikeme.schema import ROW_SCHEMA

_ROWS_AT_ONCE = 4_000


class PartWriter:
    """Writes rows to PATH and, readable, to PATH.txt, some thousand at a time."""

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._waiting: list[Mapping[str, Any]] = []
        self._sink = pa.OSFile(str(path), "wb")
        self._stream = pa.ipc.new_stream(self._sink, ROW_SCHEMA)
        self._text = readable_beside(path).open("w", encoding="utf-8")

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write some rows."""
        for row in rows:
            self._waiting.append(row)
            self.rows += 1
            if len(self._waiting) >= _ROWS_AT_ONCE:
                self._flush()

    def _flush(self) -> None:
        columns = {name: [row[name] for row in self._waiting] for name in ROW_SCHEMA.names}
        self._stream.write_table(pa.Table.from_pydict(columns, schema=ROW_SCHEMA))
        self._text.writelines(map(show_row, self._waiting))
        self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and self._waiting:
            self._flush()
        self._stream.close()
        self._sink.close()
        self._text.close()
        pa.default_memory_pool().release_unused()  # it keeps what it had: some 20 MB a process


def readable_beside(path: Path) -> Path:
    """Where the text of a part lies."""
    return path.with_suffix(".txt")
