"""What must not be said, whatever the model learned: a filter behind it, the same for every channel.

Replaceable: anything with `object_to` can stand in its place. Placeholders of redaction are no objection here:
choosing.py takes them last and shows them as "…".
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from talklikeme.errors import ConfigError
from talklikeme.privacy import RedactionSettings
from talklikeme.privacy.network import find_links

LONGEST = 1000  # characters of a bubble
MOST_BUBBLES = 8
# A host that redaction kept stands behind its placeholder and is no link.
_KEPT_HOSTS = RedactionSettings(keep_hosts=True)


class Guard(Protocol):
    """Judges what could be said."""

    def object_to(self, bubbles: Sequence[str]) -> str:
        """Why this must not be said, a word for counters; empty if it may."""


class StandardGuard:
    """Objects to links (what I wrote was redacted, so the model made them up), floods and blocked words."""

    def __init__(self, blocked: Iterable[str] = ()) -> None:
        words = sorted({word.casefold() for word in blocked}, key=len, reverse=True)
        self._blocked = _any_of(words) if words else None

    def object_to(self, bubbles: Sequence[str]) -> str:
        """`flood`, `link` or `blocked`."""
        if len(bubbles) > MOST_BUBBLES or max(map(len, bubbles), default=0) > LONGEST:
            return "flood"
        if any(True for text in bubbles for _ in find_links(text, _KEPT_HOSTS)):
            return "link"
        if self._blocked and any(self._blocked.search(text.casefold()) for text in bubbles):
            return "blocked"
        return ""


def read_block_list(path: Path) -> list[str]:
    """A word or phrase a line; lines that begin with # are remarks. Raises ConfigError if it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"--block-list {path}: not readable as text ({type(error).__name__}). Give a file with a word a line"
        ) from None
    return [word for line in lines if (word := line.strip()) and not word.startswith("#")]


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Whole words; what begins or ends with a sign needs no border there."""
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)")
