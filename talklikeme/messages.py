"""The one record that every reader yields, whatever the app, and how records are put in order.

The fields follow ../shared/formats.md §0.1: one record per message as sent by one sender.
"""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

Kind = Literal[
    "text", "media", "call", "poll", "location", "contact", "sticker", "system",
    "reaction_notice", "deleted", "empty",
]  # fmt: skip
TimeBasis = Literal["utc", "offset", "local"]
Precision = Literal["us", "ms", "s", "min", "day"]

# Marks that only steer the direction of display, and lone surrogates, which no file can hold.
# ZWJ and ZWNJ stay: emoji and Persian need them.
_UNWANTED = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_ODD_SPACES = re.compile("[\u00a0\u202f]")


class Attachment(msgspec.Struct, frozen=True, gc=False):
    """A file, picture or link preview that came with a message."""

    kind: str
    path: str | None = None
    mime: str | None = None


class Reaction(msgspec.Struct, frozen=True, gc=False):
    """An emoji that somebody put on a message."""

    emoji: str
    actor: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """One message as sent by one sender; a Struct because millions are made and spooled.

    `ts` is always UTC; `tz_basis` says how sure that is. `seq` is the order inside the source,
    oldest first, and breaks ties of equal `ts`. `text` never holds a placeholder such as
    "<Media omitted>". `is_me` is None as long as the owner is unknown.
    """

    platform: str
    conversation_id: str
    sender_id: str
    ts: datetime
    seq: int
    kind: Kind
    source_file: str
    conversation_title: str | None = None
    is_group: bool | None = None
    participants: tuple[str, ...] = ()
    sender_name: str | None = None
    is_me: bool | None = None
    ts_raw: str = ""
    ts_precision: Precision = "ms"
    tz_basis: TimeBasis = "utc"
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    message_id: str | None = None
    reply_to: str | None = None
    edited: bool = False
    deleted: bool = False
    system: bool = False
    forwarded: bool = False
    via_bot: bool = False
    draft: bool = False
    one_sided: bool = False  # the export holds only its owner's messages: nothing is an answer
    section: str | None = None  # the part of an app it lay in: "message_requests", "channel", …
    source_line: int | None = None  # line of a text file, or 0-based index in a JSON list

    def __post_init__(self) -> None:
        if self.ts.tzinfo is not UTC:
            raise ValueError(f"{self.source_file}: ts must be in UTC, got {self.ts.isoformat()}")

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values; times as ISO-8601 UTC."""
        record = msgspec.structs.asdict(self)
        record["ts"] = self.ts.isoformat()
        for name in ("participants", "attachments", "reactions"):
            record[name] = [msgspec.to_builtins(item) for item in record[name]]
        return record


def clean_text(text: str) -> str:
    """NFC, unix line ends, no direction marks or lone surrogates, no outer white space.

    Training data and chat input both pass through here, so a typed "é" meets the trained "é".
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():  # most chat is, and has none of what is looked for below
        return text.strip()
    if not text.isprintable():  # a quick look: nothing unwanted is printable
        text = _UNWANTED.sub("", text)
    return unicodedata.normalize("NFC", text).strip()


def clean_name(name: str) -> str:
    """A display name without direction marks, with plain spaces."""
    return clean_text(_ODD_SPACES.sub(" ", name))


def name_key(name: str) -> str:
    """What two spellings of one name have in common: NFKC, case folded, marks removed."""
    return unicodedata.normalize("NFKC", clean_name(name)).casefold()
