"""Archives of exports: zip, tar and gzip, also one inside another, read without unpacking to folders.

A member is found by its place, so that an opener can travel to another process. What must be
unpacked to be read (a gzip, an archive in an archive) goes to a nameless temporary file.
"""

import functools
import gzip
import io
import lzma
import re
import shutil
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from talklikeme.errors import ExportError

# Deflate cannot pack better than 1032:1 and chats pack about 10:1; a bomb sits at the limit.
MAX_RATIO = 200
SMALL_BYTES = 1 << 20
MAX_DEPTH = 3  # an archive in an archive in an archive: more is made to do harm

READ_ERRORS = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
    RuntimeError, NotImplementedError,
)  # fmt: skip

_SUFFIXES = (".zip", ".tgz", ".tar", ".gz")
_NOT_EXPORTS = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".epub", ".apk", ".jar", ".whl")
_DRIVE = re.compile(r"^[A-Za-z]:")
_COPY_BYTES = 1 << 20
_UNPACKED = " (unpacked)"  # the name of what came out of a gzip


@dataclass(frozen=True)
class Address:
    """Where an archive lies: a file of a certain age on disk, then places inside it."""

    path: Path
    version: int
    places: tuple[int, ...] = ()

    def inside(self, place: int) -> "Address":
        """The address of the archive that is a member of this one."""
        return Address(self.path, self.version, (*self.places, place))


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str
    place: int
    size: int


class _Container(Protocol):
    def members(self) -> Iterator[tuple[str, int, int, int]]:
        """Name, place, size and packed size of every file."""

    def open(self, place: int) -> BinaryIO:
        """Open a file for reading."""


class _Zip:
    def __init__(self, stream: BinaryIO) -> None:
        self._archive = zipfile.ZipFile(stream)

    def members(self) -> Iterator[tuple[str, int, int, int]]:
        for place, member in enumerate(self._archive.infolist()):
            if not member.is_dir():
                yield member.filename, place, member.file_size, member.compress_size

    def open(self, place: int) -> BinaryIO:
        member = self._archive.open(self._archive.infolist()[place])
        return io.BufferedReader(member)  # type: ignore[type-var]


class _Tar:
    def __init__(self, stream: BinaryIO) -> None:
        self._archive = tarfile.open(fileobj=stream)  # noqa: SIM115 - lives as long as this object

    def members(self) -> Iterator[tuple[str, int, int, int]]:
        for place, member in enumerate(self._archive.getmembers()):
            if member.isfile():  # no links, no devices
                yield member.name, place, member.size, member.size

    def open(self, place: int) -> BinaryIO:
        stream = self._archive.extractfile(self._archive.getmembers()[place])
        assert stream is not None
        return stream  # type: ignore[return-value]


class _Single:
    """What was in a gzip that is no tar: one file."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._size = stream.seek(0, io.SEEK_END)

    def members(self) -> Iterator[tuple[str, int, int, int]]:
        yield self._name.removesuffix(_UNPACKED), 0, self._size, self._size

    def open(self, place: int) -> BinaryIO:
        self._stream.seek(place)
        return io.BytesIO(self._stream.read())


def is_archive(name: str, head: bytes) -> bool:
    """Whether to look inside: by its first bytes, or by its name if it is broken."""
    name = name.lower()
    if name.endswith(_NOT_EXPORTS):
        return False
    is_known = head[:4] in {b"PK\x03\x04", b"PK\x05\x06"} or head[:2] == b"\x1f\x8b"
    return is_known or head[257:262] == b"ustar" or name.endswith(_SUFFIXES)


def is_archive_name(name: str) -> bool:
    """Whether a member is worth opening as an archive."""
    return name.lower().endswith(_SUFFIXES)


def list_members(address: Address, shown: str) -> list[Member]:
    """The files of an archive by name; raises ExportError if it is broken or built to do harm."""
    try:
        container = _open_container(address)
        found = [_check(*member, shown) for member in container.members()]
    except READ_ERRORS as error:
        why = "it is encrypted" if "password" in str(error) else "not a whole archive"
        raise ExportError(shown, why, hint="Download it again") from None
    return sorted(found, key=lambda member: member.name)


def _check(name: str, place: int, size: int, packed: int, shown: str) -> Member:
    name = name.replace("\\", "/").removeprefix("./")
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        raise ExportError(shown, "a member's name points outside the archive", hint="Not read")
    if size > SMALL_BYTES and size / max(packed, 1) > MAX_RATIO:
        raise ExportError(shown, _bomb(size / max(packed, 1)), hint="Not read")
    return Member(name, place, size)


def _bomb(ratio: float) -> str:
    return f"a member unpacks to {ratio:.0f} times its size, like a zip bomb"


def open_member(address: Address, place: int) -> BinaryIO:
    """Open a file in an archive; all arguments travel to other processes."""
    return _open_container(address).open(place)


@functools.lru_cache(maxsize=32)
def _open_container(address: Address) -> _Container:
    """An archive, its table of contents read once a process; its file closes with it."""
    if not address.places:
        return _owning(address.path.open("rb"), address.path.name)
    *outer, place = address.places
    around = Address(address.path, address.version, tuple(outer))
    with open_member(around, place) as packed:
        return _owning(_copy(packed), "archive")


def _owning(stream: BinaryIO, name: str) -> _Container:
    try:
        container = _container(stream, name)
    except BaseException:
        stream.close()
        raise
    weakref.finalize(container, stream.close)
    return container


def _container(stream: BinaryIO, name: str) -> _Container:
    head = stream.read(4)
    stream.seek(0)
    if head[:2] == b"\x1f\x8b":
        with stream:
            unpacked = _unpack(stream, name)
        return _owning(unpacked, name.removesuffix(".gz") + _UNPACKED)
    if _is_tar(stream):
        return _Tar(stream)
    return _Single(stream, name) if name.endswith(_UNPACKED) else _Zip(stream)


def _is_tar(stream: BinaryIO) -> bool:
    head = stream.read(512)
    stream.seek(0)
    return head[257:262] == b"ustar"


def _copy(stream: BinaryIO) -> BinaryIO:
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the archive is open
    shutil.copyfileobj(stream, copy, _COPY_BYTES)
    copy.seek(0)
    return copy


def _unpack(stream: BinaryIO, shown: str) -> BinaryIO:
    """Unpack a gzip, but not one that grows like a bomb."""
    packed = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - as above
    try:
        with gzip.GzipFile(fileobj=stream) as unpacked:
            while block := unpacked.read(_COPY_BYTES):
                copy.write(block)
                if copy.tell() > max(SMALL_BYTES, packed * MAX_RATIO):
                    raise ExportError(shown, _bomb(copy.tell() / packed), hint="Not read")
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return copy
