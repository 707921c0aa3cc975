"""What the generators of exports share: files that know how much was written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from benchmarks.exports_invented import Said


@dataclass
class Written:
    """What was written: all records, and how many of them are words of a person."""

    format: str
    files: list[Path] = field(default_factory=list)
    messages: int = 0
    texts: int = 0
    size: int = 0

    def count(self, said: Said) -> None:
        """Take note of one message."""
        self.messages += 1
        self.texts += said.kind in ("text", "link")


@dataclass
class Out:
    """An export file in the making."""

    file: BinaryIO
    done: Written

    def write(self, text: str) -> None:
        """Write, and note how much."""
        data = text.encode("utf-8")
        self.file.write(data)
        self.done.size += len(data)


@contextmanager
def open_export(path: Path, done: Written) -> Iterator[Out]:
    """Begin a file of an export."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done.files.append(path)
    with path.open("wb") as file:
        yield Out(file, done)
