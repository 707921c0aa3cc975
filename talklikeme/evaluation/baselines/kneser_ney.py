"""An n-gram model over numbers: interpolated modified Kneser–Ney (Chen & Goodman 1998, §3).

    p(w | h) = max(c(hw) - D(c(hw)), 0) / c(h) + left(h) · p(w | h without its first symbol)

and below one symbol the uniform odds 1 / size, so that nothing is impossible. The orders below the
highest count in how many surroundings an n-gram stands, not how often. Own code, because the kept
library, nltk.lm 3.10, needs 36 ms a token (72,000 tokens counted: hits@1 would take hours), and what
it never saw is impossible to it. Here every count is a row of a sorted array, and all symbols of
thousands of replies are looked up at once.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Shares = NDArray[np.float64]

# Where too little was counted to estimate them: the usual size of the three discounts.
USUAL_DISCOUNTS = (0.5, 1.0, 1.5)


@dataclass(frozen=True, slots=True)
class _Level:
    """What is known of the n-grams of one length.

    A history is found step by step, as in a trie: row r of `steps[j]` is (row in steps[j-1], symbol)
    as one number. `rows` are (history, symbol) likewise, in order, so that what follows a history
    lies between `starts[history]` and `starts[history + 1]`.
    """

    base: int
    steps: tuple[Numbers, ...]
    rows: Numbers
    shares: Shares
    starts: Numbers
    left: Shares

    def find(self, histories: Numbers) -> Numbers:
        """The row of each history (n x length), -1 for one never seen."""
        found = np.zeros(len(histories), dtype=np.int64)
        for column, step in enumerate(self.steps):
            found = self._look_up(step, found, histories[:, column])
        return found

    def share_of(self, found: Numbers, symbols: Numbers) -> Shares:
        """The discounted share of each symbol after its history, 0 if it never followed."""
        at = self._look_up(self.rows, found, symbols)
        return np.where(at < 0, 0.0, self.shares[np.maximum(at, 0)])

    def _look_up(self, table: Numbers, before: Numbers, symbols: Numbers) -> Numbers:
        wanted = before * self.base + symbols
        at = np.minimum(np.searchsorted(table, wanted), len(table) - 1)
        return np.where((before >= 0) & (table[at] == wanted), at, -1)

    def draw(self, found: int, share: float) -> int:
        """The symbol at which the shares after a history, added up, exceed `share`; -1 if none."""
        start, end = self.starts[found], self.starts[found + 1]
        at = int(np.searchsorted(np.cumsum(self.shares[start:end]), share, side="right"))
        return int(self.rows[start + at] % self.base) if at < end - start else -1


class KneserNey:
    """Counts symbols 0 … size-1 after the `order - 1` symbols before them."""

    def __init__(
        self, texts: Sequence[tuple[Sequence[int], Sequence[int]]], *, order: int, size: int
    ) -> None:
        """`texts` are (what came before, what is to be counted); raises ValueError if all are empty."""
        self.order = order
        self.size = size
        self._base = size + 1  # one more symbol: nothing was before
        grams = self._grams(texts)
        if not len(grams):
            raise ValueError("nothing to count")
        self._levels: list[_Level] = []
        for _ in range(order):
            *steps, (rows, numbers) = _number(grams, self._base)
            counts = np.bincount(numbers)
            self._levels.append(_build_level(self._base, [step for step, _ in steps], rows, counts))
            grams = grams[np.unique(numbers, return_index=True)[1], 1:]

    def _grams(self, texts: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Numbers:
        """One row a counted symbol: the symbols before it, and itself."""
        before = self.order - 1
        nothing = [self.size] * before
        windows = []
        for history, symbols in texts:
            line = np.array([*nothing, *history][len(history) :] + list(symbols), dtype=np.int64)
            if len(symbols):
                windows.append(np.lib.stride_tricks.sliding_window_view(line, self.order))
        return np.concatenate(windows) if windows else np.zeros((0, self.order), dtype=np.int64)

    def log_scores(self, texts: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[float]:
        """Natural log of the odds of each text's symbols after what came before them."""
        grams = self._grams(texts)
        ends = np.cumsum([0, *(len(symbols) for _, symbols in texts)])
        logs = np.log(self.odds(grams[:, :-1], grams[:, -1]))
        return [float(logs[start:end].sum()) for start, end in pairwise(ends)]

    def odds(self, histories: Numbers, symbols: Numbers) -> Shares:
        """p(symbol | history), for histories of n x (order - 1) symbols; `size` stands for nothing."""
        odds = np.full(len(symbols), 1 / self.size)
        for level in reversed(self._levels):
            found = level.find(histories[:, histories.shape[1] - len(level.steps) :])
            seen = level.share_of(found, symbols) + level.left[np.maximum(found, 0)] * odds
            odds = np.where(found < 0, odds, seen)
        return odds

    def draw(self, history: Sequence[int], generator: random.Random) -> int:
        """A symbol by its odds after a history: from the highest order, or what that leaves over."""
        before = self.order - 1
        padded = np.array([[*[self.size] * before, *history][len(history) :]], dtype=np.int64)
        for level in self._levels:
            found = int(level.find(padded[:, before - len(level.steps) :])[0])
            if found >= 0 and (symbol := level.draw(found, generator.random())) >= 0:
                return symbol
        return generator.randrange(self.size)


def _number(grams: Numbers, base: int) -> list[tuple[Numbers, Numbers]]:
    """Number the different prefixes of rows, column by column: (the different ones, each row's)."""
    numbers = np.zeros(len(grams), dtype=np.int64)
    columns = []
    for column in range(grams.shape[1]):
        different, numbers = np.unique(numbers * base + grams[:, column], return_inverse=True)
        columns.append((different, numbers))
    return columns


def _build_level(base: int, steps: Sequence[Numbers], rows: Numbers, counts: Numbers) -> _Level:
    histories = rows // base
    number = len(steps[-1]) if steps else 1
    discounts = np.array([0.0, *_discounts(counts)])[np.minimum(counts, 3)]
    totals = np.bincount(histories, counts, number)
    return _Level(
        base=base,
        steps=tuple(steps),
        rows=rows,
        shares=(counts - discounts) / totals[histories],
        starts=np.searchsorted(histories, np.arange(number + 1)).astype(np.int64),
        left=np.bincount(histories, discounts, number) / totals,
    )


def _discounts(counts: Numbers) -> tuple[float, ...]:
    """What is taken from n-grams counted once, twice, and more often (Chen & Goodman's eq. 26)."""
    once, twice, thrice, more = (int((counts == number).sum()) for number in (1, 2, 3, 4))
    if not (once and twice and thrice and more):
        return USUAL_DISCOUNTS
    share = once / (once + 2 * twice)
    found = (
        1 - 2 * share * twice / once,
        2 - 3 * share * thrice / twice,
        3 - 4 * share * more / thrice,
    )
    in_range = all(0 < one < number for number, one in enumerate(found, start=1))
    return found if in_range else USUAL_DISCOUNTS
