"""Sentences that phones write when somebody reacts to a message by SMS (formats.md §18.3).

Only the English ones are known by heart. In other languages a sentence is taken for a reaction if
it quotes one of the last messages word for word, and nobody but the partner could have sent it.
"""

import re
from collections import deque
from collections.abc import Iterable
from typing import Final

_THINGS = (
    r"an? (?:image|movie|attachment|audio message|voice message|video|photo|location|contact"
    r"|sticker|link|GIF|game)"
)
_QUOTED = r"[\u200a\u200b]*[“\"„«].*[”\"“»][\u200a\u200b]*"
_ENGLISH = re.compile(
    rf"(?:(?:Loved|Liked|Disliked|Laughed at|Emphasi[sz]ed|Questioned) (?:{_QUOTED}|{_THINGS})"
    r"|Removed an? (?:heart|like|dislike|laugh|exclamation|exclamation mark|question mark) from "
    rf"(?:{_QUOTED}|{_THINGS})"
    rf"|(?:Reacted|Removed) [^\w\s]\S{{0,15}} (?:to|from) (?:{_QUOTED}|{_THINGS})"
    rf"|[\u200a\u200b]*[^\w\s“\"]\S{{0,15}} to {_QUOTED}"
    r")",
    re.DOTALL,
)
_ELSEWHERE = re.compile(
    r"[^“”„«»\"\n]{2,40}[“„«]\s?(?P<quote>.+?)\s?[”“»](?:\s[^“”„«»\"\n]{1,30})?\.?", re.DOTALL
)
_LONGEST: Final = 2_000
_REMEMBERED: Final = 8
_SHORTEST_START: Final = 10


class ReactionJudge:
    """Knows the last messages of each chat, and so what quotes one of them."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[str]] = {}

    def is_reaction(self, text: str, conversation_id: str, *, is_me: bool) -> bool:
        """Whether a phone wrote the text; remembers it if a person did."""
        recent = self._recent.setdefault(conversation_id, deque(maxlen=_REMEMBERED))
        if is_reaction_text(text, () if is_me else recent):
            return True
        if len(text) < _LONGEST:
            recent.append(text)
        return False


def is_reaction_text(text: str, recent: Iterable[str] = ()) -> bool:
    """Whether the text is one that a phone writes for a reaction.

    >>> is_reaction_text("Loved “see you at 5”")
    True
    """
    if len(text) > _LONGEST:
        return False
    if _ENGLISH.fullmatch(text):
        return True
    if not ("“" in text or "„" in text or "«" in text):
        return False
    found = _ELSEWHERE.fullmatch(text)
    return found is not None and any(_quotes(found["quote"], one) for one in recent)


def _quotes(quote: str, message: str) -> bool:
    start = quote.removesuffix("…").rstrip()
    is_cut = start != quote and len(start) >= _SHORTEST_START
    return quote == message or (is_cut and message.startswith(start))
