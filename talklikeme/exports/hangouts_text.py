"""Hangouts as lines "2016-11-03 11:59:50 <Zoë Ruiz> hello", by the jay2k1 parser (formats.md §6.6).

One file per conversation, oldest first, in local time; IRC logs of this shape are read as well. The
owner is not stated. A chat of two meets with its Hangouts.json (see `google_people`) where the time
zone is right and no emoji was turned into a smiley. Unsupported: lines without a date, and words of
a person that equal the tool's own notices.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text, split_lines
from talklikeme.exports.google_people import People
from talklikeme.exports.items import DateOrder, Item, ReadSettings, Tally
from talklikeme.exports.times import LocalClock
from talklikeme.messages import Attachment, Kind, Message, clean_name, clean_text, name_key

FORMAT = "Hangouts text"

_LINE = re.compile(
    r"\ufeff?[\[(]?(?P<stamp>(?P<a>\d{1,4})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{1,4}),?[ T]+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)"
    r"[\])]?:? <(?P<name>[^<>\n]{1,100})>(?: (?P<text>.*))?",
    re.DOTALL,
)
_OTHER_FORMATS: Final = (".json", ".jsonl", ".html", ".htm", ".csv", ".tsv", ".xml", ".md", ".mbox")
_CALLS = re.compile(r"(?:started|ended) a video chat|new voicemail:.*", re.DOTALL)
_NOTICES = re.compile(
    r"changed conversation name (?:from '.*' )?to '.*'|(?:added|removed) user '.*' (?:to|from) conversation"
)
_PHOTO = re.compile(r"https?://[\w.-]*\.(?:googleusercontent|ggpht)\.com/\S+")
_UNKNOWN = re.compile(r"unknown_(\d+)")


def recognises(file: ExportFile, head: bytes) -> bool:
    """By its lines: at least one, and most of those that begin with a digit."""
    if file.name.lower().endswith(_OTHER_FORMATS) or b" <" not in head:
        return False
    if head[:2] not in {b"\xff\xfe", b"\xfe\xff"} and head.count(0) > len(head) // 100:
        return False
    lines = [line for line in split_lines(head.decode("utf-8", "replace"))[:200] if line.strip()]
    found = [bool(_LINE.fullmatch(line)) for line in lines]
    stamped = [line for line in lines if line.lstrip("\ufeff[(")[:1].isdigit()]
    return any(found[:5]) and 2 * sum(found) >= len(stamped)


@dataclass(slots=True)
class _Draft:
    """One message whose lines are still being gathered."""

    line: int
    found: re.Match[str]
    lines: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return clean_name(self.found["name"])


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one file after the other; each is one conversation."""
    people = People()
    counts: Counter[str] = Counter()
    for file in files:
        try:
            text, guessed = decode_text(file.read())
        except ExportError as error:
            yield error
            continue
        if guessed:
            hint = "Export it again if letters look wrong"
            yield ExportError(
                file.path, "not UTF-8 text, read as Windows-1252", hint=hint, is_note=True
            )
        lines = split_lines(text)
        drafts, stray = _gather(lines)
        yield Tally(file.path, FORMAT, len(drafts))
        if stray is not None:
            yield ExportError(file.path, "text before the first message", line=stray)
        yield from _read_chat(file, drafts, people, counts, settings)


def _gather(lines: Sequence[str]) -> tuple[list[_Draft], int | None]:
    """Messages with their further lines, and the line of any text before the first."""
    drafts: list[_Draft] = []
    stray = None
    for number, line in enumerate(lines, start=1):
        if found := _LINE.fullmatch(line):
            drafts.append(_Draft(number, found, [found["text"] or ""]))
        elif drafts:
            drafts[-1].lines.append(line)
        elif stray is None and clean_text(line):
            stray = number
    return drafts, stray


