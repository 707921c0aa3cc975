"""What the columns of an unknown table mean: by their names and values, or as the user says.

The names are those of formats.md §20.1 and §20.2. Names are compared as `column_key` gives them;
fields of JSON objects inside a record go by both names, so that `sender.name` is "sendername".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from talklikeme.exports.csv_tables import column_key
from talklikeme.exports.generic_times import parse_stamp, study_column
from talklikeme.messages import name_key
from talklikeme.options import ColumnMapping

Fields = Mapping[str, Any]

_TIMES: Final = (
    "timestamp", "datetime", "date", "time", "sentat", "createdat", "created", "sentdate",
    "datesent", "msgdate", "ts", "createtime", "timestampms", "senttime",
)  # fmt: skip
_SENDERS: Final = (
    "sender", "from", "author", "user", "username", "name", "sendername", "fromname", "authorname",
    "speaker", "who", "role", "sentby",
)  # fmt: skip
_TEXTS: Final = (
    "text", "message", "content", "body", "msg", "msgtext", "contents", "messagetext",
    "contenttext", "messagecontent",
)  # fmt: skip
_CONVERSATIONS: Final = (
    "conversationid", "roomname", "thread", "chat", "channel", "conversation", "room", "threadid",
    "chatid", "talker",
)  # fmt: skip
_TITLES: Final = ("conversationtitle", "chatname", "threadname", "channelname")
_NAMES_OF_CHATS: Final = {
    "thread", "chat", "channel", "conversation", "room", "roomname", "talker",
}  # fmt: skip
_DIRECTIONS: Final = (
    "issender", "isfromme", "fromme", "isme", "ismine", "outgoing", "isoutgoing", "direction",
    "type",
)  # fmt: skip
_RECIPIENTS: Final = ("to", "recipient", "receiver", "recipients", "participants")
_IDS: Final = ("id", "messageid", "msgid", "msgsvrid", "guid", "uuid", "sha")
_REPLIES: Final = ("replyto", "replytoid", "inreplyto", "replytomessageid")
# Tables that have a date, a name and a text, and are no chat.
_NO_CHAT: Final = {
    "amount", "price", "balance", "currency", "iban", "rating", "stars", "commit", "hash", "level",
    "severity", "latitude", "quantity", "url", "link", "headline", "company",
}  # fmt: skip
_YES: Final = {"1", "true", "yes", "sent", "outgoing", "out", "outbound", "you", "me", "self"}
_NO: Final = {
    "0", "false", "no", "received", "incoming", "in", "inbound", "inbox", "other", "them",
}  # fmt: skip
_ROLES: Final = {
    "user", "assistant", "system", "human", "gpt", "bot", "model", "chatgpt", "tool", "function",
}  # fmt: skip
_ROLE_KEYS: Final = (("role", "content"), ("role", "contenttext"), ("from", "value"))
_SAMPLE: Final = 200


@dataclass(frozen=True, slots=True)
class Columns:
    """The key of each meaning in a table."""

    text: str
    sender: str | None = None
    time: tuple[str, ...] = ()  # two of them are a date and a clock time
    conversation: str | None = None
    title: str | None = None
    direction: str | None = None
    recipients: str | None = None
    message_id: str | None = None
    reply_to: str | None = None
    sort: str | None = None  # WeChat's kinds of content
    forwarded: str | None = None
    time_format: str | None = None
    mine: frozenset[str] = frozenset()  # values of the direction, else of the sender

    @property
    def named(self) -> frozenset[str]:
        """Every column that must be there."""
        one_each = (self.text, self.sender, self.conversation, self.direction, self.message_id)
        return frozenset(key for key in (*one_each, self.reply_to, *self.time) if key)

    def direction_of(self, fields: Fields) -> bool | None:
        """Whether the owner sent it, as far as a column says."""
        column = self.direction or (self.sender if self.mine else None)
        if column is None:
            return None
        value = str(fields.get(column, ""))
        if self.mine:
            return name_key(value) in self.mine
        value = value.strip().casefold()
        return True if value in _YES else False if value in _NO else None


def map_columns(mapping: ColumnMapping) -> Columns:
    """The columns that the user named."""
    return Columns(
        text=column_key(mapping.text),
        sender=_key(mapping.sender),
        time=tuple(column_key(name) for name in _names_of_time(mapping)),
        conversation=_key(mapping.conversation),
        title=_key(mapping.conversation),
        direction=_key(mapping.direction),
        message_id=_key(mapping.message_id),
        reply_to=_key(mapping.reply_to),
        time_format=mapping.time_format or None,
        mine=frozenset(name_key(value) for value in mapping.mine),
    )


def name_columns(mapping: ColumnMapping) -> dict[str, str]:
    """The key of each column and how the user spelt it, that of the text first."""
    others = (mapping.sender, mapping.conversation, mapping.direction)
    names = (mapping.text, *others, *_names_of_time(mapping), mapping.message_id, mapping.reply_to)
    return {column_key(name): name.strip() for name in names if name}


def _names_of_time(mapping: ColumnMapping) -> list[str]:
    return [name for name in mapping.time.split("+") if name.strip()]


def _key(name: str) -> str | None:
    return column_key(name) if name else None


def is_chat_header(keys: Sequence[str]) -> bool:
    """Whether the names alone could be those of a chat: when, who or which way, and what."""
    found = set(keys)
    if found & _NO_CHAT:
        return False
    has_who = found & {*_SENDERS, *_DIRECTIONS}
    return bool(found & set(_TIMES) and has_who and found & set(_TEXTS))


def guess_columns(rows: Sequence[Fields]) -> Columns | None:
    """The meaning of the columns, if some rows show that this is a chat."""
    sample = rows[:_SAMPLE]
    keys = set().union(*sample)
    if roles := _guess_roles(sample, keys):
        return roles
    text = _first(_TEXTS, keys)
    if not is_chat_header(list(keys)) or text is None:
        return None
    conversation = _first(_CONVERSATIONS, keys)
    sender = _first(_SENDERS, keys)
    if sender is None and conversation == "roomname":
        sender = _first(("talker",), keys)
    columns = Columns(
        text=text,
        sender=sender,
        time=_guess_time(sample, keys),
        conversation=conversation,
        title=_first(_TITLES, keys) or (conversation if conversation in _NAMES_OF_CHATS else None),
        direction=_guess_direction(sample, keys),
        recipients=_first(_RECIPIENTS, keys),
        message_id=_first(_IDS, keys),
        reply_to=_first(_REPLIES, keys),
        sort="typename" if {"typename", "issender"} <= keys else None,
        forwarded=_first(("isforward", "forwarded", "isforwarded"), keys),
    )
    return columns if _looks_like_chat(sample, columns) else None


def _first(names: Iterable[str], keys: set[str]) -> str | None:
    return next((name for name in names if name in keys), None)


def _guess_roles(sample: Sequence[Fields], keys: set[str]) -> Columns | None:
    """The talks that language models are trained on, which have no times."""
    for who, what in _ROLE_KEYS:
        speakers = {str(fields.get(who)).casefold() for fields in sample}
        if {who, what} <= keys and len(speakers) > 1 and speakers <= _ROLES:
            return Columns(text=what, sender=who)
    return None


def _guess_time(sample: Sequence[Fields], keys: set[str]) -> tuple[str, ...]:
    if "date" in keys and "time" in keys and not keys & {"timestamp", "datetime"}:
        dates = [str(fields.get("date") or "") for fields in sample]
        return ("date", "time") if not any(":" in date for date in dates) else ("date",)
    return tuple(filter(None, [_first(_TIMES, keys)]))


def _guess_direction(sample: Sequence[Fields], keys: set[str]) -> str | None:
    """The first such column whose values tell a direction; `type` may mean anything."""
    for name in _DIRECTIONS:
        if name in keys:
            values = {str(fields.get(name, "")).strip().casefold() for fields in sample} - {""}
            allowed = (_YES | _NO) - ({"0", "1"} if name == "type" else set())
            if values and values <= allowed:
                return name
    return None


def _looks_like_chat(sample: Sequence[Fields], columns: Columns) -> bool:
    """Times that are times, words that are words, and people who say more than one thing."""
    if columns.sender is None and columns.direction is None:
        return False
    times = [time_of(fields, columns) for fields in sample]
    column = study_column(times, "auto")
    dated = sum(parse_stamp(time) is not None or column.parse(time) is not None for time in times)
    texts = [str(fields.get(columns.text) or "") for fields in sample]
    worded = sum(any(char.isalpha() for char in text) or not text.isascii() for text in texts)
    if 10 * dated < 8 * len(sample) or not worded:
        return False
    if columns.sender is None or len(sample) < 5:
        return True
    return 10 * len({str(fields.get(columns.sender)) for fields in sample}) <= 8 * len(sample)


def time_of(fields: Fields, columns: Columns) -> str:
    """The time as one string; "" where there is none."""
    parts = (_as_text(fields.get(key)) for key in columns.time)
    return " ".join(part for part in parts if part)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, bool | dict | list):
        return ""
    # Other numbers than these are no time, and may have a million digits.
    return f"{value:f}" if not isinstance(value, int) and 0 < value < 10**19 else _as_int(value)


def _as_int(value: Any) -> str:
    return str(value) if isinstance(value, int) and 0 < value < 10**19 else ""
