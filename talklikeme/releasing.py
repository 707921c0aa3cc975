"""The end of the second pass: held-out pairs go to their splits, now that all of train is known."""

import contextlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from talklikeme.heldout import read_held, release
from talklikeme.jobs import Tell, Work, run_jobs
from talklikeme.ledger import Ledger
from talklikeme.pairing import Paired
from talklikeme.pairs import SPLITS
from talklikeme.parts import PartWriter

HELD_OUT = SPLITS[1:]


@dataclass
class Released:
    """The rows that stay, by split: how many there are, and the files that they lie in."""

    rows: Counter[str] = field(default_factory=Counter)
    parts: dict[str, list[Path]] = field(default_factory=lambda: {split: [] for split in HELD_OUT})
    ledger: Ledger = field(default_factory=Ledger)
    openers: int = 0

    def take(self, other: "Released") -> None:
        """Add those of another bucket."""
        self.rows.update(other.rows)
        for split, parts in other.parts.items():
            self.parts[split] += parts
        self.ledger.merge(other.ledger)
        self.openers += other.openers


@dataclass(frozen=True)
class _Job:
    held: Path
    known: frozenset[int]  # exchanges that stand in train too


def release_all(buckets: Sequence[Paired], processes: int) -> Released:
    """Decide on all pairs that wait."""
    known = _known_exchanges(buckets)
    jobs = [_Job(one.held, known.intersection(one.held_exchanges)) for one in buckets]
    released = Released()
    work = Work(_release_bucket, "holding out", "bucket")
    for part in run_jobs(work, jobs, processes, total=len(jobs)):
        released.take(part)
    return released


def _known_exchanges(buckets: Sequence[Paired]) -> frozenset[int]:
    wanted = {exchange for bucket in buckets for exchange in bucket.held_exchanges}
    return frozenset(_in_both(wanted, (bucket.exchanges for bucket in buckets)))


def _in_both(wanted: set[int], given: Iterator["array[int]"]) -> Iterator[int]:
    for exchanges in given:
        yield from wanted.intersection(exchanges)


def _release_bucket(job: _Job, tell: Tell) -> Released:
    done = Released()
    paths = {split: job.held.with_name(f"{job.held.stem}-{split}.arrow") for split in HELD_OUT}
    with contextlib.ExitStack() as files:
        writers = {split: files.enter_context(PartWriter(path)) for split, path in paths.items()}
        for chat in read_held(job.held):
            pairs, fates = release(chat, job.known)
            for pair in pairs:
                writers[pair.split].add([pair.row])
                done.openers += not pair.has_prompt
            places = Counter((one.file, one.platform, fate) for one, fate in fates)
            done.ledger.place_all(places)
        done.rows = Counter({split: writer.rows for split, writer in writers.items()})
    done.parts = {split: [path] for split, path in paths.items() if done.rows[split]}
    tell(1)
    return done
