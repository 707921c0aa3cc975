"""What lies beside the messages of Google Chat: owner, members, names (formats.md §7.1)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.google_dates import DateReader
from talklikeme.exports.google_people import People, parse_id
from talklikeme.exports.loose_values import dict_of, dicts_of
from talklikeme.messages import clean_name, name_key

GROUP_PATH = re.compile(r"(?:^|/)(?P<root>.*?/?)Groups/(?P<group>(?:DM|Space) [^/]+)/[^/]+$", re.I)
USER_PATH = re.compile(r"(?P<root>.*?/?)Users/[^/]+/[^/]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose export it is, and where it said so."""

    root: str
    person: str


class Library:
    """What the files beside the messages tell."""

    def __init__(self) -> None:
        self.people = People()
        self.owners: list[Owner] = []
        self.groups: dict[str, tuple[str | None, list[str]]] = {}
        self.senders: dict[str, list[str]] = {}
        self.dates = DateReader()
        self.broken: set[str] = set()

    def note(self, file: ExportFile) -> None:
        """Take over one user_info.json or group_info.json."""
        data = dict_of(load_json(file))
        if file.plain_stem.lower() == "user_info":
            person = self.note_person(dict_of(data.get("user")))
            if person:
                found = USER_PATH.match(file.path)
                self.owners.append(Owner(found["root"] if found else file.parent, person))
            return
        members = [self.note_person(one) for one in dicts_of(data.get("members"))]
        name = data.get("name")
        shown = clean_name(name) or None if isinstance(name, str) else None
        group = shown, [one for one in members if one]
        self.groups[file.parent] = group
        # Parts of one export may lie in several archives; a chat's folder keeps its name.
        self.groups.setdefault(PurePosixPath(file.parent).name, group)

    def group_of(self, file: ExportFile) -> tuple[str | None, list[str]]:
        """Name and members of the chat, as group_info.json tells them."""
        by_folder = self.groups.get(PurePosixPath(file.parent).name, (None, []))
        return self.groups.get(file.parent, by_folder)

    def note_person(self, person: dict[str, Any]) -> str:
        """A person's id: the e-mail address, or the name of a deleted account."""
        found = person_id(person)
        self.people.add(found, person.get("name"))
        return found

    def owners_of(self, file: ExportFile, persons: Sequence[str]) -> frozenset[str]:
        """The owner told in the same export, else one who takes part in this very chat."""
        found = GROUP_PATH.search(file.path)
        root = file.path[: found.start("group") - len("Groups/")] if found else file.parent
        here = {one.person for one in self.owners if one.root == root}
        return frozenset(here or {one.person for one in self.owners if one.person in persons})


def person_id(person: dict[str, Any]) -> str:
    """The e-mail address, else the name."""
    name = person.get("name")
    key = name_key(name) if isinstance(name, str) else ""
    return parse_id(person.get("email")).casefold() or key


def survey_chats(files: Sequence[ExportFile], library: Library) -> Iterator[ExportError]:
    """Learn who writes in each chat: two people of one name must be known before the first line."""
    for file in files:
        try:
            records = load_records(file)
        except ExportError as error:
            library.broken.add(file.path)
            yield error
            continue
        creators = (dict_of(dict_of(record).get("creator")) for record in records)
        senders = dict.fromkeys(library.note_person(one) for one in creators)
        library.senders[file.path] = [one for one in senders if one]


def load_records(file: ExportFile) -> list[Any]:
    data = load_json(file)
    records = data.get("messages", []) if isinstance(data, dict) else None
    if not isinstance(records, list):
        raise ExportError(file.path, "no list of messages in it")
    return records
