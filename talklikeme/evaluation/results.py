"""What the evaluation found, one line a contestant, and its form in evaluation.json.

The key "evaluation" holds

    split, held_out, sessions      which pairs it was judged on, and how many there are
    scored, chosen, sampled        pairs used for bits per byte; for hits@1; and answered
    seed, seconds, notes           notes: what could not be measured and why, a sentence each
    lines                          name → numbers: "me", "me, from train", "my friends" for reference,
                                   then every contestant
        is_reference               whether it is one of the first three
        bits_per_byte, hits_at_1, reciprocal_rank    {"value", "low", "high"}, 95 % interval, or null
        mean_rank                  of 20; or null
        style                      {"probability", "auc"}, or null (style.py)
        distances                  {"length", "bubbles", "case", "punctuation", "emoji", "slang"}
        habits                     {"characters", "bubbles", "capitals", …} (style.Habits)
        life                       {"distinct_1", …} (life.Life), or null
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from talklikeme.evaluation.choice import Choice
from talklikeme.evaluation.contestants import Reply
from talklikeme.evaluation.intervals import Interval
from talklikeme.evaluation.life import Life
from talklikeme.evaluation.style import Habits

ME = "me"
ME_BEFORE = "me, from train"
FRIENDS = "my friends"


@dataclass(slots=True)
class Line:
    """Everything measured of one contestant, or of people for reference."""

    name: str
    is_reference: bool = False
    bits: Interval | None = None
    choice: Choice | None = None
    probability: float | None = None
    auc: float | None = None
    distances: Mapping[str, float] | None = None
    habits: Habits | None = None
    life: Life | None = None
    replies: list[Reply] = field(default_factory=list)  # for the plots, never written
    probabilities: list[float] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The numbers; no text."""
        choice = self.choice
        return {
            "is_reference": self.is_reference,
            "bits_per_byte": self.bits.to_json() if self.bits else None,
            "hits_at_1": choice.hits.to_json() if choice else None,
            "reciprocal_rank": choice.reciprocal_rank.to_json() if choice else None,
            "mean_rank": round(choice.mean_rank, 3) if choice else None,
            "style": self._style(),
            "distances": _rounded(self.distances) if self.distances else None,
            "habits": _rounded(asdict(self.habits)) if self.habits else None,
            "life": _rounded(asdict(self.life)) if self.life else None,
        }

    def _style(self) -> dict[str, float] | None:
        if self.probability is None or self.auc is None:
            return None
        return _rounded({"probability": self.probability, "auc": self.auc})


@dataclass(slots=True)
class Evaluation:
    """All lines, and what they were measured on."""

    split: str
    held_out: int
    sessions: int
    seed: int
    scored: int = 0
    chosen: int = 0
    sampled: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def line(self, name: str) -> Line:
        """The line of that name; KeyError if there is none."""
        return {line.name: line for line in self.lines}[name]

    @property
    def contestants(self) -> list[Line]:
        """The lines that are no reference."""
        return [line for line in self.lines if not line.is_reference]

    def to_json(self) -> dict[str, Any]:
        """As documented at the head of this module."""
        return {
            "split": self.split,
            "held_out": self.held_out,
            "sessions": self.sessions,
            "scored": self.scored,
            "chosen": self.chosen,
            "sampled": self.sampled,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "notes": self.notes,
            "lines": {line.name: line.to_json() for line in self.lines},
        }


def _rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in numbers.items()}
