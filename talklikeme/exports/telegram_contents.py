"""What one raw message of a Telegram export holds: words, files, reactions (formats.md §17.2)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from talklikeme.exports.loose_values import BadRecord
from talklikeme.messages import Attachment, Kind, Reaction, clean_name

_CALLS: Final = {"phone_call", "group_call", "invite_to_group_call", "conference_call"}
# The content that a message without text may have, and what it makes of the message.
_CONTENT_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("poll", "poll"),
    ("location_information", "location"),
    ("place_name", "location"),
    ("contact_information", "contact"),
    ("photo", "media"),
    ("file", "media"),
    ("media_type", "media"),
    ("dice", "sticker"),
    ("game_title", "media"),
    ("invoice_information", "media"),
    ("giveaway_information", "media"),
    ("giveaway_results", "media"),
    ("paid_media", "media"),
    ("story_id", "media"),
    ("todo_list", "media"),
)


def parse_text(record: Mapping[str, Any]) -> str:
    """Display text of all runs, joined without anything between."""
    value = record.get("text")
    if isinstance(value, str):
        return value
    if "text" not in record:
        value = record.get("text_entities")
    if value is None:
        return ""
    runs = [value] if isinstance(value, str) else value
    if not isinstance(runs, list):
        raise BadRecord("its text is not text")
    return "".join(_run_text(run) for run in runs)


def _run_text(run: Any) -> str:
    text = run.get("text") if isinstance(run, dict) else run
    if not isinstance(text, str):
        raise BadRecord("its text is not text")
    return text


def parse_kind(record: Mapping[str, Any], text: str) -> Kind:
    """Words first: a caption is the sender's own, whatever it stands under."""
    kind = record.get("type")
    if kind == "service":
        action = record.get("action")
        return "call" if isinstance(action, str) and action in _CALLS else "system"
    if kind == "unsupported":
        return "empty"
    if text:
        return "text"
    if record.get("media_type") == "sticker":
        return "sticker"
    return next((found for key, found in _CONTENT_KINDS if key in record), "empty")


def parse_attachments(record: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files and pictures that came with it."""
    if "photo" in record or "file" in record or "media_type" in record or "contact_vcard" in record:
        return tuple(_iter_attachments(record))
    return ()


def _iter_attachments(record: Mapping[str, Any]) -> Iterator[Attachment]:
    if "photo" in record:
        yield Attachment("photo", _parse_path(record["photo"]))
    if "file" in record or "media_type" in record:
        kind, mime = record.get("media_type"), record.get("mime_type")
        yield Attachment(
            kind if isinstance(kind, str) else "file",
            _parse_path(record.get("file")),
            mime if isinstance(mime, str) else None,
        )
    if "contact_vcard" in record:
        yield Attachment("contact", _parse_path(record["contact_vcard"]))


def _parse_path(value: Any) -> str | None:
    """A path; "(File not included. …)" and its like are none."""
    return value if isinstance(value, str) and value and not value.startswith("(") else None


def parse_reactions(record: Mapping[str, Any]) -> tuple[Reaction, ...]:
    """The emojis that people put on it."""
    return tuple(_iter_reactions(record)) if "reactions" in record else ()


def _iter_reactions(record: Mapping[str, Any]) -> Iterator[Reaction]:
    """One for each person that the export names, else one for the emoji."""
    for item in _dicts(record.get("reactions")):
        emoji = "⭐" if item.get("type") == "paid" else item.get("emoji")
        if not isinstance(emoji, str) or not emoji:
            continue
        actors = [one.get("from") for one in _dicts(item.get("recent"))]
        names = [clean_name(name) for name in actors if isinstance(name, str)]
        yield from (Reaction(emoji, name or None) for name in names or [""])


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (one for one in (value if isinstance(value, list) else ()) if isinstance(one, dict))
