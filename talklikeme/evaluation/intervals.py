"""95 % intervals by bootstrap over sessions (Efron 1979; clusters as in Field and Welsh 2007).

Replies of one session resemble each other, so whole sessions are drawn, with replacement.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
_TAILS = (2.5, 97.5)  # percent


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Rounded to what it is good for."""
        return {name: round(getattr(self, name), 4) for name in ("value", "low", "high")}


def ratio_interval(
    parts: Sequence[float], wholes: Sequence[float], groups: Sequence[Hashable], *, seed: int
) -> Interval:
    """sum(parts) / sum(wholes), resampled by group; with one group the interval is a point."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    positions = np.array([numbers[group] for group in groups])
    part = np.bincount(positions, weights=np.asarray(parts, dtype=float))
    whole = np.bincount(positions, weights=np.asarray(wholes, dtype=float))
    count = len(numbers)
    draws = np.random.default_rng(seed).multinomial(count, [1 / count] * count, size=RESAMPLES)
    low, high = np.percentile((draws @ part) / (draws @ whole), _TAILS)
    return Interval(float(part.sum() / whole.sum()), float(low), float(high))
