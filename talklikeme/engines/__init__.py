"""Engines: what draws replies and tells how likely they are; ids in, ids out.

CTranslate2 serves; transformers, which trained the model, is the reference that it is compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from talklikeme.sampling import Sampling

Ids = Sequence[int]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A reply without its end, and log P(reply | context) in nats, which counts the end if there was one."""

    ids: Ids
    given: float


class Engine(Protocol):
    """Safe to call from several threads. Contexts are as ChatEncoder encodes them."""

    def draw(self, contexts: Sequence[Ids], draws: int, sampling: Sampling) -> list[list[Drawn]]:
        """`draws` replies to each context, in no order; one where nothing is left to chance."""

    def score(self, contexts: Sequence[Ids], replies: Sequence[Ids]) -> list[float]:
        """log P(reply | context) in nats, of each pair; a reply that ends with the end counts it."""
