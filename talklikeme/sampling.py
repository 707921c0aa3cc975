"""How the tokens of a reply are drawn, and how one of several is chosen; the same for every engine."""

from dataclasses import dataclass
from typing import Final

# The likeliest tokens that are drawn from at all; Fan et al. 2018. Beyond them lie typing errors.
TOP_K: Final = 50


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn: nucleus sampling (Holtzman et al. 2020), or the likeliest at 0."""

    temperature: float
    top_p: float


@dataclass(frozen=True, slots=True)
class Choosing:
    """How one reply of several is chosen (talklikeme/choosing.py)."""

    draws: int = 8
    penalty: float | None = 0.5  # for being likely after nothing; None: the first that fits is said
    fit: float = 0.0  # weight of how often I write replies of such a shape
    handicap: float = 0.75  # nats a token that a commonplace has to be better than the others

    @property
    def compares(self) -> bool:
        """Whether it matters how likely a reply is after nothing."""
        return self.penalty is not None and self.penalty + self.handicap > 0


FIRST: Final = Choosing(penalty=None)  # what is said is drawn, not chosen
