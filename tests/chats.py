"""Invented chats for tests, written the way they read."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from talklikeme.errors import ExportError
from talklikeme.exports import Tally
from talklikeme.messages import Message
from talklikeme.reading import Reading
from talklikeme.spool import SpoolWriter
from talklikeme.survey import Survey


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


def surveyed(messages: Iterable[Message]) -> Survey:
    """What is known of these messages."""
    survey = Survey()
    for message in messages:
        survey.add(message)
    return survey


def as_read(
    messages: Sequence[Message], spool: Path, records: int, problems: Sequence[ExportError] = ()
) -> Reading:
    """The messages as if a reader had yielded them from zoe.txt, which says it has `records`."""
    writer = SpoolWriter(spool, buckets=3)
    for message in messages:
        writer.add(message)
    writer.close()
    tallies = [Tally("zoe.txt", "WhatsApp text", records)]
    return Reading(spool, 3, ["0"], surveyed(messages), list(problems), tallies)
