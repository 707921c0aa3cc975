"""Google Hangouts from Google Takeout, Hangouts.json of both generations (formats.md §6.1 to §6.4).

The file may be larger than memory: it is walked twice as a stream, first for names and owner, and
the events of one conversation are held at a time, because they are not sorted. From 2020 on the
same messages may stand in Google Chat's export; `google_people` says who meets there. Unsupported:
contents of stickers and places, and who was added to a group or removed from it.
"""

import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import ijson

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.google_people import Chat, People
from talklikeme.exports.hangouts_events import Event, parse_event
from talklikeme.exports.hangouts_survey import (
    EVENTS,
    Conversation,
    Survey,
    survey_file,
)
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.json_guard import BUFFER_BYTES
from talklikeme.exports.json_stream import JSON_ERRORS
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.streams import open_stream
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
        with (
            contextlib.suppress(ExportError),
            open_stream(self._survey.file, *JSON_ERRORS) as raw,
        ):
            yield from ijson.items(self._survey.guard(raw), prefix, buf_size=BUFFER_BYTES)

    def _finish(self, events: list[Event], conversation: Conversation) -> Iterator[Message]:
        if not events:
            return
        events.sort(key=lambda event: (event.microseconds, event.index))
        chat = self._build_chat(conversation, events)
        for event in events:
            seq = self._counts[chat.conversation_id]
            self._counts[chat.conversation_id] += 1
            yield self._build_message(event, chat, seq)

    def _build_chat(self, conversation: Conversation, events: Sequence[Event]) -> Chat:
        senders = (self._person(event.ids) for event in events if event.kind != "system")
        persons = list(dict.fromkeys([*conversation.persons, *senders]))
        is_group = len(persons) > 2
        if conversation.type:
            is_group = conversation.type == "GROUP"
        return Chat(
            self._people,
            persons,
            self._owners,
            source_file=self._path,
            own_id=f"hangouts:{conversation.id or f'{self._path}#{conversation.place}'}",
            name=conversation.name,
            is_group=is_group,
        )

    def _person(self, ids: Sequence[str]) -> str:
        return self._aliases.get(ids[0], ids[0])

    def _build_message(self, event: Event, chat: Chat, seq: int) -> Message:
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
            is_me=chat.is_me(person),
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
