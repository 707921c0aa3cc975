"""The evaluation as tables: for the terminal through rich, for evaluation.md as Markdown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from talklikeme.evaluation.choice import CANDIDATES
from talklikeme.evaluation.intervals import Interval
from talklikeme.evaluation.life import COMMONEST, LONG
from talklikeme.evaluation.results import FRIENDS, ME, ME_BEFORE, Evaluation, Line

Cell = Callable[[Line], str]


@dataclass(frozen=True, slots=True)
class Section:
    """One table: what it answers, and its columns."""

    title: str
    hint: str
    columns: tuple[tuple[str, Cell], ...]
    shows: Callable[[Line], bool]


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _interval(interval: Interval | None, scale: float = 1, unit: str = "", digits: int = 2) -> str:
    if interval is None:
        return "–"
    value, low, high = (
        f"{scale * number:.{digits}f}" for number in (interval.value, interval.low, interval.high)
    )
    return f"{value}{unit} ({low}–{high})"


def _distance(name: str) -> Cell:
    return lambda line: _number(line.distances[name], 3) if line.distances else "–"


def _habit(name: str, digits: int) -> Cell:
    return lambda line: _number(getattr(line.habits, name), digits) if line.habits else "–"


def _life(name: str) -> Cell:
    return lambda line: _percent(getattr(line.life, name)) if line.life else "–"


SECTIONS = (
    Section(
        "Does it know what I would say?",
        f"Bits per byte of my real replies, lower is better; my true reply among {CANDIDATES} of mine "
        f"(chance: {100 / CANDIDATES:.0f} %). In brackets: 95 % intervals.",
        (
            ("bits per byte", lambda line: _interval(line.bits)),
            (
                f"hits@1 of {CANDIDATES}",
                lambda line: _interval(line.choice.hits if line.choice else None, 100, " %", 1),
            ),
            (
                "reciprocal rank",
                lambda line: _interval(line.choice.reciprocal_rank if line.choice else None),
            ),
            ("mean rank", lambda line: _number(line.choice.mean_rank if line.choice else None, 1)),
        ),
        lambda line: not line.is_reference,
    ),
    Section(
        "Does it sound like me?",
        "A judge that tells me from my friends by single replies. AUC: 0.5 sounds like a friend, "
        "mine is the ceiling.",
        (
            ("taken for me", lambda line: _percent(line.probability)),
            ("AUC against friends", lambda line: _number(line.auc, 3)),
        ),
        lambda _: True,
    ),
    Section(
        "How far are its habits from mine?",
        "Distances: 0 is the same as my held-out replies; what I wrote before is as near as can be "
        "hoped for.",
        tuple(
            (name, _distance(name))
            for name in ("length", "bubbles", "case", "punctuation", "emoji", "slang")
        ),
        lambda line: line.name != ME,
    ),
    Section(
        "Its habits beside mine",
        "Averages over replies to the same contexts.",
        (
            ("characters a reply", _habit("characters", 1)),
            ("bubbles a reply", _habit("bubbles", 2)),
            (
                "bubbles with a capital first",
                lambda line: _percent(line.habits.capitals if line.habits else None),
            ),
            ("marks in 100 characters", _habit("punctuation", 1)),
            ("emoji in 100 bubbles", _habit("emoji", 1)),
            ("slang in 100 words", _habit("slang", 1)),
        ),
        lambda line: line.name != ME_BEFORE,
    ),
    Section(
        "Is there life in it?",
        "Shares, best when near mine: variety of words and pairs of words; what is said over and "
        "over; what is copied.",
        (
            ("distinct-1", _life("distinct_1")),
            ("distinct-2", _life("distinct_2")),
            (f"my {COMMONEST} commonest", _life("commonest")),
            ("copies from train", _life("copies")),
            (f"… of {LONG} words or more", _life("long_copies")),
            ("repeats the prompt", _life("echoes")),
            ("empty", _life("empty")),
        ),
        lambda line: line.name not in (ME_BEFORE, FRIENDS),
    ),
)


def describe(evaluation: Evaluation) -> str:
    """On what it was measured, in a sentence."""
    said = (
        f"Judged on {evaluation.held_out:,} pairs of {evaluation.sessions:,} sessions that no training "
        f'saw (split "{evaluation.split}")'
    )
    if not evaluation.lines:
        return f"{said}."
    return (
        f"{said}: {evaluation.scored:,} scored, {evaluation.chosen:,} put among {CANDIDATES}, "
        f"{evaluation.sampled:,} answered; seed {evaluation.seed}."
    )


def to_markdown(evaluation: Evaluation, *, level: int = 2) -> str:
    """All tables; `level` is that of their headings."""
    parts = [describe(evaluation), *(f"**{note}**" for note in evaluation.notes)]
    for section in SECTIONS if evaluation.lines else ():
        parts += [
            f"{'#' * level} {section.title}",
            section.hint,
            _markdown_table(section, evaluation),
        ]
    return "\n\n".join(parts) + "\n"


def _markdown_table(section: Section, evaluation: Evaluation) -> str:
    head = ["", *(title for title, _ in section.columns)]
    lines = [_row(head), "|---|" + "--:|" * len(section.columns)]
    lines += [_row(cells) for cells in _cells(section, evaluation)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cells(section: Section, evaluation: Evaluation) -> list[list[str]]:
    lines = [line for line in evaluation.lines if section.shows(line)]
    return [[line.name, *(cell(line) for _, cell in section.columns)] for line in lines]


def show(
    evaluation: Evaluation, console: Console, *, sections: Sequence[Section] = SECTIONS
) -> None:
    """Print the tables."""
    console.print(describe(evaluation), highlight=False)
    for note in evaluation.notes:
        console.print(f"[bold]{escape(note)}[/]", highlight=False)
    for section in sections if evaluation.lines else ():
        table = Table(title=f"[bold]{section.title}[/]\n{section.hint}", title_justify="left")
        table.title_style = ""
        table.add_column("", no_wrap=True)
        for title, _ in section.columns:
            table.add_column(title, justify="right")
        for cells in _cells(section, evaluation):
            table.add_row(*map(escape, cells))
        console.print(table)
