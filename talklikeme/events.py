"""What comes in from a channel, as every channel tells it: one event, its kind, and what makes it unique."""

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a friend, the page or the platform did."""

    TEXT = "text"
    PRESS = "press"  # a quick reply or a button: `payload` says which
    ATTACHMENT = "attachment"
    STICKER = "sticker"
    UNSUPPORTED = "unsupported"
    ECHO = "echo"  # something was said in my name
    UNSENT = "unsent"
    EDIT = "edit"
    REACTION = "reaction"
    FEEDBACK = "feedback"  # thumbs under one of the bot's messages
    DELIVERED = "delivered"
    READ = "read"
    HANDOVER = "handover"  # who owns the conversation has changed
    STANDBY = "standby"  # said while somebody else owns it
    POLICY = "policy"  # the platform warns or blocks the page
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; repr leaves out who wrote what.

    `key` is the same for every delivery of it and differs for everything else of the account.
    `target` is the message that an edit, a reaction or feedback speaks of.
    """

    channel: str
    account: str
    friend: str
    kind: Kind
    key: str
    at_ms: int = 0  # 0: the platform did not tell
    text: str = ""
    payload: str = ""
    target: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Event({self.channel}, {self.kind})"

    @property
    def conversation(self) -> str:
        """With whom it is; the unit in which order is kept."""
        return f"{self.channel}:{self.account}:{self.friend}"

    @property
    def id(self) -> str:
        """Unique among all events of all channels."""
        return event_id(self.channel, self.account, self.key)


def event_id(channel: str, account: str, key: str) -> str:
    """A hash, so that it may be logged and kept when all else of the event is gone."""
    return hashlib.sha256(f"{channel}:{account}:{key}".encode()).hexdigest()


def derive_key(kind: Kind, friend: str, at_ms: int, content: object) -> str:
    """A key for an event that has none of its own: the same content at the same time is the same event."""
    told = json.dumps([kind, friend, at_ms, content], sort_keys=True, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(told.encode()).hexdigest()
