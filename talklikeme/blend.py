"""What I really said once, as candidates beside what the model draws: for private use only.

Opt-in, and never for a channel that others reach, because it quotes private chats. The index is made when it is
opened and kept in memory: a model folder, which people give away, never holds it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from talklikeme.dataset import load_pairs
from talklikeme.evaluation.baselines.nearest import NearestNeighbour
from talklikeme.evaluation.exchanges import read_exchanges
from talklikeme.turns import Turn

RECALLED: Final = 4  # replies of mine a message
HEARD: Final = 2  # turns; what was said before them is hardly ever the same


class Blend:
    """My replies to the messages most like the last ones."""

    def __init__(self, talks: Sequence[Sequence[Turn]], replies: Sequence[Sequence[str]]) -> None:
        self._nearest = NearestNeighbour([talk[-HEARD:] for talk in talks], replies)

    def recall(self, talks: Sequence[Sequence[Turn]]) -> list[list[list[str]]]:
        """For each conversation at most four different replies, the nearest first."""
        return self._nearest.recall([talk[-HEARD:] for talk in talks], RECALLED)


def load_blend(pairs: Path) -> Blend:
    """From the train split of out/pairs; raises RunError if it is not such a dataset."""
    train = read_exchanges(load_pairs(pairs)["train"].select_columns(["prompt", "completion"]))
    return Blend([one.context for one in train], [one.reply for one in train])
