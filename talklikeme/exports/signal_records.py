"""One chat item of a Signal export as a Message (formats.md §19.1)."""

from collections.abc import Iterator
from typing import Any, Final

from talklikeme.exports.loose_values import BadRecord, dict_of, dicts_of, id_of, text_of
from talklikeme.exports.signal_people import SELF, Account, Recipient
from talklikeme.exports.times import from_epoch_ms
from talklikeme.messages import Attachment, Kind, Message, Reaction, clean_text

# What each payload but the standard message is.
_KINDS: Final[dict[str, Kind]] = {
    "contactMessage": "contact",
    "stickerMessage": "sticker",
    "remoteDeletedMessage": "deleted",
    "adminDeletedMessage": "deleted",
    "viewOnceMessage": "media",
    "giftBadge": "system",
    "paymentNotification": "system",
    "poll": "poll",
    "directStoryReplyMessage": "reaction_notice",
    "updateMessage": "system",
    "standardMessage": "empty",
}
_CALLS: Final = ("individualCall", "groupCall")
_MENTION: Final = "\ufffc"


def date_sent(item: dict[str, Any]) -> int | None:
    """Milliseconds since 1970; 64-bit numbers are strings in this format."""
    digits = id_of(item.get("dateSent"))
    is_number = digits is not None and digits.isascii() and digits.isdecimal() and len(digits) < 19
    return int(digits) if digits and is_number else None


def build_message(
    item: dict[str, Any], account: Account, path: str, *, line: int, seq: int
) -> Message:
    """Turn one chat item into a Message; raises BadRecord with the reason."""
    milliseconds = date_sent(item)
    try:
        ts = from_epoch_ms(milliseconds or 0)
    except ValueError:
        raise BadRecord("no usable time") from None
    name = next((key for key in _KINDS if isinstance(item.get(key), dict)), None)
    if name is None:
        raise BadRecord("no content of a known kind")
    payload = item[name]
    chat = account.chat(item.get("chatId"))
    sender = _parse_sender(item, account)
    text = clean_text(_parse_text(name, payload, account))
    attachments = tuple(_attachments(name, payload))
    kind = _parse_kind(name, payload, text, attachments)
    return Message(
        platform="signal",
        conversation_id=account.conversation_id(item.get("chatId")),
        sender_id=sender.id,
        ts=ts,
        seq=seq,
        kind=kind,
        source_file=path,
        conversation_title=(account.name_of(chat) or None) if chat else None,
        is_group=chat.is_group if chat else None,
        participants=account.participants(chat) if chat else (),
        sender_name=account.name_of(sender) or None,
        is_me=sender.id == SELF,
        ts_raw=str(item.get("dateSent")),
        text=text if kind == "text" else "",
        attachments=attachments,
        reactions=tuple(_reactions(payload, account)),
        message_id=str(milliseconds),
        reply_to=id_of(dict_of(payload.get("quote")).get("targetSentTimestamp")),
        edited=bool(item.get("revisions")),
        deleted=kind == "deleted",
        system=kind == "system",
        section=chat.section if chat else None,
        source_line=line,
    )


def _parse_sender(item: dict[str, Any], account: Account) -> Recipient:
    """The author; what goes out is the owner's, even if the author is missing."""
    author = account.person(item.get("authorId"))
    if "outgoing" in item and (author is None or author.id != SELF):
        return Recipient(SELF, "")
    if author is None:
        raise BadRecord("no sender")
    return author


def _parse_text(name: str, payload: dict[str, Any], account: Account) -> str:
    if name == "directStoryReplyMessage":
        payload = dict_of(payload.get("textReply")) or payload
    raw = payload.get("text")
    if isinstance(raw, str):
        return raw
    text = dict_of(raw)
    body = text.get("body")
    if body is not None and not isinstance(body, str):
        raise BadRecord("its text is not text")
    if pointer := payload.get("longText"):
        body = account.long_text(dict_of(pointer)) or body
    return fill_mentions(body or "", dicts_of(text.get("bodyRanges")), account)


def fill_mentions(body: str, ranges: list[dict[str, Any]], account: Account) -> str:
    """Put names where the body has U+FFFC; places count in UTF-16 units, so from the end backwards."""
    if _MENTION not in body:
        return body
    units = body.encode("utf-16-le", errors="surrogatepass")
    for place in sorted(ranges, key=_start, reverse=True):
        aci = text_of(place.get("mentionAci"))
        begin = 2 * _start(place)
        if aci and units[begin : begin + 2] == _MENTION.encode("utf-16-le"):
            name = f"@{account.name_by_aci(aci) or 'user'}".encode("utf-16-le", errors="replace")
            units = units[:begin] + name + units[begin + 2 :]
    return units.decode("utf-16-le", errors="replace").replace(_MENTION, "")


def _start(place: dict[str, Any]) -> int:
    start = place.get("start", 0)  # left out where it is 0
    return start if isinstance(start, int) and 0 <= start < 1 << 31 else 0


def _parse_kind(
    name: str, payload: dict[str, Any], text: str, attachments: tuple[Attachment, ...]
) -> Kind:
    if name == "updateMessage" and any(key in payload for key in _CALLS):
        return "call"
    if text and name in ("standardMessage", "directStoryReplyMessage"):
        return "text"
    return "media" if name == "standardMessage" and attachments else _KINDS[name]


def _attachments(name: str, payload: dict[str, Any]) -> Iterator[Attachment]:
    for item in dicts_of(payload.get("attachments")):
        pointer = dict_of(item.get("pointer"))
        mime = text_of(pointer.get("contentType"))
        kind = "voice_message" if item.get("flag") == "VOICE_MESSAGE" else mime.partition("/")[0]
        yield Attachment(kind or "file", text_of(pointer.get("fileName")) or None, mime or None)
    for item in dicts_of(payload.get("linkPreview")):
        yield Attachment("link", text_of(item.get("url")) or None)
    if name == "stickerMessage":
        yield Attachment("sticker")


def _reactions(payload: dict[str, Any], account: Account) -> Iterator[Reaction]:
    for item in dicts_of(payload.get("reactions")):
        if emoji := text_of(item.get("emoji")):
            author = account.person(item.get("authorId"))
            yield Reaction(emoji, (account.name_of(author) or None) if author else None)
