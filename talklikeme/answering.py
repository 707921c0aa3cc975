"""From a conversation to my next bubbles: what every channel calls, and nothing of the channels.

Importing this module costs neither torch nor transformers.
"""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from talklikeme.choosing import HOLE, Candidate, fill_holes, rank, weigh
from talklikeme.engines import Drawn, Engine, Ids
from talklikeme.facts import ModelFacts, Nature
from talklikeme.guard import Guard, StandardGuard
from talklikeme.pace import Pace
from talklikeme.sampling import Sampling
from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn

NOTHING_TO_SAY = HOLE


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation that waits for my next turn, and with whom it is, where that is known."""

    turns: Sequence[Turn]
    friend: str | None = None


class Replier(Protocol):
    """Answers a conversation."""

    @property
    def facts(self) -> ModelFacts:
        """What the model is."""

    def reply(self, turns: Sequence[Turn], friend: str | None = None) -> list[str]:
        """My next bubbles after these turns, oldest first; at least one, none empty.

        `friend` says whom I answer; a name that the model does not know changes nothing. Safe to call
        from several threads. `turns` may be empty or end with a turn of mine.
        """


class BatchReplier(Replier, Protocol):
    """Answers several conversations at once, in less time than one after the other."""

    def consider_all(self, asked: Sequence[Asked]) -> list[list[Candidate]]:
        """What could be said in each, best first: `say_best` makes bubbles of it."""


class Memory(Protocol):
    """Knows what I really said once (talklikeme/blend.py)."""

    def recall(self, talks: Sequence[Sequence[Turn]]) -> list[list[list[str]]]:
        """For each conversation my replies to the messages most like the last ones."""


class EngineReplier:
    """Encodes a conversation, lets an engine draw several replies, and says the best of them.

    `dropped` counts by reason what the guard did not let pass.
    """

    def __init__(
        self,
        engine: Engine,
        encoder: ChatEncoder,
        sampling: Sampling,
        nature: Nature,
        *,
        guard: Guard | None = None,
        pace: Pace | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.engine = engine
        self.encoder = encoder
        self.nature = nature
        self.dropped: Counter[str] = Counter()
        self._sampling = sampling
        self._guard = guard or StandardGuard()
        self._pace = pace or Pace()
        self._memory = memory
        self._lock = threading.Lock()

    @property
    def facts(self) -> ModelFacts:
        """What the model is."""
        return self.nature.facts

    def reply(self, turns: Sequence[Turn], friend: str | None = None) -> list[str]:
        """My next bubbles; the limit of tokens saved with the model bounds them."""
        return say_best(self.consider_all([Asked(turns, friend)])[0])

    def consider_all(self, asked: Sequence[Asked]) -> list[list[Candidate]]:
        """What could be said in each conversation, all drawn and weighed in one batch."""
        return self._consider(asked, compares=self.nature.choice.choosing.compares)

    def consider(self, turns: Sequence[Turn], friend: str | None = None) -> list[Candidate]:
        """The same for one conversation, with log P(reply | nothing) even where it does not count."""
        return self._consider([Asked(turns, friend)], compares=True)[0]

    def _consider(self, asked: Sequence[Asked], *, compares: bool) -> list[list[Candidate]]:
        """Best first, and behind it what must not be said, with the objection; nothing where no reply has text."""
        began = time.perf_counter()
        choice, talks = self.nature.choice, [one.turns for one in asked]
        draws = self._pace.allow(choice.choosing.draws, len(asked))
        contexts = [self.encoder.encode_context(one.turns, one.friend) for one in asked]
        drawn = self.engine.draw(contexts, draws, self._sampling)
        known = self._remember(drawn, contexts, talks)
        found = weigh(self.engine, self.encoder, known, talks, compares=compares)
        self._pace.note(draws, len(asked), time.perf_counter() - began)
        return [self._judge(rank(one, choice.choosing, choice.shapes)) for one in found]

    def _remember(
        self,
        drawn: Sequence[Sequence[Drawn]],
        contexts: Sequence[Ids],
        talks: Sequence[Sequence[Turn]],
    ) -> Sequence[Sequence[Drawn]]:
        """What was drawn, and what I said once, if I may quote it."""
        if self._memory is None:
            return drawn
        recalled = [
            [self.encoder.encode_reply(said) for said in mine]
            for mine in self._memory.recall(talks)
        ]
        asked = [context for context, mine in zip(contexts, recalled, strict=True) for _ in mine]
        scores = iter(self.engine.score(asked, [ids for mine in recalled for ids in mine]))
        return [
            [*replies, *(Drawn(ids[:-1], next(scores)) for ids in mine)]
            for replies, mine in zip(drawn, recalled, strict=True)
        ]

    def _judge(self, ranked: Sequence[Candidate]) -> list[Candidate]:
        judged = [replace(one, objection=self._guard.object_to(one.bubbles)) for one in ranked]
        with self._lock:
            self.dropped.update(one.objection for one in judged if one.objection)
        return sorted(judged, key=lambda one: bool(one.objection))


def say_best(candidates: Sequence[Candidate]) -> list[str]:
    """The bubbles of the first that may be said, as a friend may see them."""
    if not candidates or candidates[0].objection:
        return [NOTHING_TO_SAY]
    return fill_holes(candidates[0].bubbles)
