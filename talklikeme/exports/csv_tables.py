"""CSV files of any app and any spreadsheet: delimiter, quotes, preamble and header are found out.

The delimiter is the one that gives a header row with the wanted columns; `csv.Sniffer` guesses it
from the messages and is wrong as soon as people write commas. Header names are compared without
case, spaces and punctuation, so that "SENDER PROFILE URL" and "sender_profile_url" are one.
"""

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text

csv.field_size_limit((1 << 31) - 1)  # the default refuses a message of 128 KiB

Row = list[str]
IsHeader = Callable[[Sequence[str]], bool]

_DELIMITERS: Final = ",;\t|"
_PREAMBLE_ROWS: Final = 20
_HEAD: Final = 60_000  # shorter texts are whole files
_LONGEST_HEADER: Final = 8_192
_NOT_IN_KEYS = re.compile(r"[\W_]+")
_BACKSLASHED_QUOTE = re.compile(r'[^\\,;\t|\n"]\\"[^,;\t|\n"]')
_DOUBLED_QUOTE = re.compile(r'[^,;\t|\n"]""[^,;\t|\n"]')
_CONTROLS: Final = bytes(set(range(32)) - {9, 10, 12, 13, 27})


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one file separates and quotes its fields."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None

    def reader(self, text: str) -> Any:
        """A csv.reader over the text, with its line breaks untouched."""
        return csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
        )

    def sample(self, text: str) -> list[Row]:
        """The rows of a start of a file, without the last, which may be cut."""
        rows: list[Row] = []
        with contextlib.suppress(csv.Error):  # what was read before it counts
            rows.extend(row for row in self.reader(text) if any(row))
        return rows[:-1] if len(text) >= _HEAD else rows


@dataclass(frozen=True, slots=True)
class Table:
    """A header, as comparable keys, and the rows below it with the line on which each begins."""

    keys: list[str]
    rows: list[tuple[int, Row]]
    was_guessed: bool = False  # not UTF-8, read as Windows-1252

    def column(self, *names: str) -> int | None:
        """The place of the first of these columns that is there."""
        return next((self.keys.index(name) for name in names if name in self.keys), None)


def column_key(name: str) -> str:
    """What the spellings of one column name have in common: "Sent_At" and "SENT AT" → "sentat"."""
    return _NOT_IN_KEYS.sub("", name).casefold()


def read_head(head: bytes) -> str:
    """Decode a start of a file that may be cut inside a character; "" for what is no text."""
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        nuls = head.count(0)
        if nuls <= len(head) // 100:
            if len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 20 + 64:
                return ""
            return head.decode("utf-8-sig", errors="replace")
        if not 0.2 < nuls / len(head) < 0.6:
            return ""
    return decode_text(head[: len(head) // 2 * 2])[0]


def find_header(text: str, is_header: IsHeader) -> tuple[Dialect, list[str]] | None:
    """The dialect that shows a wanted header among the first rows, and the header's keys."""
    start = text[:_LONGEST_HEADER]
    for dialect in _dialects(text[:65_536]):
        for row in _first_rows(dialect, start):
            keys = [column_key(field) for field in row]
            if len(keys) > 1 and is_header(keys):
                return dialect, keys
    return None


def _dialects(text: str) -> Iterator[Dialect]:
    is_escaped = _BACKSLASHED_QUOTE.search(text) and not _DOUBLED_QUOTE.search(text)
    quote = "'" if re.match(r"\s*'[^'\n]+'[,;\t|]", text) else '"'
    for delimiter in _DELIMITERS:
        yield Dialect(delimiter, quote, "\\" if is_escaped else None)


def _first_rows(dialect: Dialect, text: str) -> list[Row]:
    rows: list[Row] = []
    with contextlib.suppress(csv.Error):  # what was read before it counts
        rows.extend(itertools.islice(dialect.reader(text), _PREAMBLE_ROWS))
    return rows


def read_table(file: ExportFile, is_header: IsHeader) -> Table:
    """Read all rows below the header; raises ExportError where there is none.

    Empty rows, as spreadsheets leave them, and the header repeated are no records.
    """
    text, was_guessed = decode_text(file.read())
    found = find_header(text, is_header)
    if found is None:
        raise ExportError(file.path, "its header row is missing")
    dialect, keys = found
    rows = [(line, row) for line, row in _numbered(dialect, text, file.path) if any(row)]
    start = next(i for i, (_, row) in enumerate(rows) if _is_row(row, keys))
    below = [(line, row) for line, row in rows[start + 1 :] if not _is_row(row, keys)]
    return Table(keys, below, was_guessed)


def _numbered(dialect: Dialect, text: str, path: str) -> Iterator[tuple[int, Row]]:
    reader = dialect.reader(text)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise ExportError(path, f"not a CSV table ({error})", line=line) from None


def _is_row(row: Row, keys: Sequence[str]) -> bool:
    return len(row) == len(keys) and all(
        column_key(field) == key for field, key in zip(row, keys, strict=True)
    )


def guess_note(file: ExportFile) -> ExportError:
    """What the user is told about a file in an old Windows encoding."""
    why = "not UTF-8 text, read as Windows-1252"
    return ExportError(file.path, why, hint="Save it as UTF-8 if letters look wrong", is_note=True)
