"""What the tests of every reader of Meta's exports need: read files as the program does."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, find_files
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Message


def read_with(reader: Any, *paths: Path, zone: str = "UTC") -> list[Item]:
    """All items of the files that the reader recognises; every counted record is accounted for."""
    files = [file for file in find_files(paths) if isinstance(file, ExportFile)]
    mine = [file for file in files if reader.recognises(file, file.head())]
    items = list(reader.read(mine, ReadSettings(ZoneInfo(zone))))
    assert_ledger(items)
    return items


def assert_ledger(items: list[Item]) -> None:
    """Each file's tally equals its messages and broken records; seq grows in each conversation."""
    tallied = {item.source_file: item.records for item in items if isinstance(item, Tally)}
    made: dict[str, int] = dict.fromkeys(tallied, 0)
    last: dict[str, int] = {}
    for item in items:
        if isinstance(item, Message):
            made[item.source_file] += 1
            assert last.get(item.conversation_id, -1) < item.seq
            last[item.conversation_id] = item.seq
        elif isinstance(item, ExportError) and item.records:
            made[item.path] += item.records
    assert made == tallied


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError)]
