"""A trained model as it answers friends: what the evaluation judges.

Likelihoods are computed with unrounded weights; replies come from what serves them, by default CTranslate2 in
int8, drawn and chosen as chat and app.py do it.
"""

from collections.abc import Sequence
from pathlib import Path

from transformers import PreTrainedModel

from talklikeme.answering import Asked, say_best
from talklikeme.evaluation.contestants import Context
from talklikeme.evaluation.exchanges import friend_of
from talklikeme.evaluation.neural import ModelContestant, load_with_encoder
from talklikeme.replies import load_replier
from talklikeme.tokens import ChatEncoder

_TOGETHER = 64  # messages answered at a time


class ServedContestant(ModelContestant):
    """A model folder; `model` and `encoder` are what is saved in it."""

    def __init__(
        self, folder: Path, model: PreTrainedModel, encoder: ChatEncoder, *, bf16: bool = False
    ) -> None:
        super().__init__(model, encoder, bf16=bf16)
        self._folder = folder

    def answer(self, contexts: Sequence[Context], *, seed: int) -> list[list[str]]:
        """What friends would read."""
        replier = load_replier(self._folder, seed=seed)
        asked = [Asked(context, friend_of(context)) for context in contexts]
        return [
            say_best(candidates)
            for start in range(0, len(asked), _TOGETHER)
            for candidates in replier.consider_all(asked[start : start + _TOGETHER])
        ]


def load_served(folder: Path, *, bf16: bool = False) -> ServedContestant:
    """A saved model folder; raises RunError if it is missing or not whole."""
    return ServedContestant(folder, *load_with_encoder(folder), bf16=bf16)
