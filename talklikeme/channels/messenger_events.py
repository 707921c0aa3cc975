"""From the body of a Messenger webhook to the text messages in it; pure, and never raises.

The format: developers.facebook.com, Messenger Platform, "Webhooks" and "Webhook events".
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from talklikeme.messages import clean_text

# The model reads the end of a conversation; no chat message worth an answer is longer.
LONGEST_TEXT = 2000
_LONGEST_ID = 512


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A friend's text as it reached one of my pages; repr leaves out who wrote what."""

    page_id: str
    sender_id: str
    mid: str
    text: str

    def __repr__(self) -> str:
        return "TextMessage(…)"


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether X-Hub-Signature-256 is the body's HMAC under one of the app secrets."""
    given = signature.encode("utf-8", "replace")
    return any(hmac.compare_digest(given, _sign(body, secret)) for secret in secrets)


def _sign(body: bytes, secret: str) -> bytes:
    return b"sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def parse_events(body: bytes) -> list[TextMessage]:
    """The text messages that deserve an answer; everything else that Meta may send is left out."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # also bad UTF-8 and integers of 5000 digits
        return []
    if not isinstance(document, dict) or document.get("object") != "page":
        return []
    return [
        message
        for page_id, event in _walk(document)
        if (message := _read_message(page_id, event)) is not None
    ]


def _walk(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in _dicts(document.get("entry")):
        page_id = _read_id(entry.get("id"))
        if page_id.isdigit():  # it becomes part of the Send API's address
            for event in _dicts(entry.get("messaging")):
                yield page_id, event


def _read_message(page_id: str, event: dict[str, Any]) -> TextMessage | None:
    message = _dict(event.get("message"))
    sender_id = _read_id(_dict(event.get("sender")).get("id"))
    mid = _read_id(message.get("mid"))
    text = message.get("text")
    if not (sender_id and mid and isinstance(text, str)):
        return None
    if sender_id == page_id or any(message.get(mark) for mark in _NOT_A_FRIENDS_TEXT):
        return None
    text = clean_text(text)[-LONGEST_TEXT:]
    return TextMessage(page_id, sender_id, mid, text) if text else None


_NOT_A_FRIENDS_TEXT = ("is_echo", "is_deleted", "is_unsupported")


def _read_id(value: object) -> str:
    """An id as a string, "" if it is none; some of Meta's samples have them as JSON numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return text if len(text) <= _LONGEST_ID and text.isascii() and text.isprintable() else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
