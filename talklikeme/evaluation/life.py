"""Is there life in it? Numbers that show a model that says one thing to all, or only repeats.

    distinct-1, -2       different words and pairs of words over all of them (Li et al. 2016); falls
                         with the number of replies, so mine beside it are to the same contexts
    commonest            share of replies that are among my 20 commonest of train
    copies               share of replies that are a reply of train, letter for letter
    long copies          share of replies of five words or more that are, so not by chance
    echoes               share of replies that repeat a message of the context
    empty                share of replies without any text

Words stand between spaces, case set aside; pairs lie within one bubble. A reply is compared as a whole,
all its bubbles; for "commonest" and "echoes" case and the space around are set aside. Mine have some
of each too: what matters is how far the model's are from them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from talklikeme.evaluation.contestants import Context, Reply
from talklikeme.evaluation.exchanges import as_text, bubbles_of

COMMONEST = 20
LONG = 5  # words


@dataclass(frozen=True, slots=True)
class Life:
    """Shares of 1; see the module's docstring."""

    distinct_1: float
    distinct_2: float
    commonest: float
    copies: float
    long_copies: float
    echoes: float
    empty: float


class Memory:
    """What of train is needed to know a reply again."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._whole = {as_text(reply) for reply in replies}
        counts = Counter(_plain(reply) for reply in replies)
        ranked = sorted(counts, key=lambda text: (-counts[text], text))
        self._commonest = set(ranked[:COMMONEST])

    def is_common(self, reply: Reply) -> bool:
        """Whether it is among my 20 commonest replies."""
        return _plain(reply) in self._commonest

    def is_copy(self, reply: Reply) -> bool:
        """Whether I said exactly this in train."""
        return as_text(reply) in self._whole


def measure_life(contexts: Sequence[Context], replies: Sequence[Reply], memory: Memory) -> Life:
    """The numbers of the module's docstring for replies to these contexts."""
    long = [reply for reply in replies if len(as_text(reply).split()) >= LONG]
    echoes = [_is_echo(context, reply) for context, reply in zip(contexts, replies, strict=True)]
    return Life(
        distinct_1=_distinct(replies, 1),
        distinct_2=_distinct(replies, 2),
        commonest=_share([memory.is_common(reply) for reply in replies]),
        copies=_share([memory.is_copy(reply) for reply in replies]),
        long_copies=_share([memory.is_copy(reply) for reply in long]),
        echoes=_share(echoes),
        empty=_share([not as_text(reply) for reply in replies]),
    )


def _share(facts: Sequence[bool]) -> float:
    return sum(facts) / len(facts) if facts else 0.0


def _plain(reply: Reply) -> str:
    return "\n".join(bubble.strip() for bubble in reply).casefold()


def _is_echo(context: Context, reply: Reply) -> bool:
    said = {_plain([text]) for text in bubbles_of(context)}
    return bool(reply) and (_plain(reply) in said or all(_plain([one]) in said for one in reply))


def _distinct(replies: Sequence[Reply], size: int) -> float:
    grams = [gram for reply in replies for bubble in reply for gram in _grams(bubble, size)]
    return len(set(grams)) / len(grams) if grams else 0.0


def _grams(bubble: str, size: int) -> Iterator[tuple[str, ...]]:
    words = bubble.casefold().split()
    return (tuple(words[start : start + size]) for start in range(len(words) - size + 1))
