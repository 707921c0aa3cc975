"""Chats of Apple's Messages as texts, written by imessage-exporter (formats.md §18.7).

Not supported: telling what the exporter writes about app messages (payments, games, check-ins)
from words, except where it says that it could not; and an owner who was given another name than
"Me" (`--custom-name`), who has to be named with --me.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text, split_lines
from talklikeme.exports.imessage_blocks import (
    STAMP,
    Block,
    is_block_start,
    parse_content,
    parse_stamp,
    split_blocks,
)
from talklikeme.exports.imessage_people import ORPHANED, OWNER, handle_key
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.times import LocalClock
from talklikeme.messages import Message, clean_name

FORMAT = "imessage-exporter text"

_COPY = re.compile(r" \(\d+\)$")
_GROUP = re.compile(r" - \d+$")
_ME = "Me"
_SENT_BY_ME = re.compile(rb"\d [AP]M(?: \(Read by [^\r\n]*\))?\r?\nMe\r?\n")
_HEAD_LINES = 50


def recognises(file: ExportFile, head: bytes) -> bool:
    """A text whose first line is a stamp, alone above a sender or with an announcement."""
    if PurePosixPath(file.path).suffix.lower() not in ("", ".txt", ".text", ".log"):
        return False
    if b"\0" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return False
    text, _ = decode_text(head[:8192])
    lines = split_lines(text)[:_HEAD_LINES]
    first = next((at for at, line in enumerate(lines) if line.strip()), None)
    if first is None or not STAMP.match(lines[first]):
        return False
    return is_block_start(["", *lines[first:]], 1)


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one chat after the other; whether the owner is "Me" may only show in another chat."""
    has_me = any(_has_me(file) for file in files)
    counts: Counter[str] = Counter()
    for file in files:
        try:
            yield from _read_chat(file, settings, counts, has_me=has_me)
        except ExportError as error:
            yield error


def _has_me(file: ExportFile) -> bool:
    try:
        return bool(_SENT_BY_ME.search(file.read()))
    except ExportError:
        return False


def _read_chat(
    file: ExportFile, settings: ReadSettings, counts: Counter[str], *, has_me: bool
) -> Iterator[Item]:
    text, guessed = decode_text(file.read())
    if guessed:
        why = "not UTF-8 text, read as Windows-1252"
        yield ExportError(file.path, why, hint="Export it again if letters look wrong")
    lines = split_lines(text)
    blocks = list(split_blocks(lines))
    yield Tally(file.path, FORMAT, sum(is_block_start(lines, at) for at in range(len(lines))))
    chat = _Chat(file, blocks, LocalClock(settings.timezone), has_me=has_me)
    for block in blocks:
        seq = counts[chat.conversation_id]
        counts[chat.conversation_id] += 1
        try:
            yield chat.build_message(block, seq)
        except (ValueError, OverflowError):
            yield ExportError(file.path, "no such date or time", line=block.line, records=1)


class _Chat:
    """What the messages of one file share; the file's name is all that says who is in it."""

    def __init__(
        self, file: ExportFile, blocks: Sequence[Block], clock: LocalClock, *, has_me: bool
    ) -> None:
        self._path = file.path
        self._clock = clock
        self._has_me = has_me
        stem = _COPY.sub("", clean_name(PurePosixPath(file.path).stem))
        is_orphaned = stem.lower() == "orphaned"
        senders = dict.fromkeys(block.sender for block in blocks if block.sender)
        others = [name for name in senders if not (has_me and name == _ME)]
        self.title = None if is_orphaned else _GROUP.sub("", stem)
        self.conversation_id = ORPHANED if is_orphaned else f"imessage:{handle_key(stem)}"
        self.participants = tuple(others)
        self.people = frozenset(senders) | {_ME}
        partners = len(others) if has_me else len(others) - 1
        self.is_group = None if is_orphaned else bool(_GROUP.search(stem)) or partners > 1

    def build_message(self, block: Block, seq: int) -> Message:
        """A block as a message; raises ValueError for a time that does not exist."""
        sender = block.sender or ""
        is_mine = sender == _ME
        content = parse_content(block.lines, self.people)
        is_system = block.sender is None or content.kind == "system"
        return Message(
            platform="imessage",
            conversation_id=self.conversation_id,
            conversation_title=self.title,
            is_group=self.is_group,
            participants=self.participants,
            sender_id=OWNER if is_mine and self._has_me else handle_key(sender),
            sender_name=sender or None,
            is_me=is_mine if self._has_me and sender else None,
            ts=self._clock.to_utc(parse_stamp(block.stamp)),
            ts_raw=block.stamp,
            ts_precision="s",
            tz_basis="local",
            seq=seq,
            kind="system" if is_system else content.kind,
            text="" if is_system else content.text,
            attachments=tuple(content.attachments),
            reactions=tuple(content.reactions),
            edited=content.edited,
            deleted=content.deleted,
            system=is_system,
            source_file=self._path,
            source_line=block.line,
        )
