"""JSON files that may be larger than memory, read one list item at a time.

Broken UTF-8 and raw control characters are mended on the way (see `telegram_stream`).
"""

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import ijson

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.telegram_stream import MendedStream

Event = tuple[str, str, Any]

_BROKEN: Final = (
    ijson.JSONError, ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip


def stream_items(file: ExportFile, prefix: str) -> Iterator[Any]:
    """Each value at an ijson prefix such as "messages.item"; ExportError where the file breaks off."""
    yield from _stream(file, lambda stream: ijson.items(stream, prefix))


def stream_events(file: ExportFile) -> Iterator[Event]:
    """All pieces of the file, for those who look for a few values."""
    yield from _stream(file, ijson.parse)


def _stream(file: ExportFile, read: Callable[[MendedStream], Iterator[Any]]) -> Iterator[Any]:
    try:
        with file.open() as raw:
            yield from read(MendedStream(raw))
    except _BROKEN:
        raise ExportError(
            file.path,
            "it breaks off or is damaged; what stands before that was read",
            hint="Export it again to have the rest",
        ) from None
