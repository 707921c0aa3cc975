"""The files of an export, wherever they lie: single files, folders, zip archives.

Archives are read in place and never unpacked, so that no member can be written outside a folder
(formats.md §0.2 lists what users' archives look like).
"""

import functools
import io
import json
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from talklikeme.errors import ExportError

HEAD_BYTES = 65_536
# Deflate cannot pack better than 1032:1 and chats pack about 10:1; a bomb sits at the limit.
MAX_ZIP_RATIO = 200
SMALL_MEMBER_BYTES = 1 << 20

_JUNK_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}
_COPY_NUMBER = re.compile(r"(?: \(\d+\)| \d{1,2})$")
_DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True)
class ExportFile:
    """One file of an export; `path` is what the user is told, with `/` also inside archives."""

    path: str
    size: int
    _open: Callable[[], BinaryIO] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def parent(self) -> str:
        """The path of the folder or archive around it."""
        return str(PurePosixPath(self.path).parent)

    @property
    def plain_stem(self) -> str:
        """The name without extension and without a download counter: "result (1).json" → "result"."""
        return _COPY_NUMBER.sub("", PurePosixPath(self.path).stem)

    def open(self) -> BinaryIO:
        """Open for reading; a broken archive member raises ExportError."""
        try:
            return self._open()
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
            raise ExportError(self.path, _describe(error)) from None

    def read(self, size: int = -1) -> bytes:
        """Read all of it, or the first `size` bytes."""
        try:
            with self.open() as stream:
                return stream.read(size)
        except (zipfile.BadZipFile, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
            raise ExportError(self.path, _describe(error)) from None

    def head(self) -> bytes:
        """The first 64 KiB, enough to tell the format."""
        return self.read(HEAD_BYTES)


def find_files(paths: Iterable[Path]) -> Iterator[ExportFile | ExportError]:
    """List the files under each path, in a stable order; archives are opened, broken ones reported."""
    for path in paths:
        if not path.exists():
            raise ExportError(str(path), "no such file or folder")
        if path.is_dir():
            yield from _files_in_folder(path)
        else:
            yield from _files_at(path)


def _files_in_folder(folder: Path) -> Iterator[ExportFile | ExportError]:
    found = False
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__MACOSX")
        for name in sorted(names):
            if not _is_junk(name):
                found = True
                yield from _files_at(Path(root, name))
    if not found:
        yield ExportError(str(folder), "the folder is empty")


def _files_at(path: Path) -> Iterator[ExportFile | ExportError]:
    try:
        with path.open("rb") as stream:
            is_zip = stream.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}
        if is_zip or path.suffix.lower() == ".zip":
            yield from _files_in_zip(path)
        else:
            yield ExportFile(
                path.as_posix(), path.stat().st_size, functools.partial(_open_path, path)
            )
    except OSError as error:
        yield ExportError(path.as_posix(), error.strerror or str(error))


def _open_path(path: Path) -> BinaryIO:
    return path.open("rb")


def _files_in_zip(path: Path) -> Iterator[ExportFile | ExportError]:
    try:
        version = path.stat().st_mtime_ns
        members = _safe_members(_open_archive(path, version), path)
    except zipfile.BadZipFile:
        yield ExportError(path.as_posix(), "not a whole zip archive", hint="Download it again")
        return
    except ExportError as error:
        yield error
        return
    if not members:
        yield ExportError(path.as_posix(), "the archive is empty")
    for name, place, size in members:
        opener = functools.partial(_open_member, path, version, place)
        yield ExportFile(f"{path.as_posix()}/{name}", size, opener)


@functools.lru_cache(maxsize=32)
def _open_archive(path: Path, _version: int) -> zipfile.ZipFile:
    """An archive, its table of contents read once a process; a changed file is another version."""
    return zipfile.ZipFile(path)


def _open_member(path: Path, version: int, place: int) -> BinaryIO:
    """Open by place and not by name, which may stand twice; all arguments travel to processes."""
    archive = _open_archive(path, version)
    return io.BufferedReader(archive.open(archive.infolist()[place]))  # type: ignore[type-var]


def _safe_members(archive: zipfile.ZipFile, path: Path) -> list[tuple[str, int, int]]:
    """Members worth reading, by name, with place and size; a harmful archive is refused whole."""
    members = []
    for place, member in enumerate(archive.infolist()):
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
            raise ExportError(
                path.as_posix(), "a member's name points outside the archive", hint="Not read"
            )
        packed = max(member.compress_size, 1)
        if member.file_size > SMALL_MEMBER_BYTES and member.file_size / packed > MAX_ZIP_RATIO:
            why = f"a member unpacks to {member.file_size / packed:.0f} times its size, like a zip bomb"
            raise ExportError(path.as_posix(), why, hint="Not read")
        if not (
            member.is_dir() or name.startswith("__MACOSX/") or _is_junk(name.rsplit("/", 1)[-1])
        ):
            members.append((name, place, member.file_size))
    return sorted(members)


def _is_junk(name: str) -> bool:
    return name.startswith("._") or name.casefold() in _JUNK_NAMES


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, RuntimeError) and "password" in str(error):
        return "it is encrypted"
    return "damaged inside its archive"


def decode_text(data: bytes) -> tuple[str, bool]:
    """Decode as UTF-8 (with or without BOM), else UTF-16, else Windows-1252.

    The flag says whether it had to fall back to Windows-1252, a guess that the reader reports.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace"), False
    if wide := _utf16_without_bom(data):
        return data.decode(wide, errors="replace"), False
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), True


def _utf16_without_bom(data: bytes) -> str | None:
    """UTF-16 shows by its NULs: every second byte of spaces, digits and Latin letters is one."""
    if 0 not in data[:HEAD_BYTES]:
        return None
    start = data[: HEAD_BYTES // 2 * 2]
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) * 5 < len(start) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def split_lines(text: str) -> list[str]:
    r"""Split on \n and \r\n only: str.splitlines also splits on U+2028 and others inside messages."""
    return text.replace("\r\n", "\n").split("\n")


def load_json(file: ExportFile, repair: Callable[[bytes], bytes] = bytes) -> Any:
    """Parse a whole JSON file; raises ExportError with the line where it is broken."""
    text, guessed = decode_text(repair(file.read()))
    if guessed:
        raise ExportError(file.path, "not UTF-8 text", hint="Export it again")
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise ExportError(file.path, f"not valid JSON ({error.msg})", line=error.lineno) from None
    except RecursionError:
        raise ExportError(file.path, "nested too deeply to be a chat export") from None
    except ValueError:  # a number of more than 4300 digits
        raise ExportError(file.path, "it holds a number too long to be a chat export's") from None
