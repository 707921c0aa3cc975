"""One WhatsApp chat between stamps and messages: who wrote what, and what WhatsApp wrote itself.

Follows ../shared/formats.md §16.5. All lines are read before the first message is made: whether a
name is a person's or the group's shows only when the whole chat is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from talklikeme.exports.whatsapp_bodies import Body, find_repeated, is_marked, read_body
from talklikeme.exports.whatsapp_headers import Header
from talklikeme.exports.whatsapp_names import AuthorSplitter, name_people
from talklikeme.exports.whatsapp_notices import (
    is_encryption_notice,
    is_marked_notice,
    is_sure_notice,
    tells_of_group,
)
from talklikeme.messages import clean_name, clean_text, name_key

_SHORTEST_SURE_NOTICE = 20  # in Chinese; most messages are shorter


class Entry(msgspec.Struct, gc=False):
    """One header line with all that follows it; a Struct because millions are made."""

    header: Header
    author: str  # as written; empty if WhatsApp speaks
    raw: str
    body: Body
    is_system: bool = False


@dataclass(slots=True)
class Chat:
    """All entries of a chat and what they say about it."""

    entries: list[Entry]
    people: dict[str, tuple[str, str]]  # name and key of each author
    participants: tuple[str, ...]
    title: str | None
    is_group: bool


def build_chat(
    lines: Sequence[str], headers: Sequence[Header], title: str | None, *, is_android: bool
) -> Chat:
    """Tell authors, text, placeholders and notices of a whole chat apart."""
    entries = _build_entries(lines, headers, is_android)
    authors = {entry.author for entry in entries} - {""}
    people = name_people(authors)
    for entry in entries:
        if not entry.author or entry.body.kind == "text":
            entry.is_system = _is_notice(entry)
    speakers = _find_speaking_titles(authors, entries, title)
    for author in speakers:
        _mark_system(author, entries)
    notices = [entry for entry in entries if entry.is_system]
    senders = dict.fromkeys([entry.author for entry in entries if not entry.is_system])
    participants = tuple(dict.fromkeys(people[author][0] for author in senders))
    return Chat(
        entries,
        people,
        participants,
        title or _title_from_notice(notices),
        bool(speakers) or len(participants) > 2 or _has_group_notice(notices),
    )


def _build_entries(
    lines: Sequence[str], headers: Sequence[Header], is_android: bool
) -> list[Entry]:
    authors, bodies = AuthorSplitter([header.rest for header in headers]).split()
    raws = list(_join_lines(lines, headers, bodies))
    repeated = find_repeated(raws)
    return [
        Entry(header, author, raw, read_body(raw, is_android=is_android, repeated=repeated))
        for header, author, raw in zip(headers, authors, raws, strict=True)
    ]


def _join_lines(
    lines: Sequence[str], headers: Sequence[Header], bodies: Sequence[str]
) -> Iterator[str]:
    ends = [header.line for header in headers[1:]] + [len(lines)]
    for header, body, end in zip(headers, bodies, ends, strict=True):
        start = header.line + 1
        yield body if start == end else "\n".join([body, *lines[start:end]])


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


def _find_speaking_titles(
    authors: set[str], entries: Sequence[Entry], title: str | None
) -> list[str]:
    """Authors that are no people: on iPhones, a group's notices come under the group's name."""
    if len(authors) < 3:  # in a chat of two the partner's name stands there, and is a person's
        return []
    herald = _herald(entries)
    found = [a for a in authors if a == herald or (title and name_key(a) == name_key(title))]
    return sorted(author for author in found if _is_title(author, entries))


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


def _title_from_notice(notices: Sequence[Entry]) -> str | None:
    herald = _herald(notices)
    return clean_name(herald) if herald else None


def _has_group_notice(notices: Iterable[Entry]) -> bool:
    return any(tells_of_group(clean_text(entry.raw)) for entry in notices)
