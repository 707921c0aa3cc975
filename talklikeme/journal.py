"""A private file of JSON, one object a line, that grows and of which a crash cuts off no more than the last line."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class Journal:
    """The file, which is made with its first line. Safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def add(self, row: Mapping[str, Any]) -> None:
        """Append one, on the disk when it returns; raises OSError."""
        line = json.dumps(row, ensure_ascii=False) + "\n"
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.touch(mode=0o600)
            with self.path.open("a", encoding="utf-8") as out:
                out.write(line)
                out.flush()
                os.fsync(out.fileno())


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file that may be growing; nothing if there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return
    yield from (json.loads(line) for line in lines if line.endswith("\n"))
