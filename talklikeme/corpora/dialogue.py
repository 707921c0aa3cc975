"""A conversation of strangers, and how it becomes pairs like mine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from talklikeme.turns import Turn

LONGEST_REPLY = 400  # characters; a narrator's page is no chat, and would be cut without an end
Said = tuple[str, str]  # who, what


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What was said, oldest first; `last_only` if only the last turn is meant as an answer."""

    said: Sequence[Said]
    last_only: bool = False


def candidates(dialogue: Dialogue) -> Iterator[list[tuple[str, list[str]]]]:
    """The turns up to and including each one that can serve as a reply: (speaker, bubbles)."""
    spoken = [(who, text.strip()) for who, text in dialogue.said if text.strip()]
    turns = [
        (who, [text for _, text in bubbles])
        for who, bubbles in groupby(spoken, key=lambda said: said[0])
    ]
    first = max(1, len(turns) - 1) if dialogue.last_only else 1
    for place in range(first, len(turns)):
        if sum(map(len, turns[place][1])) <= LONGEST_REPLY:
            yield turns[: place + 1]


def telling(text: str, shortest: int) -> str:
    """What two corpora are compared by: a text without case and spaces, if it has so many characters."""
    bare = "".join(text.casefold().split())
    return bare if len(bare) >= shortest else ""


def build_row(turns: Sequence[tuple[str, list[str]]], context_turns: int) -> dict[str, Any]:
    """A prompt and a completion out of them: whoever speaks last is me, all others are the friend."""
    me, reply = turns[-1]
    return {
        "prompt": [
            _turn(who == me, text)
            for who, bubbles in turns[:-1][-context_turns or len(turns) :]
            for text in bubbles
        ],
        "completion": [_turn(True, text) for text in reply],
    }


def _turn(is_mine: bool, text: str) -> Turn:
    return {"role": "assistant" if is_mine else "user", "content": text}
