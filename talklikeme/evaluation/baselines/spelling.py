"""Replies as symbols for models that count: bytes, where no tokenizer is given.

The uniform model over them is what a baseline falls back on for what it has never seen, so that no
text is impossible: log2(258) = 8.01 bits for every byte and for the end of every bubble.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from talklikeme.messages import clean_text
from talklikeme.turns import Turn

BUBBLE: Final = 256
END: Final = 257
REPLY_SYMBOLS: Final = 258  # what a reply is made of
FRIEND: Final = 258
ME: Final = 259


class Speller(Protocol):
    """Turns what is said into symbols and back; tokens.ChatEncoder is one too."""

    def encode_context(self, turns: Sequence[Turn]) -> list[int]:
        """The symbols of the last turns, with an end."""

    def encode_reply(self, bubbles: Sequence[str]) -> list[int]:
        """The symbols of a reply, with an end."""

    def decode_reply(self, ids: Iterable[int]) -> list[str]:
        """The bubbles that symbols spell, up to the end."""


class ByteSpeller:
    """UTF-8 bytes, and a symbol for the end of a bubble, of a reply, and for who speaks."""

    size: Final = ME + 1

    def encode_context(self, turns: Sequence[Turn]) -> list[int]:
        """Every turn with its speaker before it, then the end."""
        ids: list[int] = []
        for turn in turns:
            ids += [FRIEND if turn["role"] == "user" else ME, *_bytes(turn["content"])]
        return [*ids, END]

    def encode_reply(self, bubbles: Sequence[str]) -> list[int]:
        """The bubbles' bytes, separated and ended."""
        ids: list[int] = []
        for bubble in filter(None, map(clean_text, bubbles)):
            ids += [*_bytes(bubble), BUBBLE]
        return [*ids[:-1], END]

    def decode_reply(self, ids: Iterable[int]) -> list[str]:
        """The bubbles, without empty ones and without bytes that are no whole character."""
        said = [bytearray()]
        for symbol in ids:
            if symbol == END:
                break
            if symbol == BUBBLE:
                said.append(bytearray())
            elif symbol < BUBBLE:
                said[-1].append(symbol)
        texts = (clean_text(piece.decode("utf-8", "ignore")) for piece in said)
        return [text for text in texts if text]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def uniform_score(bubbles: Sequence[str]) -> float:
    """Natural log of the odds that bytes drawn blindly are this reply, its end included."""
    symbols = sum(len(_bytes(bubble)) + 1 for bubble in bubbles)
    return -max(symbols, 1) * math.log(REPLY_SYMBOLS)
