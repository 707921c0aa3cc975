"""From the body of a Messenger webhook to the events in it; pure, and never raises.

The format: developers.facebook.com, Messenger Platform, "Webhooks" and "Webhook events". An event is told by
which key it has; what is unknown is an event too, so that it is stored and never breaks its neighbours.
Instagram sends the same shapes under another `object`.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from talklikeme.events import Event, Kind, derive_key
from talklikeme.messages import clean_text

# The model reads the end of a conversation; no chat message worth an answer is longer.
LONGEST_TEXT: Final = 2000
CHANNELS: Final = {"page": "messenger", "instagram": "instagram"}
_LONGEST_ID: Final = 512
_LONGEST_PAYLOAD: Final = 1000
_HANDOVERS: Final = (
    "pass_thread_control", "take_thread_control", "request_thread_control", "app_roles",
)  # fmt: skip
_KINDS: Final = {
    "message_edit": Kind.EDIT,
    "reaction": Kind.REACTION,
    "response_feedback": Kind.FEEDBACK,
    "delivery": Kind.DELIVERED,
    "read": Kind.READ,
    "policy_enforcement": Kind.POLICY,
    "policy-enforcement": Kind.POLICY,
    **dict.fromkeys(_HANDOVERS, Kind.HANDOVER),
}


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether X-Hub-Signature-256 is the body's HMAC under one of the app secrets."""
    given = signature.encode("utf-8", "replace")
    return any(hmac.compare_digest(given, _sign(body, secret)) for secret in secrets)


def _sign(body: bytes, secret: str) -> bytes:
    return b"sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def parse_events(body: bytes, channels: Iterable[str] = ("messenger",)) -> list[Event]:
    """All events of these channels; what is no webhook at all has none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # also bad UTF-8 and integers of 5000 digits
        return []
    if not isinstance(document, dict):
        return []
    channel = CHANNELS.get(str(document.get("object")))
    if channel is None or channel not in channels:
        return []
    return [
        found
        for account, event, is_standby in _walk(document)
        if (found := _read_event(channel, account, event, is_standby=is_standby)) is not None
    ]


def _walk(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Account, event, and whether somebody else owns the conversation."""
    for entry in _dicts(document.get("entry")):
        account = _read_id(entry.get("id"))
        if account.isdigit():  # it becomes part of the Send API's address
            for event in _dicts(entry.get("messaging")):
                yield account, event, False
            for event in _dicts(entry.get("standby")):
                yield account, event, True


def _read_event(
    channel: str, account: str, event: dict[str, Any], *, is_standby: bool
) -> Event | None:
    """None for what is from nobody and about nothing."""
    friend = _read_friend(event, account)
    at_ms = _read_number(event.get("timestamp"))
    kind, key, told = _tell(event, friend, at_ms)
    if is_standby and kind is not Kind.ECHO:
        kind, told = Kind.STANDBY, {}
    if not friend and kind not in (Kind.POLICY, Kind.HANDOVER):
        return None
    return Event(channel, account, friend, kind, key, at_ms, **told)


def _read_friend(event: Mapping[str, Any], account: str) -> str:
    """The one of sender and recipient who is not the page: in an echo they are swapped."""
    sender, recipient = (
        _read_id(_dict(event.get(who)).get("id")) for who in ("sender", "recipient")
    )
    is_echo = bool(_dict(event.get("message")).get("is_echo"))
    found = recipient if is_echo or sender == account else sender
    return "" if found == account else found


def _tell(event: Mapping[str, Any], friend: str, at_ms: int) -> tuple[Kind, str, dict[str, Any]]:
    """Kind, key, and what else the event says."""
    if message := _dict(event.get("message")):
        return _tell_message(message, friend, at_ms)
    if postback := _dict(event.get("postback")):
        mid = _read_id(postback.get("mid"))
        told = {"payload": _read_text(postback.get("payload"), _LONGEST_PAYLOAD)}
        return Kind.PRESS, mid or derive_key(Kind.PRESS, friend, at_ms, dict(postback)), told
    for name, kind in _KINDS.items():
        if name in event:
            return _tell_other(kind, name, event[name], friend, at_ms)
    rest = {name: value for name, value in event.items() if name not in ("sender", "recipient")}
    return Kind.OTHER, derive_key(Kind.OTHER, friend, at_ms, rest), {}


