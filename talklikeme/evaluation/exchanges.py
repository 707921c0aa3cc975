"""Held-out pairs as the evaluation sees them: a context, my reply as bubbles, the session."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from talklikeme.evaluation.contestants import Context, Reply
from talklikeme.messages import clean_text
from talklikeme.turns import Turn


class Talk(list[Turn]):
    """A context that also tells whom I answer, for models that know their friends apart."""

    friend: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One held-out pair."""

    context: list[Turn]
    reply: list[str]
    session: str


def read_exchanges(rows: Iterable[Mapping[str, Any]]) -> list[Exchange]:
    """Rows of out/pairs as exchanges; a row without any text of mine is left out."""
    found = (
        Exchange(_talk(row), bubbles_of(row["completion"]), str(row.get("session"))) for row in rows
    )
    return [exchange for exchange in found if exchange.reply]


def _talk(row: Mapping[str, Any]) -> Talk:
    talk = Talk(row["prompt"])
    talk.friend = row.get("friend")
    return talk


def friend_of(context: Context) -> str | None:
    """Whom I answer, where the context tells."""
    return context.friend if isinstance(context, Talk) else None


def bubbles_of(turns: Iterable[Turn]) -> list[str]:
    """The texts of turns as every contestant gets them: cleaned, none empty."""
    return [text for text in (clean_text(turn["content"]) for turn in turns) if text]


def friends_burst(context: Context) -> list[str]:
    """What the friend said since my last turn: the friend's counterpart of a reply."""
    since = list(takewhile(lambda turn: turn["role"] == "user", reversed(context)))
    return bubbles_of(reversed(since))


def as_text(reply: Reply) -> str:
    """A reply in one string, a line a bubble."""
    return "\n".join(reply)


def count_bytes(reply: Reply) -> int:
    """UTF-8 bytes of all bubbles, and one for each: the separator before the next, or the end."""
    return sum(len(bubble.encode()) + 1 for bubble in reply)


def pick(exchanges: Sequence[Exchange], most: int, seed: int) -> list[Exchange]:
    """At most `most` of them, by lot, in their order."""
    if len(exchanges) <= most:
        return list(exchanges)
    chosen = random.Random(seed).sample(range(len(exchanges)), most)
    return [exchanges[position] for position in sorted(chosen)]
