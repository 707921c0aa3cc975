"""One raw message of a Slack export as a Message (formats.md §14)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from talklikeme.exports.loose_values import BadRecord, dict_of, dicts_of, id_of, text_of, texts_of
from talklikeme.exports.slack_text import emoji_of, render_blocks, render_text
from talklikeme.exports.times import EPOCH
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    Reaction,
    clean_name,
    clean_text,
    name_key,
)

_TS = re.compile(r"(\d{9,10})(?:\.(\d{1,6})\d*)?")
_WORDS: Final = {
    "", "me_message", "thread_broadcast", "reply_broadcast", "file_share", "file_comment",
    "bot_message", "slackbot_response",
}  # fmt: skip
_CALLS: Final = {"huddle_thread", "sh_room_created"}
_DELETED: Final = {"tombstone", "message_deleted"}
# The message itself stands in the export too, as it was at last.
_RETOLD: Final = {"message_changed", "message_replied"}
# What Slack wrote around an upload before 2018: "<@U1> uploaded a file: <…> and commented: …".
_UPLOAD = re.compile(r"<@\w+(?:\|[^>]*)?> (?:uploaded|shared) a file")


@dataclass(frozen=True, slots=True)
class Person:
    """A member of a workspace."""

    name: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """What all messages of one conversation share."""

    id: str
    title: str | None
    is_group: bool
    participants: tuple[str, ...]
    people: Mapping[str, Person]
    owner: str | None = None
    section: str | None = None

    def name_of(self, user_id: str) -> str:
        """A member's display name, or nothing."""
        return self.people[user_id].name if user_id in self.people else ""


@dataclass(frozen=True, slots=True)
class _Sender:
    id: str
    name: str
    is_bot: bool


def parse_ts(value: Any) -> int | None:
    """Microseconds since 1970 from "1456427378.000002", Slack's time and id in one."""
    if isinstance(value, float):
        value = f"{value:.6f}"
    found = _TS.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) * 1_000_000 + int((found[2] or "0").ljust(6, "0")) if found else None


def build_message(
    record: Any, conversation: Conversation, path: str, *, index: int, seq: int
) -> Message:
    """Turn one raw record into a Message; raises BadRecord with the reason."""
    if not isinstance(record, dict):
        raise BadRecord("not a message")
    micros = parse_ts(record.get("ts"))
    if micros is None:
        raise BadRecord("no usable time")
    subtype = text_of(record.get("subtype"))
    sender = _parse_sender(record, subtype, conversation)
    attachments = tuple(_attachments(record))
    text = clean_text(_parse_text(record, subtype, conversation))
    kind = _parse_kind(record, subtype, text, attachments)
    return Message(
        platform="slack",
        conversation_id=conversation.id,
        sender_id=sender.id,
        ts=EPOCH + timedelta(microseconds=micros),
        seq=seq,
        kind=kind,
        source_file=path,
        conversation_title=conversation.title,
        is_group=conversation.is_group,
        participants=conversation.participants,
        sender_name=sender.name or None,
        is_me=sender.id == conversation.owner if conversation.owner else None,
        ts_raw=str(record["ts"]),
        ts_precision="us",
        text=text if kind in ("text", "system") else "",
        attachments=attachments,
        reactions=tuple(_reactions(record, conversation)),
        message_id=str(record["ts"]),
        reply_to=_parse_reply(record),
        edited=isinstance(record.get("edited"), dict),
        deleted=kind == "deleted",
        system=kind == "system",
        via_bot=sender.is_bot,
        section=conversation.section,
        source_line=index,
    )


def _parse_sender(record: dict[str, Any], subtype: str, conversation: Conversation) -> _Sender:
    comment = dict_of(record.get("comment")) if subtype == "file_comment" else {}
    user_id = id_of(comment.get("user")) or id_of(record.get("user")) or ""
    profile = dict_of(record.get("user_profile"))
    bot_id = id_of(record.get("bot_id"))
    names = [
        conversation.name_of(user_id), profile.get("display_name"), profile.get("real_name"),
        profile.get("name"), record.get("username"), dict_of(record.get("bot_profile")).get("name"),
    ]  # fmt: skip
    name = next((clean for raw in names if (clean := clean_name(text_of(raw)))), "")
    is_bot = bool(bot_id) or subtype in ("bot_message", "slackbot_response")
    person = conversation.people.get(user_id)
    is_bot = is_bot or user_id == "USLACKBOT" or (person is not None and person.is_bot)
    sender_id = user_id or bot_id or name_key(name)
    if not sender_id and subtype in _WORDS:
        raise BadRecord("no sender")
    return _Sender(sender_id, name, is_bot)


def _parse_text(record: dict[str, Any], subtype: str, conversation: Conversation) -> str:
    """What the sender wrote, without what Slack wrote around it."""
    if subtype in _RETOLD or subtype in _DELETED:
        return ""
    raw = record.get("text")
    if subtype == "file_comment":
        raw = dict_of(record.get("comment")).get("comment")
    elif subtype == "file_share" and _UPLOAD.match(text_of(raw)):
        raw = dict_of(dict_of(record.get("file")).get("initial_comment")).get("comment")
    if raw is not None and not isinstance(raw, str):
        raise BadRecord("its text is not text")
    if raw:
        return render_text(raw, conversation.name_of)
    return render_blocks(record.get("blocks"), conversation.name_of)


def _parse_kind(
    record: dict[str, Any], subtype: str, text: str, attachments: tuple[Attachment, ...]
) -> Kind:
    if subtype in _CALLS:
        return "call"
    if subtype in _DELETED:
        return "deleted"
    if subtype not in _WORDS or record.get("type", "message") != "message":
        return "system"
    if text:
        return "text"
    return "media" if attachments else "empty"


def _attachments(record: dict[str, Any]) -> Iterator[Attachment]:
    """Uploaded files, and the pages that Slack shows below links."""
    single = record.get("file")
    files = dicts_of(record.get("files")) or ([single] if isinstance(single, dict) else [])
    for file in files:
        mime = text_of(file.get("mimetype"))
        path = text_of(file.get("name")) or text_of(file.get("url_private"))
        yield Attachment(mime.partition("/")[0] or "file", path or None, mime or None)
    for shown in dicts_of(record.get("attachments")):
        link = text_of(shown.get("from_url")) or text_of(shown.get("title_link"))
        yield Attachment("link", link or None)


def _reactions(record: dict[str, Any], conversation: Conversation) -> Iterator[Reaction]:
    for item in dicts_of(record.get("reactions")):
        name = text_of(item.get("name"))
        if not name:
            continue
        users = texts_of(item.get("users"))
        actors = [conversation.name_of(user) or user for user in users]
        yield from (Reaction(emoji_of(name), actor or None) for actor in actors or [""])


def _parse_reply(record: dict[str, Any]) -> str | None:
    thread = id_of(record.get("thread_ts"))
    return thread if thread != record["ts"] else None
