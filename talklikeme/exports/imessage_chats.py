"""People and chats of the Messages database, each once (formats.md §18.3).

One person has a handle for each number, mail address and service, and a chat for each of those.
Chats of two are one when they are with the same person, groups when they have the same people and
the same name.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from talklikeme.exports.imessage_database import Database
from talklikeme.exports.imessage_people import ORPHANED, handle_key
from talklikeme.messages import clean_name, name_key

_GROUP: Final = 43


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody else, by the smallest of their handles."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Chat:
    """What all messages of one conversation share."""

    conversation_id: str
    title: str | None
    is_group: bool | None
    people: tuple[Person, ...] = ()


@dataclass(slots=True)
class Directory:
    """Who is behind each handle, and in which chat each message lies."""

    people: dict[int, Person] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)

    def chat_with(self, person: Person) -> Chat:
        """The chat of two, also for messages that lost theirs."""
        return Chat(f"imessage:{person.key}", person.name, False, (person,))

    def find_chat(self, chat_id: Any, person: Person | None) -> Chat:
        """The chat of a message; one without any goes by its sender."""
        if isinstance(chat_id, int) and (chat := self.chats.get(chat_id)):
            return chat
        return self.chat_with(person) if person else Chat(ORPHANED, None, None)


def read_directory(database: Database) -> Directory:
    """Read both tables whole: even large databases have no more than some thousand chats."""
    directory = Directory(people=_read_people(database))
    members: dict[int, list[Person]] = defaultdict(list)
    for chat_id, handle_id in database.select_around_damage(
        "chat_handle_join", ("chat_id", "handle_id")
    ):
        if isinstance(chat_id, int) and (person := directory.people.get(handle_id)):
            members[chat_id].append(person)
    columns = ("ROWID", "style", "chat_identifier", "display_name")
    for number, style, identifier, name in database.select_around_damage("chat", columns):
        people = _distinct(members.get(number, ()))
        title = clean_name(name) or None if isinstance(name, str) else None
        identifier = clean_name(identifier) if isinstance(identifier, str) else ""
        is_group = style == _GROUP or len(people) > 1
        directory.chats[number] = (
            _build_group(people, title, identifier, number)
            if is_group
            else _build_pair(directory, people, identifier, number)
        )
    return directory


def _read_people(database: Database) -> dict[int, Person]:
    rows = []
    smallest: dict[str, str] = {}
    for number, handle, person in database.select_around_damage(
        "handle", ("ROWID", "id", "person_centric_id")
    ):
        if isinstance(handle, str) and (key := handle_key(handle)):
            person = str(person or key)
            smallest[person] = min(smallest.get(person, key), key)
            rows.append((number, clean_name(handle), person))
    return {number: Person(smallest[person], handle) for number, handle, person in rows}


def _distinct(people: Iterable[Person]) -> tuple[Person, ...]:
    return tuple({person.key: person for person in people}.values())


def _build_group(
    people: tuple[Person, ...], title: str | None, identifier: str, number: int
) -> Chat:
    keys = ",".join(sorted(person.key for person in people)) or identifier or f"chat {number}"
    name = f" #{name_key(title)}" if title else ""
    shown = title or ", ".join(person.name for person in people) or identifier or None
    return Chat(f"imessage:{keys}{name}", shown, True, people)


def _build_pair(
    directory: Directory, people: tuple[Person, ...], identifier: str, number: int
) -> Chat:
    if not people and identifier:
        people = (Person(handle_key(identifier), identifier),)
    if not people:
        return Chat(f"imessage:chat {number}", None, False)
    return directory.chat_with(people[0])
