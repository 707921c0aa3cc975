"""Rows of CSV files, whose fields may run over several lines."""

import csv
import io
from dataclasses import dataclass, field

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text

csv.field_size_limit((1 << 31) - 1)  # the default refuses a message of 128 KiB


@dataclass(slots=True)
class Table:
    """A header and the rows below it, each with the line on which it ends."""

    header: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[ExportError] = field(default_factory=list)


def read_table(file: ExportFile, delimiter: str = ",") -> Table:
    """Read a whole CSV file; where it is broken, the rows before that are kept."""
    text, guessed = decode_text(file.read())
    table = Table()
    if guessed:
        why = "not UTF-8 text, read as Windows-1252"
        table.problems.append(ExportError(file.path, why, is_note=True))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if not table.header:
                table.header = [name.strip().casefold() for name in row]
            elif row:
                table.rows.append((reader.line_num, row))
    except csv.Error:
        why = "no end of a quoted field; what stands before that was read"
        table.problems.append(ExportError(file.path, why, line=reader.line_num))
    return table
