"""Google Hangouts from Google Takeout, Hangouts.json of both generations (formats.md §6.1 to §6.4).

The file may be larger than memory: it is walked twice as a stream, first for names and owner, and
the events of one conversation are held at a time, because they are not sorted. From 2020 on the
same messages may stand in Google Chat's export; `google_people` says who meets there. Unsupported:
contents of stickers and places, and who was added to a group or removed from it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ijson

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.google_people import BadRecord, People, title_of
from talklikeme.exports.hangouts_events import Event, parse_event
from talklikeme.exports.hangouts_survey import (
    EVENTS,
    UNREADABLE,
    Conversation,
    Survey,
    survey_file,
)
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.json_guard import BUFFER_BYTES
from talklikeme.exports.times import EPOCH
from talklikeme.messages import Message

FORMAT = "Google Hangouts JSON"

_MARKS = re.compile(
    rb'"(?:conversation_state|conversations)"\s*:\s*\[\s*(?:\]|\{\s*"'
    rb'(?:conversation_id|conversation_state|response_header|conversation|events?)")'
)
_INSIDE = re.compile(
    rb'"(?:gaia_id|self_conversation_state|participant_data|STICKY_ONE_TO_ONE|chat_message)"'
)
_HANGOUTS_NAME = re.compile(r"hangouts", re.IGNORECASE)


def recognises(file: ExportFile, head: bytes) -> bool:
    """By the list of conversations at the head, and what only Hangouts keeps in one."""
    if not file.name.lower().endswith(".json"):
        return False
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{") or not _MARKS.search(head):
        return start.startswith(b"{}") and bool(_HANGOUTS_NAME.match(file.name))
    return bool(_INSIDE.search(head)) or bool(_HANGOUTS_NAME.match(file.name))


@dataclass(slots=True)
class _Chat:
    """What all messages of one conversation share."""

    source_file: str
    conversation_id: str
    title: str | None
    is_group: bool
    participants: tuple[str, ...]
    owners: frozenset[str]


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Learn the names from all files, then read one conversation after the other."""
    people, aliases = People(), dict[str, str]()
    surveys = [survey_file(file, people, aliases) for file in files]
    counts: Counter[str] = Counter()
    for survey in surveys:
        yield from _FileReader(survey, people, aliases, counts).read()


class _FileReader:
    """Reads one file whose conversations are known."""

    def __init__(
        self, survey: Survey, people: People, aliases: dict[str, str], counts: Counter[str]
    ) -> None:
        self._survey = survey
        self._path = survey.file.path
        self._people = people
        self._aliases = aliases
        self._counts = counts
        self._owners = frozenset(aliases.get(one, one) for one in survey.owners if one)
        self._records = 0

    def read(self) -> Iterator[Item]:
        """Yield every message, then the tally, and a note if the file breaks off."""
        for events_at in EVENTS:
            found = [one for one in self._survey.conversations if one.events_at == events_at]
            if found:
                yield from self._read_list(events_at, found)
        yield Tally(self._path, FORMAT, self._records)
        if self._survey.broken:
            yield self._survey.broken
        elif not self._records:
            yield ExportError(self._path, "no messages in it")

    def _read_list(self, events_at: str, conversations: list[Conversation]) -> Iterator[Item]:
        """Cut the stream of all events into conversations, by what the survey counted."""
        following = iter(conversations)
        conversation, index = next(following), 0
        events: list[Event] = []
        for record in self._stream(f"{events_at}.item"):
            self._records += 1
            if index == conversation.events:
                yield from self._finish(events, conversation)
                conversation, index, events = next(following, conversation), 0, []
            try:
                events.append(parse_event(record, index))
            except BadRecord as error:
                yield ExportError(self._path, str(error), line=index, records=1)
            index += 1
        yield from self._finish(events, conversation)

    def _stream(self, prefix: str) -> Iterator[Any]:
        """Raw events; where the file breaks off, the survey has already seen it."""
        try:
            with self._survey.file.open() as raw:
                stream = self._survey.open_stream(raw)
                yield from ijson.items(stream, prefix, buf_size=BUFFER_BYTES)
        except (*UNREADABLE, ExportError):
            return

    def _finish(self, events: list[Event], conversation: Conversation) -> Iterator[Message]:
        if not events:
            return
        events.sort(key=lambda event: (event.microseconds, event.index))
        chat = self._build_chat(conversation, events)
        for event in events:
            seq = self._counts[chat.conversation_id]
            self._counts[chat.conversation_id] += 1
            yield self._build_message(event, chat, seq)

    def _build_chat(self, conversation: Conversation, events: Sequence[Event]) -> _Chat:
        senders = (self._person(event.ids) for event in events if event.kind != "system")
        persons = list(dict.fromkeys([*conversation.persons, *senders]))
        is_group = len(persons) > 2
        if conversation.type:
            is_group = conversation.type == "GROUP"
        pair = None if is_group else self._people.pair_id(persons)
        return _Chat(
            source_file=self._path,
            conversation_id=pair
            or f"hangouts:{conversation.id or f'{self._path}#{conversation.place}'}",
            title=conversation.name or title_of(self._people, persons, self._owners),
            is_group=is_group,
            participants=self._people.names(persons),
            owners=self._owners,
        )

    def _person(self, ids: Sequence[str]) -> str:
        return self._aliases.get(ids[0], ids[0])

    def _build_message(self, event: Event, chat: _Chat, seq: int) -> Message:
        person = self._person(event.ids)
        return Message(
            platform="hangouts",
            conversation_id=chat.conversation_id,
            sender_id=self._people.key(person),
            ts=_to_utc(event.microseconds),
            seq=seq,
            kind=event.kind,
            source_file=chat.source_file,
            conversation_title=chat.title,
            is_group=chat.is_group,
            participants=chat.participants,
            sender_name=self._people.name(person),
            is_me=person in chat.owners if chat.owners else None,
            ts_raw=str(event.microseconds),
            ts_precision="us",
            text=event.text,
            attachments=event.attachments,
            message_id=event.message_id,
            system=event.kind == "system",
            source_line=event.index,
        )


def _to_utc(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
