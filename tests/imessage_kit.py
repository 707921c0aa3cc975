"""Databases of Apple's Messages, invented row by row."""

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from talklikeme.messages import Message

GOLDEN = Path(__file__).parent / "golden" / "imessage"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))

SCHEMA = {
    "message": (
        "ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, attributedBody BLOB, handle_id INTEGER, "
        "service TEXT, date INTEGER, date_edited INTEGER, is_from_me INTEGER, item_type INTEGER, "
        "group_title TEXT, associated_message_guid TEXT, associated_message_type INTEGER, "
        "associated_message_emoji TEXT, thread_originator_guid TEXT, balloon_bundle_id TEXT, "
        "message_summary_info BLOB, subject TEXT, cache_has_attachments INTEGER"
    ),
    "handle": "ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT, person_centric_id TEXT",
    "chat": (
        "ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER, chat_identifier TEXT, "
        "display_name TEXT, room_name TEXT"
    ),
    "chat_message_join": "chat_id INTEGER, message_id INTEGER",
    "chat_handle_join": "chat_id INTEGER, handle_id INTEGER",
    "message_attachment_join": "message_id INTEGER, attachment_id INTEGER",
    "attachment": (
        "ROWID INTEGER PRIMARY KEY, filename TEXT, mime_type TEXT, transfer_name TEXT, "
        "is_sticker INTEGER"
    ),
    "chat_recoverable_message_join": "chat_id INTEGER, message_id INTEGER",
}
# What iOS 6 and OS X 10.8 had.
OLD_SCHEMA = {
    "message": (
        "ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INTEGER, date INTEGER, "
        "is_from_me INTEGER"
    ),
    "handle": "ROWID INTEGER PRIMARY KEY, id TEXT",
    "chat": "ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER, chat_identifier TEXT",
    "chat_message_join": "chat_id INTEGER, message_id INTEGER",
    "message_attachment_join": "message_id INTEGER, attachment_id INTEGER",
    "attachment": "ROWID INTEGER PRIMARY KEY, filename TEXT, mime_type TEXT",
}
_APPLE_EPOCH = 978_307_200


def record(message: Message) -> dict[str, Any]:
    """The fields that the database and the texts made from it can both express."""
    full = message.to_json()
    emoji = [reaction.emoji for reaction in message.reactions]
    return {key: full[key] for key in EXPECTED[0]} | {"reactions": emoji}


def apple_seconds(clock: str) -> int:
    """Seconds since 2001 of a time in UTC."""
    return int(datetime.fromisoformat(f"{clock}+00:00").timestamp()) - _APPLE_EPOCH


def styled(text: str, name: bytes = b"NSString") -> bytes:
    """A typedstream, as `attributedBody` holds one."""
    data = text.encode()
    size = len(data)
    if size < 0x80:
        length = bytes([size])
    elif size < 0x10000:
        length = b"\x81" + size.to_bytes(2, "little")
    else:
        length = b"\x82" + size.to_bytes(4, "little")
    head = b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00"
    head += b"\x84\x84\x08NSObject\x00\x85\x92\x84\x84\x84" + bytes([len(name)]) + name
    return head + b"\x01\x94\x84\x01+" + length + data + b"\x86\x84\x02iI\x01\x05"


class Messages:
    """A database under construction; rows are dicts of columns."""

    def __init__(self, path: Path, schema: dict[str, str] | None = None) -> None:
        self.path = path
        self.connection = sqlite3.connect(path)
        for setting in ("synchronous=OFF", "journal_mode=MEMORY"):  # no test waits for the disk
            self.connection.execute(f"PRAGMA {setting}")
        for table, columns in (schema or SCHEMA).items():
            self.connection.execute(f"CREATE TABLE {table} ({columns})")

    def add(self, table: str, **columns: Any) -> None:
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self.connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values())
        )

    def add_chat(self, number: int, *handles: int, style: int = 45, **columns: Any) -> None:
        self.add("chat", ROWID=number, style=style, **columns)
        for handle in handles:
            self.add("chat_handle_join", chat_id=number, handle_id=handle)

    def say(self, number: int, chat: int | None = 1, **columns: Any) -> None:
        given = {"guid": f"G{number}", "date": (700_000_000 + number) * 10**9, "is_from_me": 0}
        self.add("message", ROWID=number, **given | columns)
        if chat is not None:
            self.add("chat_message_join", chat_id=chat, message_id=number)

    def save(self) -> Path:
        self.connection.commit()
        self.connection.close()
        return self.path
