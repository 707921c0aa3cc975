"""Mend what Telegram Desktop writes wrongly into result.json, on the fly (formats.md §17.3)."""

import codecs
import re
from typing import BinaryIO

from talklikeme.exports.json_guard import BUFFER_BYTES, Guard

_BAD_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")
_STRAY_BYTES = re.compile(rb"(\\u202[89])\x80[\xa8\xa9]")
# What may still become one of the two above when more bytes come.
_UNDECIDED = re.compile(rb"(?:x[0-9A-Fa-f]?|u[0-9A-Fa-f]{0,4}\x80?)?")
_LONGEST_UNDECIDED = 7
# JSON forbids raw control characters inside strings; outside they are white space at most.
_CONTROLS_TO_SPACES = bytes(32 if i < 32 and i not in (9, 10, 13) else i for i in range(256))


class Mender:
    r"""Makes JSON valid that comes in pieces: `\x0F` → `\u000F`, broken UTF-8 → U+FFFD."""

    def __init__(self) -> None:
        self._held = b""
        self._is_first = True

    def mend(self, chunk: bytes, *, is_last: bool = False) -> bytes:
        """All of it that no later byte can change, with what was held back before."""
        data = self._held + chunk
        keep = len(data) if is_last else _decided_length(data)
        data, self._held = data[:keep], data[keep:]
        if b"\\x" in data:
            data = _BAD_ESCAPE.sub(rb"\1\\u00\2", data)
        if b"\\u202" in data:
            data = _STRAY_BYTES.sub(rb"\1", data)
        data, rest = _valid_utf8(data, is_last=is_last)
        self._held = rest + self._held
        if self._is_first and data:
            self._is_first = False
            data = data.removeprefix(codecs.BOM_UTF8)
        return data.translate(_CONTROLS_TO_SPACES)


class MendedStream:
    """A result.json as valid JSON.

    Raises ValueError for what ijson must not see (json_guard).
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._mender = Mender()
        self._guard = Guard()

    def read(self, size: int = -1) -> bytes:
        """The next piece, of about `size` bytes; empty only at the end of the file."""
        if size == 0:
            return b""
        while chunk := self._raw.read(min(size, BUFFER_BYTES) if size > 0 else BUFFER_BYTES):
            self._guard.check(chunk)
            if mended := self._mender.mend(chunk):
                return mended
        return self._mender.mend(b"", is_last=True)


def _valid_utf8(data: bytes, *, is_last: bool) -> tuple[bytes, bytes]:
    """The data mended, and the start of a character that the next piece may go on with."""
    if data.isascii():
        return data, b""
    try:
        length = codecs.utf_8_decode(data, "strict", is_last)[1]
    except UnicodeDecodeError:
        text, length = codecs.utf_8_decode(data, "replace", is_last)
        return text.encode("utf-8"), data[length:]
    return data[:length], data[length:]


def _decided_length(data: bytes) -> int:
    r"""How much of the data no later byte can change: all but a `\x0` or `\u2028` cut in two."""
    last = data.rfind(b"\\", max(0, len(data) - _LONGEST_UNDECIDED))
    if last < 0 or not _UNDECIDED.fullmatch(data, last + 1):
        return len(data)
    return len(data[: last + 1].rstrip(b"\\"))
