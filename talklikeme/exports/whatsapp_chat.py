"""One WhatsApp chat between stamps and messages: who wrote what, and what WhatsApp wrote itself.

Follows ../shared/formats.md §16.5. All lines are read before the first message is made: whether a
name is a person's or the group's shows only when the whole chat is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from talklikeme.exports.whatsapp_bodies import Body, find_repeated, is_marked, read_body
from talklikeme.exports.whatsapp_headers import Header
from talklikeme.exports.whatsapp_names import AuthorSplitter, People
from talklikeme.exports.whatsapp_notices import (
    is_encryption_notice,
    is_marked_notice,
    is_sure_notice,
    tells_of_group,
)
from talklikeme.messages import clean_name, clean_text, name_key

_SHORTEST_SURE_NOTICE = 20  # in Chinese; most messages are shorter


@dataclass(slots=True)
class Entry:
    """One header line with all that follows it."""

    header: Header
    author: str  # as written; empty if WhatsApp speaks
    raw: str
    body: Body
    is_system: bool = False


@dataclass(slots=True)
class Chat:
    """All entries of a chat and what they say about it."""

    entries: list[Entry]
    people: People
    participants: tuple[str, ...]
    title: str | None
    is_group: bool


def build_chat(
    lines: Sequence[str], headers: Sequence[Header], title: str | None, *, is_android: bool
) -> Chat:
    """Tell authors, text, placeholders and notices of a whole chat apart."""
    entries = _build_entries(lines, headers, is_android)
    people = People({entry.author for entry in entries if entry.author})
    for entry in entries:
        entry.is_system = _is_notice(entry)
    speakers = _find_speaking_titles(entries, title)
    for author in speakers:
        _mark_system(author, entries)
    senders = dict.fromkeys(entry.author for entry in entries if not entry.is_system)
    participants = tuple(dict.fromkeys(people.name(author) for author in senders))
    return Chat(
        entries,
        people,
        participants,
        title or _title_from_notice(entries),
        bool(speakers) or len(participants) > 2 or _has_group_notice(entries),
    )


def _build_entries(
    lines: Sequence[str], headers: Sequence[Header], is_android: bool
) -> list[Entry]:
    rests = [header.rest for header in headers]
    splitter = AuthorSplitter(rests)
    parts = [splitter.split(rest) for rest in rests]
    raws = list(_join_lines(lines, headers, [body for _, body in parts]))
    repeated = find_repeated(raws)
    return [
        Entry(header, author, raw, read_body(raw, is_android=is_android, repeated=repeated))
        for header, (author, _), raw in zip(headers, parts, raws, strict=True)
    ]


def _join_lines(
    lines: Sequence[str], headers: Sequence[Header], bodies: Sequence[str]
) -> Iterator[str]:
    ends = [header.line for header in headers[1:]] + [len(lines)]
    for header, body, end in zip(headers, bodies, ends, strict=True):
        more = lines[header.line + 1 : end]
        yield "\n".join([body, *more]) if more else body


def _is_notice(entry: Entry) -> bool:
    if not entry.author:
        return True
    if entry.body.kind != "text" or entry.body.attachments:
        return False
    if len(entry.body.text) >= _SHORTEST_SURE_NOTICE and is_sure_notice(entry.body.text):
        return True
    if not is_marked(entry.raw):
        return False
    return entry.body.text.startswith(clean_name(entry.author)) or is_marked_notice(entry.body.text)


def _find_speaking_titles(entries: Sequence[Entry], title: str | None) -> list[str]:
    """Authors that are no people: on iPhones, a group's notices come under the group's name."""
    authors = {entry.author for entry in entries if entry.author}
    herald = _herald(entries)
    found = [a for a in authors if a == herald or (title and name_key(a) == name_key(title))]
    # In a chat of two the partner's name stands there, and the partner is a person.
    return sorted(author for author in found if len(authors) > 2 and _is_title(author, entries))


def _herald(entries: Iterable[Entry]) -> str | None:
    """Under whose name the encryption notice comes."""
    notices = (
        e.author for e in entries if e.is_system and e.author and is_encryption_notice(e.body.text)
    )
    return next(notices, None)


def _is_title(author: str, entries: Sequence[Entry]) -> bool:
    texts = [e for e in entries if e.author == author and e.body.kind == "text"]
    own = sum(_is_from_app(entry) for entry in texts)
    return own > 0 and 2 * own > len(texts)


def _is_from_app(entry: Entry) -> bool:
    return entry.is_system or is_marked(entry.raw) or is_marked_notice(entry.body.text)


def _mark_system(author: str, entries: Sequence[Entry]) -> None:
    texts = [e for e in entries if e.author == author and e.body.kind == "text"]
    # Where WhatsApp marks its sentences, one without a mark is a person's after all.
    has_marks = any(is_marked(entry.raw) for entry in texts)
    for entry in texts:
        entry.is_system = entry.is_system or is_marked(entry.raw) or not has_marks


def _title_from_notice(entries: Sequence[Entry]) -> str | None:
    herald = _herald(entries)
    return clean_name(herald) if herald else None


def _has_group_notice(entries: Iterable[Entry]) -> bool:
    return any(entry.is_system and tells_of_group(clean_text(entry.raw)) for entry in entries)
