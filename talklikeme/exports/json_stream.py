r"""JSON files that may be larger than memory, read bit by bit and mended on the way.

What is mended was seen in Telegram's exports (formats.md §17.3): broken UTF-8, raw control characters
and `\x`.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import ijson

from talklikeme.exports.files import ExportFile
from talklikeme.exports.json_guard import BUFFER_BYTES, Guard, Source
from talklikeme.exports.streams import open_stream

Event = tuple[str, str, Any]

JSON_ERRORS: Final = (ijson.JSONError, ValueError)
LONGEST_PREFIX: Final = 2_000  # of a real file: 120
_CONTAINERS: Final[dict[str, type]] = {"start_map": dict, "start_array": list}
_BAD_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")
_STRAY_BYTES = re.compile(rb"(\\u202[89])\x80[\xa8\xa9]")
# What may still become one of the two above when more bytes come.
_UNDECIDED = re.compile(rb"(?:x[0-9A-Fa-f]?|u[0-9A-Fa-f]{0,4}\x80?)?")
_LONGEST_UNDECIDED = 7
# JSON forbids raw control characters inside strings; outside they are white space at most.
_CONTROLS_TO_SPACES = bytes(32 if i < 32 and i not in (9, 10, 13) else i for i in range(256))


class TooDeep(ValueError):
    """The JSON is nested like no chat export."""


def stream_items(
    file: ExportFile, prefix: str, unwrap: Callable[[Source], Source] | None = None
) -> Iterator[Any]:
    """Each value at an ijson prefix such as "messages.item"; ExportError where the file breaks off.

    `unwrap` takes the JSON out of what the file has around it.
    """
    with open_stream(file, *JSON_ERRORS) as raw:
        yield from ijson.items(MendedStream(unwrap(raw) if unwrap else raw), prefix)


def stream_events(file: ExportFile) -> Iterator[Event]:
    """All pieces of the file, for those who look for a few values."""
    with open_stream(file, *JSON_ERRORS) as raw:
        yield from ijson.parse(MendedStream(raw))


def shallow(events: Iterator[Event]) -> Iterator[Event]:
    """The same pieces; raises TooDeep where their path has grown beyond all reason."""
    for piece in events:
        if len(piece[0]) > LONGEST_PREFIX:
            raise TooDeep
        yield piece


def build_value(event: str, value: Any, events: Iterator[Event]) -> Any:
    """The value that begins with this event, taking as many more events as it needs."""
    if event not in _CONTAINERS:
        return value
    container: Any = _CONTAINERS[event]()
    around: list[Any] = []
    key = ""
    for _, event, value in events:
        if event == "map_key":
            key = value
            continue
        if event in ("end_map", "end_array"):
            if not around:
                break
            container = around.pop()
            continue
        inner = _CONTAINERS[event]() if event in _CONTAINERS else value
        if isinstance(container, dict):
            container[key] = inner
        else:
            container.append(inner)
        if event in _CONTAINERS:
            around.append(container)
            container = inner
    return container


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
    """A file as valid JSON; raises ValueError for what ijson must not see (json_guard)."""

    def __init__(self, raw: Source) -> None:
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
