"""One record of an SMS backup as a Message (formats.md §8)."""

from collections.abc import Iterator, Mapping
from typing import Final

from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.phone_numbers import UNKNOWN, parse_contact, split_addresses
from talklikeme.exports.reaction_texts import ReactionJudge
from talklikeme.exports.sms_chats import Chat, Phone, parse_time
from talklikeme.exports.sms_xml_stream import Record
from talklikeme.messages import Attachment, Kind, Message, clean_text

_RECEIVED, _DRAFT = "1", "3"
_MINE: Final = ("2", "3", "4", "5", "6")
_CALLED: Final = "2"
_SENT_REQUEST, _RETRIEVED = "128", "132"
_FROM: Final = "137"
_THIS_PHONE: Final = "insert-address-token"
_NO_SUBJECT: Final = {"nosubject", "no subject", "(no subject)"}
_CONTACT_CARDS: Final = {"text/x-vcard", "text/vcard", "text/directory"}
_MEDIA: Final = {"image": "photo", "video": "video", "audio": "audio"}


def build_message(record: Record, phone: Phone, judge: ReactionJudge, path: str) -> Message:
    """Turn one raw record into a Message; raises BadRecord with the reason."""
    if record.is_broken:
        raise BadRecord("the file is damaged inside it")
    if record.tag == "mms":
        return _build_mms(record, phone, judge, path)
    if record.tag == "call":
        return _build_call(record, phone, path)
    return _build_sms(record, phone, judge, path)


def _value(attributes: Mapping[str, str], key: str) -> str:
    """An attribute; the word "null" is what backups write for nothing."""
    value = attributes.get(key, "")
    return "" if value == "null" else value


def _find_chat(attributes: Mapping[str, str], addresses: list[str], phone: Phone) -> Chat:
    name = parse_contact(attributes.get("contact_name"))
    if not addresses and name:
        addresses = [name]
    return phone.find_chat(tuple(addresses), name)


def _build_sms(record: Record, phone: Phone, judge: ReactionJudge, path: str) -> Message:
    attributes = record.attributes
    direction = attributes.get("type")
    if direction != _RECEIVED and direction not in _MINE:
        raise BadRecord("neither received nor sent")
    chat = _find_chat(attributes, split_addresses(attributes.get("address")), phone)
    is_me = direction != _RECEIVED
    text, kind = _judge(clean_text(_value(attributes, "body")), chat, judge, is_me=is_me)
    return phone.build_message(
        chat,
        parse_time(attributes.get("date")),
        sender=None if is_me else _only_person(chat),
        kind=kind or "empty",
        text=text,
        draft=direction == _DRAFT,
        source_file=path,
        source_line=record.index,
    )


def _build_call(record: Record, phone: Phone, path: str) -> Message:
    attributes = record.attributes
    chat = _find_chat(attributes, split_addresses(attributes.get("number")), phone)
    return phone.build_message(
        chat,
        parse_time(attributes.get("date")),
        sender=None if attributes.get("type") == _CALLED else _only_person(chat),
        kind="call",
        source_file=path,
        source_line=record.index,
    )


def _build_mms(record: Record, phone: Phone, judge: ReactionJudge, path: str) -> Message:
    attributes = record.attributes
    is_me = _is_sent(attributes)
    chat = _find_chat(attributes, _addresses(record, phone, is_me=is_me), phone)
    attachments = tuple(_attachments(record))
    text, kind = _judge(_parse_text(record), chat, judge, is_me=is_me)
    return phone.build_message(
        chat,
        parse_time(attributes.get("date")),
        sender=None if is_me else _parse_sender(record, chat, phone),
        kind=kind or _kind_without_text(attachments),
        text=text,
        attachments=attachments,
        draft=attributes.get("msg_box") == _DRAFT,
        precision="s",
        message_id=_value(attributes, "m_id") or None,
        source_file=path,
        source_line=record.index,
    )


def _judge(text: str, chat: Chat, judge: ReactionJudge, *, is_me: bool) -> tuple[str, Kind | None]:
    if not text:
        return "", None
    if judge.is_reaction(text, chat.conversation_id, is_me=is_me):
        return "", "reaction_notice"
    return text, "text"


def _only_person(chat: Chat) -> str:
    return UNKNOWN if chat.is_group else chat.people[0]


def _is_sent(attributes: Mapping[str, str]) -> bool:
    box, kind = attributes.get("msg_box"), attributes.get("m_type")
    if box == _RECEIVED or box in _MINE:
        return box != _RECEIVED
    if kind not in (_SENT_REQUEST, _RETRIEVED):
        raise BadRecord("neither received nor sent")
    return kind == _SENT_REQUEST


def _addresses(record: Record, phone: Phone, *, is_me: bool) -> list[str]:
    """The partners; the list of all addresses beside them tells the owner's own numbers."""
    partners = split_addresses(record.attributes.get("address"))
    senders, others = _split_by_role(record)
    keys = {phone.book.key(one) for one in partners}
    if is_me:
        for sender in senders:
            if phone.book.key(sender) not in keys:
                phone.learn_own(sender)
    elif len(senders) == len(others) == 1 and len(keys) <= 1:
        mine, theirs = phone.book.key(others[0]), phone.book.key(senders[0])
        if mine != theirs and mine not in keys:
            phone.learn_own(others[0])
    return partners or (others if is_me else [*senders, *others])


def _split_by_role(record: Record) -> tuple[list[str], list[str]]:
    senders: list[str] = []
    others: list[str] = []
    for one in record.addresses:
        address = _value(one, "address").strip()
        if address and address != _THIS_PHONE:
            (senders if one.get("type") == _FROM else others).append(address)
    return senders, others


def _parse_sender(record: Record, chat: Chat, phone: Phone) -> str:
    """Who wrote in a group; some phones leave it out."""
    if not chat.is_group:
        return chat.people[0]
    senders, _ = _split_by_role(record)
    key = phone.book.key(senders[0]) if senders else UNKNOWN
    return key if key in chat.people else UNKNOWN


def _parse_text(record: Record) -> str:
    lines = [_parse_subject(_value(record.attributes, "sub"))]
    for part in record.parts:
        if part.get("ct", "").startswith("text/plain"):
            lines.append(_value(part, "text"))
    return clean_text("\n".join(line for line in lines if line))


def _parse_subject(subject: str) -> str:
    """The subject; Android keeps its UTF-8 bytes as one character each."""
    if subject.strip().casefold() in _NO_SUBJECT:
        return ""
    if subject.isascii():
        return subject
    try:
        return subject.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return subject


def _attachments(record: Record) -> Iterator[Attachment]:
    for part in record.parts:
        mime = _value(part, "ct").casefold()
        if mime == "application/smil" or mime.startswith("text/plain"):
            continue
        path = next((name for key in ("cl", "fn", "name") if (name := _value(part, key))), None)
        is_card = mime in _CONTACT_CARDS
        kind = "contact" if is_card else _MEDIA.get(mime.split("/")[0], "file")
        yield Attachment(kind, clean_text(path) if path else None, mime or None)


def _kind_without_text(attachments: tuple[Attachment, ...]) -> Kind:
    if not attachments:
        return "empty"
    return "contact" if all(one.kind == "contact" for one in attachments) else "media"