def _tell_message(
    message: Mapping[str, Any], friend: str, at_ms: int
) -> tuple[Kind, str, dict[str, Any]]:
    mid = _read_id(message.get("mid"))
    text = clean_text(_read_text(message.get("text"), None))[-LONGEST_TEXT:]
    if message.get("is_deleted"):
        # Under a key of its own: the message's belongs to the message.
        return Kind.UNSENT, derive_key(Kind.UNSENT, friend, 0, mid), {"target": mid}
    if message.get("is_echo"):
        details = {
            name: value for name in ("app_id", "metadata")
            if (value := _read_text(_as_text(message.get(name)), _LONGEST_PAYLOAD))
        }  # fmt: skip
        return Kind.ECHO, mid or derive_key(Kind.ECHO, friend, at_ms, text), {"details": details}
    if not mid:
        return Kind.OTHER, derive_key(Kind.OTHER, friend, at_ms, dict(message)), {}
    if payload := _read_text(_dict(message.get("quick_reply")).get("payload"), _LONGEST_PAYLOAD):
        return Kind.PRESS, mid, {"payload": payload, "text": text}
    if message.get("is_unsupported"):
        return Kind.UNSUPPORTED, mid, {}
    if text:
        return Kind.TEXT, mid, {"text": text}
    return _tell_attachments(_dicts(message.get("attachments"))), mid, {}


def _tell_attachments(attachments: list[dict[str, Any]]) -> Kind:
    if not attachments:
        return Kind.OTHER
    is_sticker = any(
        one.get("type") == "sticker" or "sticker_id" in _dict(one.get("payload"))
        for one in attachments
    )
    return Kind.STICKER if is_sticker else Kind.ATTACHMENT


def _tell_other(
    kind: Kind, name: str, content: object, friend: str, at_ms: int
) -> tuple[Kind, str, dict[str, Any]]:
    """What speaks of another message has that as its target, never as its key."""
    inner = _dict(content)
    told: dict[str, Any] = {"target": _read_id(inner.get("mid"))}
    if kind is Kind.EDIT:
        told["text"] = clean_text(_read_text(inner.get("text"), None))[-LONGEST_TEXT:]
        told["details"] = {"edits": _read_number(inner.get("num_edit"))}
    elif kind is Kind.REACTION:
        told["details"] = _pick_texts(inner, ("action", "emoji", "reaction"))
    elif kind is Kind.FEEDBACK:
        told["details"] = _pick_texts(inner, ("feedback",))
    elif kind is Kind.DELIVERED:
        told["details"] = {
            "watermark": _read_number(inner.get("watermark")),
            "mids": [mid for one in _list(inner.get("mids")) if (mid := _read_id(one))],
        }
    elif kind is Kind.READ:
        told["details"] = {"watermark": _read_number(inner.get("watermark"))}
    elif kind is Kind.HANDOVER:
        told["details"] = {"what": name} | _pick_texts(
            inner, ("new_owner_app_id", "previous_owner_app_id", "requested_owner_app_id")
        )
    elif kind is Kind.POLICY:
        told["details"] = _pick_texts(inner, ("action",))
    return kind, derive_key(kind, friend, at_ms, [name, content]), told


def _pick_texts(inner: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    found = ((name, _read_text(_as_text(inner.get(name)), 100)) for name in names)
    return {name: text for name, text in found if text}


def _as_text(value: object) -> object:
    """Ids of apps come as numbers or strings."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _read_text(value: object, longest: int | None) -> str:
    """A text without what could not be stored or sent; lone surrogates and NUL are dropped."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "ignore").decode().replace("\0", "")[:longest]


def _read_id(value: object) -> str:
    """An id as a string, "" if it is none; some of Meta's samples have them as JSON numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return text if len(text) <= _LONGEST_ID and text.isascii() and text.isprintable() else ""


def _read_number(value: object) -> int:
    """A time or a count, 0 if it is none; some come as strings."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 10**18 else 0  # type: ignore[operator,return-value]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]
