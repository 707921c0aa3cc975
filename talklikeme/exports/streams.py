"""Files that are read bit by bit: where one breaks off, what stands before was read."""

import contextlib
from collections.abc import Iterator
from typing import BinaryIO

from talklikeme.errors import ExportError
from talklikeme.exports.archives import READ_ERRORS
from talklikeme.exports.files import ExportFile


@contextlib.contextmanager
def open_stream(file: ExportFile, *errors: type[Exception]) -> Iterator[BinaryIO]:
    """Open for reading; raises ExportError where the bytes, or by these errors their format, break."""
    try:
        with file.open() as raw:
            yield raw
    except READ_ERRORS + errors:
        raise ExportError(
            file.path,
            "it breaks off or is damaged; what stands before that was read",
            hint="Export it again to have the rest",
        ) from None
