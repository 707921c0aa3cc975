"""A 5-gram model of my replies over the tokenizer's tokens, or over bytes without one.

The four symbols before a reply's first are the last of its context, so it hears the friend's last
word or two; only my own symbols are counted and scored. Every text can be spelled, for byte-level
tokenizers and bytes know all of them; below one symbol the odds are uniform.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from talklikeme.evaluation.baselines.kneser_ney import KneserNey
from talklikeme.evaluation.baselines.spelling import ByteSpeller, Speller
from talklikeme.evaluation.contestants import Context, Reply

ORDER = 5
TURNS_HEARD = 2
LONGEST_ANSWER = 400  # symbols: a draw that never ends must stop
_WHOLE_REPLY = 1 << 30


class NGram:
    """Scores replies and draws them symbol by symbol, at temperature 1."""

    name = f"{ORDER}-gram"

    def __init__(
        self,
        contexts: Sequence[Context],
        replies: Sequence[Reply],
        tokenizer_folder: Path | None = None,
    ) -> None:
        self._speller, size = _build_speller(tokenizer_folder)
        self._model = KneserNey(self._spell(contexts, replies), order=ORDER, size=size)

    def _spell(
        self, contexts: Sequence[Context], replies: Sequence[Reply]
    ) -> list[tuple[list[int], list[int]]]:
        return [
            (self._before(context), self._speller.encode_reply(reply))
            for context, reply in zip(contexts, replies, strict=True)
        ]

    def _before(self, context: Context) -> list[int]:
        return self._speller.encode_context(context[-TURNS_HEARD:])[1 - ORDER :]

    def score(self, contexts: Sequence[Context], replies: Sequence[Reply]) -> list[float]:
        """The log odds of all of a reply's symbols, the end included."""
        return self._model.log_scores(self._spell(contexts, replies))

    def answer(self, contexts: Sequence[Context], *, seed: int) -> list[list[str]]:
        """One drawn reply a context; possibly empty."""
        generator = random.Random(seed)
        return [self._draw(self._before(context), generator) for context in contexts]

    def _draw(self, history: list[int], generator: random.Random) -> list[str]:
        end = self._speller.encode_reply([])[-1]
        said = list(history)
        while len(said) - len(history) < LONGEST_ANSWER:
            said.append(self._model.draw(said[1 - ORDER :], generator))
            if said[-1] == end:
                break
        return self._speller.decode_reply(said[len(history) :])


def _build_speller(tokenizer_folder: Path | None) -> tuple[Speller, int]:
    """How texts become symbols, and how many there are."""
    if tokenizer_folder is None:
        return ByteSpeller(), ByteSpeller.size
    from talklikeme.facts import Limits
    from talklikeme.tokenizer import load_tokenizer
    from talklikeme.tokens import ChatEncoder

    tokenizer = load_tokenizer(tokenizer_folder)
    limits = Limits(TURNS_HEARD, max_context_tokens=2 * ORDER, max_reply_tokens=_WHOLE_REPLY)
    return ChatEncoder(tokenizer, limits), len(tokenizer)
