"""A long bubble as several that a channel takes; nothing of it is lost, and no character cut in two."""

from collections.abc import Callable
from typing import Final

import regex

from talklikeme.messages import clean_text

# Messenger: "less than 2000 characters", counted in UTF-16 units, the stricter reading; Instagram: 1000 bytes
LONGEST: Final = {"messenger": 1999, "instagram": 1000}
MOST_PARTS: Final = 10
_GRAPHEME: Final = regex.compile(r"\X")
_CHARACTER: Final = regex.compile(r"(?s).")
_BORDERS: Final = ("\n\n", "\n", ". ", " ")  # the best place to cut, the second best, …


def split_text(text: str, channel: str = "messenger") -> list[str]:
    """At most MOST_PARTS parts that a channel takes, cut between sentences if there is a way."""
    limit, measure = LONGEST[channel], _MEASURES[channel]
    rest = clean_text(text.encode("utf-8", "ignore").decode().replace("\0", ""))
    parts: list[str] = []
    while rest and len(parts) < MOST_PARTS:
        part = _longest_head(rest, limit, measure)
        parts.append(part.strip())
        rest = rest[len(part) :].strip()
    return parts


def _longest_head(text: str, limit: int, measure: Callable[[str], int]) -> str:
    if measure(text) <= limit:
        return text
    # A grapheme that is longer than a message is cut between its characters.
    end = _fit(text, _GRAPHEME, limit, measure) or _fit(text, _CHARACTER, limit, measure)
    head = text[:end]
    for border in _BORDERS:
        place = head.rfind(border)
        if place > len(head) // 2:
            return head[: place + len(border)]
    return head


def _fit(text: str, pieces: regex.Pattern[str], limit: int, measure: Callable[[str], int]) -> int:
    """How many characters of whole pieces are no longer than `limit`."""
    end = 0
    for found in pieces.finditer(text):
        limit -= measure(found.group())
        if limit < 0:
            break
        end = found.end()
    return end


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _bytes(text: str) -> int:
    return len(text.encode())


_MEASURES: Final[dict[str, Callable[[str], int]]] = {"messenger": _units, "instagram": _bytes}
