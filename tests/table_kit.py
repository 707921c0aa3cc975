"""Reading invented files with one reader, and checking that every record is accounted for."""

import io
import json
from collections import Counter
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


def as_file(content: Any, path: str) -> ExportFile:
    """A file of these bytes, of this text, or of this value as JSON."""
    if not isinstance(content, bytes | str):
        content = json.dumps(content, ensure_ascii=False)
    data = content.encode() if isinstance(content, str) else content
    return ExportFile(path, len(data), partial(io.BytesIO, data))


def files_in(folder: Path) -> list[ExportFile]:
    return [file for file in find_files([folder]) if isinstance(file, ExportFile)]


def read(reader: Reader, *files: ExportFile, options: ReadSettings = BERLIN) -> list[Item]:
    """Everything that the reader yields; each file recognised, and each record told of once."""
    for file in files:
        assert reader.recognises(file, file.read(HEAD_BYTES)), file.path
    items = list(reader.read(files, options))
    assert_adds_up(items)
    return items


def assert_adds_up(items: list[Item]) -> None:
    counts: Counter[str] = Counter()
    seqs: dict[tuple[str, str], int] = {}
    for item in items:
        if isinstance(item, Tally):
            counts[item.source_file] += item.records
        elif isinstance(item, ExportError):
            counts[item.path] -= item.records
        elif isinstance(item, Message):
            counts[item.source_file] -= 1
            chat = item.conversation_id, item.source_file.rpartition("/")[0]
            assert item.seq > seqs.get(chat, -1)
            seqs[chat] = item.seq
    assert not any(counts.values())


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError) and not item.is_note]


def notes(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError) and item.is_note]


def records(items: list[Item], fields: list[str]) -> list[dict[str, Any]]:
    """The fields that all ages of a format can express."""
    return [
        {key: value for key, value in message.to_json().items() if key in fields}
        for message in messages(items)
    ]
