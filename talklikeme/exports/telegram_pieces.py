"""A result.json in pieces: what stands around the messages, and the messages (formats.md §17.2).

Telegram Desktop indents its JSON. Line breaks are escaped inside strings, so a line that closes a
record at the record's own depth is a safe place to cut. What lies between two cuts is decoded at
once, ten times faster than piece by piece; only what stands around the messages goes through
ijson. A list that cannot be cut or decoded so (all in one line, broken off, damaged, odd numbers,
lone surrogates) goes through ijson from there on, and the next list is tried again. Unlike ijson
this reads records with keys of 2,000 letters, or nested some hundred levels deep.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import ijson
import msgspec

from talklikeme.exports.files import ExportFile
from talklikeme.exports.json_guard import BUFFER_BYTES, Guard
from talklikeme.exports.json_stream import JSON_ERRORS, Event, Mender, shallow
from talklikeme.exports.streams import open_stream

# Where a chat may stand in the file: at the root, or in one of the two lists.
CHATS: Final = ("", "chats.list.item", "left_chats.list.item")
RECORD_LISTS: Final = {f"{chat}.messages".lstrip(".") for chat in CHATS}
RECORDS: Final = {f"{chat}.messages.item".lstrip(".") for chat in CHATS}
WHOLE_RECORDS: Final = "records"  # an event of our own; its value is a list of records

_WINDOW_BYTES: Final = 1 << 17
_OPENING: Final = re.compile(rb'"messages"\s*:\s*\[([\r\n]+[ \t]*)\{')
_LONGEST_OPENING: Final = 64  # of a real file: 21


def read_events(file: ExportFile) -> Iterator[Event]:
    """The JSON's pieces as ijson names them; raises ExportError where the file breaks off."""
    with open_stream(file, *JSON_ERRORS) as raw:
        yield from shallow(_Cutter(raw).read())


class _Cutter:
    """Tells lists of whole records from the rest; holds one window of the file."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0  # what stands before was read
        self._is_at_end = False
        self._events = ijson.sendable_list()
        self._mender = Mender()
        self._guard = Guard()
        self._parser = ijson.parse_coro(self._events)
        self._last: Event | None = None

    def read(self) -> Iterator[Event]:
        """Yield every piece in the file's order."""
        while True:
            opening = _OPENING.search(self._data, self._at)
            if opening:
                yield from self._parse_until(opening.start(1))
                if self._last and self._last[1] == "start_array" and self._last[0] in RECORD_LISTS:
                    yield from self._read_records(opening[1])
            elif self._is_at_end:
                break
            else:
                yield from self._parse_until(len(self._data) - _LONGEST_OPENING)
                self._fill(_LONGEST_OPENING + BUFFER_BYTES)
        yield from self._parse_until(len(self._data))
        yield from self._send(self._mender.mend(b"", is_last=True))
        self._parser.close()  # raises if the JSON is not at its end

    def _fill(self, size: int) -> None:
        """Hold at least so many unread bytes, unless the file ends before."""
        pieces = [self._data[self._at :]]
        length = len(pieces[0])
        while length < size and not self._is_at_end:
            pieces.append(self._stream.read(BUFFER_BYTES))
            length += len(pieces[-1])
            self._is_at_end = not pieces[-1]
        self._data, self._at = b"".join(pieces), 0

    def _parse_until(self, end: int) -> Iterator[Event]:
        """Give ijson what stands before; what it read before an error is yielded before that."""
        while self._at < end:
            piece = self._data[self._at : min(end, self._at + BUFFER_BYTES)]
            self._at += len(piece)
            self._guard.check(piece)
            yield from self._send(self._mender.mend(piece))

    def _send(self, piece: bytes) -> Iterator[Event]:
        if not piece:
            return
        try:
            self._parser.send(piece)
        finally:
            if self._events:
                self._last = self._events[-1]
                yield from self._events
                self._events.clear()

    def _read_records(self, indent: bytes) -> Iterator[Event]:
        """Yield the list's records as far as they can be cut; ijson takes the list for empty."""
        is_last = False
        while not is_last:
            end, is_last = self._find_cut(indent)
            records = _decode(self._data[self._at : end])
            if records is None:
                return
            yield "", WHOLE_RECORDS, records
            self._at = end if is_last else end + 1  # without the comma

    def _find_cut(self, indent: bytes) -> tuple[int, bool]:
        """Where the last whole record within reach ends, and whether it ends its list."""
        closing = indent + b"}" + indent[:1]
        last = self._data.find(closing, self._at)
        if last < 0 and len(self._data) - self._at < _WINDOW_BYTES:
            self._fill(_WINDOW_BYTES)
            last = self._data.find(closing, self._at)
        cut = last if last >= 0 else self._data.rfind(indent + b"}," + indent + b"{", self._at)
        return (cut + len(indent) + 1 if cut >= 0 else self._at), last >= 0


def _decode(data: bytes) -> list[Any] | None:
    """The records, or None if that is not what this is; brackets that do not match show it."""
    return _decode_list(data) or _decode_list(Mender().mend(data, is_last=True))


def _decode_list(data: bytes) -> list[Any] | None:
    try:
        records: list[Any] = msgspec.json.decode(b"[" + data + b"]")
    except (ValueError, RecursionError):  # also msgspec.DecodeError and UnicodeDecodeError
        return None
    return records or None
