"""Exports of Facebook and Instagram together, because only the files around a thread tell which.

Follows ../shared/formats.md §5.1. Up to 2022 both apps wrote `messages/inbox/<thread>`. What a path
does not tell is told by the export's profile file, then by the paths inside the thread; a thread
about which nothing says Instagram is Messenger's.
"""

from collections.abc import Iterator, Sequence

from talklikeme.errors import ExportError
from talklikeme.exports import instagram, messenger
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings
from talklikeme.exports.meta_paths import export_root, is_from_instagram

FORMAT = "Facebook or Instagram download"


def recognises(file: ExportFile, head: bytes) -> bool:
    """Whatever either of the two readers takes."""
    return messenger.recognises(file, head) or instagram.recognises(file, head)


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Give each app's reader its files."""
    is_instagrams = _sort_out(files)
    for reader, wanted in ((messenger, False), (instagram, True)):
        mine = [file for file, is_his in zip(files, is_instagrams, strict=True) if is_his == wanted]
        if mine:
            yield from reader.read(mine, settings)


def _sort_out(files: Sequence[ExportFile]) -> list[bool]:
    heads = [_head(file) for file in files]
    pairs = list(zip(files, heads, strict=True))
    owned = {export_root(file.path) for file, head in pairs if instagram.is_owner_file(file, head)}
    owned -= {export_root(file.path) for file, head in pairs if messenger.is_owner_file(file, head)}
    return [
        instagram.is_owner_file(file, head)
        or (
            not messenger.is_owner_file(file, head)
            and _is_from_instagram(file, head, is_owned=export_root(file.path) in owned)
        )
        for file, head in pairs
    ]


def _is_from_instagram(file: ExportFile, head: bytes, *, is_owned: bool) -> bool:
    path = file.path.lower()
    if "instagram" in path or "facebook" in path:
        return is_from_instagram(file.path)
    return is_owned or b"your_instagram_activity/" in head


def _head(file: ExportFile) -> bytes:
    try:
        return file.head()
    except ExportError:  # its reader meets the same error and reports it
        return b""
