"""One entry of a Twitter conversation as a Message (formats.md §12)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final

from talklikeme.exports.loose_values import BadRecord, texts_of
from talklikeme.exports.meta import oldest_first
from talklikeme.exports.twitter_people import People
from talklikeme.messages import Attachment, Kind, Message, Reaction, clean_name, clean_text

_WORDS: Final = ("messageCreate", "welcomeMessageCreate")
_EVENTS: Final = {
    "joinConversation", "participantsJoin", "participantsLeave", "conversationNameUpdate",
}  # fmt: skip
_KNOWN: Final = {*_WORDS, *_EVENTS, "reactionCreate"}
_SENDERS: Final = ("senderId", "initiatingUserId")
# The keys seen in archives, for the emoji that the app shows; newer ones hold the emoji itself.
_REACTIONS: Final = {
    "like": "❤️", "funny": "😂", "surprised": "😲", "sad": "😢", "excited": "🔥", "agree": "👍",
    "disagree": "👎",
}  # fmt: skip
_SHORT_LINK = re.compile(r"https?://t\.co/\w+")
_OWN_MEDIA = re.compile(r"https?://(?:twitter|x)\.com/messages/media/")


@dataclass(slots=True)
class Entry:
    """One raw entry, as far as it is needed to put all of them in order."""

    file: str
    index: int  # in its list, as it stands in the file
    number: int  # in its list, oldest first
    event: str
    fields: Mapping[str, Any]
    ts: datetime | None
    why: str = "no usable time"


def build_entries(path: str, records: Sequence[Any]) -> list[Entry]:
    """The entries of one list, oldest first."""
    entries = [_build_entry(path, index, record) for index, record in enumerate(records)]
    times = [int(entry.ts.timestamp() * 1000) if entry.ts else None for entry in entries]
    ordered = [entries[place] for place in oldest_first(times)]
    for number, entry in enumerate(ordered):
        entry.number = number
    return ordered


def _build_entry(path: str, index: int, record: Any) -> Entry:
    entry = Entry(path, index, 0, "", {}, None)
    if not isinstance(record, Mapping) or not record:
        entry.why = "not a message"
        return entry
    entry.event = next((key for key in record if key in _KNOWN), "messageCreate")
    fields = record.get(entry.event, record)
    if not isinstance(fields, Mapping):
        entry.why = "not a message"
        return entry
    entry.fields = fields
    entry.ts = _parse_time(fields.get("createdAt"))
    return entry


def _parse_time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    if not 1970 < time.year < 3000:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


class Chat:
    """What all messages of one conversation share; learned from all entries before the first."""

    def __init__(self, conversation_id: str, entries: Sequence[Entry], people: People) -> None:
        self.id = conversation_id
        self.people = people
        pair = conversation_id.split("-")
        ids = dict.fromkeys(pair if len(pair) == 2 else [])
        title = None
        for entry in entries:
            ids |= dict.fromkeys(_people_in(entry.fields))
            name = entry.fields.get("name")
            if entry.event == "conversationNameUpdate" and isinstance(name, str):
                title = clean_name(unescape(name)) or title
        if people.owner:
            ids.setdefault(people.owner)
        self.is_group = len(pair) != 2
        self.participants = tuple(people.names.get(one, one) for one in ids if one)
        self.title = title

    def is_mine(self, sender_id: str) -> bool | None:
        """Whether the owner sent it; None as long as nobody says who that is."""
        return None if self.people.owner is None else sender_id == self.people.owner


def _people_in(fields: Mapping[str, Any]) -> Iterator[str]:
    for key in (*_SENDERS, "recipientId"):
        if person := _parse_id(fields.get(key)):
            yield person
    for key in ("participantsSnapshot", "userIds"):
        value = fields.get(key)
        yield from (_parse_id(one) for one in (value if isinstance(value, list) else ()))


def _parse_id(value: Any) -> str:
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    return clean_text(str(value)) if is_id else ""


def build_message(entry: Entry, chat: Chat, seq: int) -> Message:
    """Turn one entry into a Message; raises BadRecord with the reason."""
    fields = entry.fields
    sender_id = next(filter(None, (_parse_id(fields.get(key)) for key in _SENDERS)), "")
    if not sender_id and entry.event not in _EVENTS:
        raise BadRecord("no sender")
    if entry.ts is None:
        raise BadRecord(entry.why)
    text = _parse_text(fields) if entry.event in _WORDS else ""
    attachments = tuple(Attachment("media", url) for url in texts_of(fields.get("mediaUrls")))
    kind = _parse_kind(entry.event, text, bool(attachments))
    return Message(
        platform="twitter",
        conversation_id=f"twitter:{chat.id}",
        conversation_title=chat.title,
        is_group=chat.is_group,
        participants=chat.participants,
        sender_id=sender_id,
        sender_name=chat.people.names.get(sender_id),
        is_me=chat.is_mine(sender_id),
        ts=entry.ts,
        ts_raw=str(fields["createdAt"]),
        ts_precision="ms",
        seq=seq,
        kind=kind,
        text=text,
        attachments=attachments,
        reactions=tuple(_reactions(fields.get("reactions"))),
        message_id=_parse_id(fields.get("id")) or None,
        edited=bool(fields.get("editHistory")),
        system=kind == "system",
        via_bot=entry.event == "welcomeMessageCreate",
        source_file=entry.file,
        source_line=entry.index,
    )


def _parse_kind(event: str, text: str, has_media: bool) -> Kind:
    if event in _EVENTS:
        return "system"
    if event == "reactionCreate":
        return "reaction_notice"
    if text:
        return "text"
    return "media" if has_media else "empty"


def _parse_text(fields: Mapping[str, Any]) -> str:
    """The words, with every short link replaced by what it leads to, or by nothing for a picture."""
    text = fields.get("text")
    if text is None:
        return ""
    if not isinstance(text, str):
        raise BadRecord("its text is not text")
    text = unescape(text)
    if "://t.co/" in text:
        targets = _link_targets(fields.get("urls"))
        text = _SHORT_LINK.sub(lambda found: targets.get(found[0], found[0]), text)
        if texts_of(fields.get("mediaUrls")):
            text = _drop_last_link(text)
    return clean_text(text)


def _link_targets(value: Any) -> dict[str, str]:
    urls = [one for one in (value if isinstance(value, list) else ()) if isinstance(one, Mapping)]
    pairs = [(url.get("url"), url.get("expanded")) for url in urls]
    return {
        short: "" if _OWN_MEDIA.match(long) else long
        for short, long in pairs
        if isinstance(short, str) and isinstance(long, str)
    }


def _drop_last_link(text: str) -> str:
    """A picture's own link stands last, and often not among `urls`."""
    head, _, last = text.rstrip().rpartition(" ")
    return head if _SHORT_LINK.fullmatch(last) else text


def _reactions(value: Any) -> Iterator[Reaction]:
    for one in value if isinstance(value, list) else ():
        key = one.get("reactionKey") if isinstance(one, Mapping) else None
        if isinstance(key, str) and key:
            yield Reaction(_REACTIONS.get(key, key), _parse_id(one.get("senderId")) or None)
