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
import unicodedata
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
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
_CONTROLS: Final = bytes(set(range(32)) - {9, 10, 12, 13, 27})


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one file separates and quotes its fields."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None

    def reader(self, text: str, *, strict: bool = False) -> Any:
        """A csv.reader over the text, with its line breaks untouched."""
        return csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            strict=strict,
        )

    def count_rows(self, text: str, width: int) -> tuple[int, bool]:
        """How many rows of so many fields stand before one that breaks the rules, and if one does."""
        rows = 0
        try:
            for row in self.reader(text, strict=True):
                rows += len(row) == width
        except csv.Error as error:
            return rows, "end of data" not in str(error)  # the text may be cut
        return rows, False

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
    rows: list[tuple[int, Row]] = field(default_factory=list)
    problems: list[ExportError] = field(default_factory=list)


def column_key(name: str) -> str:
    """What the spellings of one column name have in common: "Sent_At" and "SENT AT" → "sentat"."""
    name = unicodedata.normalize("NFC", name)
    return (_NOT_IN_KEYS.sub("", name) or name.strip()).casefold()  # "#" and "💬" are names, too


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
                return _escaped_if_so(dialect, text[:65_536], len(keys)), keys
    return None


def _escaped_if_so(dialect: Dialect, text: str, width: int) -> Dialect:
    """The dialect with \\" for a quote, if rows break the usual rules and fewer break these.

    A backslash before a quote alone proves nothing: a text may end in one.
    """
    if "\\" + dialect.quote not in text:
        return dialect
    escaped = replace(dialect, escape="\\")
    rows, is_broken = dialect.count_rows(text, width)
    return escaped if is_broken and escaped.count_rows(text, width)[0] > rows else dialect


def likest_header(text: str, wanted: Set[str]) -> Row:
    """The first row that has the most of the wanted keys; the longest start where none has any."""
    best: Row = []
    best_score = (0, 0)
    for dialect in _dialects(text[:65_536]):
        for place, row in enumerate(_first_rows(dialect, text[:_LONGEST_HEADER])):
            score = len(wanted & {column_key(name) for name in row}), 0 if place else len(row)
            if score > best_score:
                best, best_score = row, score
    return best


def _dialects(text: str) -> Iterator[Dialect]:
    quote = "'" if re.match(r"\s*'[^'\n]+'[,;\t|]", text) else '"'
    for delimiter in _DELIMITERS:
        yield Dialect(delimiter, quote)


def _first_rows(dialect: Dialect, text: str) -> list[Row]:
    rows: list[Row] = []
    with contextlib.suppress(csv.Error):  # what was read before it counts
        rows.extend(itertools.islice(dialect.reader(text), _PREAMBLE_ROWS))
    return rows


def read_table(file: ExportFile, is_header: IsHeader) -> Table:
    """Read the rows below the header; raises ExportError where there is none.

    Empty rows, as spreadsheets leave them, and the header repeated are no records. Where the file
    is broken, the rows before that are kept.
    """
    text, was_guessed = decode_text(file.read())
    found = find_header(text, is_header)
    if found is None:
        raise ExportError(file.path, "its header row is missing")
    dialect, keys = found
    table = Table(keys, problems=[guess_note(file)] if was_guessed else [])
    is_below = False
    for line, row in _numbered(dialect, text, file.path, table.problems):
        if _is_header_row(row, keys):
            is_below = True
        elif is_below and any(row):
            table.rows.append((line, row))
    if not is_below:  # it is longer than where a header is looked for
        raise ExportError(file.path, "its header row is missing")
    return table


def _numbered(
    dialect: Dialect, text: str, path: str, problems: list[ExportError]
) -> Iterator[tuple[int, Row]]:
    reader = dialect.reader(text)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        why = f"not a CSV table from here on ({error})"
        problems.append(ExportError(path, why, line=line, hint="What stands before was read"))


def _is_header_row(row: Row, keys: Sequence[str]) -> bool:
    return len(row) == len(keys) and all(
        column_key(field) == key for field, key in zip(row, keys, strict=True)
    )


def guess_note(file: ExportFile) -> ExportError:
    """What the user is told about a file in an old Windows encoding."""
    why = "not UTF-8 text, read as Windows-1252"
    return ExportError(file.path, why, hint="Save it as UTF-8 if letters look wrong", is_note=True)
