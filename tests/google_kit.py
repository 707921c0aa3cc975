"""What the tests of Google's formats share: files in memory, and readings checked by the tally."""

import io
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from talklikeme.errors import ExportError
from talklikeme.exports import Reader
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Message

GOLDEN = Path(__file__).parent / "golden"
BERLIN = ReadSettings(ZoneInfo("Europe/Berlin"))


def as_file(content: Any, path: str) -> ExportFile:
    """Bytes, text, or anything as JSON."""
    if isinstance(content, str):
        content = content.encode()
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return ExportFile(path, len(data), partial(io.BytesIO, data))


def folder(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def read(
    reader: Reader, contents: Mapping[str, Any], settings: ReadSettings = BERLIN
) -> list[Item]:
    """Everything that the reader yields for these files; every file's sum must agree."""
    files = [as_file(content, path) for path, content in contents.items()]
    assert all(reader.recognises(file, file.head()) for file in files)
    items = list(reader.read(files, settings))
    for file in files:
        tallies = [i.records for i in items if isinstance(i, Tally) and i.source_file == file.path]
        found = sum(m.source_file == file.path for m in messages(items))
        assert len(tallies) <= 1
        assert sum(tallies) == found + sum(e.records for e in errors(items) if e.path == file.path)
    last: dict[str, tuple[int, Any]] = {}
    for message in messages(items):
        seq, ts = last.get(message.conversation_id, (-1, message.ts))
        assert message.seq > seq
        last[message.conversation_id] = message.seq, ts
    return items


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError)]


def record(message: Message, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that the golden file tells; attachments as pairs."""
    full = message.to_json()
    full["attachments"] = [[item.kind, item.path] for item in message.attachments]
    full["reactions"] = [[item.emoji, item.actor] for item in message.reactions]
    return {key: full[key] for key in keys}
