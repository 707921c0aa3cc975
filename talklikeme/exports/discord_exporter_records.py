"""One raw message of DiscordChatExporter's JSON as a Message (formats.md §15.2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from talklikeme.exports.discord_text import kind_of_file, render_markup, snowflake_time
from talklikeme.exports.items import ReadSettings
from talklikeme.exports.loose_values import (
    BadRecord,
    dict_of,
    dicts_of,
    id_of,
    parse_iso,
    text_of,
)
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    Reaction,
    TimeBasis,
    clean_name,
    clean_text,
    name_key,
)

# Types that people's and bots' own words have; newer ones are written as numbers.
_WORDS: Final = {
    "Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "0", "19", "20", "23", "",
}  # fmt: skip
_CALLS: Final = {"Call", "3"}


@dataclass(frozen=True, slots=True)
class JsonChannel:
    """What all messages of one channel share."""

    conversation_id: str
    title: str | None
    is_group: bool | None
    participants: tuple[str, ...]
    owner: str | None


def shown_names(author: dict[str, Any]) -> list[str]:
    """What the author is called, the name that others see first."""
    names = (clean_name(text_of(author.get(key))) for key in ("nickname", "name"))
    return [name for name in names if name]


def build_message(
    record: Any,
    channel: JsonChannel,
    settings: ReadSettings,
    path: str,
    *,
    index: int,
    seq: int,
) -> Message:
    """Turn one raw record into a Message; raises BadRecord with the reason."""
    if not isinstance(record, dict):
        raise BadRecord("not a message")
    number = id_of(record.get("id"))
    author = dict_of(record.get("author"))
    names = shown_names(author)
    sender_id = id_of(author.get("id")) or (name_key(names[0]) if names else "")
    if not sender_id:
        raise BadRecord("no sender")
    time = parse_iso(record.get("timestamp"))
    ts = time.astimezone(UTC) if time and time.tzinfo else snowflake_time(number)
    if ts is None:
        raise BadRecord("no usable time")
    basis: TimeBasis = "offset" if time and time.utcoffset() else "utc"
    forwarded = _find_forwarded(record)
    text = clean_text(_parse_text(record, forwarded, settings))
    attachments = tuple(_attachments(record, forwarded or {}))
    kind = _parse_kind(record, text, attachments)
    return Message(
        platform="discord",
        conversation_id=channel.conversation_id,
        sender_id=sender_id,
        ts=ts,
        seq=seq,
        kind=kind,
        source_file=path,
        conversation_title=channel.title,
        is_group=channel.is_group,
        participants=channel.participants,
        sender_name=names[0] if names else None,
        is_me=sender_id == channel.owner if channel.owner else None,
        ts_raw=text_of(record.get("timestamp")),
        ts_precision="ms",
        tz_basis=basis,
        text=text if kind in ("text", "system") else "",
        attachments=attachments,
        reactions=tuple(_reactions(record)),
        message_id=number,
        reply_to=None if forwarded is not None else _parse_reply(record),
        edited=parse_iso(record.get("timestampEdited")) is not None,
        system=kind == "system",
        forwarded=forwarded is not None,
        via_bot=author.get("isBot") is True,
        source_line=index,
    )


def _find_forwarded(record: dict[str, Any]) -> dict[str, Any] | None:
    """The message of somebody else that this one passes on, as far as the export has it."""
    reference = dict_of(record.get("reference"))
    inner = record.get("forwardedMessage", reference.get("forwardedMessage"))
    if isinstance(inner, dict):
        return inner
    return {} if reference.get("type") == "Forward" else None


def _parse_text(
    record: dict[str, Any], forwarded: dict[str, Any] | None, settings: ReadSettings
) -> str:
    content = record.get("content")
    if content is not None and not isinstance(content, str):
        raise BadRecord("its text is not text")
    text = content or text_of(dict_of(forwarded).get("content"))
    if "<" not in text:
        return text
    # Only exports without "format markdown" still have ids here.
    mentioned = {
        number: (shown_names(user) or [""])[0]
        for user in dicts_of(record.get("mentions"))
        if (number := id_of(user.get("id")))
    }
    return render_markup(text, mentioned, {}, settings.timezone)


def _parse_kind(record: dict[str, Any], text: str, attachments: tuple[Attachment, ...]) -> Kind:
    kind = id_of(record.get("type")) or ""
    if kind in _CALLS:
        return "call"
    if kind not in _WORDS:
        return "system"
    if text:
        return "text"
    if record.get("poll"):
        return "poll"
    if any(one.kind == "sticker" for one in attachments):
        return "sticker"
    return "media" if attachments else "empty"


def _attachments(record: dict[str, Any], forwarded: dict[str, Any]) -> Iterator[Attachment]:
    for source in (record, forwarded):
        for item in dicts_of(source.get("attachments")):
            name, url = text_of(item.get("fileName")), text_of(item.get("url"))
            yield Attachment(kind_of_file(name or url), url or name or None)
        for item in dicts_of(source.get("stickers")):
            yield Attachment("sticker", text_of(item.get("sourceUrl")) or None)
        for item in dicts_of(source.get("embeds")):
            yield Attachment("link", text_of(item.get("url")) or None)


def _reactions(record: dict[str, Any]) -> Iterator[Reaction]:
    """One for each person that newer exports name, else one for the emoji."""
    for item in dicts_of(record.get("reactions")):
        emoji = dict_of(item.get("emoji"))
        name = text_of(emoji.get("name"))
        if not name:
            continue
        shown = f":{name}:" if emoji.get("id") else name
        actors = [(shown_names(user) or [""])[0] for user in dicts_of(item.get("users"))]
        yield from (Reaction(shown, actor or None) for actor in actors or [""])


def _parse_reply(record: dict[str, Any]) -> str | None:
    """Pins and started threads refer to messages too, but answer none."""
    if record.get("type") not in ("Reply", "19"):
        return None
    return id_of(dict_of(record.get("reference")).get("messageId"))
