"""How far the reading is, for a progress bar: files that tell of every read, and what came of it."""

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from talklikeme.exports.files import ExportFile

Watch = Callable[[int], Any]  # takes the number of bytes just read
_MESSAGES_A_STEP = 512
_READ_AHEAD = 1 << 20  # bytes; who holds more of a file without a message has read it whole


class Meter:
    """Tells of bytes when something has come of them.

    Most readers read on as they yield. One that reads a file whole states its number of records
    before the first message, and its bytes are told message by message.
    """

    def __init__(self, tell: Watch) -> None:
        self._tell = tell
        self._held = 0  # bytes read and not told yet
        self._bytes_a_message = 0.0  # 0: all that is held is told at once
        self._messages = 0  # since the last step

    def read(self, count: int) -> None:
        """So many bytes more were read."""
        self._held += count

    def open_file(self, records: int) -> None:
        """A file's tally came: before its messages if it was read whole, else after them."""
        is_whole = self._held > _READ_AHEAD and records
        self._bytes_a_message = self._held / records if is_whole else 0.0

    def count(self) -> None:
        """A message came."""
        self._messages += 1
        if self._messages >= _MESSAGES_A_STEP:
            share = int(self._bytes_a_message * self._messages)
            self._pay(min(share, self._held) if share else self._held)

    def close(self) -> None:
        """Nothing more will come."""
        self._pay(self._held)

    def _pay(self, count: int) -> None:
        self._tell(count)
        self._held -= count
        self._messages = 0


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
