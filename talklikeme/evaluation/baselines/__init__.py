"""What a model has to beat: my commonest reply, my reply to the nearest context, a 5-gram model.

All are made from the pairs of train alone, in seconds; the 2017 seed's own network is the fourth
(benchmarks/seed_network.py).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from talklikeme.evaluation.baselines.commonest import CommonestReply
from talklikeme.evaluation.baselines.nearest import NearestNeighbour
from talklikeme.evaluation.baselines.ngram import NGram
from talklikeme.evaluation.contestants import Contestant
from talklikeme.evaluation.exchanges import read_exchanges

__all__ = ["CommonestReply", "NGram", "NearestNeighbour", "build_baselines"]


def build_baselines(
    train_rows: Sequence[Mapping[str, Any]], tokenizer_folder: Path | None, seed: int
) -> list[Contestant]:
    """The three baselines for rows with `prompt` and `completion`, in the order of the table.

    The 5-gram counts the tokens of `tokenizer_folder`, or bytes without one. `seed` breaks ties
    between equally near contexts. Raises ValueError if there are no rows.
    """
    exchanges = read_exchanges(train_rows)
    if not exchanges:
        raise ValueError("no pairs to make baselines from")
    contexts = [exchange.context for exchange in exchanges]
    replies = [exchange.reply for exchange in exchanges]
    return [
        CommonestReply(replies),
        NearestNeighbour(contexts, replies, seed=seed),
        NGram(contexts, replies, tokenizer_folder),
    ]
