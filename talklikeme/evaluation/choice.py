"""hits@1 of 20: does a contestant know my true reply among 19 other replies of mine?

Next-utterance classification as in Lowe et al. 2015 and ConvAI2 (Dinan et al. 2019), with my own
replies as distractors, so that style alone does not help: only what was said before does. The
distractors are other held-out replies, all different, drawn with a fixed seed: replies from train
would favour, or betray, whoever learned them by heart.

Candidates are compared by log likelihood a byte (bytes as in bits.py): without that the shortest
would always win, and normalising by token would depend on the tokenizer. Who has a liking and no
likelihood (contestants.Ranker) is compared by that as it is. Equal candidates share the places that
they take: who likes all alike has 1/20, the score of chance.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from talklikeme.evaluation.contestants import Chooser, Contestant, Ranker, Reply
from talklikeme.evaluation.exchanges import Exchange, as_text, count_bytes
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


def judge_candidates(
    contestant: Contestant, exchanges: Sequence[Exchange], candidates: Sequence[Sequence[Reply]]
) -> list[list[float]]:
    """One number a candidate, higher is better; raises NotScored."""
    contexts = [exchange.context for exchange in exchanges]
    if isinstance(contestant, Ranker):
        return contestant.prefer(contexts, candidates)
    if isinstance(contestant, Chooser):
        numbers = contestant.choose(contexts, candidates)
    else:
        numbers = _score_one_by_one(contestant, exchanges, candidates)
    return [
        [score / count_bytes(reply) for score, reply in zip(row, replies, strict=True)]
        for row, replies in zip(numbers, candidates, strict=True)
    ]


def _score_one_by_one(
    contestant: Contestant, exchanges: Sequence[Exchange], candidates: Sequence[Sequence[Reply]]
) -> list[list[float]]:
    contexts = [
        exchange.context
        for exchange, replies in zip(exchanges, candidates, strict=True)
        for _ in replies
    ]
    flat = iter(contestant.score(contexts, [reply for replies in candidates for reply in replies]))
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
