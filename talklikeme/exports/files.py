"""The files of an export, wherever they lie: single files, folders, archives.

Formats.md §0.2 lists what users' folders and archives look like.
"""

import functools
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from talklikeme.errors import ExportError
from talklikeme.exports.archives import (
    MAX_DEPTH,
    READ_ERRORS,
    Address,
    is_archive,
    is_archive_name,
    list_members,
    open_member,
)

HEAD_BYTES = 65_536

_JUNK_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}
_COPY_NUMBER = re.compile(r"(?: \(\d+\)| \d{1,2})$")


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
        except READ_ERRORS as error:
            raise ExportError(self.path, _describe(error)) from None

    def read(self, size: int = -1) -> bytes:
        """Read all of it, or the first `size` bytes."""
        try:
            with self.open() as stream:
                return stream.read(size)
        except READ_ERRORS as error:
            raise ExportError(self.path, _describe(error)) from None

    def head(self) -> bytes:
        """The first 64 KiB, enough to tell the format."""
        return self.read(HEAD_BYTES)


def find_files(paths: Iterable[Path]) -> Iterator[ExportFile | ExportError]:
    """List the files under each path, each once, in a stable order; archives are looked into."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise ExportError(str(path), "no such file or folder")
        files = [path]
        if path.is_dir():
            files = list(_walk(path))
            if not files:
                yield ExportError(str(path), "the folder is empty")
        for file in files:
            where = file.resolve()
            if where not in seen:
                seen.add(where)
                yield from _files_at(file)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__MACOSX")
        yield from (Path(root, name) for name in sorted(names) if not _is_junk(name))


def _files_at(path: Path) -> Iterator[ExportFile | ExportError]:
    shown = path.as_posix()
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            yield ExportError(shown, "not a regular file")
            return
        with path.open("rb") as stream:
            head = stream.read(512)
    except OSError as error:
        yield ExportError(shown, error.strerror or str(error))
        return
    if is_archive(path.name, head):
        yield from _files_in(Address(path, status.st_mtime_ns), shown)
    else:
        yield ExportFile(shown, status.st_size, functools.partial(_open_path, path))


def _open_path(path: Path) -> BinaryIO:
    return path.open("rb")


def _files_in(address: Address, shown: str) -> Iterator[ExportFile | ExportError]:
    if len(address.places) >= MAX_DEPTH:
        yield ExportError(
            shown, f"more than {MAX_DEPTH} archives inside each other", hint="Not read"
        )
        return
    try:
        members = [one for one in list_members(address, shown) if not _is_junk_path(one.name)]
    except ExportError as error:
        yield error
        return
    if not members:
        yield ExportError(shown, "the archive is empty")
    for member in members:
        path = f"{shown}/{member.name}"
        if is_archive_name(member.name):
            yield from _files_in(address.inside(member.place), path)
        else:
            opener = functools.partial(open_member, address, member.place)
            yield ExportFile(path, member.size, opener)


def _is_junk_path(path: str) -> bool:
    return path.startswith("__MACOSX/") or _is_junk(path.rsplit("/", 1)[-1])


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
