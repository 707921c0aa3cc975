"""One row of LinkedIn's messages as a Message (formats.md §11)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from itertools import pairwise
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from talklikeme.errors import ExportError
from talklikeme.exports.csv_tables import Table
from talklikeme.exports.generic_times import Stamp, parse_stamp
from talklikeme.exports.meta import distinct_names
from talklikeme.exports.times import LocalClock
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    clean_name,
    clean_text,
    name_key,
)

_name = lru_cache(maxsize=65_536)(clean_name)
_key = lru_cache(maxsize=65_536)(name_key)
_DELETED_ACCOUNT: Final = "linkedin member"
_HTML = re.compile(r"\s*<(?:p|div|span|br|html|body|table|ul|strong|a)\b[^<>]*>", re.IGNORECASE)
_BLOCK_END = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h\d)>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(style|script)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_SPONSORED: Final = ("spinmail-quill-editor", "%FIRSTNAME%", "%LASTNAME%")
# What follows a comma inside a name: "Zoë Ruiz, PhD", "Kim Berg, M.Sc.", "Ann Lee, CPA".
_DEGREE = re.compile(
    r"(?:[A-Z]{2,6}[®™]?|(?:[A-Z][a-z]{0,3}\.?){2,4}|[JS]r\.?|I{2,3}|Esq\.?)(?:[ /-][A-Z]{2,6})*"
)


class BadRow(Exception):
    """A row lacks what a message needs; the text says what."""


class _Owner(Protocol):
    def is_mine(self, row: "RawRow") -> bool | None:
        """Whether the owner sent it."""


@dataclass(slots=True)
class RawRow:
    """The fields of one row, by meaning; absent columns are empty."""

    file: str
    line: int
    name: str
    url: str
    to: str
    to_urls: tuple[str, ...]
    date: str
    stamp: Stamp
    content: str
    fields: dict[str, str]
    conversation_id: str = ""

    @property
    def sender_id(self) -> str:
        """The profile, else the name."""
        return self.url or name_key(self.name)


@dataclass(slots=True)
class Conversation:
    """What all messages of one conversation share."""

    title: str | None = None
    people: dict[str, str] = field(default_factory=dict)  # id → name
    count: int = 0

    @property
    def participants(self) -> tuple[str, ...]:
        """Each person once."""
        return distinct_names(self.people.values())


@lru_cache(maxsize=65_536)
def profile_id(url: str) -> str:
    """What the spellings of one profile's address have in common.

    >>> profile_id("https://www.linkedin.com/in/zo%C3%AB-ruiz/")
    'zoë-ruiz'
    """
    url = url.strip()
    if not url:
        return ""
    try:
        path = urlsplit(url).path
    except ValueError:
        path = url
    return name_key(unquote(path).rstrip("/").rsplit("/", 1)[-1])


def parse_rows(table: Table, path: str) -> Iterator[RawRow | ExportError]:
    """Each row by the meaning of its columns, or why it has none."""
    columns = {key: place for place, key in enumerate(table.keys)}
    width = len(table.keys)
    needed = max(columns["from"], columns["date"], columns["content"])
    for line, row in table.rows:
        if len(row) <= needed or any(row[width:]):
            why = f"{len(row)} fields where the header has {width}"
            yield ExportError(path, why, line=line, hint="Is a quote missing", records=1)
            continue
        fields = {key: row[place] for key, place in columns.items() if place < len(row)}
        stamp = parse_stamp(fields["date"])
        if stamp is None:
            yield ExportError(path, "no usable time", line=line, records=1)
        else:
            yield _raw_row(path, line, fields, stamp)


def _raw_row(path: str, line: int, fields: dict[str, str], stamp: Stamp) -> RawRow:
    urls = fields.get("recipientprofileurls", "").split(",")
    row = RawRow(
        file=path,
        line=line,
        name=_name(fields["from"]),
        url=profile_id(fields.get("senderprofileurl", "")),
        to=_name(fields.get("to", "")),
        to_urls=tuple(slug for url in urls if (slug := profile_id(url))),
        date=fields["date"],
        stamp=stamp,
        content=fields["content"],
        fields=fields,
    )
    row.conversation_id = clean_text(fields.get("conversationid", ""))
    return row


def newest_last(rows: Iterable[RawRow | ExportError]) -> list[RawRow | ExportError]:
    """The file's order if it goes forward in time, else turned round, as LinkedIn's needs."""
    listed = list(rows)
    times = [row.stamp.time.replace(tzinfo=None) for row in listed if isinstance(row, RawRow)]
    steps = Counter((later > earlier) - (later < earlier) for earlier, later in pairwise(times))
    if steps[1] <= steps[-1]:
        listed.reverse()
    return listed


class Names:
    """Takes joined names apart although names may hold ", " themselves."""

    def __init__(self, rows: Sequence[RawRow]) -> None:
        self._known = {_key(row.name): row.url for row in rows}

    def profile(self, name: str) -> str:
        """The profile under which somebody of this name writes, else the name's key."""
        key = _key(name)
        return self._known.get(key) or key

    def split(self, joined: str, count: int = 0) -> list[str]:
        """The names in a TO field; `count` is how many there are, where known."""
        if not joined:
            return []
        pieces = joined.split(", ")
        if count == 1 or _key(joined) in self._known:
            return [joined]
        if count == len(pieces):
            return pieces
        names: list[str] = []
        while pieces:
            size = next(
                (n for n in range(min(4, len(pieces)), 0, -1) if self._is_name(pieces, n)), 1
            )
            names.append(", ".join(pieces[:size]))
            del pieces[:size]
        return names

    def _is_name(self, pieces: Sequence[str], size: int) -> bool:
        if _key(", ".join(pieces[:size])) in self._known:
            return True
        return size > 1 and all(_DEGREE.fullmatch(piece) for piece in pieces[1:size])


