"""The records of all runs of a person as one evaluation: every system a line, in one order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.people_recipes import BASELINES, CANARIES, NAMES, STARTS, record_path
from talklikeme.errors import RunError
from talklikeme.evaluation.choice import Choice
from talklikeme.evaluation.intervals import Interval
from talklikeme.evaluation.life import Life
from talklikeme.evaluation.results import Evaluation, Line
from talklikeme.evaluation.style import Habits

_THE_MODEL: Final = "this model"  # as load_contestant calls it
_ON: Final = ("split", "held_out", "sessions", "scored", "chosen", "sampled", "seed")


@dataclass(slots=True)
class Person:
    """What is known of a person: the lines of all systems measured so far, and the records."""

    name: str
    evaluation: Evaluation | None = None
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def lines(self) -> dict[str, Line]:
        """The lines by their names; empty if nothing is measured."""
        return {line.name: line for line in self.evaluation.lines} if self.evaluation else {}


def read_people(results: Path) -> list[Person]:
    """Everybody with a record, by name; raises RunError if a person's runs saw other pairs."""
    names = {path.name.split(".")[0] for path in results.glob("*.*.json")}
    return [_read_person(results, name) for name in sorted(names)]


def _read_person(results: Path, name: str) -> Person:
    person = Person(name)
    for start in (*STARTS, BASELINES, CANARIES):
        path = record_path(results, name, start)
        if path.exists():
            person.records[start] = json.loads(path.read_text(encoding="utf-8"))
    judged = [
        start for start in (*STARTS, BASELINES) if "evaluation" in person.records.get(start, {})
    ]
    if not judged:
        return person
    found = [person.records[start]["evaluation"] for start in judged]
    for start, one in zip(judged, found, strict=True):
        if any(one[key] != found[0][key] for key in _ON) or _pairs(person, start, judged[0]):
            raise RunError(
                f"{record_path(results, name, start)}: judged on other pairs than {judged[0]}"
            )
    person.evaluation = Evaluation(**{key: found[0][key] for key in _ON}, notes=found[0]["notes"])
    person.evaluation.seconds = sum(one["seconds"] for one in found)
    person.evaluation.lines = _merge(dict(zip(judged, found, strict=True)))
    return person


def _pairs(person: Person, one: str, other: str) -> bool:
    return bool(person.records[one]["pairs"] != person.records[other]["pairs"])


def _merge(found: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """The references of the first, then the systems: a model's line has the name of its start."""
    first = next(iter(found.values()))["lines"]
    lines = [read_line(name, one) for name, one in first.items() if one["is_reference"]]
    for start, evaluation in found.items():
        for name, one in evaluation["lines"].items():
            if not one["is_reference"]:
                lines.append(read_line(NAMES[start] if name == _THE_MODEL else name, one))
    return lines


def read_line(name: str, values: Mapping[str, Any]) -> Line:
    """A line of evaluation.json as it was before it was written."""
    style = values["style"] or {}
    return Line(
        name,
        is_reference=values["is_reference"],
        bits=_interval(values["bits_per_byte"]),
        choice=_choice(values),
        probability=style.get("probability"),
        auc=style.get("auc"),
        distances=values["distances"],
        habits=Habits(**values["habits"]) if values["habits"] else None,
        life=Life(**values["life"]) if values["life"] else None,
    )


def _interval(values: Mapping[str, float] | None) -> Interval | None:
    return Interval(**values) if values else None


def _choice(values: Mapping[str, Any]) -> Choice | None:
    hits, rank = _interval(values["hits_at_1"]), _interval(values["reciprocal_rank"])
    return Choice(hits, rank, values["mean_rank"]) if hits and rank else None
