"""What a row's `state` may say: of an event (inbox.py), and of a bubble of mine (outbox.py)."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """What became of an event."""

    NEW = "new"
    QUEUED = "queued"
    TAKEN = "taken"
    DONE = "done"
    KEPT = "kept"
    UNSENT = "unsent"


class Part(StrEnum):
    """The state of a bubble."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"


OPEN: Final = (Part.READY, Part.SENDING, Part.UNKNOWN)
