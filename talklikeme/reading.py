"""The first pass over the exports: messages go to the spool, facts and problems stay in memory."""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from tqdm import tqdm

from talklikeme.errors import ConfigError, ExportError
from talklikeme.exports import Assignment, ReadSettings, Tally, Unknown, assign_files, read_assigned
from talklikeme.exports.watching import Watch, watched
from talklikeme.messages import Message
from talklikeme.options import PrepareOptions
from talklikeme.spool import SpoolWriter, count_buckets, read_bucket
from talklikeme.survey import Survey

# Only on a terminal, and only where something takes longer than a person waits.
PROGRESS: dict[str, Any] = {"delay": 2, "leave": False, "disable": None}


@dataclass
class Reading:
    """Everything that the readers yielded; the messages themselves lie in the spool, if there is one."""

    spool: Path | None = None
    buckets: int = 1
    parts: list[str] = field(default_factory=list)
    survey: Survey = field(default_factory=Survey)
    problems: list[ExportError] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether everything that was recognised could be read."""
        return all(problem.is_note for problem in self.problems)

    def messages(self, bucket: int) -> Iterator[Message]:
        """The messages of one bucket."""
        if self.spool is not None:
            yield from read_bucket(self.spool, bucket, self.parts)

    def take(self, other: "Reading") -> None:
        """Add what one process read."""
        self.parts += other.parts
        self.survey.merge(other.survey)
        self.problems += other.problems
        self.tallies += other.tallies


@dataclass(frozen=True)
class _Job:
    assignment: Assignment
    settings: ReadSettings
    spool: Path | None
    buckets: int
    part: str


def read_all(options: PrepareOptions, spool: Path | None) -> Reading:
    """Read the exports into the spool, or only look at them if there is none.

    Raises ConfigError if no exports are named, and ExportError if one is not there.
    """
    if not options.exports:
        raise ConfigError("no exports named. Pass --exports PATH, a file, folder or zip")
    settings = ReadSettings(find_zone(options.timezone), options.date_order)
    assignments, problems, unknown = assign_files(options.exports)
    size = sum(file.size for assignment in assignments for file in assignment.files)
    reading = Reading(spool, count_buckets(size), problems=problems, unknown=unknown)
    jobs = [
        _Job(assignment, settings, spool, reading.buckets, str(number))
        for number, assignment in enumerate(assignments)
    ]
    with tqdm(total=size, unit="B", unit_scale=True, desc="reading", **PROGRESS) as bar:
        for part in _run_readers(jobs, options.num_proc, bar):
            reading.take(part)
    return reading


def _run_readers(jobs: Sequence[_Job], processes: int, bar: Any) -> Iterator[Reading]:
    """Read part by part; one process tells of every read, several of every part."""
    if processes == 1:
        yield from (_read_part(job, bar.update) for job in jobs)
        return
    for job, part in zip(jobs, run_jobs(_read_part, jobs, processes), strict=True):
        bar.update(sum(file.size for file in job.assignment.files))
        yield part


Job = TypeVar("Job")
Result = TypeVar("Result")


def run_jobs(
    work: Callable[[Job], Result], jobs: Sequence[Job], processes: int
) -> Iterator[Result]:
    """Do the jobs, in order; side by side if several processes are allowed."""
    if processes == 1 or len(jobs) < 2:
        yield from map(work, jobs)
        return
    context = get_context("forkserver")
    with ProcessPoolExecutor(processes, context, initializer=ease_collection) as pool:
        yield from pool.map(work, jobs)


def ease_collection() -> None:
    """Look for garbage less often: messages are many, hold no cycles, and cost a quarter of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _read_part(job: _Job, watch: Watch | None = None) -> Reading:
    files = job.assignment.files
    if watch:
        files = tuple(watched(file, watch) for file in files)
    reading = Reading(parts=[job.part])
    writer = SpoolWriter(job.spool, job.buckets, job.part) if job.spool else None
    for item in read_assigned(Assignment(job.assignment.reader, files), job.settings):
        match item:
            case Message():
                reading.survey.add(item)
                if writer:
                    writer.add(item)
            case ExportError():
                reading.problems.append(item)
            case Tally():
                reading.tallies.append(item)
    if writer:
        writer.close()
    return reading


def find_zone(name: str | None) -> ZoneInfo:
    """The zone of wall-clock times: as named, else the machine's; raises ConfigError."""
    from tzlocal import get_localzone

    if name is None:
        return get_localzone()
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"--timezone {name}: no such time zone. Use a name like Europe/Berlin"
        ) from None


def need_messages(reading: Reading, options: PrepareOptions) -> None:
    """Raise the likeliest reason if nothing at all could be read."""
    if reading.survey.messages:
        return
    if reading.problems:
        raise reading.problems[0]
    paths = ", ".join(str(path) for path in options.exports)
    if reading.tallies:
        raise ExportError(paths, "the exports hold no messages")
    raise ExportError(paths, "no chat export recognised", hint="Known: see docs/formats.md")
