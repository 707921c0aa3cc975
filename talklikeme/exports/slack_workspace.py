"""Who and what a Slack export tells of: its people, its conversations, and whose it is (§14)."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from talklikeme.exports.files import ExportFile
from talklikeme.exports.loose_values import dict_of, dicts_of, id_of, text_of, texts_of
from talklikeme.exports.slack_records import Conversation, Person
from talklikeme.messages import clean_name

SLACKBOT = "USLACKBOT"


def display_name(user: dict[str, Any]) -> str:
    """The name that Slack shows: the chosen one, else the real one, else the account's."""
    profile = dict_of(user.get("profile"))
    names = (
        profile.get("display_name"), profile.get("real_name"), user.get("real_name"),
        user.get("display_name"), user.get("name"),
    )  # fmt: skip
    return next((name for raw in names if (name := clean_name(text_of(raw)))), "")


class Workspaces:
    """The lists of one or several exports; each holds for the folder that it lies in."""

    def __init__(self) -> None:
        self._people: dict[str, dict[str, Person]] = {}
        self._entries: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {}
        self._owners: dict[str, str | None] = {}
        self._known: dict[str, Conversation] = {}

    def add_people(self, file: ExportFile, data: Any) -> None:
        """Take users.json or org_users.json."""
        people = self._people.setdefault(file.parent, {})
        for user in dicts_of(data):
            if user_id := id_of(user.get("id")):
                is_bot = user.get("is_bot") is True or user_id == SLACKBOT
                people[user_id] = Person(display_name(user), is_bot)

    def add_conversations(self, file: ExportFile, kind: str, data: Any) -> None:
        """Take channels.json and its like; folders are named by name, those of DMs by id."""
        entries = self._entries.setdefault(file.parent, {})
        for entry in dicts_of(data):
            for key in (entry.get("name"), entry.get("id")):
                if isinstance(key, str) and key:
                    entries.setdefault(key, (kind, entry))

    def settle(self) -> None:
        """Find the owner of each export: the one member that all its DMs share (§14)."""
        for root, entries in self._entries.items():
            pairs = {
                frozenset(texts_of(entry.get("members")))
                for kind, entry in entries.values()
                if kind == "dms"
            }
            shared = frozenset.intersection(*pairs) if len(pairs) > 1 else frozenset()
            self._owners[root] = next(iter(shared)) if len(shared) == 1 else None

    def conversation(self, file: ExportFile) -> Conversation:
        """The conversation of a day file, by the folder that it lies in."""
        if file.parent not in self._known:
            self._known[file.parent] = self._build(file)
        return self._known[file.parent]

    def _build(self, file: ExportFile) -> Conversation:
        folder = PurePosixPath(file.parent).name
        roots = self._roots_around(file.parent)
        people = self._people_for(roots)
        owner = next((self._owners[root] for root in roots if self._owners.get(root)), None)
        found = next(
            (self._entries[root][folder] for root in roots if folder in self._entries.get(root, {})),
            None,
        )  # fmt: skip
        kind, entry = found or (_kind_by_folder(folder), {})
        members = list(dict.fromkeys(texts_of(entry.get("members"))))
        return Conversation(
            id=f"slack:{id_of(entry.get('id')) or self._id_by_folder(folder, file.parent)}",
            title=_title(kind, folder, members, owner, people),
            is_group=kind != "dms",
            participants=_names(members, people),
            people=people,
            owner=owner,
            section=_section(kind, members),
        )

    def _id_by_folder(self, folder: str, path: str) -> str:
        """Two workspaces may each have a #general that no list gives an id."""
        is_alone = len(self._people) < 2
        return folder if is_alone else f"{PurePosixPath(path).parent.name}/{folder}"

    def _roots_around(self, folder: str) -> list[str]:
        """The folders with lists that hold this one, the nearest first."""
        roots = {*self._people, *self._entries}
        around = [root for root in roots if f"{folder}/".startswith(f"{root}/") or root == "."]
        return sorted(around, key=len, reverse=True)

    def _people_for(self, roots: Iterable[str]) -> dict[str, Person]:
        merged: dict[str, Person] = {}
        for root in roots:
            merged = self._people.get(root, {}) | merged
        if not merged and len(self._people) == 1:
            return next(iter(self._people.values()))
        return merged


def _kind_by_folder(folder: str) -> str:
    """What a folder's name tells where no list mentions it."""
    if folder.startswith("mpdm-"):
        return "mpims"
    is_id = folder[:1] == "D" and folder[1:].isalnum() and folder.upper() == folder
    return "dms" if is_id and len(folder) >= 9 else "channels"


def _title(
    kind: str, folder: str, members: list[str], owner: str | None, people: dict[str, Person]
) -> str | None:
    if kind != "dms":
        return clean_name(folder) or None
    others = _names([member for member in members if member != owner], people)
    return others[0] if owner and len(others) == 1 else None


def _names(members: Iterable[str], people: dict[str, Person]) -> tuple[str, ...]:
    return tuple(people[one].name for one in members if one in people and people[one].name)


def _section(kind: str, members: list[str]) -> str | None:
    """Direct messages that are no talk between people."""
    if kind != "dms" or not members:
        return None
    if len(members) == 1:
        return "saved_messages"
    return "bot_chat" if SLACKBOT in members else None
