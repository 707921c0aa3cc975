"""Google Voice from Google Takeout: one HTML file per burst of texts, or per call (formats.md §10).

Chats are told by the partners' numbers, so that all files of one contact are one chat. Files with
nothing but own messages name nobody: the partner is looked up by the name in the file's name.
Phones.vcf names the owner's number. Unsupported: the words of voicemails (a machine's transcript)
and Bills.html.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text
from talklikeme.exports.google_voice_page import Entry, Page, parse_number, parse_page
from talklikeme.exports.html_text import is_too_deep
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Message, clean_name, name_key

FORMAT = "Google Voice HTML"

_TEXTS: Final = b"hChatLog hfeed"
_CALL = re.compile(rb'class="haudio"|www\.google\.com/voice#')
_FILE_NAME = re.compile(
    r"(?P<who>.*?) ?- (?:(?P<kind>\w+) - )?(?P<stamp>\d{4}-\d\d-\d\dT\d\d[_:]\d\d[_:]\d\dZ?)"
)
_PERSON = re.compile(
    rb'href="tel:(?P<number>[^"]*)">\s*<(?P<tag>span|abbr) class="fn"[^>]*>(?P<name>[^<]*)<'
)
_GROUP: Final = "group conversation"
_PHONES: Final = "phones"
_OWN_NUMBER = re.compile(r"^(?P<item>[\w-]+)\.TEL[^:\n]*:(?P<number>[^\n]*)$", re.MULTILINE)


def recognises(file: ExportFile, head: bytes) -> bool:
    """By the classes of its HTML; and the card with the owner's numbers."""
    name = file.name.lower()
    if name.endswith(".vcf"):
        return file.plain_stem.lower() == _PHONES and b"X-ABLabel:Google Voice" in head
    if not name.endswith((".html", ".htm")):
        return False
    return _TEXTS in head or len(_CALL.findall(head)) > 1


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times tell their zone
) -> Iterator[Item]:
    """Learn who has which number, then read one file after the other, the oldest first."""
    contacts = _Contacts()
    pages = []
    for file in files:
        if file.name.lower().endswith(".vcf"):
            yield Tally(file.path, FORMAT, 0)
        try:
            pages += [file] if contacts.note(file) else []
        except ExportError as error:
            yield error
    counts: Counter[str] = Counter()
    for file in sorted(pages, key=_started):
        yield from _read_file(file, contacts, counts)


def _started(file: ExportFile) -> str:
    found = _FILE_NAME.search(file.name)
    return found["stamp"] if found else ""


class _Contacts:
    """Names and numbers of all files."""

    def __init__(self) -> None:
        self.owner = ""
        self._numbers: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}

    def note(self, file: ExportFile) -> bool:
        """Take over what a file tells; says whether it is one with messages or a call."""
        data = file.read()
        if file.name.lower().endswith(".vcf"):
            self._note_card(decode_text(data)[0].replace("\r\n", "\n"))
            return False
        for found in _PERSON.finditer(data):
            number = parse_number(found["number"].decode("utf-8", "replace"))
            name = clean_name(unescape(found["name"].decode("utf-8", "replace")))
            if found["tag"] == b"abbr":
                self.owner = self.owner or number
            elif number and name and not parse_number(name):
                self._numbers[name_key(name)].add(number)
                self._names.setdefault(number, name)
        return True

    def _note_card(self, card: str) -> None:
        for found in _OWN_NUMBER.finditer(card):
            if f"{found['item']}.X-ABLabel:Google Voice" in card:
                self.owner = parse_number(found["number"]) or self.owner

    def partner_of(self, who: str) -> str:
        """The number of the person whom a file is named after, else the folded name."""
        numbers = self._numbers.get(name_key(who), set())
        return next(iter(numbers)) if len(numbers) == 1 else parse_number(who) or name_key(who)

    def name(self, person: str) -> str | None:
        """The name under which a number is known."""
        return self._names.get(person)


def _read_file(file: ExportFile, contacts: _Contacts, counts: Counter[str]) -> Iterator[Item]:
    try:
        text, _ = decode_text(file.read())
    except ExportError as error:
        yield error
        return
    if is_too_deep(text):
        yield ExportError(file.path, "nested too deeply to be a chat export")
        return
    page = parse_page(text)
    yield Tally(file.path, FORMAT, page.records)
    if not page.records:
        yield ExportError(file.path, "no messages in it")
    for index, problem in page.problems:
        yield ExportError(file.path, problem, line=index, records=1)
    chat = _Chat(file, page, contacts)
    for entry in sorted(page.entries, key=lambda one: (one.ts, one.index)):
        seq = counts[chat.conversation_id]
        counts[chat.conversation_id] += 1
        yield chat.build_message(entry, seq)


class _Chat:
    """What all messages of one file share."""

    def __init__(self, file: ExportFile, page: Page, contacts: _Contacts) -> None:
        self._path = file.path
        self._contacts = contacts
        self._section = page.section
        found = _FILE_NAME.search(file.name)
        who = clean_name(found["who"]) if found else ""
        people = dict(page.people)
        people.update((one.person, one.name) for one in page.entries if not one.is_me)
        self.is_group = page.is_group or who.casefold() == _GROUP
        if not people and not self.is_group:
            people[contacts.partner_of(who)] = who
        people.pop("", None)
        self._names = people
        keys = ",".join(sorted(people)) or (name_key(who) or "unknown")
        self.conversation_id = f"voice:{keys}"
        self._participants = tuple(dict.fromkeys(self._name(one) or one for one in people))

    def _name(self, person: str) -> str | None:
        return self._names.get(person) or self._contacts.name(person)

    def build_message(self, entry: Entry, seq: int) -> Message:
        """One entry as a Message."""
        own = self._contacts.owner or entry.person or "me"
        return Message(
            platform="voice",
            conversation_id=self.conversation_id,
            sender_id=own if entry.is_me else entry.person or "unknown",
            ts=entry.ts,
            seq=seq,
            kind=entry.kind,
            source_file=self._path,
            conversation_title=", ".join(self._participants) or None,
            is_group=self.is_group,
            participants=self._participants,
            sender_name=None if entry.is_me else self._name(entry.person),  # it would be "Me"
            is_me=entry.is_me,
            ts_raw=entry.ts_raw,
            ts_precision="ms" if "." in entry.ts_raw else "s",
            tz_basis="offset",
            text=entry.text,
            attachments=entry.attachments,
            section=self._section,
            source_line=entry.index,
        )
