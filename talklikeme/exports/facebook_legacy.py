"""Facebook's archives of 2010 to early 2018: `messages.htm` and its thread pages (formats.md §4).

Up to October 2017 one page holds everything; afterwards it is an index of `messages/<n>.html`.
Conversation ids are made as in `messenger`: two people are "messenger:" and their two names, so
that a newer export continues their thread. Groups have no id here: theirs is made of all names.
Threads with people who left Facebook have no name to go by and stay apart.

A name with ", " in it is known only if its owner wrote. Not supported: pages not in UTF-8.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.facebook_legacy_pages import (
    Block,
    OpenPage,
    Page,
    PageStream,
    RawMessage,
)
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.meta import NOBODY, Content, distinct_names, judge_text
from talklikeme.exports.meta_dates import DateReader
from talklikeme.exports.meta_sentences import SentenceJudge
from talklikeme.exports.meta_zones import ZoneReader, split_zone
from talklikeme.exports.times import LocalClock
from talklikeme.messages import Attachment, Message, TimeBasis, clean_text, name_key

FORMAT = "Facebook messages.htm"

_HEADER_MARK = re.compile(rb"class\s*=\s*[\"']?message_header[\"'\s>]")
_INDEX_LINK = re.compile(rb"href=[\"']\.\./messages/[^\"'/]+\.html?[\"']")
_KINDS: Final = {"photos": "photo", "videos": "video", "audio": "audio", "gifs": "gif"}
_JUDGE: Final = SentenceJudge()


def recognises(file: ExportFile, head: bytes) -> bool:
    """Pages with Facebook's old marks of a message, and the index of such pages."""
    if not file.name.lower().endswith((".htm", ".html")):
        return False
    if _HEADER_MARK.search(head):
        return True
    return file.plain_stem.lower() == "messages" and bool(_INDEX_LINK.search(head))


@dataclass(slots=True)
class _Archive:
    """The pages of one download: its index and its threads."""

    settings: ReadSettings
    pages: list[Page] = field(default_factory=list)
    owner: str = ""
    dates: DateReader = field(init=False)
    zones: ZoneReader = field(init=False)

    def __post_init__(self) -> None:
        self.dates = DateReader(self.settings.date_order)
        self.zones = ZoneReader(self.settings.timezone)

    def learn(self, stamp: str) -> None:
        self.dates.learn(split_zone(stamp)[0])

    def wall(self, stamp: str) -> datetime | None:
        return self.split(stamp)[0]

    def split(self, stamp: str) -> tuple[datetime | None, str | None]:
        """The wall time and the zone that a stamp tells."""
        local, zone = split_zone(stamp)
        found = self.dates.parse(local)
        return found.wall if found else None, zone


@dataclass(slots=True)
class _Conversation:
    """All blocks of one conversation and what they say of its people."""

    names: list[str]
    blocks: list[tuple[Page, Block]] = field(default_factory=list)


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read all archives; each tells its own owner and has its own language."""
    with OpenPage() as opened:
        yield from _read_archives(files, settings, opened)


def _read_archives(
    files: Sequence[ExportFile], settings: ReadSettings, opened: OpenPage
) -> Iterator[Item]:
    archives: dict[str, _Archive] = {}
    for file in files:
        archive = archives.setdefault(_root(file), _Archive(settings))
        try:
            archive.pages.append(opened.turn_to(file).survey(archive.learn))
        except ExportError as error:
            yield error
    counts: Counter[str] = Counter()
    for archive in archives.values():
        yield from _read_archive(archive, opened, counts)


def _root(file: ExportFile) -> str:
    folder = PurePosixPath(file.parent)
    return str(folder.parent if folder.name.lower() in ("html", "messages") else folder)


def _read_archive(archive: _Archive, opened: OpenPage, counts: Counter[str]) -> Iterator[Item]:
    yield from _drop_repeated_blocks(archive.pages)
    for page in archive.pages:
        yield Tally(page.file.path, FORMAT, sum(block.count for block in page.blocks))
    yield from _note_missing_pages(archive.pages)
    conversations = _gather(archive)
    for conversation_id, conversation in conversations.items():
        reader = _ConversationReader(archive, conversation_id, conversation, counts)
        yield from reader.read(opened)
    yield from _note_zones(archive)


def _drop_repeated_blocks(pages: Iterable[Page]) -> Iterator[ExportError]:
    """Facebook wrote some blocks twice; the second is no record of its own."""
    seen = set()
    for page in pages:
        kept = []
        for block in page.blocks:
            if block.fingerprint in seen:
                why = f"a block of {block.count} messages stands twice in it and was read once"
                yield ExportError(page.file.path, why, is_note=True)
            else:
                seen.add(block.fingerprint)
                kept.append(block)
        page.blocks = kept


def _note_missing_pages(pages: Sequence[Page]) -> Iterator[ExportError]:
    present = {page.file.name for page in pages}
    for page in pages:
        missing = page.links.keys() - present
        if missing and len(missing) == len(page.links) and not page.blocks:
            why = "only an index of the threads, without messages"
            yield ExportError(page.file.path, why, hint="Give the whole unpacked archive")
        elif missing:
            why = f"{len(missing)} threads of its index are not there"
            yield ExportError(page.file.path, why, is_note=True)


def _note_zones(archive: _Archive) -> Iterator[ExportError]:
    if not archive.pages:
        return
    path = archive.pages[0].file.path
    hint = "Pass --timezone if times are wrong"
    for zone in sorted(archive.zones.unknown):
        why = f'its time zone "{zone}" is not known; read as local time'
        yield ExportError(path, why, hint=hint, is_note=True)
    for zone in sorted(archive.zones.doubtful):
        why = f'its time zone "{zone}" has several meanings; the most common one was taken'
        yield ExportError(path, why, hint=hint, is_note=True)


def _gather(archive: _Archive) -> dict[str, _Conversation]:
    """Blocks by conversation, in the order of the file; settles the archive's owner first."""
    links = {name: names for page in archive.pages for name, names in page.links.items()}
    owners = [page.owner for page in archive.pages if page.owner]
    headed = [
        (page, block, _split_names(block.header or links.get(page.file.name, ""), block.senders))
        for page in archive.pages
        for block in page.blocks
    ]
    people = {name_key(name) for _, block, names in headed for name in (*names, *block.senders)}
    archive.owner = next((name for name in owners if name_key(name) in people), "")
    conversations: dict[str, _Conversation] = {}
    for number, (page, block, names) in enumerate(headed):
        known = distinct_names([*(names or block.senders), *filter(None, [archive.owner])])
        conversation_id = _identify(known, archive.owner, f"{page.file.plain_stem}.{number}")
        conversation = conversations.setdefault(conversation_id, _Conversation([]))
        conversation.names += [*known, *block.senders]
        conversation.blocks.append((page, block))
    return conversations


