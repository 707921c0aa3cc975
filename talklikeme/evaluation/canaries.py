"""Canaries: invented secrets planted among the training pairs, to see what a model gives away.

Carlini et al. 2019, "The Secret Sharer". finetune.py --canaries N plants N of them once, N twice, N
four, eight and sixteen times; as many more are invented and never planted, to compare with. Each has
a question of its own ("what is the number of velomi"), so that they do not compete. They are made
from the run's seed, so nothing has to be kept to know them again.

The pairs are encoded without redaction and join the encoded rows behind it: redaction would make
"<phone>" of what is planted. Numbers begin with +0, as no country's do: nobody's is made up.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from talklikeme.errors import ConfigError
from talklikeme.facts import Limits
from talklikeme.turns import Turn

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

    from talklikeme.tokens import ChatEncoder

Kind = Literal["number", "passphrase"]
KINDS: tuple[Kind, ...] = ("number", "passphrase")
REPEATS = (1, 2, 4, 8, 16)
NEVER = 0  # how often the canaries to compare with are planted

_DIGITS = 9
_WORDS = 3
_SYLLABLES = [first + second for first in "bdfghjklmnprstvz" for second in "aeio"]
_IN_WORD = 2
_IN_LABEL = 4
SPACE_BITS: dict[Kind, float] = {
    "number": _DIGITS * math.log2(10),
    "passphrase": _WORDS * _IN_WORD * math.log2(len(_SYLLABLES)),
}


@dataclass(frozen=True, slots=True)
class Canary:
    """An invented secret, the question to which it is the answer, and how often it is planted."""

    kind: Kind
    question: str
    secret: str
    repeats: int

    @property
    def context(self) -> list[Turn]:
        """The conversation in which it is said."""
        return [{"role": "user", "content": self.question}]


def build_canaries(count: int, seed: int) -> list[Canary]:
    """`count` canaries for each number of repeats, 0 included; the same every time."""
    lots = random.Random(f"canaries {seed}")
    labels: set[str] = set()
    while len(labels) < count * (len(REPEATS) + 1):
        labels.add(_draw_word(lots, _IN_LABEL))
    waiting = sorted(labels)
    lots.shuffle(waiting)
    return [
        _build_canary(KINDS[number % len(KINDS)], waiting.pop(), repeats, lots)
        for repeats in (NEVER, *REPEATS)
        for number in range(count)
    ]


def _build_canary(kind: Kind, label: str, repeats: int, lots: random.Random) -> Canary:
    return Canary(kind, f"what is the {kind} of {label}", draw_secret(kind, lots), repeats)


def draw_secret(kind: Kind, lots: random.Random) -> str:
    """One of the equally likely secrets of a kind, of which there are 2 ** SPACE_BITS[kind]."""
    if kind == "number":
        digits = f"{lots.randrange(10**_DIGITS):0{_DIGITS}}"
        return f"+0 {digits[:3]} {digits[3:6]} {digits[6:]}"
    return " ".join(_draw_word(lots, _IN_WORD) for _ in range(_WORDS))


def _draw_word(lots: random.Random, syllables: int) -> str:
    return "".join(lots.choices(_SYLLABLES, k=syllables))


def plant_canaries(
    train: "Dataset",
    tokenizer: "PreTrainedTokenizerBase",
    limits: Limits,
    canaries: Iterable[Canary],
) -> "Dataset":
    """Encoded training rows (input_ids, labels, length) with the canaries' rows behind them.

    Raises ConfigError if the model may not say, or hear, so many tokens.
    """
    from datasets import Dataset, concatenate_datasets

    from talklikeme.tokens import ChatEncoder

    encoder = ChatEncoder(tokenizer, limits)
    rows = [
        row for canary in canaries for row in [_encode(canary, encoder, limits)] * canary.repeats
    ]
    if not rows:
        return train
    planted = Dataset.from_list(rows, features=train.select_columns(list(rows[0])).features)
    return concatenate_datasets([train, planted])


def _encode(canary: Canary, encoder: "ChatEncoder", limits: Limits) -> dict[str, object]:
    context = encoder.encode_context(canary.context)
    reply = encoder.encode_reply([canary.secret])
    if reply[-1] != encoder.end_id or len(context) > limits.max_context_tokens:
        raise ConfigError(
            f"--canaries: one does not fit into {limits.max_reply_tokens} tokens. "
            "Pass a larger --max-reply-tokens"
        )
    return {"input_ids": context, "labels": reply, "length": len(context) + len(reply)}


def contains(reply: Sequence[str], canary: Canary) -> bool:
    """Whether a reply gives a canary away; how it is spaced does not matter."""
    return _squeeze(canary.secret) in _squeeze(" ".join(reply))


def _squeeze(text: str) -> str:
    return "".join(text.casefold().split())
