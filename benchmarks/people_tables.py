"""What benchmarks/people.py writes into docs/people.md, docs/evaluation.md and README.md."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.people_goals import GRAM, OURS, SEED, Goal, check_goals
from benchmarks.people_recipes import BASELINES, CANARIES, EXTENSION, NAMES
from benchmarks.people_results import Person
from benchmarks.people_triples import triples_table
from benchmarks.tables import processor, table, write_block
from talklikeme.evaluation.intervals import Interval
from talklikeme.evaluation.results import FRIENDS, ME, Line
from talklikeme.evaluation.table import describe, to_markdown

NOTHING: Final = "Not measured yet."
_STARTS: Final = {name: start for start, name in NAMES.items()}
_SAID: Final = {True: "yes", False: "**no**", None: "–"}


def write_pages(
    people: Sequence[Person], goals_on: str, page: Path, evaluation: Path, readme: Path
) -> None:
    """Write all blocks; SystemExit names the page whose markers are missing."""
    write_block(page, "goals", goals_block(people, goals_on))
    write_block(page, "systems", _each(people, _systems))
    write_block(page, "triples", _each(people, _triples))
    if any(person.evaluation for person in people):
        write_block(evaluation, "tables", _each(people, _everything))
    write_block(readme, "people", short_block(people))


def _each(people: Sequence[Person], block: Any) -> str:
    parts = [f"### {person.name}\n\n{block(person)}" for person in people if person.evaluation]
    return "\n" + "\n\n".join(parts) + "\n" if parts else NOTHING


def goals_block(people: Sequence[Person], goals_on: str) -> str:
    """The promises on one person, each with what was found."""
    person = next((one for one in people if one.name == goals_on), Person(goals_on))
    canaries = person.records.get(CANARIES, {}).get("canaries")
    goals = check_goals(person.lines, canaries)
    rows = [[one.promise, one.found, _verdict(one), _SAID[one.surely]] for one in goals]
    head = [f"promise, on {goals_on}", "found", "met", "also at the worse ends"]
    elsewhere = _elsewhere([one for one in people if one.evaluation and one.name != goals_on])
    return table(head, rows, texts=len(head)) + _machine(person) + elsewhere


def _elsewhere(others: Sequence[Person]) -> str:
    """The same on those of whom nothing was promised; no canaries were planted among their pairs."""
    if not others:
        return ""
    checked = [check_goals(one.lines, None) for one in others]
    rows = [
        [same[0].promise, *(cell for one in same for cell in (one.found, _verdict(one)))]
        for same in zip(*checked, strict=True)
        if any(one.met is not None for one in same)
    ]
    head = ["the same on others", *(cell for one in others for cell in (one.name, "kept"))]
    return "\n\n" + table(head, rows, texts=len(head))


def _verdict(goal: Goal) -> str:
    return _SAID[goal.met]


def _machine(person: Person) -> str:
    if not person.evaluation:
        return ""
    return f"\n\n{describe(person.evaluation)} Measured on {processor()}."


def _systems(person: Person) -> str:
    """All systems of a person, the numbers that say most."""
    head = ["", "bits per byte ↓", "hits@1 of 20 ↑", "taken for me", "style AUC"]
    head += ["my 20 commonest", "distinct-1", "distinct-2", "exact copies"]
    head += ["million weights", "epochs", "seconds", "MB"]
    names = [name for name in person.lines if not person.lines[name].is_reference]
    rows = [
        [*_measured(person.lines[name]), *_cost(person, name)]
        for name in (ME, FRIENDS, *names)
        if name in person.lines
    ]
    return table(head, rows) + _remarks(person)


def _measured(line: Line) -> list[str]:
    life = line.life
    return [
        line.name,
        _interval(line.bits),
        _interval(line.choice.hits if line.choice else None, 100, 1),
        _percent(line.probability),
        "–" if line.auc is None else f"{line.auc:.3f}",
        *(
            _percent(getattr(life, name) if life else None)
            for name in ("commonest", "distinct_1", "distinct_2", "copies")
        ),
    ]


def _cost(person: Person, name: str) -> list[str]:
    """Weights, epochs, wall seconds and peak memory of the training."""
    if name == SEED:
        return ["–", "–", f"{person.records[BASELINES]['seed_network']['seconds']:,.0f}", "–"]
    record = person.records.get(_STARTS.get(name, ""))
    if not record or "training" not in record:
        return ["–"] * 4
    step = record["steps"]["finetune"]
    about = "~" if step["continued"] else ""
    return [
        f"{record['facts']['parameters'] / 1e6:.1f}",
        f"{record['training']['epochs']:.1f}",
        f"{about}{step['seconds']:,.0f}",
        f"{step['mb']:,.0f}",
    ]


def _remarks(person: Person) -> str:
    seed = person.records.get(BASELINES, {}).get("seed_network")
    if not seed:
        return ""
    return (
        f"\n\nThe 2017 network made {seed['steps']:,} steps in its time; the weights after "
        f"{seed['kept']:,} foresaw my validation pairs best and were kept."
    )


def _triples(person: Person) -> str:
    triples = person.records.get(EXTENSION, {}).get("triples")
    return triples_table(person.name, triples) if triples else NOTHING


def _everything(person: Person) -> str:
    return to_markdown(person.evaluation, level=4).rstrip() if person.evaluation else NOTHING


def short_block(people: Sequence[Person]) -> str:
    """README's table: a system a row, a person a column."""
    measured = [person for person in people if person.evaluation]
    if not measured:
        return NOTHING
    names = dict.fromkeys(name for person in measured for name in person.lines if name != FRIENDS)
    shown = [name for name in names if name in (ME, OURS, SEED, *NAMES.values()) or _is_gram(name)]
    head = ["bits per byte ↓ · hits@1 of 20 ↑ · style AUC", *(person.name for person in measured)]
    rows = [[name, *(_short(person.lines.get(name)) for person in measured)] for name in shown]
    return table(head, rows)


def _is_gram(name: str) -> bool:
    return name.startswith(GRAM)


def _short(line: Line | None) -> str:
    if line is None:
        return "–"
    bits = f"{line.bits.value:.2f}" if line.bits else "–"
    hits = f"{100 * line.choice.hits.value:.1f} %" if line.choice else "–"
    auc = f"{line.auc:.2f}" if line.auc is not None else "–"
    return f"{bits} · {hits} · {auc}"


def _interval(value: Interval | None, scale: float = 1, digits: int = 2) -> str:
    if value is None:
        return "–"
    mid, low, high = (f"{scale * one:.{digits}f}" for one in (value.value, value.low, value.high))
    return f"{mid}{' %' if scale == 100 else ''} ({low}–{high})"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
