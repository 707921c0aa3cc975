"""Exports made up in memory, read with their ledger checked."""

import io
import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from talklikeme.errors import ExportError
from talklikeme.exports import Reader
from talklikeme.exports.files import HEAD_BYTES, ExportFile, find_files
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Message

BERLIN = ReadSettings(ZoneInfo("Europe/Berlin"))


def as_file(path: str, content: Any) -> ExportFile:
    """A file of bytes, text, or anything else as JSON."""
    data = content.encode() if isinstance(content, str) else content
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return ExportFile(path, len(data), partial(io.BytesIO, data))


def read_tree(
    reader: Reader, tree: Mapping[str, Any], settings: ReadSettings = BERLIN
) -> list[Item]:
    """Everything that the reader yields for these files, all of which it must recognise."""
    return read_files(reader, [as_file(path, tree[path]) for path in tree], settings)


def read_folder(reader: Reader, folder: Path) -> list[Item]:
    """Everything that the reader yields for the files of a folder."""
    files = [file for file in find_files([folder]) if isinstance(file, ExportFile)]
    return read_files(reader, files, BERLIN)


def read_files(
    reader: Reader, files: Iterable[ExportFile], settings: ReadSettings = BERLIN
) -> list[Item]:
    """Read, and check that each raw record became one message or one error."""
    files = list(files)
    for file in files:
        assert reader.recognises(file, file.head()), file.path
    items = list(reader.read(files, settings))
    tallies = [item for item in items if isinstance(item, Tally)]
    assert len({tally.source_file for tally in tallies}) == len(tallies)
    counted = sum(tally.records for tally in tallies)
    assert counted == len(messages(items)) + sum(error.records for error in errors(items))
    return items


def recognises(reader: Reader, path: str, content: Any) -> bool:
    """Whether the reader takes the file, also if its head ends anywhere."""
    file = as_file(path, content)
    return reader.recognises(file, file.read(HEAD_BYTES))


def messages(items: Iterable[Item]) -> list[Message]:
    """The messages, each conversation oldest first."""
    found = [item for item in items if isinstance(item, Message)]
    return sorted(found, key=lambda message: (message.conversation_id, message.seq))


def errors(items: Iterable[Item]) -> list[ExportError]:
    """What could not be read, and what was doubtful."""
    return [item for item in items if isinstance(item, ExportError)]


def comparable(message: Message, keys: Iterable[str]) -> dict[str, Any]:
    """The fields that all dialects of a format can express."""
    full = message.to_json()
    full["attachments"] = [item.kind for item in message.attachments]
    full["reactions"] = [[item.emoji, item.actor] for item in message.reactions]
    return {key: full[key] for key in keys}


GARBAGE = [
    b"",
    b"\0" * 100,
    bytes(range(256)) * 40,
    b"PK\x03\x04rest",
    b"\xff\xd8\xff\xe0",
    b"[[[[{",
    b"{}",
]
