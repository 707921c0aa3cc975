"""Messages on disk while they are sorted by conversation, so that memory does not grow with exports.

Each conversation lies whole in one of the buckets; a bucket is read back at once. The files are
private to the owner, in msgpack, and go with the folder that they are in.
"""

import struct
import zlib
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path

import msgspec

from talklikeme.messages import Message

BYTES_A_BUCKET = 2 << 20  # of export; some twenty times that as messages in memory
MOST_BUCKETS = 512
_CHUNK = 256  # messages written at once
_LENGTH = struct.Struct("<I")


def count_buckets(export_bytes: int) -> int:
    """How many buckets keep each one small."""
    return min(max(export_bytes // BYTES_A_BUCKET, 1), MOST_BUCKETS)


class SpoolWriter:
    """Appends messages to the bucket of their conversation; several may write to one folder."""

    def __init__(self, folder: Path, buckets: int, part: str = "0") -> None:
        self._folder = folder
        self._part = part
        self._buckets: list[list[Message]] = [[] for _ in range(buckets)]
        self._number_of: dict[str, int] = {}
        self._encoder = msgspec.msgpack.Encoder()

    def add(self, message: Message) -> None:
        """Put one message away."""
        number = self._number_of.get(message.conversation_id)
        if number is None:
            digest = zlib.crc32(message.conversation_id.encode("utf-8", "replace"))
            number = self._number_of[message.conversation_id] = digest % len(self._buckets)
        bucket = self._buckets[number]
        bucket.append(message)
        if len(bucket) >= _CHUNK:
            self._flush(number)

    def close(self) -> None:
        """Write what is left."""
        for number in range(len(self._buckets)):
            self._flush(number)

    def _flush(self, number: int) -> None:
        if not self._buckets[number]:
            return
        data = self._encoder.encode(self._buckets[number])
        with _bucket_path(self._folder, number, self._part).open("ab") as out:
            out.write(_LENGTH.pack(len(data)))
            out.write(data)
        self._buckets[number].clear()


def read_bucket(folder: Path, number: int, parts: Iterable[str] = ("0",)) -> Iterator[Message]:
    """The messages of one bucket, in the order in which each part wrote them."""
    decoder = msgspec.msgpack.Decoder(list[Message])
    table: dict[Hashable, Message] = {}
    for part in parts:
        path = _bucket_path(folder, number, part)
        if path.exists():
            with path.open("rb") as stored:
                while header := stored.read(_LENGTH.size):
                    for message in decoder.decode(stored.read(_LENGTH.unpack(header)[0])):
                        _share(message, table)
                        yield message


def _share(message: Message, table: dict[Hashable, Message]) -> None:
    """Let messages of one sender hold the same names, as before the spool: half of the memory."""
    alike = table.setdefault(
        (message.source_file, message.conversation_id, message.sender_id, message.sender_name),
        message,
    )
    if alike is message:
        return
    for name in _SHARED:
        _set(message, name, getattr(alike, name))
    if message.conversation_title == alike.conversation_title:
        _set(message, "conversation_title", alike.conversation_title)
    if message.participants == alike.participants:
        _set(message, "participants", alike.participants)


_SHARED = ("source_file", "conversation_id", "sender_id", "sender_name")
_set = msgspec.structs.force_setattr


def _bucket_path(folder: Path, number: int, part: str) -> Path:
    return folder / f"{number:03}-{part}.messages"
