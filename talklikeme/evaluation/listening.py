"""What the context tells a contestant: how much better it foresees a reply in its own place.

    listening = sum over replies of log2 p(reply | its context) - log2 p(reply | another's context)
                / sum over replies of bytes(reply)

The other context is one of the same test, of another session. A model that talks well without hearing
what was said has 0 whatever its bits per byte; it is the mean pointwise mutual information (Church and
Hanks 1990) of context and reply under the model, but for a chance context in place of none.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import log

from talklikeme.evaluation.bits import score_exchanges
from talklikeme.evaluation.contestants import Contestant
from talklikeme.evaluation.exchanges import Exchange, count_bytes
from talklikeme.evaluation.intervals import Interval, ratio_interval


def measure_listening(
    contestant: Contestant, exchanges: Sequence[Exchange], scores: Sequence[float], *, seed: int = 0
) -> Interval | None:
    """Bits a byte that the contexts save; `scores` are those of score_exchanges.

    None if all exchanges are of one session: then there is no other's context to take.
    """
    strangers = swap_contexts(exchanges)
    if strangers is None:
        return None
    without = score_exchanges(contestant, strangers)
    return ratio_interval(
        [(own - other) / log(2) for own, other in zip(scores, without, strict=True)],
        [count_bytes(exchange.reply) for exchange in exchanges],
        [exchange.session for exchange in exchanges],
        seed=seed,
    )


def swap_contexts(exchanges: Sequence[Exchange]) -> list[Exchange] | None:
    """Each reply behind the context of another session, half the list away where that is another."""
    count = len(exchanges)
    swapped = []
    for place, exchange in enumerate(exchanges):
        others = (exchanges[(place + count // 2 + more) % count] for more in range(count))
        stranger = next((o for o in others if o.session != exchange.session), None)
        if stranger is None:
            return None
        swapped.append(replace(exchange, context=stranger.context))
    return swapped
