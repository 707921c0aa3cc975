"""One channel of DiscordChatExporter's text, CSV and HTML files, between its lines and messages."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.discord_stamps import Stamps, When
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings
from talklikeme.exports.times import LocalClock
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    Precision,
    Reaction,
    TimeBasis,
    clean_name,
    name_key,
)

_FILE_NAME = re.compile(
    r"(?P<guild>.+?) - (?P<rest>.+?)(?: \[(?P<id>\d{15,20})\])?(?: \((?:after|before|between).*\))?(?: \[part \d+\])?"
)
_DIRECT_GUILD: Final = "direct messages"
_NUMBER = re.compile(r"#\d{4}$")
_EVENT = re.compile(
    r"(?:Added .+ to the group|Removed .+ from the group|Left the group|Changed the channel name: .*"
    r"|Changed the channel icon|Pinned a message|Started a thread|Joined the server)\.?",
    re.DOTALL,
)
_CALL = re.compile(r"Started a call that lasted [\d.,E+-]+ minutes\.?")


@dataclass(frozen=True, slots=True)
class Channel:
    """What a file says about the channel that it holds."""

    id: str
    title: str | None
    is_direct: bool

    @property
    def conversation_id(self) -> str:
        """The same for all formats, where the file's name has the channel's id."""
        return f"discord:{self.id}"


@dataclass(slots=True)
class Entry:
    """One raw message; `stamp` and `id_time` are two ways to tell when it was sent."""

    line: int
    author: str
    author_id: str
    stamp: str
    text: str = ""
    kind: Kind = "text"
    full_name: str = ""
    id_time: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    message_id: str | None = None
    reply_to: str | None = None
    edited: bool = False
    forwarded: bool = False
    via_bot: bool = False
    problem: str = ""


def plain_author(author: str) -> str:
    """A name without its number of former times: "nova#1234" → "nova"."""
    return _NUMBER.sub("", author)


def event_kind(text: str) -> Kind | None:
    """What Discord's sentence tells, where no field tells a person's words apart."""
    if _CALL.fullmatch(text):
        return "call"
    return "system" if _EVENT.fullmatch(text) else None


def find_channel(file: ExportFile, guild: str = "", name: str = "") -> Channel:
    """The channel, by the file's name and by what stands in the file."""
    found = _FILE_NAME.fullmatch(file.plain_stem)
    guild = clean_name(guild) or (found["guild"] if found else "")
    last = re.split(r" - | / ", found["rest"])[-1] if found else file.plain_stem
    title = clean_name(name.rpartition(" / ")[2]) or clean_name(last)
    number = found["id"] if found else None
    is_direct = guild.casefold() == _DIRECT_GUILD
    return Channel(number or f"{name_key(guild)}/{name_key(title)}", title or None, is_direct)


def build_messages(
    entries: Sequence[Entry],
    channel: Channel,
    file: ExportFile,
    counts: Counter[str],
    settings: ReadSettings,
) -> Iterator[Item]:
    """Messages of all entries, oldest first, and an error for each that lacks its time or author."""
    told = (entry.stamp for entry in entries if entry.id_time is None)
    stamps = Stamps(told, settings.date_order)
    if stamps.is_doubtful:
        why = "its dates do not show which number is the day; read as day first"
        hint = "Pass --date-order month-first if that is wrong, or day-first to confirm it"
        yield ExportError(file.path, why, hint=hint, is_note=True)
    whens = [stamps.read(entry.stamp) for entry in entries]
    people = _People(entries, channel)
    clock = LocalClock(settings.timezone)
    for index in _oldest_first(entries, whens):
        entry = entries[index]
        seq = counts[channel.conversation_id]
        counts[channel.conversation_id] += 1
        problem = entry.problem or ("" if entry.author_id else "no author")
        moment = _moment(entry, whens[index], clock)
        if moment is None or problem:
            why = problem or "no usable time"
            yield ExportError(file.path, why, line=entry.line, records=1)
            continue
        yield _build_message(entry, moment, people, channel, path=file.path, seq=seq)


@dataclass(frozen=True, slots=True)
class _Moment:
    ts: datetime
    basis: TimeBasis
    precision: Precision


def _moment(entry: Entry, when: When | None, clock: LocalClock) -> _Moment | None:
    if entry.id_time is not None:
        return _Moment(entry.id_time, "utc", "ms")
    if when is None:
        return None
    ts, basis = when.to_utc(clock)
    return _Moment(ts, basis, when.precision)


def _oldest_first(entries: Sequence[Entry], whens: Sequence[When | None]) -> range:
    """Since 2026 there is a --reverse option; then the whole file is newest first."""
    times = [
        entry.id_time or (when.time if when else None)
        for entry, when in zip(entries, whens, strict=True)
    ]
    known = [time.replace(tzinfo=None) for time in times if time]
    is_newest_first = bool(known) and known[0] > known[-1]
    return range(len(entries) - 1, -1, -1) if is_newest_first else range(len(entries))


class _People:
    """Who writes in the channel, and who of them is the owner."""

    def __init__(self, entries: Sequence[Entry], channel: Channel) -> None:
        self.names: dict[str, str] = {}
        partners = set()
        wanted = name_key(channel.title or "")
        for entry in entries:
            if entry.kind != "system" and entry.author_id:
                self.names.setdefault(entry.author_id, entry.author)
                shown = {name_key(entry.author), name_key(plain_author(entry.full_name))}
                if wanted in shown:
                    partners.add(entry.author_id)
        others = set(self.names) - partners
        is_clear = channel.is_direct and len(partners) == 1 and len(others) == 1
        self._owner = next(iter(others)) if is_clear else None
        self.participants = tuple(dict.fromkeys(self.names.values()))
        # A direct message with several people is called "a, b, c".
        many = len(self.names) > 2 or "," in (channel.title or "")
        self.is_group = many if channel.is_direct else True

    def is_mine(self, author_id: str) -> bool | None:
        """Whether the owner wrote it; None where the owner is not clear."""
        return author_id == self._owner if self._owner else None


def _build_message(
    entry: Entry, moment: _Moment, people: _People, channel: Channel, *, path: str, seq: int
) -> Message:
    return Message(
        platform="discord",
        conversation_id=channel.conversation_id,
        sender_id=entry.author_id,
        ts=moment.ts,
        seq=seq,
        kind=entry.kind,
        source_file=path,
        conversation_title=channel.title,
        is_group=people.is_group,
        participants=people.participants,
        sender_name=entry.author or None,
        is_me=people.is_mine(entry.author_id),
        ts_raw=entry.stamp,
        ts_precision=moment.precision,
        tz_basis=moment.basis,
        text=entry.text if entry.kind in ("text", "system") else "",
        attachments=entry.attachments,
        reactions=entry.reactions,
        message_id=entry.message_id,
        reply_to=entry.reply_to,
        edited=entry.edited,
        system=entry.kind == "system",
        forwarded=entry.forwarded,
        via_bot=entry.via_bot,
        source_line=entry.line,
    )
