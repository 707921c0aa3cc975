"""My rhythm: how long I take to answer, and to type the next bubble.

Nobody waits for a bot as for a person, so the pauses are mine in proportion and capped in length.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles

_ATTENTIVE = 120.0  # seconds; who takes longer did something else
_FEWEST = 20  # replies; fewer tell nothing
_PARTS = 10  # the delays are kept as deciles
_QUICK = 0.25  # of those who answer at once, so that most of the time is typing
FASTEST, SLOWEST = 0.02, 0.25  # seconds a character
LONGEST_DELAY, LONGEST_TYPING = 3.0, 4.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: deciles of my delays before a reply, and what a character takes to type."""

    delays: tuple[float, ...]
    typing: float

    def pauses(self, bubbles: Sequence[str], generator: random.Random) -> list[float]:
        """Seconds to wait before each bubble, counted from the one before it."""
        first = generator.uniform(*generator.choice(list(pairwise(self.delays))))
        typed = [min(len(text) * self.typing, LONGEST_TYPING) for text in bubbles[1:]]
        return [min(first, LONGEST_DELAY), *typed][: len(bubbles)]


def measure_rhythm(replies: Iterable[tuple[float | None, Sequence[str]]]) -> Rhythm | None:
    """From the delays of my replies and their bubbles; None where too few have a time.

    A delay holds reading, thinking and typing. The quickest quarter, a character, is taken for typing.
    """
    known = [(delay, sum(map(len, said))) for delay, said in replies if delay is not None]
    prompt = [(delay, length) for delay, length in known if 0 < delay <= _ATTENTIVE and length]
    if len(prompt) < _FEWEST:
        return None
    delays = sorted(delay for delay, _ in prompt)
    paces = sorted(delay / length for delay, length in prompt)
    typing = paces[int(len(paces) * _QUICK)]
    deciles = quantiles(delays, n=_PARTS)
    return Rhythm(
        tuple(round(one, 2) for one in (delays[0], *deciles, delays[-1])),
        round(min(max(typing, FASTEST), SLOWEST), 3),
    )
