"""Whose Discord package it is, and what its channels are called (formats.md §15.1)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.loose_values import dict_of, dicts_of, id_of, text_of, texts_of
from talklikeme.messages import clean_name

_DIRECT = {"1", "DM"}
_DIRECT_GROUP = {"3", "GROUP_DM"}
_DM_TITLE = re.compile(r"Direct Message with (.+)", re.DOTALL)
_IN_SERVER = re.compile(r"(.+) in (.+)", re.DOTALL)
_NO_NAME = re.compile(r"None|Unknown channel.*", re.DOTALL)
_OLD_NUMBER = re.compile(r"#\d{1,4}$")
NO_OWNER = "me"


@dataclass(frozen=True, slots=True)
class Channel:
    """What all messages of one channel share."""

    conversation_id: str
    title: str | None = None
    is_group: bool | None = None
    participants: tuple[str, ...] = ()


@dataclass(slots=True)
class Package:
    """One package: its owner, the people the owner knows, its channels."""

    owner_id: str = NO_OWNER
    owner_name: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: list[ExportError] = field(default_factory=list)

    def as_utc(self, time: datetime) -> datetime:
        """The JSON files leave out the zone, which is UTC."""
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)

    def channel(self, file: ExportFile) -> Channel:
        """The channel of a messages file, by the folder that it lies in."""
        folder = PurePosixPath(file.parent).name
        entry = self.channels.get(file.parent, {})
        number = id_of(entry.get("id")) or folder.lower().removeprefix("c") or file.plain_stem
        kind = id_of(entry.get("type")) or ""
        is_direct = kind in _DIRECT or _DM_TITLE.fullmatch(self.titles.get(number, "")) is not None
        others = [
            self.names[user]
            for user in texts_of(entry.get("recipients"))
            if user in self.names and user != self.owner_id
        ]
        is_group = None if not kind and not is_direct else not is_direct
        people = tuple(([self.owner_name] if self.owner_name else []) + others)
        title = self._title(number, entry) or (others[0] if is_direct and others else None)
        return Channel(f"discord:{number}", title, is_group, people if others else ())

    def _title(self, number: str, entry: dict[str, Any]) -> str | None:
        if name := clean_name(text_of(entry.get("name"))):
            return name
        title = self.titles.get(number, "")
        if found := _DM_TITLE.fullmatch(title):
            return _OLD_NUMBER.sub("", found[1])
        return title or None


def load_package(files: Sequence[ExportFile]) -> Package:
    """Read user.json, index.json and all channel.json of one package."""
    package = Package()
    loaded = []
    for file in files:
        try:
            loaded.append((file, dict_of(load_json(file))))
        except ExportError as error:
            package.errors.append(error)
    for file, data in loaded:
        stem = file.plain_stem.lower()
        if stem == "user":
            _take_user(package, data)
        elif stem == "index":
            _take_index(package, data)
        else:
            package.channels[file.parent] = data
            _take_channel_name(package, data)
    if package.owner_id == NO_OWNER:
        package.owner_id = _owner_by_direct_messages(package.channels.values()) or NO_OWNER
    return package


def _take_user(package: Package, data: dict[str, Any]) -> None:
    package.owner_id = id_of(data.get("id")) or package.owner_id
    name = clean_name(text_of(data.get("global_name")) or text_of(data.get("username")))
    package.owner_name = name or package.owner_name
    package.names[package.owner_id] = name
    for relation in dicts_of(data.get("relationships")):
        user = dict_of(relation.get("user"))
        number = id_of(relation.get("id")) or id_of(user.get("id"))
        shown = (relation.get("nickname"), user.get("global_name"), user.get("username"))
        known = next((name for raw in shown if (name := clean_name(text_of(raw)))), "")
        if number and known:
            package.names[number] = known


def _take_index(package: Package, data: dict[str, Any]) -> None:
    for number, raw in data.items():
        title = clean_name(text_of(raw))
        if title and not _NO_NAME.fullmatch(title):
            found = None if _DM_TITLE.fullmatch(title) else _IN_SERVER.fullmatch(title)
            package.titles.setdefault(number, found[1] if found else title)


def _take_channel_name(package: Package, data: dict[str, Any]) -> None:
    number, name = id_of(data.get("id")), clean_name(text_of(data.get("name")))
    if number and name:
        package.titles[number] = name


def _owner_by_direct_messages(channels: Iterable[dict[str, Any]]) -> str | None:
    """The one person in all direct messages, where the account's file is missing."""
    kinds = _DIRECT | _DIRECT_GROUP
    recipients = {
        frozenset(texts_of(channel.get("recipients")))
        for channel in channels
        if id_of(channel.get("type")) in kinds and len(texts_of(channel.get("recipients"))) > 1
    }
    shared = frozenset.intersection(*recipients) if len(recipients) > 1 else frozenset()
    return next(iter(shared)) if len(shared) == 1 else None
