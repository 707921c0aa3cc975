"""The benchmark's generated exports: the same every time, and read back to the last message."""

import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from benchmarks.exports_generator import WRITERS, write_export
from talklikeme.errors import ExportError
from talklikeme.exports import ReadSettings, Tally, Unknown, read_exports
from talklikeme.messages import Message

FORMATS = [name for name in WRITERS if name != "mixed"]
SETTINGS = ReadSettings(ZoneInfo("UTC"))


@pytest.mark.parametrize("name", FORMATS)
def test_every_message_comes_back(name: str, tmp_path: Path) -> None:
    written = write_export(name, tmp_path, 1)
    items = list(read_exports([tmp_path], SETTINGS))
    messages = [item for item in items if isinstance(item, Message)]
    assert [item for item in items if isinstance(item, ExportError | Unknown)] == []
    assert len(messages) == written.messages
    assert sum(item.records for item in items if isinstance(item, Tally)) == written.messages
    assert sum(message.kind == "text" for message in messages) == written.texts
    owners = {message.sender_id for message in messages if message.is_me}
    assert len(owners) == (0 if name == "whatsapp" else 1)


@pytest.mark.parametrize("name", FORMATS)
def test_the_seed_alone_decides(name: str, tmp_path: Path) -> None:
    first, second, other = (
        _digests(tmp_path / folder, name, seed) for folder, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second != other


def _digests(folder: Path, name: str, seed: int) -> set[tuple[str, str]]:
    written = write_export(name, folder, 0.1, seed)
    assert written.size == sum(path.stat().st_size for path in written.files)
    return {
        (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in written.files
    }


def test_a_mixed_folder_has_all_apps(tmp_path: Path) -> None:
    written = write_export("mixed", tmp_path, 1)
    assert 0.8 < written.size / 2**20 < 1.6
    assert {path.suffix for path in written.files} == {".txt", ".json", ".xml", ".db"}
