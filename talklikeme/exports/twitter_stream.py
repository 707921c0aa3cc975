"""The files of a Twitter archive: JSON after `window.YTD.direct_messages.part0 =` (formats.md §12)."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.json_guard import Source
from talklikeme.exports.json_stream import stream_items
from talklikeme.exports.streams import open_stream

_CHUNK_BYTES: Final = 1 << 16
_ID = re.compile(rb'(?<!\\)"conversationId"\s*:\s*"([^"\\]{1,100})"')
_LONGEST_ID: Final = 200
_AT_END: Final = b" \t\r\n;"


class _JsonPart:
    """A script as the JSON value that it assigns: without what stands before and after."""

    def __init__(self, raw: Source) -> None:
        self._raw = raw
        self._held = b""
        self._has_begun = False

    def read(self, size: int = -1) -> bytes:
        """The next piece; blanks and semicolons are held back until something follows them."""
        while chunk := self._raw.read(max(size, _CHUNK_BYTES)):
            data = self._held + chunk
            if not self._has_begun:
                data = data.partition(b"=")[2] if b"=" in data[:_CHUNK_BYTES] else data
                self._has_begun = True
            kept = data.rstrip(_AT_END)
            self._held = data[len(kept) :]
            if kept:
                return kept
        return b""


def read_values(file: ExportFile, prefix: str) -> Iterator[Any]:
    """The values under an ijson prefix; raises ExportError where the file breaks off."""
    return stream_items(file, prefix, _JsonPart)


def read_conversation_ids(file: ExportFile) -> Iterator[str]:
    """The id of every conversation, as often as it stands there; far faster than parsing."""
    held = b""
    with contextlib.suppress(ExportError), open_stream(file) as raw:  # read_values reports it
        while chunk := raw.read(16 * _CHUNK_BYTES):
            data = held + chunk
            end = 0
            for found in _ID.finditer(data):
                end = found.end()
                yield found[1].decode("utf-8", errors="replace")
            held = data[max(end, len(data) - _LONGEST_ID) :]
