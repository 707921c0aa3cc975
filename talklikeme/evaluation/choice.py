"""hits@1 of 20: does a contestant know my true reply among 19 other replies of mine?

Next-utterance classification as in Lowe et al. 2015 and ConvAI2 (Dinan et al. 2019), with my own
replies as distractors, so that style alone does not help: only what was said before does. The
distractors are other held-out replies, all different, drawn with a fixed seed: replies from train
would favour, or betray, whoever learned them by heart.

Candidates are compared by how much likelier the context makes them, log P(reply | context) - log P(reply | nothing):
the 19 others come as replies come, P(reply), so by Bayes' rule this orders the candidates by how likely each is
the true one. It favours neither short replies nor common ones, whatever the tokenizer. By likelihood
alone a model that listens looks deaf, for what is likely anywhere wins. Who has a liking and no likelihood
(contestants.Ranker) is compared by that as it is. Equal candidates share the places that they take: who likes all
alike has 1/20, the score of chance.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from talklikeme.evaluation.contestants import Chooser, Contestant, Context, Ranker, Reply
from talklikeme.evaluation.exchanges import Exchange, as_text
from talklikeme.evaluation.intervals import Interval, ratio_interval

CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """How often the true reply came first, its mean reciprocal rank, its mean rank (1 is best)."""

    hits: Interval
    reciprocal_rank: Interval
    mean_rank: float


def draw_candidates(
    exchanges: Sequence[Exchange], *, pool: Sequence[Exchange], seed: int
) -> list[list[Reply]]:
    """For each exchange its true reply, first, and 19 others of the pool that read differently.

    Empty if the pool has fewer than 20 different replies.
    """
    different: dict[str, Reply] = {as_text(exchange.reply): exchange.reply for exchange in pool}
    if len(different) < CANDIDATES:
        return []
    texts = sorted(different)
    lots = random.Random(seed)
    drawn = []
    for exchange in exchanges:
        true = as_text(exchange.reply)
        others = [text for text in lots.sample(texts, CANDIDATES) if text != true]
        drawn.append([exchange.reply, *(different[text] for text in others[: CANDIDATES - 1])])
    return drawn


def count_different(pool: Sequence[Exchange]) -> int:
    """How many different replies there are to draw from."""
    return len({as_text(exchange.reply) for exchange in pool})


class Judging:
    """What a contestant thinks of candidates; how likely a reply is after nothing is asked once."""

    def __init__(self, contestant: Contestant) -> None:
        self._contestant = contestant
        self._alone: dict[str, float] = {}

    def judge(
        self, exchanges: Sequence[Exchange], candidates: Sequence[Sequence[Reply]]
    ) -> list[list[float]]:
        """One number a candidate, higher is better; raises NotScored."""
        contexts = [exchange.context for exchange in exchanges]
        if isinstance(self._contestant, Ranker):
            return self._contestant.prefer(contexts, candidates)
        given = self._choose(contexts, candidates)
        self._read_alone(candidates)
        return [
            [score - self._alone[as_text(reply)] for score, reply in zip(row, replies, strict=True)]
            for row, replies in zip(given, candidates, strict=True)
        ]

    def _read_alone(self, candidates: Sequence[Sequence[Reply]]) -> None:
        new = {as_text(reply): reply for replies in candidates for reply in replies}
        new = {text: reply for text, reply in new.items() if text not in self._alone}
        [scores] = self._choose([[]], [list(new.values())])
        self._alone |= dict(zip(new, scores, strict=True))

    def _choose(
        self, contexts: Sequence[Context], candidates: Sequence[Sequence[Reply]]
    ) -> list[list[float]]:
        if isinstance(self._contestant, Chooser):
            return self._contestant.choose(contexts, candidates)
        asked = [
            context for context, replies in zip(contexts, candidates, strict=True) for _ in replies
        ]
        said = [reply for replies in candidates for reply in replies]
        flat = iter(self._contestant.score(asked, said))
        return [[next(flat) for _ in replies] for replies in candidates]


def summarise(
    judged: Sequence[Sequence[float]], exchanges: Sequence[Exchange], *, seed: int = 0
) -> Choice:
    """Numbers whose first of each row is the true reply's → hits, reciprocal rank, mean rank."""
    ones = [1.0] * len(judged)
    sessions = [exchange.session for exchange in exchanges]
    places = [_places(row) for row in judged]
    hits = [1 / len(held) if held[0] == 1 else 0.0 for held in places]
    reciprocal = [sum(1 / place for place in held) / len(held) for held in places]
    ranks = [sum(held) / len(held) for held in places]
    return Choice(
        ratio_interval(hits, ones, sessions, seed=seed),
        ratio_interval(reciprocal, ones, sessions, seed=seed),
        sum(ranks) / len(ranks),
    )


def _places(row: Sequence[float]) -> range:
    """The places that the first number shares with those equal to it, 1 is best."""
    better = sum(number > row[0] for number in row)
    equal = sum(number == row[0] for number in row)
    return range(better + 1, better + equal + 1)
