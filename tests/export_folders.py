"""The golden exports of all formats as folders of files in memory."""

import functools
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from talklikeme.exports import ReadSettings
from tests.imessage_kit import Messages

GOLDEN = Path("tests/golden")
SETTINGS = ReadSettings(ZoneInfo("Europe/Berlin"))
_NO_EXPORTS = {"make.py", "expected.json", "expected_messages.json", "labelled.tsv"}


@functools.cache
def golden_exports() -> list[dict[str, bytes]]:
    """One dict a folder or file right below a format's folder: path in the export → bytes."""
    exports = [{"chat.db": _database()}]
    for entry in sorted(GOLDEN.glob("*/*")):
        files = [path for path in sorted(entry.rglob("*")) if path.is_file()] or [entry]
        export = {
            path.relative_to(entry.parent).as_posix(): path.read_bytes()
            for path in files
            if path.name not in _NO_EXPORTS and "__pycache__" not in path.parts
        }
        if export:
            exports.append(export)
    return exports


def _database() -> bytes:
    """A small chat.db of Apple's; kept as code, for a database in git shows no changes."""
    with tempfile.TemporaryDirectory() as folder:
        database = Messages(Path(folder) / "chat.db")
        database.add("handle", ROWID=1, id="+491701234567")
        database.add_chat(1, 1, chat_identifier="+491701234567", guid="iMessage;-;+491701234567")
        for number, text in enumerate(["hey", "you up?", "no 😂"], start=1):
            database.say(number, text=text, handle_id=1, is_from_me=number % 2)
        return database.save().read_bytes()
