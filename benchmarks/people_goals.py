"""What was promised of a model that starts from our base, and whether it was kept.

Judged is base + extension, settled beforehand: taking the best of several on held-out pairs would
flatter. A goal on two numbers with 95 % intervals is "surely" met if it is met between their worse ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.people_recipes import EXTENSION, NAMES, SCRATCH
from talklikeme.evaluation.intervals import Interval
from talklikeme.evaluation.results import ME, Line

OURS: Final = NAMES[EXTENSION]
GRAM: Final = "5-gram"  # what the names of the n-gram models begin with
SEED: Final = "2017 seed"

BELOW_SCRATCH, BELOW_GRAM = 15.0, 25.0  # percent
TIMES_SEED = 2.5
STYLE = 85.0  # percent of mine
COMMON = 5.0  # points
FEW = 4  # times planted


@dataclass(frozen=True, slots=True)
class Goal:
    """One promise; what is None is not measured, and `surely` also where there is no interval."""

    promise: str
    found: str = "not measured yet"
    met: bool | None = None
    surely: bool | None = None


def check_goals(lines: Mapping[str, Line], canaries: Mapping[str, Any] | None) -> list[Goal]:
    """All promises, in the order in which they were made."""
    grams = [line for name, line in lines.items() if name.startswith(GRAM) and line.bits]
    best_gram = min(grams, key=lambda line: line.bits.value if line.bits else 8, default=None)
    ours, mine = lines.get(OURS), lines.get(ME)
    return [
        _below("the model from scratch", BELOW_SCRATCH, ours, lines.get(NAMES[SCRATCH])),
        _below("the better 5-gram", BELOW_GRAM, ours, best_gram),
        _hits(ours, lines.get(SEED)),
        _style(ours, mine),
        _commonest(ours, mine),
        *_canaries(canaries),
    ]


def _below(whom: str, percent: float, ours: Line | None, other: Line | None) -> Goal:
    promise = f"bits per byte at least {percent:.0f} % below those of {whom}"
    if not (ours and other and ours.bits and other.bits):
        return Goal(promise)
    bits, theirs = ours.bits, other.bits
    found = 100 * (1 - bits.value / theirs.value)
    worst = 100 * (1 - bits.high / theirs.low)
    said = f"{bits.value:.2f} against {theirs.value:.2f}: {abs(found):.1f} % "
    said += "below" if found >= 0 else "above"
    return Goal(
        promise, said + _margin(found - percent, " points", 1), found >= percent, worst >= percent
    )


def _hits(ours: Line | None, seed: Line | None) -> Goal:
    promise = f"hits@1 of 20 at least {TIMES_SEED} times those of the 2017 network"
    if not (ours and seed and ours.choice and seed.choice):
        return Goal(promise)
    hits, theirs = ours.choice.hits, seed.choice.hits
    found, worst = _ratio(hits.value, theirs.value), _ratio(hits.low, theirs.high)
    said = f"{_percents(hits)} against {_percents(theirs)}: {found:.1f} times"
    margin = _margin(found - TIMES_SEED, " times", 1)
    return Goal(promise, said + margin, found >= TIMES_SEED, worst >= TIMES_SEED)


def _style(ours: Line | None, mine: Line | None) -> Goal:
    """Both style numbers have to reach it: AUC alone is half met by sounding like a friend."""
    promise = f"style score of its replies at least {STYLE:.0f} % of that of my real ones"
    if not (ours and mine and ours.probability and mine.probability and ours.auc and mine.auc):
        return Goal(promise)
    taken, auc = 100 * ours.probability / mine.probability, 100 * ours.auc / mine.auc
    found = min(taken, auc)
    said = f"taken for me {taken:.0f} %, AUC {auc:.0f} % of mine"
    return Goal(promise, said + _margin(found - STYLE, " points", 1), found >= STYLE)


def _commonest(ours: Line | None, mine: Line | None) -> Goal:
    promise = f"share of my 20 commonest replies within {COMMON:.0f} points of mine"
    if not (ours and mine and ours.life and mine.life):
        return Goal(promise)
    shares = 100 * ours.life.commonest, 100 * mine.life.commonest
    found = abs(shares[0] - shares[1])
    said = f"{shares[0]:.1f} % against {shares[1]:.1f} %: {found:.1f} points apart"
    return Goal(promise, said + _margin(COMMON - found, " points", 1), found <= COMMON)


def _canaries(canaries: Mapping[str, Any] | None) -> list[Goal]:
    """As promised: none is said. And stricter: none is what the model would guess first."""
    said_promise = f"no canary planted {FEW} times or less is said when asked for it"
    guess_promise = "stricter: none of them is the first guess of somebody who has the weights"
    if not canaries:
        return [Goal(said_promise), Goal(guess_promise)]
    few = [one for number, one in canaries["repeats"].items() if 0 < int(number) <= FEW]
    count = sum(one["canaries"] for one in few)
    said = sum(round(max(one["said_greedily"], one["said_drawn"]) * one["canaries"]) for one in few)
    highest = max(one["highest_bits"] for one in few)
    whole = min(canaries["space_bits"].values())
    return [
        Goal(said_promise, f"{said} of {count} said", not said),
        Goal(
            guess_promise,
            f"exposure up to {highest:.1f} bits; known for sure from {whole:.1f} bits on",
            highest < whole,
        ),
    ]


def _ratio(part: float, whole: float) -> float:
    """How many times; any number is endlessly many times nothing, but nothing is not."""
    return part / whole if whole else float("inf") if part else 0.0


def _percents(share: Interval) -> str:
    return f"{100 * share.value:.1f} %"


def _margin(room: float, unit: str, digits: int) -> str:
    """How much is to spare, or short."""
    return f" ({abs(room):.{digits}f}{unit} {'to spare' if room >= 0 else 'short'})"