def build_conversations(rows: Sequence[RawRow], names: Names) -> dict[str, Conversation]:
    """Everybody who writes or is written to in each conversation; gives each row its own."""
    chats: dict[str, Conversation] = {}
    for row in rows:
        people = dict(_people(row, names))
        if not row.conversation_id:
            row.conversation_id = " & ".join(sorted({_key(name) for name in people.values()}))
        chat = chats.setdefault(row.conversation_id, Conversation())
        for person, name in people.items():
            if not chat.people.get(person):
                chat.people[person] = name
        chat.title = clean_name(row.fields.get("conversationtitle", "")) or chat.title
    return chats


def _people(row: RawRow, names: Names) -> Iterator[tuple[str, str]]:
    if row.sender_id:
        yield row.sender_id, row.name
    recipients = names.split(row.to, len(row.to_urls))
    if len(recipients) == len(row.to_urls):
        yield from zip(row.to_urls, recipients, strict=True)
    elif row.to_urls:
        yield from ((url, "") for url in row.to_urls)
    else:
        yield from ((names.profile(name), name) for name in recipients)


def build_message(row: RawRow, chat: Conversation, owner: _Owner, clock: LocalClock) -> Message:
    """Turn one row into a Message; raises BadRow with the reason."""
    if not row.sender_id:
        raise BadRow("no sender")
    text, is_sponsored = read_content(row.content)
    ts, basis = row.stamp.to_utc(clock)
    attachments = tuple(_attachments(row.fields.get("attachments", "")))
    seq, chat.count = chat.count, chat.count + 1
    folder = row.fields.get("folder", "").strip().casefold()
    return Message(
        platform="linkedin",
        conversation_id=f"linkedin:{row.conversation_id}",
        conversation_title=chat.title,
        is_group=_is_group(chat),
        participants=chat.participants,
        sender_id=row.sender_id,
        sender_name=row.name or None,
        is_me=owner.is_mine(row),
        ts=ts,
        ts_raw=row.date,
        ts_precision=row.stamp.precision,
        tz_basis=basis,
        seq=seq,
        kind=_parse_kind(text, is_sponsored, bool(attachments)),
        text=text,
        attachments=attachments,
        system=is_sponsored,
        draft=_is_yes(row, "ismessagedraft") or _is_yes(row, "isconversationdraft"),
        section=folder if folder in ("archive", "spam") else None,
        source_file=row.file,
        source_line=row.line,
    )


def _is_group(chat: Conversation) -> bool:
    # An account deleted in between leaves a namesake of nobody: it is one of the two.
    return len(chat.people.keys() - {_DELETED_ACCOUNT}) > 2


def _parse_kind(text: str, is_sponsored: bool, has_attachments: bool) -> Kind:
    if is_sponsored:
        return "system"
    if text:
        return "text"
    return "media" if has_attachments else "empty"


def _is_yes(row: RawRow, column: str) -> bool:
    return row.fields.get(column, "").strip().casefold() in ("yes", "true")


def read_content(content: str) -> tuple[str, bool]:
    """The words of a message, without HTML, and whether it is an advertisement."""
    is_sponsored = any(mark in content for mark in _SPONSORED)
    if is_sponsored or _HTML.match(content):
        content = _BLOCK_END.sub("\n", _HIDDEN.sub("", content))
        content = unescape(_TAG.sub("", content))
    return clean_text(content), is_sponsored


def _attachments(joined: str) -> Iterator[Attachment]:
    """Addresses are joined by commas, which may stand inside one as well."""
    for url in re.split(r",\s*(?=https?://)", joined.strip()):
        if url:
            yield Attachment("file", url)
