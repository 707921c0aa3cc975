"""What prepare_data.py tells its user: the files it found, what it could not read, the ledger.

Everything goes to the terminal, nothing to a log: names are shown here on purpose.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from talklikeme.errors import ExportError
from talklikeme.exports import Tally
from talklikeme.ledger import Ledger
from talklikeme.owner import Owners, show_name
from talklikeme.pairs import SPLITS
from talklikeme.privacy import RedactionReport
from talklikeme.reading import Reading
from talklikeme.survey import FileFacts, Survey

PROBLEMS_SHOWN = 20
PROBLEMS_OF_A_FILE = 3
OVERLAPS_SHOWN = 3
EXAMPLES_SHOWN = 2
WIDTH_OF_A_PIPE = 240
COLUMNS = ("format", "chats", "messages", "people", "first", "last", "me")
_ROW = "  {:<{width}}{:>7}{:>11}{:>8}  {:<10}  {:<10}  {}"  # under its path, which may be long
_RULES = 3  # a column's line and spaces
_UNDER = "\n      "
_ONE_SIDE = "holds only your messages: they are learned as openers, answers to nothing"


def print_files(reading: Reading, owners: Owners) -> None:
    """For every file: format, chats, messages, people, time span, who is me, and what is odd in it."""
    console = _console()
    width = max((len(tally.format) for tally in reading.tallies), default=0)
    if reading.tallies:
        console.print(_ROW.format(*COLUMNS, width=width), style="bold")
    odd = _Doctor(reading)
    with_messages = [tally for tally in reading.tallies if tally.records]
    for tally in with_messages:
        console.print(tally.source_file, markup=False)
        facts = reading.survey.files.get(tally.source_file, FileFacts())
        row = _facts(tally, facts, reading.survey, owners)
        console.print(_ROW.format(*row, width=width), markup=False)
        for finding in odd.look_at(tally, facts):
            console.print(f"  ! {finding}", markup=False, style="yellow")
    if companions := len(reading.tallies) - len(with_messages):
        files = "1 file" if companions == 1 else f"{companions:,} files"
        console.print(f"without messages (accounts, lists of people, empty chats): {files}")
    _print_sum(reading.survey, console)
    _print_unknown(reading, console)
    print_problems(reading)


def _facts(tally: Tally, facts: FileFacts, survey: Survey, owners: Owners) -> list[str]:
    senders = [survey.senders[key] for key in facts.senders]
    mine = [one for one in senders if one.sender_id in owners.get(one.platform, ())]
    unclear = any(one.is_open and not owners.get(one.platform) for one in senders)
    return [
        tally.format,
        f"{len(facts.chats):,}",
        f"{facts.messages:,}",
        f"{len(senders):,}",
        _day(facts.first),
        _day(facts.last),
        ", ".join(sorted(map(show_name, mine))) or ("? pass --me NAME" if unclear else "–"),
    ]


def _day(ts: datetime | None) -> str:
    return f"{ts:%Y-%m-%d}" if ts else "–"


class _Doctor:
    """Tells what is odd in a file: records not read, one side only, the time of another file again."""

    def __init__(self, reading: Reading) -> None:
        self._files = reading.survey.files
        self._senders = reading.survey.senders
        self._unread: Counter[str] = Counter()
        for problem in reading.problems:
            self._unread[problem.path] += problem.records
        self._in_chat: dict[str, list[str]] = defaultdict(list)
        for path, facts in self._files.items():
            for chat in facts.chats:
                self._in_chat[chat].append(path)
        self._overlaps = self._find_overlaps()

    def look_at(self, tally: Tally, facts: FileFacts) -> Iterator[str]:
        """Everything odd, a line each."""
        if unread := self._unread[tally.source_file]:
            yield f"{unread:,} of {tally.records:,} messages could not be read, see below"
        if facts.messages:
            yield from self._sides(facts)
            yield from self._shared(tally.source_file, facts)

    def _sides(self, facts: FileFacts) -> Iterator[str]:
        if facts.one_sided == facts.messages:
            yield _ONE_SIDE
        elif facts.one_sided:
            yield f"{facts.one_sided:,} messages are of chats that hold only yours"
        elif len(facts.senders) == 1:
            in_chats = {path for chat in facts.chats for path in self._in_chat[chat]}
            (sender,) = facts.senders
            if all(self._files[path].senders <= facts.senders for path in in_chats):
                name = show_name(self._senders[sender])
                yield f"one sender only: {name}. Nothing is answered; is the export whole?"

    def _shared(self, path: str, facts: FileFacts) -> Iterator[str]:
        overlaps = self._overlaps.get(path, Counter())
        for other, chats in overlaps.most_common(OVERLAPS_SHOWN):
            theirs = self._files[other]
            first, last = _common_time(facts, theirs)
            span = f"{_day(first)} to {_day(last)}"
            what = "looks like a copy" if facts == theirs else "overlaps"
            yield f"{what}, in {_chats(chats)} from {span} (counted once), with{_UNDER}{other}"
        if (more := len(overlaps) - OVERLAPS_SHOWN) > 0:
            yield f"overlaps with {more:,} more files"

    def _find_overlaps(self) -> dict[str, Counter[str]]:
        """For each file those that hold the same chats at the same time, and how many of them."""
        overlaps: dict[str, Counter[str]] = defaultdict(Counter)
        for paths in self._in_chat.values():
            running: list[str] = []
            for path in sorted(paths, key=lambda path: str(self._files[path].first)):
                running = [one for one in running if self._is_shared_time(one, path)]
                for one in running:
                    overlaps[one][path] += 1
                    overlaps[path][one] += 1
                running.append(path)
        return overlaps

    def _is_shared_time(self, one: str, other: str) -> bool:
        # parts of one export touch, and do not overlap
        first, last = _common_time(self._files[one], self._files[other])
        return first is not None and last is not None and first < last


def _common_time(one: FileFacts, other: FileFacts) -> tuple[datetime | None, datetime | None]:
    if not (one.first and one.last and other.first and other.last):
        return None, None
    return max(one.first, other.first), min(one.last, other.last)


def _chats(count: int) -> str:
    return f"{count:,} chat" + ("s" if count != 1 else "")


def _print_sum(survey: Survey, console: Console) -> None:
    files = [facts for facts in survey.files.values() if facts.messages]
    if len(files) > 1:
        times = [time for facts in files for time in (facts.first, facts.last) if time]
        console.print(
            f"{len(files):,} files: {survey.messages:,} messages in {_chats(len(survey.chats))}, "
            f"{_day(min(times))} to {_day(max(times))}, times in UTC"
        )


def _print_unknown(reading: Reading, console: Console) -> None:
    if reading.unknown:
        some = "1 other file is no chat export" if len(reading.unknown) == 1 else (
            f"{len(reading.unknown):,} other files are no chat exports"
        )  # fmt: skip
        console.print(f"{some} that I know:")
        for unknown in reading.unknown[:PROBLEMS_SHOWN]:
            console.print(f"  {unknown.source_file}", markup=False)
        if (more := len(reading.unknown) - PROBLEMS_SHOWN) > 0:
            console.print(f"  and {more:,} more", markup=False)


def print_problems(reading: Reading) -> None:
    """A line for everything that could not be read, or was read with a doubt, and why.

    A file that is broken in a thousand places must not hide the next one.
    """
    console = _console(stderr=True)
    told: Counter[str] = Counter()
    shown: list[ExportError] = []
    for problem in sorted(reading.problems, key=lambda problem: problem.is_note):
        told[problem.path] += 1
        if told[problem.path] <= PROBLEMS_OF_A_FILE and len(shown) < PROBLEMS_SHOWN:
            shown.append(problem)
    for problem in shown:
        console.print(f"{'note' if problem.is_note else 'not read'}: {problem}", markup=False)
    rest = told - Counter(problem.path for problem in shown)
    for path, count in rest.most_common(PROBLEMS_OF_A_FILE):
        console.print(f"and {count:,} more in {path}", markup=False)
    if (more := len(rest) - PROBLEMS_OF_A_FILE) > 0:
        console.print(f"and more in {more:,} other files", markup=False)


def print_ledger(ledger: Ledger, splits: Counter[str], openers: int) -> None:
    """Where the messages went, by platform; the columns add up."""
    console = _console()
    title = "Where every message went"
    for platforms in _fitting(ledger, console.width):
        console.print(_ledger_table(ledger, platforms, title))
        title = ""
    shares = ", ".join(f"{splits[split]:,} {split}" for split in SPLITS)
    console.print(
        f"{splits.total():,} pairs ({shares}); {openers:,} of them openers without a prompt"
    )


def _fitting(ledger: Ledger, width: int) -> list[list[str]]:
    """The platforms in as many tables as the width asks for."""
    total = ledger.total()
    numbers = len(f"{total.total():,}")
    left = width - max(map(len, total), default=0) - numbers - 2 * _RULES - 1
    tables: list[list[str]] = [[]]
    used = 0
    for platform in ledger.by_platform():
        column = max(len(platform), numbers) + _RULES
        if tables[-1] and used + column > left:
            tables.append([])
            used = 0
        tables[-1].append(platform)
        used += column
    return tables


def _ledger_table(ledger: Ledger, shown: Sequence[str], title: str) -> Table:
    platforms = ledger.by_platform()
    columns = [platforms[name] for name in shown]
    table = Table("messages", title=title or None)
    for name in (*shown, "all"):
        table.add_column(name, justify="right")
    total = ledger.total()
    for fate, count in total.most_common():
        table.add_row(fate, *(f"{fates[fate]:,}" for fates in columns), f"{count:,}")
    table.add_section()
    sums = [f"{fates.total():,}" for fates in columns]
    table.add_row("sum = read", *sums, f"{total.total():,}")
    return table


def print_redaction(report: RedactionReport, mode: str) -> None:
    """What was replaced, with masked examples."""
    if not report.counts or mode == "off":
        return
    console = _console()
    done = "replaced" if mode == "on" else "found (and left in: --redact report)"
    console.print(f"{report.counts.total():,} secrets {done} in {report.texts:,} messages:")
    found = report.to_json()
    for kind, count in found["counts"].items():
        examples = ", ".join(found["examples"][kind][:EXAMPLES_SHOWN])
        console.print(f"  {kind:<8}{count:>8,}  such as {examples}", markup=False)


def _console(*, stderr: bool = False) -> Console:
    # soft_wrap keeps a problem's path and reason on one line; a pipe has no width to fit a table to
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_OF_A_PIPE
    return Console(stderr=stderr, highlight=False, soft_wrap=True, width=width)
