"""Bits per byte of my real replies given their context: how well a contestant foresees my words.

    bits per byte = sum over replies of -log2 p(reply | context)
                    / sum over replies of bytes(reply)

p(reply | context) is the probability of the whole reply: all its bubbles, the separators between them
and the end. bytes(reply) is the number of UTF-8 bytes of all bubbles plus one a bubble, for the
separator behind it or the end. Nothing of it depends on a tokenizer: a model that knows nothing and
takes every byte for equally likely has 8. Lower is better.

A model with tokens is charged for one spelling of the reply, the one that its tokenizer chooses; the
others would add a little probability, so its number is an upper bound. A reply longer than the model
may say is scored whole nevertheless; only the context is cut, as in chat.
"""

from collections.abc import Sequence
from math import log

from talklikeme.evaluation.contestants import Contestant
from talklikeme.evaluation.exchanges import Exchange, count_bytes
from talklikeme.evaluation.intervals import Interval, ratio_interval


def bits_per_byte(
    scores: Sequence[float], exchanges: Sequence[Exchange], *, seed: int = 0
) -> Interval:
    """Natural-log likelihoods of the exchanges' replies as bits per byte."""
    return ratio_interval(
        [-score / log(2) for score in scores],
        [count_bytes(exchange.reply) for exchange in exchanges],
        [exchange.session for exchange in exchanges],
        seed=seed,
    )


def score_exchanges(contestant: Contestant, exchanges: Sequence[Exchange]) -> list[float]:
    """The contestant's log likelihood of each real reply; raises NotScored where it has none."""
    contexts = [exchange.context for exchange in exchanges]
    return contestant.score(contexts, [exchange.reply for exchange in exchanges])
