"""Where every message went: into a pair, or out for one named reason. The sums must agree.

The number of records in each file is counted by its reader apart from the messages, so a reader
that loses one is found here, before anything is trained.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from talklikeme.errors import ExportError, LedgerError
from talklikeme.exports import Tally
from talklikeme.messages import Message
from talklikeme.privacy import is_redacted_away
from talklikeme.sessions import has_own_words, has_words

UNREADABLE = "not readable"
DUPLICATE = "duplicate"
FORGOTTEN = "forgotten friend"
REDACTED = "redacted away"
LOST = "lost between reading and pairing"

_KIND_REASONS = {
    "text": "empty",
    "empty": "empty",
    "deleted": "deleted",
    "system": "system notice",
    "reaction_notice": "system notice",
}


def _fates() -> dict[str, Counter[str]]:
    return defaultdict(Counter)


@dataclass
class Ledger:
    """Counts per file and per fate."""

    records: dict[str, int] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    platforms: dict[str, str] = field(default_factory=dict)
    fates: dict[str, Counter[str]] = field(default_factory=_fates)

    def open_file(self, tally: Tally) -> None:
        """Note how many records a file holds."""
        self.records[tally.source_file] = self.records.get(tally.source_file, 0) + tally.records
        self.formats[tally.source_file] = tally.format

    def note_unreadable(self, error: ExportError) -> None:
        """Note records that could not be turned into messages."""
        if error.records:
            self.fates[error.path][UNREADABLE] += error.records

    def place(self, file: str, platform: str, fate: str) -> None:
        """Say where one message went."""
        self.fates[file][fate] += 1
        self.platforms[file] = platform

    def place_all(self, places: Mapping[tuple[str, str, str], int]) -> None:
        """Say where many messages went: how many of each (file, platform, fate)."""
        for (file, platform, fate), count in places.items():
            self.fates[file][fate] += count
            self.platforms[file] = platform

    def merge(self, other: "Ledger") -> None:
        """Add what another process placed."""
        for file, fates in other.fates.items():
            self.fates[file].update(fates)
        self.platforms |= other.platforms

    def check(self) -> None:
        """Raise LedgerError if any file's sums differ."""
        for file in sorted(self.records.keys() | self.fates.keys()):
            read = self.records.get(file, 0)
            placed = self.fates[file].total() - self.fates[file][LOST]
            if read != placed:
                raise LedgerError(
                    f"{file}: holds {read} messages, but {placed} are accounted for. Nothing was "
                    "written. This is a fault of talklikeme: please report it with --inspect's output"
                )

    def by_platform(self) -> dict[str, Counter[str]]:
        """Fates summed over the files of each platform."""
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for file, fates in sorted(self.fates.items()):
            if fates:
                sums[self.platforms.get(file, self.formats.get(file, "unknown"))].update(fates)
        return dict(sorted(sums.items()))

    def total(self) -> Counter[str]:
        """Fates summed over everything."""
        return sum(self.fates.values(), Counter())

    def to_json(self, pairs: Mapping[str, int]) -> dict[str, Any]:
        """The ledger as it is saved beside the pairs, with their number a split; no text."""
        return {
            "records": sum(self.records.values()),
            "total": dict(self.total()),
            "platforms": {name: dict(fates) for name, fates in self.by_platform().items()},
            "files": {
                file: {
                    "format": self.formats[file],
                    "platform": self.platforms.get(file, self.formats[file]),
                    "records": self.records[file],
                    "fates": dict(self.fates[file]),
                }
                for file in sorted(self.records)
            },
            "pairs": dict(pairs),
        }


def why_unused(message: Message) -> str:
    """The reason for which a message is in no pair."""
    if message.system:
        return "system notice"
    if message.deleted:
        return "deleted"
    if not has_words(message):
        return "draft" if message.draft else _KIND_REASONS.get(message.kind, "media only")
    if message.is_me and not has_own_words(message):
        return "forwarded" if message.forwarded else "made by a bot"
    if not message.is_me:
        return "unanswered"
    return REDACTED if is_redacted_away(message.text) else LOST
