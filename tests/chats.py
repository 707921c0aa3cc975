"""Invented chats for tests, written the way they read."""

from datetime import UTC, datetime
from typing import Any

from talklikeme.messages import Message


def at(clock: str) -> datetime:
    """A time of the test's day, like "10:05" or "2024-03-02 10:05:30"."""
    return datetime.fromisoformat(clock if "-" in clock else f"2024-03-01 {clock}").replace(
        tzinfo=UTC
    )


def said(who: str, text: str, clock: str, **fields: Any) -> Message:
    """A message; "me" is the owner, everybody else a friend in the one chat "zoe"."""
    given = {
        "platform": "whatsapp",
        "conversation_id": "whatsapp:zoe",
        "conversation_title": "Zoë",
        "sender_id": who,
        "sender_name": who.title(),
        "is_me": who == "me",
        "ts": at(clock),
        "seq": 0,
        "kind": "text",
        "text": text,
        "source_file": "zoe.txt",
    }
    return Message(**given | fields)