def _read_chat(
    file: ExportFile,
    drafts: Sequence[_Draft],
    people: People,
    counts: Counter[str],
    settings: ReadSettings,
) -> Iterator[Item]:
    order, is_doubtful = _find_order(drafts, settings.date_order)
    if is_doubtful:
        why = "its dates do not show which number is the day; read as day first"
        hint = "Pass --date-order month-first if that is wrong, or day-first to confirm it"
        yield ExportError(file.path, why, hint=hint, is_note=True)
    names = dict.fromkeys(draft.name for draft in drafts)
    for name in names:
        people.add(*_identify(name))
    chat = _Chat(file, tuple(names), people)
    clock = LocalClock(settings.timezone)
    for draft in drafts:
        seq = counts[chat.conversation_id]
        counts[chat.conversation_id] += 1
        try:
            ts = clock.to_utc(_parse_wall(draft.found, order))
        except (ValueError, OverflowError):
            why = f"no such date or time: {draft.found['stamp']}"
            yield ExportError(file.path, why, line=draft.line, records=1)
        else:
            yield chat.build_message(draft, ts, seq)


def _identify(name: str) -> tuple[str, str | None]:
    """The person's id and name; the tool writes unknown_<id> where it knows no name."""
    found = _UNKNOWN.fullmatch(name)
    return (found[1], None) if found else (name_key(name), name)


def _find_order(drafts: Sequence[_Draft], wanted: DateOrder) -> tuple[DateOrder, bool]:
    """Which number is the day, by the settings or by a number that can be no month."""
    open_dates = [draft.found for draft in drafts if len(draft.found["a"]) < 4]
    if not open_dates or wanted != "auto":
        return ("day-first" if wanted == "auto" else wanted), False
    if any(int(found["a"]) > 12 for found in open_dates):
        return "day-first", False
    if any(int(found["b"]) > 12 for found in open_dates):
        return "month-first", False
    return "day-first", True


def _parse_wall(found: re.Match[str], order: DateOrder) -> datetime:
    a, b, c = (int(found[key]) for key in "abc")
    if len(found["a"]) == 4 or order == "year-first":
        year, month, day = a, b, c
    elif order == "month-first":
        month, day, year = a, b, c
    else:
        day, month, year = a, b, c
    year += 2000 if year < 100 else 0
    if not 1970 < year < 3000:
        raise ValueError("no such year")
    hour, half = int(found["hour"]), (found["half"] or "").upper()
    if half:
        hour = hour % 12 + (12 if half == "P" else 0)
    return datetime(year, month, day, hour, int(found["minute"]), int(found["second"] or 0))  # noqa: DTZ001 - a wall clock


class _Chat:
    """What all messages of one file share."""

    def __init__(self, file: ExportFile, names: tuple[str, ...], people: People) -> None:
        self._path = file.path
        self._people = people
        stem = clean_name(file.plain_stem)
        spoken = {name_key(name): name for name in names}
        # Tools replace what a file name cannot hold by "_".
        self._title = spoken.get(name_key(stem.replace("_", " ")), stem)
        self._names = names
        pair = people.pair_id(_identify(name)[0] for name in names)
        self.conversation_id = pair or f"hangouts:{name_key(stem)}"

    def build_message(self, draft: _Draft, ts: datetime, seq: int) -> Message:
        """One message, whose further lines are gathered."""
        person, name = _identify(draft.name)
        kind, text, attachments = _judge(clean_text("\n".join(draft.lines)))
        return Message(
            platform="hangouts",
            conversation_id=self.conversation_id,
            sender_id=self._people.key(person),
            ts=ts,
            seq=seq,
            kind=kind,
            source_file=self._path,
            conversation_title=self._title,
            is_group=len(self._names) > 2,
            participants=self._names,
            sender_name=name,
            ts_raw=draft.found["stamp"],
            ts_precision="s" if draft.found["second"] else "min",
            tz_basis="local",
            text=text,
            attachments=attachments,
            system=kind == "system",
            source_line=draft.line,
        )


def _judge(text: str) -> tuple[Kind, str, tuple[Attachment, ...]]:
    if _CALLS.fullmatch(text):
        return "call", "", ()
    if _NOTICES.fullmatch(text):
        return "system", text, ()
    if _PHOTO.fullmatch(text):
        return "media", "", (Attachment("photo", text),)
    return ("text" if text else "empty"), text, ()
