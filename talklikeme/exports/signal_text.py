"""Text files of signalbackup-tools, `--exporttxt` (formats.md §19.3).

"<chat> (_id7).txt" with lines like "[Jan 15, 2024 09:01:02] <Zoë> text (Kim: 👍)". The file does not
say whose it is. Times are those of receiving, on the machine's clock. Not supported: the pages of
`--exporthtml` and the tables of `--exportcsv`; `--exportxml` is the format of SMS Backup & Restore.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text, split_lines
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.times import LocalClock
from talklikeme.messages import (
    Attachment,
    Kind,
    Message,
    Reaction,
    clean_name,
    clean_text,
    name_key,
)

FORMAT = "Signal text (signalbackup-tools)"

_STAMP = (
    r"\[(?P<mon>[A-Z][a-z]{2}) (?P<d>\d\d), (?P<y>\d{4}) (?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)\] "
)
_FIRST = re.compile(_STAMP + r"(?:(?P<event>\*\*\* )|<(?P<sender>[^\n]{0,200}?)> )")
_FILE = re.compile(
    r"<(?P<sender>[^\n]{0,200}?)> sent file(?: \"(?P<name>.*)\"| of type (?P<mime>\S+))?"
)
# Every reaction in the bracket is somebody's name and one emoji.
_REACTIONS = re.compile(
    r"\s?\(((?:[^;()\n]{1,100}: [^\s:;()\x00-\x7f][^\s:;()]{0,20}(?:; |(?=\))))+)\)\s*\Z"
)
_TITLE = re.compile(r" \(_id\d+\)$")
_CALL = re.compile(
    r"(?i)\b(?:missed |incoming |outgoing |started a |declined )?(?:voice |video |group )?call\b"
)
_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_POLL: Final = "Poll: "
_OPTION = re.compile(r"\n {20,}\[\d+\] ")


def recognises(file: ExportFile, head: bytes) -> bool:
    """By the stamp of the first line, which no other text has."""
    if file.name.lower().endswith((".json", ".jsonl", ".html", ".csv", ".xml")):
        return False
    start = head[:2000].removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace").lstrip()
    return bool(_FIRST.match(start))


@dataclass(slots=True)
class _Chat:
    conversation_id: str
    title: str
    participants: tuple[str, ...]
    is_group: bool | None
    clock: LocalClock


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one chat per file."""
    for file in files:
        try:
            text, guessed = decode_text(file.read())
        except ExportError as error:
            yield error
            continue
        lines = split_lines(text)
        firsts = [
            (number, found) for number, line in enumerate(lines) if (found := _FIRST.match(line))
        ]
        yield Tally(file.path, FORMAT, len(firsts))
        if guessed:
            yield ExportError(file.path, "not UTF-8 text, read as Windows-1252", is_note=True)
        chat = _build_chat(file, firsts, settings)
        yield from _build_messages(lines, firsts, chat, file.path)


_Firsts = Sequence[tuple[int, re.Match[str]]]


def _build_chat(file: ExportFile, firsts: _Firsts, settings: ReadSettings) -> _Chat:
    title = clean_name(_TITLE.sub("", file.plain_stem))
    found = (first["sender"] for _, first in firsts if first["sender"])
    names = dict.fromkeys(clean_name(name) for name in found)
    keys = {name_key(name) for name in names}
    is_pair = len(keys) == 2 and name_key(title) in keys
    return _Chat(
        conversation_id=f"signal:{name_key(title)}",
        title=title,
        participants=tuple(names),
        is_group=True if len(keys) > 2 else False if is_pair else None,
        clock=LocalClock(settings.timezone),
    )


def _build_messages(
    lines: Sequence[str], firsts: _Firsts, chat: _Chat, path: str
) -> Iterator[Item]:
    ends = [number for number, _ in firsts[1:]] + [len(lines)]
    for seq, ((number, found), end) in enumerate(zip(firsts, ends, strict=False)):
        wall = _parse_wall(found)
        if wall is None:
            yield ExportError(path, "no usable time", line=number + 1, records=1)
            continue
        body = "\n".join([found.string[found.end() :], *lines[number + 1 : end]])
        sender = "" if found["event"] else clean_name(found["sender"])
        said = _read_event(body) if found["event"] else _read_words(body, sender)
        yield Message(
            platform="signal",
            conversation_id=chat.conversation_id,
            sender_id=name_key(said.sender),
            ts=chat.clock.to_utc(wall),
            seq=seq,
            kind=said.kind,
            source_file=path,
            conversation_title=chat.title,
            is_group=chat.is_group,
            participants=chat.participants,
            sender_name=said.sender or None,
            ts_raw=found[0][1 : found[0].index("]")],
            ts_precision="s",
            tz_basis="local",
            text=said.text,
            attachments=said.attachments,
            reactions=said.reactions,
            system=said.kind == "system",
            source_line=number + 1,
        )


def _parse_wall(found: re.Match[str]) -> datetime | None:
    if found["mon"] not in _MONTHS:
        return None
    numbers = (int(found[key]) for key in ("d", "h", "mi", "s"))
    day, hour, minute, second = numbers
    year, month = int(found["y"]), _MONTHS.index(found["mon"]) + 1
    try:
        return datetime(year, month, day, hour, minute, second) if 1970 < year < 3000 else None  # noqa: DTZ001 - wall clock
    except ValueError:
        return None


@dataclass(slots=True)
class _Said:
    kind: Kind
    sender: str = ""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reactions: tuple[Reaction, ...] = ()


def _read_event(body: str) -> _Said:
    """A file that somebody sent, or what Signal tells."""
    body, reactions = _cut_reactions(body)
    if found := _FILE.fullmatch(body.rstrip()):
        attachment = Attachment("file", found["name"] or None, found["mime"])
        return _Said("media", clean_name(found["sender"]), "", (attachment,), reactions)
    is_call = bool(_CALL.search(body))
    return _Said("call" if is_call else "system", text="" if is_call else clean_text(body))


def _read_words(body: str, sender: str) -> _Said:
    if body.startswith(_POLL) and _OPTION.search(body):
        return _Said("poll", sender)
    body, reactions = _cut_reactions(body)
    text = clean_text(body)
    return _Said("text" if text else "empty", sender, text, reactions=reactions)


def _cut_reactions(body: str) -> tuple[str, tuple[Reaction, ...]]:
    """The bracket behind the text holds what others put on it: " (Kim: 👍; Zoë: ❤️)"."""
    found = _REACTIONS.search(body) if body.rstrip().endswith(")") else None
    if found is None:
        return body, ()
    parts = (part.rpartition(": ") for part in found[1].split("; "))
    reactions = tuple(Reaction(emoji, clean_name(name)) for name, _, emoji in parts)
    return body[: found.start()], reactions
