"""Read the exports of any chat app: which reader takes which file, and what readers yield.

A reader is a module with `FORMAT`, `recognises` and `read` (see the Reader protocol). It yields
one Message or ExportError for every raw record, and a Tally with the number of raw records of each
file counted on its own, so that the ledger notices a reader that skips. Readers decide no policy.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from talklikeme.errors import ExportError
from talklikeme.exports import messenger, messenger_e2ee, telegram, whatsapp
from talklikeme.exports.files import ExportFile, find_files
from talklikeme.exports.items import Item, ReadSettings, Tally, Unknown

__all__ = ["READERS", "Item", "ReadSettings", "Reader", "Tally", "Unknown", "read_exports"]


class Reader(Protocol):
    """What a module in this package offers."""

    @property
    def FORMAT(self) -> str:
        """What the user is told that the file is."""

    def recognises(self, file: ExportFile, head: bytes) -> bool:
        """Whether the file belongs to this format, by content first (formats.md §0.7)."""

    def read(self, files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
        """Read all files of this format together: parts, owner and date order may need them all."""


READERS: tuple[Reader, ...] = (messenger, messenger_e2ee, telegram, whatsapp)  # first match wins


def read_exports(paths: Iterable[Path], settings: ReadSettings) -> Iterator[Item]:
    """Read every export under the paths; what cannot be read is yielded as an ExportError."""
    claimed: list[tuple[Reader, list[ExportFile]]] = [(reader, []) for reader in READERS]
    for file in find_files(paths):
        if isinstance(file, ExportError):
            yield file
            continue
        try:
            head = file.head()
        except ExportError as error:
            yield error
            continue
        mine = next((files for reader, files in claimed if reader.recognises(file, head)), None)
        if mine is None:
            yield Unknown(file.path)
        else:
            mine.append(file)
    for reader, files in claimed:
        if files:
            yield from reader.read(files, settings)
