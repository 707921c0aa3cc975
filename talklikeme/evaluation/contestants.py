"""Who takes part in the evaluation: what every contestant can do, and a trained model as one.

A contestant knows conversations as turns and replies as bubbles, never as tokens: so models with
different tokenizers, n-grams and a baseline without any model stand in one table.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from talklikeme.turns import Turn

Context = Sequence[Turn]
Reply = Sequence[str]


class NotScored(Exception):
    """This contestant has no likelihood (nearest neighbour …); the message says why, in short."""


class Contestant(Protocol):
    """Somebody who answers a friend in my stead."""

    @property
    def name(self) -> str:
        """How the table calls it."""

    def score(self, contexts: Sequence[Context], replies: Sequence[Reply]) -> list[float]:
        """Natural-log likelihood of each reply given its context, one a pair.

        It covers all bubbles, the separators between them and the end; finite for any text: whoever
        counts, smooths. Raises NotScored if the contestant has no likelihood.
        """

    def answer(self, contexts: Sequence[Context], *, seed: int) -> list[list[str]]:
        """One reply a context, drawn as in chat: its bubbles; the same seed gives the same replies."""


@runtime_checkable
class Chooser(Protocol):
    """A contestant that scores several replies to one context faster than `score` would."""

    def choose(
        self, contexts: Sequence[Context], candidates: Sequence[Sequence[Reply]]
    ) -> list[list[float]]:
        """What `score` says of each candidate, those of a context together."""


@runtime_checkable
class Ranker(Protocol):
    """A contestant that can tell which reply it likes better, though it has no likelihood."""

    def prefer(
        self, contexts: Sequence[Context], candidates: Sequence[Sequence[Reply]]
    ) -> list[list[float]]:
        """One number a candidate, higher is better, compared as they are (not divided by length)."""
