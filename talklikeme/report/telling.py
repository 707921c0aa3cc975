"""The words that tell me from my friends: for the report, and as words.json for the browser's page."""

from collections.abc import Sequence
from typing import Any, Final

from talklikeme.report.statistics import ChatStatistics
from talklikeme.report.words import Telling, compare, take_apart

WORDS_FILE: Final = "words.json"
_MOST: Final = 60


def tell_apart(statistics: ChatStatistics) -> tuple[list[Telling], list[Telling]]:
    """Words, and emoji with smileys, that surely tell the sides apart, my most telling first."""
    names = statistics.name_parts
    mine = take_apart(statistics.me.chunks, names)
    theirs = take_apart(statistics.friends.chunks, names)
    return compare(mine.words, theirs.words), compare(mine.emoji, theirs.emoji)


def to_json(statistics: ChatStatistics) -> dict[str, Any]:
    """My own words and emoji, the most telling first, with each side's uses in 10,000 of its own."""
    words, emoji = tell_apart(statistics)
    return {"words": _mine(words), "emoji": _mine(emoji)}


def _mine(telling: Sequence[Telling]) -> list[dict[str, Any]]:
    return [
        {"token": one.token, "mine": round(one.mine, 2), "theirs": round(one.theirs, 2)}
        for one in telling[:_MOST]
        if one.z > 0
    ]
