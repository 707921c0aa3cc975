"""A first look at a Hangouts.json: its conversations, people and owner (formats.md §6.1, §6.4).

Names may stand in another conversation than the events that need them, so all of the file is
walked once before a message is made of it. What is kept is small: no event.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import ijson

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.google_people import People, parse_id
from talklikeme.exports.json_guard import BUFFER_BYTES, Guard, Source
from talklikeme.exports.json_stream import (
    JSON_ERRORS,
    LONGEST_PREFIX,
    Event,
    MendedStream,
    TooDeep,
    build_value,
    shallow,
)
from talklikeme.exports.loose_values import dict_of, dicts_of
from talklikeme.exports.streams import open_stream
from talklikeme.messages import clean_name

# Where the two generations of the format keep their parts.
_OLD: Final = "conversation_state.item"
_NEW: Final = "conversations.item"
EVENTS: Final = (f"{_NEW}.events", f"{_OLD}.conversation_state.event")
_PLACES: Final = {
    _OLD: "root",
    _NEW: "root",
    f"{_NEW}.conversation": "header",
    f"{_OLD}.conversation_state.conversation": "header",
    f"{_NEW}.conversation_id.id": "id",
    f"{_OLD}.conversation_id.id": "id",
    f"{_OLD}.conversation_state.conversation_id.id": "id",
}
_PLACES.update({f"{events}.item": "event" for events in EVENTS})
_PLACES.update(
    {
        f"{events}.item.self_event_state.user_id.{key}": "owner"
        for events in EVENTS
        for key in ("gaia_id", "chat_id")
    }
)


@dataclass(slots=True)
class Conversation:
    """What the file tells of a conversation outside its events."""

    place: int = 0
    id: str = ""
    type: str = ""
    name: str | None = None
    persons: list[str] = field(default_factory=list)
    events: int = 0
    events_at: str = ""


@dataclass(slots=True)
class Survey:
    """One file: its conversations in order, and the ids of its owner."""

    file: ExportFile
    conversations: list[Conversation] = field(default_factory=list)
    owners: set[str] = field(default_factory=set)
    needs_mending: bool = False
    broken: ExportError | None = None

    end: int | None = None  # where to stop reading, if what follows is no chat export

    def guard(self, raw: Source) -> "GuardedStream":
        """What the JSON parser reads from."""
        return GuardedStream(MendedStream(raw) if self.needs_mending else raw, self.end)


class GuardedStream:
    """A file without byte order mark, in pieces too small to nest deeply.

    The parser keeps a path for every piece of JSON, which thousands of brackets in a row would make
    as long as memory; the survey looks at the depth between one piece and the next.
    """

    def __init__(self, raw: Source, end: int | None) -> None:
        self._raw = raw
        self._end = end
        self._count = 0
        self._guard = Guard()
        self.before = 0  # how much was read before the last piece

    def read(self, size: int = BUFFER_BYTES) -> bytes:
        """The next piece; empty only at the end."""
        if self._end is not None and self._count >= self._end:
            return b""
        chunk = self._raw.read(min(size, BUFFER_BYTES))
        if self._count == 0:
            chunk = chunk.removeprefix(b"\xef\xbb\xbf")
        self.before = self._count
        self._count += len(chunk)
        self._guard.check(chunk)
        return chunk


def survey_file(file: ExportFile, people: People, aliases: dict[str, str]) -> Survey:
    """Walk through one file; a second time, mending it, if its text is damaged."""
    survey = Survey(file)
    _walk(survey, people, aliases)
    if survey.broken:
        mended = Survey(file, needs_mending=True)
        _walk(mended, people, aliases)
        if _size(mended) > _size(survey):
            return mended
    return survey


def _size(survey: Survey) -> tuple[bool, int]:
    return survey.broken is None, sum(one.events for one in survey.conversations)


def _walk(survey: Survey, people: People, aliases: dict[str, str]) -> None:
    try:
        with open_stream(survey.file, *JSON_ERRORS) as raw:
            stream = survey.guard(raw)
            try:
                _note_all(survey, ijson.parse(stream, buf_size=BUFFER_BYTES), people, aliases)
            except TooDeep:
                survey.end = stream.before
                why = "nested too deeply to be a chat export; what stands before that was read"
                raise ExportError(survey.file.path, why) from None
    except ExportError as error:
        survey.broken = error


def _note_all(
    survey: Survey, events: Iterator[Event], people: People, aliases: dict[str, str]
) -> None:
    """Take over what the parser tells; raises TooDeep when it nests too deeply to go on."""
    one = Conversation()
    for prefix, event, value in events:
        place = _PLACES.get(prefix)
        if place is None:
            if len(prefix) > LONGEST_PREFIX:
                raise TooDeep
        elif event in _QUIET:
            continue
        elif place == "event":
            one.events += 1
            one.events_at = prefix.removesuffix(".item")
        elif place == "root":
            one = Conversation(place=len(survey.conversations))
            survey.conversations.append(one)
        elif place == "header":
            if event == "start_map":
                header = build_value(event, value, shallow(events))
                _note_header(one, header, survey.owners, people, aliases)
        else:
            _note_id(place, value, one, survey.owners)


def _note_id(place: str, value: Any, one: Conversation, owners: set[str]) -> None:
    if place == "id":
        one.id = one.id or parse_id(value)
    elif value not in owners:
        owners.add(parse_id(value))


_QUIET: Final = {"end_map", "end_array", "map_key"}


def _note_header(
    one: Conversation,
    header: dict[str, Any],
    owners: set[str],
    people: People,
    aliases: dict[str, str],
) -> None:
    """Take over what a header tells; the new generation wraps it once more."""
    inner = dict_of(header.get("conversation")) or header
    one.id = (
        parse_id(dict_of(header.get("conversation_id")).get("id"))
        or parse_id(dict_of(inner.get("id") or inner.get("conversation_id")).get("id"))
        or one.id
    )
    one.type = parse_id(inner.get("type"))
    name = inner.get("name")
    one.name = (clean_name(name) or None) if isinstance(name, str) else None
    state = dict_of(dict_of(inner.get("self_conversation_state")).get("self_read_state"))
    owners.update(ids_of(state.get("participant_id")))
    for person in dicts_of(inner.get("participant_data")):
        if ids := ids_of(person.get("id")):
            aliases.update(dict.fromkeys(ids, ids[0]))
            people.add(ids[0], _name_of(person))
            one.persons.append(ids[0])


def ids_of(value: Any) -> list[str]:
    """The ids of a person, the account's first; they are equal for most."""
    value = dict_of(value)
    found = (parse_id(value.get("gaia_id")), parse_id(value.get("chat_id")))
    return [one for one in found if one and one != "0"]


def _name_of(person: dict[str, Any]) -> Any:
    """The name, or the number of somebody who wrote by SMS."""
    number = dict_of(person.get("phone_number"))
    shown = dict_of(number.get("i18n_data")).get("international_number")
    return person.get("fallback_name") or number.get("e164") or shown
