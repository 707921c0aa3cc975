"""Who is who in Google's exports, so that Hangouts, Google Chat and Gmail can meet in one chat.

Hangouts knows people by account number, Google Chat by e-mail address, Google Talk by Jabber
address; names are all that the three share. So a person goes by the folded name where one person
only has it, else by the id, and a chat of two people by their two keys. What does not meet: people
without a name, two people of one name, people who changed their name between two exports, groups.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from talklikeme.messages import clean_name, name_key


class People:
    """The people of the exports of one format, by their ids."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._bearers: dict[str, set[str]] = defaultdict(set)
        self._keys: dict[str, str] = {}

    def add(self, person: str, name: Any) -> None:
        """Note a person, whose name may be missing; the first name that is told stays."""
        shown = clean_name(name) if isinstance(name, str) else ""
        if person and shown and person not in self._names:
            self._names[person] = shown
            self._bearers[name_key(shown)].add(person)
            self._keys.clear()

    def name(self, person: str) -> str | None:
        """The display name, if any export tells it."""
        return self._names.get(person)

    def key(self, person: str) -> str:
        """The sender id: the folded name, or the id if there is no name or two people have it."""
        found = self._keys.get(person)
        if found is None:
            folded = name_key(self._names.get(person, ""))
            # Somebody of whom only the name is known is taken for the one who has that name.
            others = self._bearers.get(folded, set()) - {folded}
            found = folded if folded and len(others) <= 1 else person
            self._keys[person] = found
        return found

    def names(self, persons: Iterable[str]) -> tuple[str, ...]:
        """The names of these people, each once, in their order."""
        found = (self._names.get(person) for person in persons)
        return tuple(dict.fromkeys(name for name in found if name))

    def pair_id(self, persons: Iterable[str]) -> str | None:
        """The conversation id of two people in any of Google's exports; None for more or fewer."""
        keys = sorted({self.key(person) for person in persons})
        return f"google:{keys[0]} & {keys[1]}" if len(keys) == 2 and all(keys) else None


class Chat:
    """What all messages of one conversation share; two people have one conversation in all exports."""

    def __init__(
        self,
        people: People,
        persons: Sequence[str],
        owners: frozenset[str],
        *,
        source_file: str,
        own_id: str,
        name: str | None,
        is_group: bool,
    ) -> None:
        self.people = people
        self.source_file = source_file
        pair = None if is_group else people.pair_id(persons)
        self.conversation_id = pair or own_id
        self.title = name or title_of(people, persons, owners)
        self.is_group = is_group
        self.participants = people.names(persons)
        self._owners = owners

    def is_me(self, person: str) -> bool | None:
        """Whether the person is the export's owner, if it tells whose it is."""
        return person in self._owners if self._owners and person else None


def title_of(people: People, persons: Sequence[str], owners: frozenset[str]) -> str | None:
    """What to call a chat that has no name of its own: the others in it."""
    return ", ".join(people.names(one for one in persons if one not in owners)) or None


def parse_id(value: Any) -> str:
    """An id as text; "" for anything that is none."""
    if isinstance(value, str):
        return value.strip() if value.isascii() else clean_name(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
