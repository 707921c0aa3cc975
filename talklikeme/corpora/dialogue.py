"""A conversation of strangers, and how it becomes pairs like mine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from talklikeme.turns import Turn

LONGEST_REPLY = 400  # characters; a narrator's page is no chat, and would be cut without an end
Said = tuple[str, str]  # who, what
Bubbles = tuple[str, list[str]]  # who, messages in a row


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What was said, oldest first; `last_only` if only the last turn is meant as an answer."""

    said: Sequence[Said]
    last_only: bool = False


def turns_of(dialogue: Dialogue) -> list[Bubbles]:
    """Its turns, each with the messages that one speaker said in a row; empty ones are left out."""
    spoken = [(who, text.strip()) for who, text in dialogue.said if text.strip()]
    return [
        (who, [text for _, text in bubbles])
        for who, bubbles in groupby(spoken, key=lambda said: said[0])
    ]


def candidates(dialogue: Dialogue) -> Iterator[list[Bubbles]]:
    """The turns up to and including each one that can serve as a reply."""
    turns = turns_of(dialogue)
    first = max(1, len(turns) - 1) if dialogue.last_only else 1
    for place in range(first, len(turns)):
        if sum(map(len, turns[place][1])) <= LONGEST_REPLY:
            yield turns[: place + 1]


def telling(text: str, shortest: int) -> str:
    """What two corpora are compared by: a text without case and spaces, if it has so many characters."""
    bare = "".join(text.casefold().split())
    return bare if len(bare) >= shortest else ""


def build_row(
    turns: Sequence[Bubbles], context_turns: int, follows: Sequence[Bubbles] = ()
) -> dict[str, Any]:
    """A prompt and a completion out of them: whoever speaks last is me, all others are the friend.

    What follows the reply, if it is given, is learned behind it (tokens.encode_completion).
    """
    me, _ = turns[-1]
    return {
        "prompt": _spell(turns[:-1][-context_turns or len(turns) :], me),
        "completion": _spell([turns[-1], *follows], me),
    }


def _spell(turns: Sequence[Bubbles], me: str) -> list[Turn]:
    return [
        {"role": "assistant" if who == me else "user", "content": text}
        for who, bubbles in turns
        for text in bubbles
    ]
