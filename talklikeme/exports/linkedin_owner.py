"""Whose LinkedIn export it is: Profile.csv, Invitations.csv, else the one who is everywhere (§11)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.csv_tables import Table, read_table
from talklikeme.exports.files import ExportFile
from talklikeme.exports.linkedin_rows import Names, RawRow, build_conversations, profile_id
from talklikeme.messages import clean_name, name_key

_FEWEST_CONVERSATIONS: Final = 3
_NEARLY_ALL: Final = 0.9
_DIRECTIONS: Final = {"outgoing": True, "incoming": False}


@dataclass(slots=True)
class Owner:
    """The names and profiles of the one person whose export it is."""

    names: set[str] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    note: str | None = None

    def is_mine(self, row: RawRow) -> bool | None:
        """Whether the owner sent it; None if the export does not say."""
        stated = _DIRECTIONS.get(row.fields.get("direction", "").strip().casefold())
        if stated is not None:
            return stated
        if row.url and self.profiles:
            return row.url in self.profiles
        if self.names:
            return name_key(row.name) in self.names
        return row.sender_id in self.profiles if self.profiles else None


def is_companion_header(keys: Sequence[str]) -> bool:
    """Whether these are the columns of Profile.csv or Invitations.csv."""
    return _is_profile(keys) or _is_invitations(keys)


def _is_profile(keys: Sequence[str]) -> bool:
    return {"firstname", "lastname", "headline"} <= set(keys)


def _is_invitations(keys: Sequence[str]) -> bool:
    return {"from", "to", "sentat", "direction"} <= set(keys)


def find_owner(
    companions: Sequence[ExportFile], rows: Sequence[RawRow]
) -> tuple[Owner, list[ExportError]]:
    """The owner, as surely as the files tell, and what was wrong with the files."""
    owner, notes = Owner(), []
    for file in companions:
        try:
            _learn(read_table(file, is_companion_header), owner)
        except ExportError as error:
            notes.append(error)
    for row in rows:
        if row.fields.get("direction", "").strip().casefold() == "outgoing":
            owner.names.add(name_key(row.name))
    owner.names.discard("")
    owner.profiles &= {row.url for row in rows}
    if not owner.profiles:
        owner.profiles = {row.url for row in rows if name_key(row.name) in owner.names} - {""}
    if not owner.profiles and not any(name_key(row.name) in owner.names for row in rows):
        owner.names.clear()  # a person may be called otherwise by now
        _take_the_omnipresent(rows, owner)
    return owner, notes


def _learn(table: Table, owner: Owner) -> None:
    if _is_profile(table.keys):
        for first, last in _values(table, "firstname", "lastname"):
            owner.names.add(name_key(f"{first.strip()} {last.strip()}"))
        return
    if "inviterprofileurl" not in table.keys:
        table.keys.append("inviterprofileurl")
    for sender, direction, url in _values(table, "from", "direction", "inviterprofileurl"):
        if direction.strip().casefold() == "outgoing":
            owner.names.add(name_key(clean_name(sender)))
            if url:
                owner.profiles.add(profile_id(url))


def _values(table: Table, *columns: str) -> Iterator[list[str]]:
    places = [table.keys.index(column) for column in columns]
    for _, row in table.rows:
        yield [row[place] if place < len(row) else "" for place in places]


def _take_the_omnipresent(rows: Sequence[RawRow], owner: Owner) -> None:
    """The one person in nearly every conversation; said aloud, because nothing states it."""
    chats = build_conversations(rows, Names(rows)).values()
    counts = Counter(person for chat in chats for person in chat.people)
    ranked = [*counts.most_common(2), ("", 0), ("", 0)]
    (person, most), (_, second) = ranked[:2]
    if len(chats) < _FEWEST_CONVERSATIONS or most < _NEARLY_ALL * len(chats) or 2 * second > most:
        return
    owner.profiles.add(person)
    owner.note = f"it names no owner; taken for one: who is in {most} of {len(chats)} conversations"
