"""A replier that a test scripts and questions; stands in for the model."""

import threading
from collections.abc import Callable, Sequence

from talklikeme.answering import Asked
from talklikeme.choosing import Candidate
from talklikeme.facts import Limits, ModelFacts, Nature
from talklikeme.turns import Turn


class FakeReplier:
    """Answers with a function's bubbles and remembers every conversation that it was asked."""

    facts = ModelFacts(pairs=31_415, parameters=1_000)
    nature = Nature(facts, Limits(4, 64, 24))

    def __init__(self, answer: Callable[[str], list[str]] = lambda text: [f"re: {text}"]) -> None:
        self.answer = answer
        self.asked: list[list[Turn]] = []
        self.friends: list[str | None] = []
        self._lock = threading.Lock()

    def consider_all(self, asked: Sequence[Asked]) -> list[list[Candidate]]:
        """The scripted bubbles of each conversation."""
        return [[candidate(self.reply(one.turns, one.friend))] for one in asked]

    def reply(self, turns: Sequence[Turn], friend: str | None = None) -> list[str]:
        """The scripted bubbles for the last turn."""
        with self._lock:
            self.asked.append(list(turns))
            self.friends.append(friend)
        return self.answer(turns[-1]["content"])


def candidate(bubbles: Sequence[str], given: float = -1.0, place: int = 0) -> Candidate:
    """A reply that may be said."""
    return Candidate(
        bubbles=list(bubbles),
        tokens=sum(len(one.split()) for one in bubbles) + 1,
        given=given,
        alone=None,
        is_whole=True,
        is_stale=False,
        place=place,
    )
