"""DiscordChatExporter's plain text since 2018, and the groups of its first version (§15.2)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.discord_exporter_chat import (
    Channel,
    Entry,
    build_messages,
    event_kind,
    find_channel,
    plain_author,
)
from talklikeme.exports.discord_stamps import stamp_style
from talklikeme.exports.discord_text import kind_of_file, render_markup
from talklikeme.exports.files import ExportFile, decode_text, split_lines
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Attachment, Reaction, clean_name, clean_text, name_key

_RULE = re.compile(r"={40,}")
_FIRST = re.compile(r"\[([^\]]{6,40})\] (.{1,200})")
_FIRST_2017 = re.compile(r"(.{1,200}?)  \[([^\]]{6,40})\]")
_END = re.compile(r"Exported (\d[\d.,'\u00a0\u202f\u2019 ]{0,30}) message\(s\)")
_BLOCK = re.compile(r"\{(Attachments|Embed|Stickers|Reactions|Forwarded Message)\}")
_HEADER_FIELD = re.compile(r"(Guild|Server|Channel):\s?(.*)")
_REACTION = re.compile(r"(\S+?)(?: \(\d+\))?(?: |$)")
_RULE_LENGTH: Final = 62  # the first version drew 48, and wrote no end mark
_ORIGIN: Final = "Originally sent:"


def read_text(file: ExportFile, counts: Counter[str], settings: ReadSettings) -> Iterator[Item]:
    """Read one channel, or one part of it."""
    try:
        text, guessed = decode_text(file.read())
    except ExportError as error:
        yield error
        return
    lines = split_lines(text)
    start, channel = _read_header(lines, file)
    end, stated = _find_end(lines)
    firsts = list(_find_firsts(lines, start, end))
    yield Tally(file.path, "DiscordChatExporter", len(firsts))
    if guessed:
        yield ExportError(file.path, "not UTF-8 text, read as Windows-1252", is_note=True)
    if stated is None and len(lines[0].strip()) == _RULE_LENGTH:
        yield ExportError(file.path, "no end mark; the export was interrupted", is_note=True)
    elif stated is not None and stated != len(firsts):
        why = f"its last line says {stated} messages, {len(firsts)} were found"
        yield ExportError(file.path, why, is_note=True)
    entries = list(_build_entries(lines, firsts, end, settings))
    yield from build_messages(entries, channel, file, counts, settings)


def _read_header(lines: Sequence[str], file: ExportFile) -> tuple[int, Channel]:
    """Where the messages begin, and the channel that the head names."""
    fields: dict[str, str] = {}
    start = 0
    for number, line in enumerate(lines[:40]):
        if _RULE.fullmatch(line.strip()):
            start = number + 1
            if fields:
                break
        elif found := _HEADER_FIELD.match(line):
            fields.setdefault(found[1], found[2])
    guild = fields.get("Guild") or fields.get("Server") or ""
    return start, find_channel(file, guild, fields.get("Channel", "").lstrip("#"))


def _find_end(lines: Sequence[str]) -> tuple[int, int | None]:
    """Where the messages end, and how many the exporter counted."""
    for number in range(len(lines) - 1, max(-1, len(lines) - 8), -1):
        found = _END.fullmatch(lines[number].strip())
        if found and number > 0 and _RULE.fullmatch(lines[number - 1].strip()):
            return number - 1, int(re.sub(r"\D", "", found[1]))
    return len(lines), None


_First = tuple[int, str, str]


def _find_firsts(lines: Sequence[str], start: int, end: int) -> Iterator[_First]:
    """The lines on which messages begin, with stamp and author."""
    for number in range(start, end):
        line = lines[number]
        if line.startswith("["):
            found = _FIRST.fullmatch(line)
            if found and stamp_style(_plain_space(found[1])):
                yield number, _plain_space(found[1]), found[2]
        elif line.endswith("]"):
            found = _FIRST_2017.fullmatch(line)
            if found and stamp_style(_plain_space(found[2])):
                yield number, _plain_space(found[2]), found[1]


def _plain_space(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def _build_entries(
    lines: Sequence[str], firsts: Sequence[_First], end: int, settings: ReadSettings
) -> Iterator[Entry]:
    ends = [number for number, _, _ in firsts[1:]] + [end]
    for (number, stamp, author), stop in zip(firsts, ends, strict=False):
        full_name = clean_name(author.removesuffix(" (pinned)"))
        entry = Entry(
            number + 1, plain_author(full_name), name_key(full_name), stamp, full_name=full_name
        )
        _read_body(lines[number + 1 : stop], entry, settings)
        yield entry


def _read_body(lines: Sequence[str], entry: Entry, settings: ReadSettings) -> None:
    """The text, and the blocks in braces below it, each behind an empty line."""
    starts = [
        number
        for number in range(1, len(lines))
        if _BLOCK.fullmatch(lines[number]) and not lines[number - 1]
    ]
    ends = [*starts[1:], len(lines)]
    blocks = [lines[a:b] for a, b in zip(starts, ends, strict=False)]
    text = "\n".join(lines[: starts[0]] if starts else lines)
    for block in blocks:
        _read_block(block[0], [line for line in block[1:] if line], entry)
    if entry.forwarded and not text.strip():
        text = entry.text
    entry.text = clean_text(render_markup(text, {}, {}, settings.timezone))
    words = "text" if entry.text else "media" if entry.attachments else "empty"
    is_sticker = not entry.text and any(one.kind == "sticker" for one in entry.attachments)
    entry.kind = event_kind(entry.text) or ("sticker" if is_sticker else words)  # type: ignore[assignment]


def _read_block(name: str, lines: Sequence[str], entry: Entry) -> None:
    if name == "{Attachments}":
        entry.attachments += tuple(Attachment(kind_of_file(line), line) for line in lines)
    elif name == "{Stickers}":
        entry.attachments += tuple(Attachment("sticker", line) for line in lines)
    elif name == "{Embed}":
        link = next((line for line in lines if line.startswith("http")), None)
        entry.attachments += (Attachment("link", link),)
    elif name == "{Reactions}":
        emojis = (found[1] for line in lines for found in _REACTION.finditer(line))
        entry.reactions += tuple(Reaction(emoji) for emoji in emojis)
    else:
        entry.forwarded = True
        entry.text = "\n".join(line for line in lines if not line.startswith(_ORIGIN))
