"""The blocks of a text written by imessage-exporter, and what a block says (formats.md §18.7)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from talklikeme.messages import Attachment, Kind, Reaction, clean_name, clean_text

# The hour is padded with a space: "Jan 05, 2023  8:00:00 AM".
_STAMP_TEXT: Final = r"(?P<stamp>[A-Z][a-z]{2} \d{1,2}, \d{4} {1,2}\d{1,2}:\d{2}:\d{2} [AP]M)"
STAMP = re.compile(_STAMP_TEXT)
_HEADER = re.compile(rf"{_STAMP_TEXT}(?: \(Read by .*\))?")
_ANNOUNCEMENT = re.compile(rf"{_STAMP_TEXT} (?P<event>(?!\(Read by ).+)")
_REPLY = re.compile(rf" {{4,}}{_STAMP_TEXT}")
_FIRST_WORDING = re.compile(rf"{_STAMP_TEXT} (?P<text>.*)")
_NEXT_WORDING = re.compile(r"Edited .{1,80} later: (?P<text>.*)")
_UNSENT = re.compile(
    r"(?:.{1,80} unsent this message part(?: .{1,80} after sending)?!|.{1,80} deleted a message\.)"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_NUMBERS = re.compile(r"([A-Z][a-z]{2}) (\d+), (\d+) +(\d+):(\d+):(\d+) ([AP])M")

_DELETED: Final = "This message was deleted from the conversation!"
_RESPONDED: Final = "This message responded to an earlier message."
_NO_ANNOUNCEMENT: Final = "Unable to format announcement!"
_REACTION_HEADINGS: Final = {"Reactions:", "Tapbacks:"}
_EFFECTS = re.compile(
    r"Sent with (?:Confetti|Echo|Fireworks|Balloons|Heart|Lasers|Shooting Star[t]?|Sparkles"
    r"|Spotlight|Slam|Loud|Gentle|Invisible Ink)"
)
_REACTION = re.compile(r"(?P<what>\S{1,20}) by (?P<who>.+)")
_REACTION_STICKER = re.compile(r"(?:\S+ )?Sticker from .+")
EMOJI: Final = {
    "Loved": "❤️", "Liked": "👍", "Disliked": "👎", "Laughed": "😂", "Emphasized": "‼️",
    "Questioned": "❓",
}  # fmt: skip
_ATTACHMENT = re.compile(
    r"(?:(?:/|~/|[A-Za-z]:[\\/]).*[/\\](?:[Aa]ttachments|StickerCache)[/\\].+|attachments/.+)"
)
_NO_ATTACHMENT: Final = "Attachment missing!"
_TRANSCRIPTION: Final = "Transcription: "
_NOTICES: Final = {
    "SharePlay Message": "system", "Started sharing location!": "system",
    "Stopped sharing location!": "system", "Shared location!": "system",
}  # fmt: skip
_APP = re.compile(
    r"Unable to format app message: .*|Handwritten messages are not yet supported!"
    r"|[\w-]+(?:\.[\w-]+)+ message:"
)
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Block:
    """One message with its sender, or an announcement without one."""

    line: int
    stamp: str
    sender: str | None
    lines: tuple[str, ...]


@dataclass(slots=True)
class Content:
    """What a block says."""

    kind: Kind
    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    edited: bool = False
    deleted: bool = False


def is_block_start(lines: Sequence[str], at: int) -> bool:
    """Whether a message begins here; a stamp inside one never stands behind an empty line."""
    if at > 0 and lines[at - 1].strip():
        return False
    if _HEADER.fullmatch(lines[at]):
        return at + 1 < len(lines) and bool(lines[at + 1].strip())
    return bool(_ANNOUNCEMENT.fullmatch(lines[at]))


def split_blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The blocks of a chat, with the copies of replies still in them."""
    starts = [
        at for at, line in enumerate(lines) if line[:1].isupper() and is_block_start(lines, at)
    ]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if header := _HEADER.fullmatch(lines[start]):
            sender, body = clean_name(lines[start + 1]), lines[start + 2 : end]
            yield Block(start + 1, header["stamp"], sender, tuple(body))
        elif event := _ANNOUNCEMENT.fullmatch(lines[start]):
            yield Block(start + 1, event["stamp"], None, (event["event"],))