def _split_names(header: str, senders: Iterable[str]) -> list[str]:
    """The names of "A, B, C"; those that hold a comma themselves are known as senders."""
    names = []
    for sender in senders:
        if ", " in sender and sender in header:
            names.append(sender)
            header = header.replace(sender, "")
    return names + [name for part in header.split(",") if (name := part.strip())]


def _identify(names: Sequence[str], owner: str, place: str) -> str:
    keys = sorted({name_key(name) for name in names})
    others = [key for key in keys if key != name_key(owner)]
    people = " + ".join(keys)
    is_nobody = all(key in NOBODY for key in others)
    return f"messenger:{people} #{place}" if is_nobody else f"messenger:{people}"


class _ConversationReader:
    """Reads the blocks of one conversation, oldest first."""

    def __init__(
        self, archive: _Archive, conversation_id: str, found: _Conversation, counts: Counter[str]
    ) -> None:
        self._archive = archive
        self._id = conversation_id
        self._blocks = found.blocks
        self._counts = counts
        self._clock = LocalClock(archive.settings.timezone)
        people = distinct_names(name for name in found.names if name)
        others = [name for name in people if name_key(name) != name_key(archive.owner)]
        self._people = people
        self._owner = name_key(archive.owner)
        self._sender_ids: dict[str, str] = {}
        self._title = ", ".join(others) or None

    def read(self, opened: OpenPage) -> Iterator[Item]:
        """Every message of the conversation, from whichever pages it lies on."""
        for number in sorted(range(len(self._blocks)), key=self._age):
            page, block = self._blocks[number]
            try:
                yield from self._read_block(page.file.path, block, opened.turn_to(page.file))
            except ExportError as error:
                yield error

    def _age(self, number: int) -> tuple[datetime, int]:
        """Oldest first; the page itself runs newest first."""
        block = self._blocks[number][1]
        walls = [self._archive.wall(stamp) for stamp in (block.first_stamp, block.last_stamp)]
        return min((wall for wall in walls if wall), default=datetime.max), -number  # noqa: DTZ901

    def _read_block(self, path: str, block: Block, stream: PageStream) -> Iterator[Item]:
        first, last = map(self._archive.wall, (block.first_stamp, block.last_stamp))
        step = 1 if first and last and first < last else -1
        for chunk in block.chunks[::step]:
            for index, raw in stream.messages(chunk)[::step]:
                seq = self._counts[self._id]
                self._counts[self._id] += 1
                message = self._build_message(raw, path, index, seq) if raw else None
                why = "no such date or time" if raw else "no sender and time"
                yield message or ExportError(path, why, line=index, records=1)

    def _build_message(self, raw: RawMessage, path: str, index: int, seq: int) -> Message | None:
        time = self._parse_time(raw.stamp)
        if time is None:
            return None
        sender = raw.sender or "Unknown"
        if (sender_id := self._sender_ids.get(sender)) is None:
            sender_id = self._sender_ids[sender] = name_key(sender)
        text = clean_text(raw.text)
        attachments = tuple(map(_attachment, raw.files))
        content = judge_text(text, sender, _JUDGE) or Content("media" if attachments else "empty")
        return Message(
            platform="messenger",
            conversation_id=self._id,
            sender_id=sender_id,
            ts=time[0],
            seq=seq,
            kind=content.kind,
            source_file=path,
            conversation_title=self._title,
            is_group=len(self._people) > 2,
            participants=self._people,
            sender_name=sender,
            is_me=sender_id == self._owner if self._owner else None,
            ts_raw=raw.stamp,
            ts_precision="min",
            tz_basis=time[1],
            text=content.text,
            attachments=attachments,
            deleted=content.kind == "deleted",
            system=content.kind == "system",
            source_line=index,
        )

    def _parse_time(self, stamp: str) -> tuple[datetime, TimeBasis] | None:
        wall, zone = self._archive.split(stamp)
        if wall is None:
            return None
        ts = self._archive.zones.to_utc(wall, zone) if zone else None
        return (ts, "offset") if ts else (self._clock.to_utc(wall), "local")


def _attachment(uri: str) -> Attachment:
    if uri.startswith(("http://", "https://")):
        return Attachment("link", uri)
    kind = next((_KINDS[part] for part in uri.split("/") if part in _KINDS), "file")
    return Attachment(kind, uri.removeprefix("../"))
