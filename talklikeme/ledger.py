"""Where every message went: into a pair, or out for one named reason. The sums must agree.

The number of records in each file is counted by its reader apart from the messages, so a reader
that loses one is found here, before anything is trained.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from talklikeme.errors import ExportError, LedgerError
from talklikeme.exports import Tally
from talklikeme.messages import Message
from talklikeme.pairs import Pair
from talklikeme.sessions import has_own_words, has_words

REPLY = "in a pair as reply"
PROMPT = "in a pair as prompt"
UNREADABLE = "not readable"
DUPLICATE = "duplicate"
LOST = "lost between reading and pairing"

_KIND_REASONS = {
    "text": "empty",
    "empty": "empty",
    "deleted": "deleted",
    "system": "system notice",
    "reaction_notice": "system notice",
}


@dataclass
class Ledger:
    """Counts per file and per fate."""

    records: dict[str, int] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    platforms: dict[str, str] = field(default_factory=dict)
    fates: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def open_file(self, tally: Tally) -> None:
        """Note how many records a file holds."""
        self.records[tally.source_file] = self.records.get(tally.source_file, 0) + tally.records
        self.formats[tally.source_file] = tally.format

    def note_unreadable(self, error: ExportError) -> None:
        """Note records that could not be turned into messages."""
        if error.records:
            self.fates[error.path][UNREADABLE] += error.records

    def place(self, message: Message, fate: str) -> None:
        """Say where one message went."""
        self.fates[message.source_file][fate] += 1
        self.platforms[message.source_file] = message.platform

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
        for file, fates in self.fates.items():
            if not fates:
                continue
            sums[self.platforms.get(file, self.formats.get(file, "unknown"))].update(fates)
        return sums

    def total(self) -> Counter[str]:
        """Fates summed over everything."""
        return sum(self.fates.values(), Counter())

    def to_json(self, pairs: Iterable[Pair]) -> dict[str, Any]:
        """The ledger as it is saved beside the pairs; counts only, no text."""
        splits = Counter(pair.split for pair in pairs)
        return {
            "records": sum(self.records.values()),
            "total": dict(self.total()),
            "platforms": {name: dict(fates) for name, fates in sorted(self.by_platform().items())},
            "files": {
                file: {
                    "format": self.formats[file],
                    "records": self.records[file],
                    "fates": dict(self.fates[file]),
                }
                for file in sorted(self.records)
            },
            "pairs": {split: splits[split] for split in ("train", "validation", "test")},
        }


def place_all(
    ledger: Ledger,
    conversations: Iterable[Sequence[Message]],
    kept: Sequence[Pair],
    dropped: Sequence[Pair],
) -> None:
    """Give every message of the conversations its one fate."""
    replies = {id(message) for pair in kept for message in pair.reply}
    prompts = {id(message) for pair in kept for message in pair.prompt}
    repeated = {id(m) for pair in dropped for m in (*pair.prompt, *pair.reply)}
    for message in (message for chat in conversations for message in chat):
        if id(message) in replies:
            ledger.place(message, REPLY)
        elif id(message) in prompts:
            ledger.place(message, PROMPT)
        elif id(message) in repeated:
            ledger.place(message, "cross-split duplicate")
        else:
            ledger.place(message, _why_unused(message))


def _why_unused(message: Message) -> str:
    if message.system:
        return "system notice"
    if message.deleted:
        return "deleted"
    if not has_words(message):
        return "draft" if message.draft else _KIND_REASONS.get(message.kind, "media only")
    if message.is_me and not has_own_words(message):
        return "forwarded" if message.forwarded else "made by a bot"
    return LOST if message.is_me else "unanswered"
