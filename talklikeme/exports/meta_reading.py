"""Read the threads of Facebook's and Instagram's exports, JSON and HTML alike.

`messenger` and `instagram` say what is theirs: the platform, the names of the formats, the files
that name the owner, and the sentences that the app writes. The rest is the same in both.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.meta import (
    Content,
    Thread,
    judge_text,
    oldest_first,
    parse_attachments,
    parse_body,
    parse_reactions,
    parse_sender,
    parse_time,
)
from talklikeme.exports.meta_dates import DateReader
from talklikeme.exports.meta_owner import OwnerClue
from talklikeme.exports.meta_sentences import SentenceJudge
from talklikeme.exports.meta_threads import (
    Part,
    Surveys,
    build_thread,
    count_pairs,
    is_page_name,
    load_part,
    survey_threads,
)
from talklikeme.exports.times import LocalClock
from talklikeme.messages import Kind, Message, Precision, TimeBasis, clean_text, name_key


@dataclass(frozen=True, slots=True)
class App:
    """What tells one app's export from the other's."""

    platform: str
    json_format: str
    html_format: str
    is_owner_name: Callable[[ExportFile], bool]
    read_owner: Callable[[ExportFile], OwnerClue]
    build_judge: Callable[[set[str]], SentenceJudge]

    def format(self, file: ExportFile) -> str:
        """What the user is told that the file is."""
        return self.html_format if is_page_name(file) else self.json_format


def read_export(files: Sequence[ExportFile], settings: ReadSettings, app: App) -> Iterator[Item]:
    """Read all threads; the archives of one export, and overlapping exports, may come together."""
    owner_files = [file for file in files if app.is_owner_name(file)]
    clues: list[OwnerClue] = []
    for file in owner_files:
        yield Tally(file.path, app.format(file), 0)
        try:
            clues.append(app.read_owner(file))
        except ExportError as error:
            yield error
    parts = [file for file in files if file not in owner_files]
    surveys = survey_threads(parts, settings.date_order)
    for problem in surveys.errors:
        if problem.is_note:
            yield Tally(problem.path, app.html_format, 0)
        yield problem
    people = {name_key(name) for survey in surveys.threads.values() for name in survey.people}
    owners = _settle_owners(clues, people)
    if people and not owners and any(clue.stated for clue in clues):
        why = "its owner takes part in no thread"
        yield ExportError(owner_files[0].path, why, hint="Pass --me NAME", is_note=True)
    yield from _read_threads(surveys, owners, settings, app)


def _settle_owners(clues: Sequence[OwnerClue], people: set[str]) -> frozenset[str]:
    """Names under a label that says so, else the one person of the chats whom the file mentions."""
    stated = frozenset().union(*(clue.stated for clue in clues))
    if stated & people:
        return stated
    mentioned = [clue.mentioned & people for clue in clues]
    return frozenset().union(*(names for names in mentioned if len(names) == 1))


def _read_threads(
    surveys: Surveys, owners: frozenset[str], settings: ReadSettings, app: App
) -> Iterator[Item]:
    pairs = count_pairs(surveys.threads.values())
    judge = app.build_judge(surveys.shared_starts())
    counts: Counter[str] = Counter()
    for survey in surveys.threads.values():
        thread = build_thread(survey, app.platform, judge, owners, pairs)
        clock = LocalClock(settings.timezone)
        for part in survey.parts:
            section = replace(thread, section=part.section)
            dates = surveys.dates(part.file)
            reader = _PartReader(part, section, app, dates, clock if part.is_page else None)
            yield from reader.read(counts)


class _Time(NamedTuple):
    """When a message was sent, and how far that can be believed."""

    ts: datetime
    raw: str
    precision: Precision
    basis: TimeBasis


@dataclass(frozen=True, slots=True)
class _PartReader:
    """Reads one file of a thread; `clock` is there if it is a page, with its local times."""

    part: Part
    thread: Thread
    app: App
    dates: DateReader
    clock: LocalClock | None

    def read(self, counts: Counter[str]) -> Iterator[Item]:
        path = self.part.file.path
        try:
            records = load_part(self.part.file)["messages"]
        except ExportError as error:
            yield error
            return
        yield Tally(path, self.app.format(self.part.file), len(records))
        for index in self._oldest_first(records):
            seq = counts[self.thread.conversation_id]
            counts[self.thread.conversation_id] += 1
            try:
                yield self._build_message(records[index], index=index, seq=seq)
            except BadRecord as error:
                yield ExportError(path, str(error), line=index, records=1)

    def _oldest_first(self, records: Sequence[Any]) -> list[int]:
        if self.clock is None:
            return oldest_first([_sort_key(record) for record in records])
        for record in records:
            record["stamp"] = self.dates.parse(record["local_time"])
        walls = [record["stamp"] and record["stamp"].wall for record in records]
        return oldest_first([wall and int(wall.replace(tzinfo=UTC).timestamp()) for wall in walls])

    def _build_message(self, record: Any, *, index: int, seq: int) -> Message:
        """Turn one raw record into a Message; raises BadRecord with the reason."""
        if not isinstance(record, dict):
            raise BadRecord("not a message")
        thread = self.thread
        sender, sender_id = _parse_sender(record)
        time = self._parse_time(record)
        attachments = parse_attachments(record)
        # The encoding is broken in JSON only; people may mean what looks broken on a page.
        body = parse_body(record, "content") if self.clock is None else record.get("content", "")
        content = _judge(record, clean_text(body), sender, thread, has_files=bool(attachments))
        return Message(
            platform=self.app.platform,
            conversation_id=thread.conversation_id,
            sender_id=sender_id,
            ts=time.ts,
            seq=seq,
            kind=content.kind,
            source_file=self.part.file.path,
            conversation_title=thread.title,
            is_group=thread.is_group,
            participants=thread.participants,
            sender_name=sender,
            is_me=thread.is_mine(sender_id),
            ts_raw=time.raw,
            ts_precision=time.precision,
            tz_basis=time.basis,
            text=content.text,
            attachments=attachments,
            reactions=parse_reactions(record),
            deleted=content.kind == "deleted",
            system=content.kind == "system",
            section=thread.section,
            source_line=index,
        )

    def _parse_time(self, record: Mapping[str, Any]) -> _Time:
        if self.clock is None:
            raw = _raw_time(record)
            ts, precision = parse_time(raw)
            return _Time(ts, str(raw), precision, "utc")
        stamp = record["stamp"]
        if stamp is None:
            raise BadRecord("no usable time")
        ts = self.clock.to_utc(stamp.wall)
        return _Time(ts, record["local_time"], stamp.precision, "local")


def _parse_sender(record: Mapping[str, Any]) -> tuple[str, str]:
    raw = record.get("sender_name")
    return _name_and_key(raw) if isinstance(raw, str) else (parse_sender(record, "sender_name"), "")


@functools.lru_cache(maxsize=4096)
def _name_and_key(raw: str) -> tuple[str, str]:
    name = parse_sender({"sender_name": raw}, "sender_name")
    return name, name_key(name)


def _raw_time(record: Mapping[str, Any]) -> Any:
    return record.get("timestamp_ms", record.get("timestamp"))


def _sort_key(record: Any) -> int | None:
    time = _raw_time(record) if isinstance(record, dict) else None
    return time if isinstance(time, int) and time > 0 else None


def _judge(
    record: Mapping[str, Any], text: str, sender: str, thread: Thread, *, has_files: bool
) -> Content:
    """What the record is: first by its fields, then by the sentences that the app writes."""
    is_call = record.get("call_duration") is not None or record.get("missed") is True
    if record.get("is_unsent") is True:
        return Content("deleted")
    if is_call or record.get("type") == "Call":
        return Content("call")
    if record.get("type") in ("Subscribe", "Unsubscribe"):
        return Content("system", text)
    without_text: Kind = "media" if has_files else "empty"
    if isinstance(record.get("sticker"), dict):
        without_text = "sticker"
    return judge_text(text, sender, thread.judge) or Content(without_text)