def parse_stamp(stamp: str) -> datetime:
    """The wall-clock time of a stamp; raises ValueError."""
    found = _NUMBERS.fullmatch(stamp)
    if found is None or found[1] not in _MONTHS:
        raise ValueError("no such month")
    day, year, hour, minute, second = (int(found[group]) for group in (2, 3, 4, 5, 6))
    if not 1 <= hour <= 12:
        raise ValueError("no such hour")
    hour = hour % 12 + (12 if found[7] == "P" else 0)
    return datetime(year, _MONTHS[found[1]], day, hour, minute, second)  # noqa: DTZ001 - local


def parse_content(body: Iterable[str], people: frozenset[str]) -> Content:
    """Tell a person's words from what the exporter wrote around them."""
    lines = _without_replies(body)
    content = Content("empty")
    if lines[:1] == [_DELETED]:
        content.deleted = True
        del lines[0]
    lines = _take_reactions(lines, content, people)
    lines = _take_edits(lines, content)
    lines = _take_attachments(lines, content)
    content.kind, content.text = _judge(lines, content)
    return content


def _without_replies(body: Iterable[str]) -> list[str]:
    """Answers are copied below what they answer, and stand in their own place again."""
    lines: list[str] = []
    for line in body:
        if _REPLY.match(line):
            break
        if line not in (_RESPONDED, _NO_ANNOUNCEMENT):
            lines.append(line)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _take_reactions(lines: list[str], content: Content, people: frozenset[str]) -> list[str]:
    """Reactions stand at the end of a part; new versions give them no heading."""
    kept: list[str] = []
    is_list = False
    for line in lines:
        if line in _REACTION_HEADINGS:
            is_list = True
        elif not _take_reaction(line, content, None if is_list else people):
            is_list = False
            kept.append(line)
    return [line for line in kept if not _EFFECTS.fullmatch(line)]


def _take_reaction(line: str, content: Content, people: frozenset[str] | None) -> bool:
    if _REACTION_STICKER.fullmatch(line):
        return people is None
    found = _REACTION.fullmatch(line)
    if found is None or (people is not None and found["who"] not in people):
        return False
    what = found["what"]
    emoji = EMOJI.get(what, "" if what.isascii() or any(map(str.isalpha, what)) else what)
    if emoji:
        content.reactions.append(Reaction(emoji, found["who"]))
    return bool(emoji)


def _take_edits(lines: list[str], content: Content) -> list[str]:
    """Of all wordings only the last counts."""
    at = next((n for n, line in enumerate(lines) if _FIRST_WORDING.fullmatch(line)), None)
    if at is None:
        return lines
    wording: list[str] = []
    for line in lines[at:]:
        found = _NEXT_WORDING.fullmatch(line) if wording else _FIRST_WORDING.fullmatch(line)
        if found:
            wording = [found["text"]]
            content.edited = True
        else:
            wording.append(line)
    return [*lines[:at], *wording]


def _take_attachments(lines: list[str], content: Content) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if _ATTACHMENT.fullmatch(line):
            content.attachments.append(Attachment("file", clean_text(line)))
        elif line == _NO_ATTACHMENT:
            content.attachments.append(Attachment("file"))
        elif _REACTION_STICKER.fullmatch(line):
            content.attachments.append(Attachment("sticker"))
        elif not (content.attachments and line.startswith(_TRANSCRIPTION)):
            kept.append(line)
    return kept


def _judge(lines: Sequence[str], content: Content) -> tuple[Kind, str]:
    first = lines[0] if lines else ""
    if first in _NOTICES:
        return "system", ""
    if _APP.fullmatch(first):
        return "media", ""
    if lines and all(_UNSENT.fullmatch(line) for line in lines if line):
        content.deleted = True
        return "deleted", ""
    # Below a link stand the title and the summary of its preview.
    words = [first] if _LINK.fullmatch(first) else lines
    if text := clean_text("\n".join(line for line in words if not _UNSENT.fullmatch(line))):
        return "text", text
    if content.attachments:
        is_sticker = all(one.kind == "sticker" for one in content.attachments)
        return ("sticker" if is_sticker else "media"), ""
    return ("deleted" if content.deleted else "empty"), ""
