"""Always my commonest reply, whatever the friend says: what a model that has collapsed looks like.

It scores a reply by how often I gave it word for word; replies that I never gave share the odds that
Witten & Bell 1991 (method C) leave for the new, spelled by uniform bytes.
"""

import math
from collections import Counter
from collections.abc import Sequence

from talklikeme.evaluation.baselines.spelling import uniform_score
from talklikeme.evaluation.contestants import Context, Reply


class CommonestReply:
    """Answers everything with the reply that I gave most often."""

    name = "commonest reply"

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._counts: Counter[tuple[str, ...]] = Counter(tuple(reply) for reply in replies)
        self._total = self._counts.total()
        commonest, _ = max(self._counts.items(), key=lambda item: (item[1], item[0]))
        self.reply = list(commonest)

    def score(self, contexts: Sequence[Context], replies: Sequence[Reply]) -> list[float]:
        """The log odds of whole replies, the context left aside."""
        return [self._score(tuple(reply)) for _, reply in zip(contexts, replies, strict=True)]

    def _score(self, reply: tuple[str, ...]) -> float:
        mass = self._total + len(self._counts)
        new = math.log(len(self._counts) / mass) + uniform_score(reply)
        known = self._counts[reply]
        if not known:
            return new
        seen = math.log(known / mass)
        return seen + math.log1p(math.exp(min(new - seen, 0.0)))

    def answer(self, contexts: Sequence[Context], *, seed: int) -> list[list[str]]:
        """The same to all, whatever the seed."""
        del seed
        return [list(self.reply) for _ in contexts]
