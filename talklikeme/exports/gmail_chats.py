"""Google Talk and Hangouts as Gmail kept them: chats among the mails of an mbox (formats.md §6.7).

Until 2013 a mail holds a whole conversation as Jabber XML, from then on it holds one message. The
mails come in no order, so the messages of a file are held until all are read; mails that are no
chats are passed over and not counted. Chats of two meet with Hangouts.json where both people have
names in the mails' headers (see `google_people`). The owner is told by "Delivered-To" alone.
Unsupported: files sent in a chat, and nicknames in chat rooms that tell no address.
"""

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import Message as Mail
from typing import Final
from xml.etree import ElementTree

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.gmail_mails import (
    CHAT_HEADER,
    MAIL_ERRORS,
    SEPARATOR,
    chat_mails,
    header_of,
    parse_addresses,
    parse_mail,
)
from talklikeme.exports.gmail_stanzas import Draft, Frame, find_stanzas, parse_single, parse_stanza
from talklikeme.exports.google_people import People, title_of
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.streams import open_stream
from talklikeme.messages import Message

FORMAT = "Gmail chats (mbox)"

_SMS_BACKUP: Final = b"x-smssync-"
_GMAIL = re.compile(rb"^X-(?:GM-THRID|Gmail-Labels):", re.IGNORECASE | re.MULTILINE)


def recognises(file: ExportFile, head: bytes) -> bool:  # noqa: ARG001 - any name will do
    """Gmail's mails, unless SMS Backup+ put them there; chats may stand far behind the head."""
    start = head.removeprefix(b"\xef\xbb\xbf")
    line = start[: start.find(b"\n") + 1]
    if not line.startswith(b"From ") or not SEPARATOR.fullmatch(line):
        return False
    if _SMS_BACKUP in head.lower():
        return False
    return bool(CHAT_HEADER.search(head) or _GMAIL.search(head))


@dataclass(slots=True)
class _Library:
    """What all mails tell together."""

    people: People = field(default_factory=People)
    owners: set[str] = field(default_factory=set)
    threads: defaultdict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Read all mails of all files, then put the messages in order."""
    library = _Library()
    drafts: list[Draft] = []
    for file in files:
        reader = _FileReader(file, library)
        yield from reader.read()
        drafts += reader.drafts
    drafts.sort(key=lambda draft: (draft.ts, draft.index))
    counts: Counter[str] = Counter()
    owners = frozenset(library.owners if len(library.owners) == 1 else ())
    for draft in drafts:
        yield _build_message(draft, library, owners, counts)


class _FileReader:
    """Collects the messages of one file; problems are yielded at once."""

    def __init__(self, file: ExportFile, library: _Library) -> None:
        self._file = file
        self._library = library
        self._records = 0
        self._seen: set[tuple[str, str, str]] = set()
        self.drafts: list[Draft] = []

    def read(self) -> Iterator[Item]:
        """Yield what could not be read, then the tally."""
        broken = None
        try:
            with open_stream(self._file, ValueError) as raw:
                for data in chat_mails(raw):
                    yield from self._take(data)
        except ExportError as error:
            broken = error
        yield Tally(self._file.path, FORMAT, self._records)
        if broken:
            yield broken
        elif not self._records:
            yield ExportError(self._file.path, "no chats among its mails")

    def _take(self, data: bytes) -> Iterator[ExportError]:
        """One mail; whatever is wrong with it costs no other."""
        try:
            mail = parse_mail(data)
            frame = self._note_people(mail)
            stanzas = find_stanzas(mail)
        except (*MAIL_ERRORS, ElementTree.ParseError):
            self._records += 1
            yield self._problem("a mail that cannot be read")
            return
        if stanzas is None:
            yield from self._add(lambda index: parse_single(mail, frame, self._file.path, index))
            return
        for stanza in stanzas:
            parse = functools.partial(parse_stanza, stanza, frame, self._file.path)
            yield from self._add(parse)

    def _note_people(self, mail: Mail) -> Frame:
        """Learn names and owner from the header."""
        senders, receivers = (parse_addresses(header_of(mail, name)) for name in ("from", "to"))
        for name, address in (*senders, *receivers):
            self._library.people.add(address, name)
        for _, address in parse_addresses(header_of(mail, "delivered-to")):
            self._library.owners.add(address)
        persons = tuple(dict.fromkeys(address for _, address in (*senders, *receivers)))
        thread = header_of(mail, "x-gm-thrid")
        if thread:
            self._library.threads[thread].update(dict.fromkeys(persons))
        return Frame(senders[0][1] if senders else "", persons, thread)

    def _add(self, parse: Callable[[int], Draft]) -> Iterator[ExportError]:
        index, self._records = self._records, self._records + 1
        try:
            draft = parse(index)
        except BadRecord as error:
            yield self._problem(str(error), index)
            return
        except MAIL_ERRORS:
            yield self._problem("a mail that cannot be read", index)
            return
        key = (draft.sender, draft.ts_raw, draft.text)
        if draft.precision == "ms" and key in self._seen:  # Gmail wrote some stanzas twice
            why = "the same message stands there twice"
            yield ExportError(self._file.path, why, line=index, records=1, is_note=True)
            return
        self._seen.add(key)
        self.drafts.append(draft)

    def _problem(self, why: str, index: int | None = None) -> ExportError:
        return ExportError(self._file.path, why, line=index, records=1)


def _build_message(
    draft: Draft, library: _Library, owners: frozenset[str], counts: Counter[str]
) -> Message:
    people = library.people
    persons = _find_persons(draft, library, owners)
    is_group = bool(draft.room) or len(persons) > 2
    conversation_id = _find_conversation(draft, persons, people)
    seq = counts[conversation_id]
    counts[conversation_id] += 1
    return Message(
        platform="hangouts",
        conversation_id=conversation_id,
        sender_id=people.key(draft.sender),
        ts=draft.ts,
        seq=seq,
        kind=draft.kind,
        source_file=draft.source_file,
        conversation_title=title_of(people, persons, owners),
        is_group=is_group,
        participants=tuple(dict.fromkeys(people.name(one) or one for one in persons)),
        sender_name=people.name(draft.sender),
        is_me=draft.sender in owners if owners else None,
        ts_raw=draft.ts_raw,
        ts_precision=draft.precision,
        tz_basis=draft.basis,
        text=draft.text,
        message_id=draft.message_id,
        system=draft.kind == "system",
        via_bot=draft.is_automatic,
        source_line=draft.index,
    )


def _find_persons(draft: Draft, library: _Library, owners: frozenset[str]) -> tuple[str, ...]:
    """Who takes part; many mails of the later kind tell nobody but the sender."""
    persons = tuple(dict.fromkeys(draft.persons))
    if len(persons) < 2 and not draft.room and draft.thread:
        persons = tuple(dict.fromkeys((*persons, *library.threads[draft.thread])))
    if len(persons) == 1 and not draft.room:
        persons = tuple(dict.fromkeys((*persons, *owners)))
    return persons


def _find_conversation(draft: Draft, persons: Sequence[str], people: People) -> str:
    if draft.room:
        return f"hangouts:{draft.room}"
    if pair := people.pair_id(persons):
        return pair
    if len(persons) > 2:
        return f"hangouts:{', '.join(sorted(people.key(one) for one in persons))}"
    return f"hangouts:{draft.thread or draft.sender or draft.source_file}"
