"""The records in the XML of an SMS backup, as it streams by (formats.md §8).

No entity is ever expanded: a file that declares any is refused. Damage costs one record.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

_REMEMBERED_BYTES: Final = 1 << 16
_TAG = re.compile(rb"<(?:sms|mms|call)[\s/>]")
_ROOTS: Final = ("smses", "calls")
_RECORDS: Final = ("sms", "mms", "call")
_LONGEST_TAG: Final = 8


class Refused(Exception):
    """The file declares entities or a document type; backups never do."""


@dataclass(slots=True)
class Record:
    """One `sms`, `mms` or `call`; `is_broken` where the file is damaged inside it."""

    tag: str
    attributes: dict[str, str]
    index: int
    parts: list[dict[str, str]] = field(default_factory=list)
    addresses: list[dict[str, str]] = field(default_factory=list)
    is_broken: bool = False


class RecordParser:
    """Finds the records in a stream of XML, and goes on after damage at the next record."""

    def __init__(self) -> None:
        self.count = 0
        self.declared: str | None = None
        self.has_damage = False  # outside of records
        self.is_closed = False
        self._ready: list[Record] = []
        self._open: Record | None = None
        self._previous = b""
        self._end = 0  # how many bytes were fed
        self._origin = 0  # where in the file the parser's first byte lies
        self._last_tag = -1
        self._resumed = -1
        self._parser: Any = self._build_parser()

    def take(self) -> list[Record]:
        """The records that are complete by now."""
        ready, self._ready = self._ready, []
        return ready

    def feed(self, piece: bytes) -> None:
        """Parse the next piece; raises Refused."""
        window = self._previous + piece
        origin = self._end - len(self._previous)
        position: int | None = self._end
        self._end += len(piece)
        if self._parser is None:
            position = self._resume(window, origin, max(self._resumed + 1, origin))
        while position is not None:
            try:
                self._parser.Parse(memoryview(window)[position - origin :], False)
                break
            except expat.ExpatError:
                position = self._recover(window, origin)
        self._previous = piece if len(piece) > _LONGEST_TAG else window[-_REMEMBERED_BYTES:]

    def close(self) -> None:
        """Say that the file is over; a record that is cut off becomes a broken one."""
        if self._parser is not None:
            try:
                self._parser.Parse(b"", True)
            except expat.ExpatError:
                has_damage = self.has_damage
                self._note_damage(self._previous, self._end - len(self._previous), self._end)
                self.has_damage = has_damage

    def _build_parser(self) -> Any:
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._finish
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        return parser

    def _refuse(self, *_: Any) -> None:
        raise Refused

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _RECORDS:
            self._close_record(is_broken=True)
            self._last_tag = self._origin + self._parser.CurrentByteIndex
            self._open = Record(tag, attributes, self.count)
            self.count += 1
        elif self._open is None:
            if tag in _ROOTS and self.declared is None:
                self.declared = attributes.get("count", "")
        elif tag == "part":
            self._open.parts.append(attributes)
        elif tag == "addr":
            self._open.addresses.append(attributes)

    def _finish(self, tag: str) -> None:
        if tag in _RECORDS:
            self._close_record(is_broken=False)
        elif tag in _ROOTS:
            self.is_closed = True

    def _close_record(self, *, is_broken: bool) -> None:
        if self._open is not None:
            self._open.is_broken = is_broken
            self._ready.append(self._open)
            self._open = None

    def _recover(self, window: bytes, origin: int) -> int | None:
        """Account for the record that is damaged; where to go on, or None until more bytes come."""
        error = self._origin + self._parser.ErrorByteIndex
        self._note_damage(window, origin, error)
        return self._resume(window, origin, max(error, self._last_tag + 1, self._resumed + 1))

    def _note_damage(self, window: bytes, origin: int, error: int) -> None:
        inside = window[: max(error - origin, 0)]
        last = max(inside.rfind(b"<%s" % tag.encode()) for tag in _RECORDS)
        if last >= 0 and origin + last > self._last_tag and _TAG.match(window, last):
            self._close_record(is_broken=True)
            self._last_tag = origin + last
            self._open = Record("", {}, self.count)
            self.count += 1
        if self._open is None:
            self.has_damage = True
        self._close_record(is_broken=True)

    def _resume(self, window: bytes, origin: int, start: int) -> int | None:
        """Begin anew at the next record, inside a root of our own."""
        found = _TAG.search(window, max(start - origin, 0))
        if found is None:
            self._parser = None
            self._resumed = max(self._resumed, start - 1, self._end - _LONGEST_TAG)
            return None
        position = self._resumed = origin + found.start()
        self._parser = self._build_parser()
        self._parser.Parse(b"<smses>", False)
        self._origin = position - len(b"<smses>")
        return position
