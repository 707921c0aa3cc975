"""What prepare_data.py tells its user: the files it found, what it could not read, the ledger.

Everything goes to the terminal, nothing to a log: names are shown here on purpose.
"""

import sys
from collections import Counter
from datetime import datetime

from rich.console import Console
from rich.table import Table

from talklikeme.exports import Tally
from talklikeme.ledger import Ledger
from talklikeme.owner import Owners, show_name
from talklikeme.pairs import SPLITS
from talklikeme.privacy import RedactionReport
from talklikeme.reading import Reading
from talklikeme.survey import FileFacts, Survey

PROBLEMS_SHOWN = 20
EXAMPLES_SHOWN = 2
WIDTH_OF_A_PIPE = 240
COLUMNS = ("format", "chats", "messages", "people", "first (UTC)", "last (UTC)", "me")
_ROW = "  {:<34}{:>6}{:>10}{:>8}  {:<16}  {:<16}  {}"  # under its path, which may be long


def print_files(reading: Reading, owners: Owners) -> None:
    """For every file: format, chats, messages, people, time span, who is me."""
    console = _console()
    if reading.tallies:
        console.print(_ROW.format(*COLUMNS), style="bold")
    for tally in reading.tallies:
        console.print(tally.source_file, markup=False)
        facts = reading.survey.files.get(tally.source_file, FileFacts())
        row = _facts(tally, facts, reading.survey, owners)
        console.print(_ROW.format(*row), markup=False)
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
        _minute(facts.first),
        _minute(facts.last),
        ", ".join(sorted(map(show_name, mine))) or ("? pass --me NAME" if unclear else "–"),
    ]


def _minute(ts: datetime | None) -> str:
    return f"{ts:%Y-%m-%d %H:%M}" if ts else ""


def _print_unknown(reading: Reading, console: Console) -> None:
    if reading.unknown:
        console.print(f"{len(reading.unknown):,} other files are no chat exports that I know:")
        for unknown in reading.unknown[:PROBLEMS_SHOWN]:
            console.print(f"  {unknown.source_file}", markup=False)


def print_problems(reading: Reading) -> None:
    """A line for everything that could not be read, or was read with a doubt, and why."""
    console = _console(stderr=True)
    in_order = sorted(reading.problems, key=lambda problem: problem.is_note)
    for problem in in_order[:PROBLEMS_SHOWN]:
        console.print(f"{'note' if problem.is_note else 'not read'}: {problem}", markup=False)
    if (more := len(in_order) - PROBLEMS_SHOWN) > 0:
        console.print(f"and {more:,} more like these", markup=False)


def print_ledger(ledger: Ledger, splits: Counter[str], openers: int) -> None:
    """Where the messages went, by platform; the columns add up."""
    platforms = ledger.by_platform()
    table = Table("messages", *platforms, "all", title="Where every message went")
    total = ledger.total()
    for fate, count in total.most_common():
        table.add_row(fate, *(f"{fates[fate]:,}" for fates in platforms.values()), f"{count:,}")
    table.add_section()
    sums = [f"{fates.total():,}" for fates in platforms.values()]
    table.add_row("sum = read", *sums, f"{total.total():,}")
    console = _console()
    console.print(table)
    shares = ", ".join(f"{splits[split]:,} {split}" for split in SPLITS)
    console.print(
        f"{splits.total():,} pairs ({shares}); {openers:,} of them openers without a prompt"
    )


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
