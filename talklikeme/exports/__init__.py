"""Read the exports of any chat app: which reader takes which file, and what readers yield.

A reader is a module with `FORMAT`, `recognises` and `read` (see the Reader protocol). It yields
one Message or ExportError for every raw record, and a Tally with the number of raw records of each
file counted on its own, so that the ledger notices a reader that skips. Readers decide no policy.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from talklikeme.errors import ExportError
from talklikeme.exports import (
    discord_exporter,
    discord_package,
    facebook_legacy,
    fbcap,
    generic,
    gmail_chats,
    google_chat,
    google_voice,
    hangouts,
    hangouts_text,
    hinge,
    imessage,
    imessage_html,
    imessage_text,
    legacy_dataset,
    linkedin,
    messenger_e2ee,
    meta_archive,
    sigexport,
    signal_json,
    signal_text,
    slack,
    sms_mbox,
    sms_xml,
    telegram,
    telegram_html,
    tinder,
    twitter,
    whatsapp,
)
from talklikeme.exports.files import ExportFile, find_files
from talklikeme.exports.generic_mapping import ColumnSearch
from talklikeme.exports.items import Item, ReadSettings, Tally, Unknown
from talklikeme.options import ColumnMapping

__all__ = [
    "READERS",
    "Assignment",
    "Item",
    "ReadSettings",
    "Reader",
    "Tally",
    "Unknown",
    "assign_files",
    "read_assigned",
    "read_exports",
]


class Reader(Protocol):
    """What a module in this package offers."""

    @property
    def FORMAT(self) -> str:
        """What the user is told that the file is."""

    def recognises(self, file: ExportFile, head: bytes) -> bool:
        """Whether the file belongs to this format, by content first (formats.md §0.7)."""

    def read(self, files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
        """Read all files of this format together: parts, owner and date order may need them all."""


# First match wins, in the order of formats.md §0.7: what is surest comes first.
READERS: tuple[Reader, ...] = (
    imessage,
    meta_archive,
    messenger_e2ee,
    facebook_legacy,
    hangouts,
    google_chat,
    sms_xml,
    sms_mbox,  # before gmail_chats: both read mbox
    gmail_chats,
    google_voice,
    linkedin,
    twitter,
    tinder,
    hinge,
    slack,
    discord_package,
    discord_exporter,
    telegram,
    telegram_html,
    signal_json,
    sigexport,
    signal_text,
    fbcap,
    imessage_html,
    imessage_text,
    whatsapp,
    hangouts_text,
    legacy_dataset,
    generic,
)
_LAST = READERS.index(generic)


@dataclass(frozen=True)
class Assignment:
    """The files that one reader takes."""

    reader: int  # its place in READERS: modules do not travel between processes
    files: tuple[ExportFile, ...]


def assign_files(
    paths: Iterable[Path], columns: ColumnMapping | None = None
) -> tuple[list[Assignment], list[ExportError], list[Unknown]]:
    """Find the files under the paths and the reader of each; what no reader knows is told.

    `generic` takes a file also because it has the columns that the user names.
    """
    paths = list(paths)
    search = ColumnSearch(columns) if columns else None
    claimed: list[list[ExportFile]] = [[] for _ in READERS]
    problems: list[ExportError] = []
    unknown: list[Unknown] = []
    for file in find_files(paths):
        if isinstance(file, ExportError):
            problems.append(file)
            continue
        try:
            number = _find_reader(file, search)
        except ExportError as error:
            problems.append(error)
            continue
        if number is None:
            unknown.append(Unknown(file.path))
        else:
            claimed[number].append(file)
    if search:
        problems += search.problems(", ".join(map(str, paths)))
        told = {problem.path for problem in problems}
        unknown = [one for one in unknown if one.source_file not in told]
    assignments = [Assignment(n, tuple(files)) for n, files in enumerate(claimed) if files]
    return assignments, problems, unknown


def _find_reader(file: ExportFile, search: ColumnSearch | None) -> int | None:
    head = file.head()
    found = next((n for n, reader in enumerate(READERS) if reader.recognises(file, head)), None)
    if search and found in (None, _LAST) and search.fits(file, head, is_known=found is not None):
        return _LAST
    return found


def read_assigned(assignment: Assignment, settings: ReadSettings) -> Iterator[Item]:
    """Let a reader read its files; what cannot be read is yielded as an ExportError.

    A reader that finds nothing and says nothing is not believed: its files look like an export.
    """
    reader = READERS[assignment.reader]
    is_silent = True
    for item in reader.read(assignment.files, settings):
        is_silent = is_silent and isinstance(item, Tally)
        yield item
    if is_silent:
        path = assignment.files[0].path
        yield ExportError(path, f"no message in it ({reader.FORMAT})", hint="Is the export whole")


def read_exports(paths: Iterable[Path], settings: ReadSettings) -> Iterator[Item]:
    """Read every export under the paths, one reader after the other."""
    assignments, problems, unknown = assign_files(paths, settings.columns)
    yield from problems
    yield from unknown
    for assignment in assignments:
        yield from read_assigned(assignment, settings)
