"""WhatsApp chats made up in memory, read with their ledger checked."""

from pathlib import Path
from zoneinfo import ZoneInfo

from talklikeme.exports import whatsapp
from talklikeme.exports.files import ExportFile, find_files
from talklikeme.exports.items import DateOrder, Item, ReadSettings
from talklikeme.messages import Message
from tests.chatapps_kit import as_file
from tests.export_checks import assert_ledger, messages

BERLIN = ZoneInfo("Europe/Berlin")
LRM = "\u200e"
E2E = "Messages and calls are end-to-end encrypted. No one outside of this chat can read them."


def read_items(*paths: Path, date_order: DateOrder = "auto") -> list[Item]:
    """Everything that the reader yields for these files."""
    files = [file for file in find_files(paths) if isinstance(file, ExportFile)]
    items = list(whatsapp.read(files, ReadSettings(BERLIN, date_order)))
    assert_ledger(items)
    return items


def chat(text: str, name: str = "WhatsApp Chat with Ann.txt") -> list[Message]:
    """The messages of one chat."""
    items = list(whatsapp.read([as_file(name, text)], ReadSettings(BERLIN)))
    assert_ledger(items)
    return messages(items)


def android(*bodies: str) -> list[Message]:
    """Messages of Ann as Android writes them."""
    return chat("".join(f"28/12/2019, 21:43 - Ann: {body}\n" for body in bodies))


def ios(*bodies: str) -> list[Message]:
    """Messages of Ann as an iPhone writes them."""
    return chat("".join(f"[28.12.19, 21:43:05] Ann: {body}\n" for body in bodies))


def said(found: list[Message]) -> list[tuple[str, str]]:
    """Who said what."""
    return [(message.sender_name or "", message.text) for message in found]


def write_dates(path: Path, *dates: str, pattern: str = "{}, 21:43 - Ann: hi\n") -> Path:
    """A chat with one message at each date."""
    path.write_text("".join(pattern.format(date) for date in dates), encoding="utf-8")
    return path
