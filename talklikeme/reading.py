"""The first pass over the exports: messages go to the spool, facts and problems stay in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from talklikeme.errors import ConfigError, ExportError
from talklikeme.exports import Assignment, ReadSettings, Tally, Unknown, assign_files, read_assigned
from talklikeme.exports.watching import Meter, watched
from talklikeme.jobs import Tell, Work, run_jobs
from talklikeme.messages import Message
from talklikeme.options import PrepareOptions
from talklikeme.spool import SpoolWriter, count_buckets, read_bucket
from talklikeme.survey import Survey


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
    settings = ReadSettings(find_zone(options.timezone), options.date_order, options.columns)
    assignments, problems, unknown = assign_files(options.exports, options.columns)
    size = sum(file.size for assignment in assignments for file in assignment.files)
    reading = Reading(spool, count_buckets(size), problems=problems, unknown=unknown)
    jobs = [
        _Job(assignment, settings, spool, reading.buckets, str(number))
        for number, assignment in enumerate(assignments)
    ]
    work = Work(_read_part, "reading", "B", weight=_expected_work)
    for part in run_jobs(work, jobs, options.num_proc, total=size):
        reading.take(part)
    return reading


def _expected_work(job: _Job) -> int:
    """In bytes of JSON or XML; a byte of plain text holds some four times the messages."""
    files = job.assignment.files
    return sum(4 * file.size if file.name.endswith(".txt") else file.size for file in files)


def _read_part(job: _Job, tell: Tell) -> Reading:
    meter = Meter(tell)
    files = tuple(watched(file, meter.read) for file in job.assignment.files)
    reading = Reading(parts=[job.part])
    survey = reading.survey
    writer = SpoolWriter(job.spool, job.buckets, job.part) if job.spool else None
    for item in read_assigned(Assignment(job.assignment.reader, files), job.settings):
        match item:
            case Message():
                survey.add(item)
                if writer:
                    writer.add(item)
                meter.count()
            case ExportError():
                reading.problems.append(item)
            case Tally():
                meter.open_file(item.records)
                reading.tallies.append(item)
    if writer:
        writer.close()
    meter.close()
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
