"""Files that tell how much of them has been read, for a progress bar."""

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from talklikeme.exports.files import ExportFile

Watch = Callable[[int], Any]  # takes the number of bytes just read


def watched(file: ExportFile, watch: Watch) -> ExportFile:
    """The same file, telling `watch` of every read."""
    return ExportFile(
        file.path, file.size, lambda: io.BufferedReader(_Watched(file.open(), watch), 1 << 16)
    )


class _Watched(io.RawIOBase):
    def __init__(self, stream: BinaryIO, watch: Watch) -> None:
        self._stream = stream
        self._watch = watch

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._watch(len(data))
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
