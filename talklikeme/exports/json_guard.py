"""What must not reach ijson: it is fast, and trusts its input.

Thousands of brackets in a row make the path that it keeps for every piece as long as memory, and a number
of more than 4,300 digits (Python's limit for int) ends the process (ijson 3.6, yajl2_c).
"""

import re
from typing import Protocol

BUFFER_BYTES = 1 << 14
_MOST_OPENED = 1_000  # brackets within one buffer that it does not close again
# A number begins where JSON lets one begin; such a run of digits inside a text is no number.
_HUGE_NUMBER = re.compile(rb"(?:\A|[:,\[\s-])[0-9]{4301}")
_DIGITS_AT_END = re.compile(rb"(?:\A|[:,\[\s-])[0-9]+\Z")
_LONGEST_KEPT = 4_302


class Source(Protocol):
    """A file, or what stands between it and the parser."""

    def read(self, size: int, /) -> bytes:
        """The next piece."""


class Guard:
    """Looks at a file's JSON buffer by buffer."""

    def __init__(self) -> None:
        self._held = b""  # a number that may go on in the next buffer

    def check(self, chunk: bytes) -> bytes:
        """The buffer itself; raises ValueError for one that no chat export has."""
        opened = chunk.count(b"[") + chunk.count(b"{")
        if opened - chunk.count(b"]") - chunk.count(b"}") > _MOST_OPENED:
            raise ValueError("nested too deeply")
        joined = self._held + chunk
        if _HUGE_NUMBER.search(joined):
            raise ValueError("a number of thousands of digits")
        end = _DIGITS_AT_END.search(joined, max(0, len(joined) - _LONGEST_KEPT))
        self._held = end[0] if end else b""
        return chunk


class GuardedReader:
    """A stream that ijson may read."""

    def __init__(self, raw: Source) -> None:
        self._raw = raw
        self._guard = Guard()

    def read(self, size: int = BUFFER_BYTES) -> bytes:
        """The next piece, of at most one buffer."""
        return self._guard.check(
            self._raw.read(min(size, BUFFER_BYTES) if size >= 0 else BUFFER_BYTES)
        )
