"""Messenger's archive of end-to-end encrypted chats, from the move to encryption on (formats.md §2).

A flat folder of `<thread>_<N>.json`, one file per thread, beside one `media/` folder. Conversation
ids are made as in `messenger`: two people are "messenger:" and their two names, so that this
archive continues their thread of the other export. Groups have no id here: theirs is made of title
and people, and does not meet the thread id that the other export gives. Threads of one folder that
would share an id are told apart by " #" and the file's name, and are not merged with anything.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.meta import (
    Content,
    Thread,
    distinct_names,
    judge_text,
    load_thread,
    parse_attachments,
    parse_body,
    parse_name,
    parse_people,
    parse_reactions,
    parse_sender,
    parse_time,
)
from talklikeme.exports.meta_sentences import SentenceJudge
from talklikeme.messages import Message, clean_text, name_key

FORMAT = "Messenger end-to-end encrypted JSON"

_FILE_NUMBER = re.compile(r"_\d+$")


@dataclass(frozen=True, slots=True)
class _Survey:
    """What one file says about its thread."""

    file: ExportFile
    title: str
    declared: tuple[str, ...]
    people: tuple[str, ...]

    def identity(self) -> str:
        """The two people of a 1:1 thread, or a group's title and people."""
        keys = sorted({name_key(name) for name in self.people})
        people = " + ".join(keys)
        return people if len(keys) == 2 else f"{name_key(self.title)}: {people}"


def recognises(file: ExportFile, head: bytes) -> bool:
    """A JSON object with `threadName` and `senderName`; a thread may be empty."""
    if not file.name.lower().endswith(".json"):
        return False
    if (
        not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
        or b'"messages"' not in head
    ):
        return False
    if b'"threadName"' in head:
        return b'"senderName"' in head or b'"participants"' in head
    return b'"senderName"' in head and b'"isUnsent"' in head


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Read all threads; the owner is the first participant of every one of them."""
    surveys = []
    for file in files:
        try:
            surveys.append(_survey(file))
        except ExportError as error:
            yield error
    owners = _find_owners(surveys)
    shared = Counter((one.file.parent, one.identity()) for one in surveys)
    crowded = {identity for (_, identity), count in shared.items() if count > 1}
    for survey in surveys:
        yield from _read_thread(survey, owners[survey.file.parent], crowded)


def _survey(file: ExportFile) -> _Survey:
    data = load_thread(file)
    raw = (record.get("senderName") for record in data["messages"] if isinstance(record, dict))
    senders = [parse_name(name) for name in dict.fromkeys(n for n in raw if isinstance(n, str))]
    declared = distinct_names(parse_people(data.get("participants")))
    people = distinct_names([*declared, *(name for name in senders if name)])
    title = parse_name(data.get("threadName")) or ", ".join(people)
    return _Survey(file, _without_number(title, file, people), declared, people)


def _without_number(title: str, file: ExportFile, people: tuple[str, ...]) -> str:
    """Drop the running number that some exports append to the name of the thread."""
    shorter = _FILE_NUMBER.sub("", title)
    is_numbered = shorter in people or title == clean_text(file.plain_stem)
    return shorter if is_numbered else title


def _find_owners(surveys: Sequence[_Survey]) -> dict[str, frozenset[str]]:
    """Each folder's owner: the first participant, if all files of the folder agree on that.

    Where they do not, the only person in every thread; else nobody, and a later stage asks.
    """
    folders: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for survey in surveys:
        folders[survey.file.parent].append(tuple(name_key(name) for name in survey.declared))
    owners = {}
    for folder, threads in folders.items():
        stated = [people for people in threads if people]
        first = frozenset(people[0] for people in stated)
        everywhere = frozenset.intersection(*map(frozenset, stated)) if stated else frozenset()
        agreed = first if len(first) == 1 else everywhere
        owners[folder] = agreed if len(agreed) == 1 else frozenset()
    return owners


def _read_thread(survey: _Survey, owners: frozenset[str], crowded: set[str]) -> Iterator[Item]:
    path = survey.file.path
    identity = survey.identity()
    suffix = f" #{survey.file.plain_stem}" if identity in crowded else ""
    thread = Thread(
        conversation_id=f"messenger:{identity}{suffix}",
        title=survey.title or None,
        is_group=len(survey.people) > 2,
        participants=survey.people,
        owners=owners,
        judge=SentenceJudge(),
    )
    records = load_thread(survey.file)["messages"]
    yield Tally(path, FORMAT, len(records))
    for seq, index in enumerate(_in_order(records)):
        try:
            yield _build_message(records[index], thread, path, index=index, seq=seq)
        except BadRecord as error:
            yield ExportError(path, str(error), line=index, records=1)


def _in_order(records: Sequence[Any]) -> list[int]:
    """Indices by time; ties keep the file's order, or its reverse if it runs newest first."""
    raw = [record.get("timestamp") if isinstance(record, dict) else None for record in records]
    times = [time if isinstance(time, int) and time > 0 else 0 for time in raw]
    known = [time for time in times if time]
    is_newest_first = known[:1] != known[-1:] and known == sorted(known, reverse=True)
    indices = list(range(len(records)))
    return sorted(indices[::-1] if is_newest_first else indices, key=lambda index: times[index])


def _build_message(record: Any, thread: Thread, path: str, *, index: int, seq: int) -> Message:
    if not isinstance(record, dict):
        raise BadRecord("not a message")
    sender = parse_sender(record, "senderName")
    ts, precision = parse_time(record.get("timestamp"))
    content = _judge(record, sender, thread)
    return Message(
        platform="messenger",
        conversation_id=thread.conversation_id,
        sender_id=name_key(sender),
        ts=ts,
        seq=seq,
        kind=content.kind,
        source_file=path,
        conversation_title=thread.title,
        is_group=thread.is_group,
        participants=thread.participants,
        sender_name=sender,
        is_me=thread.is_mine(name_key(sender)),
        ts_raw=str(record["timestamp"]),
        ts_precision=precision,
        text=content.text,
        attachments=parse_attachments(record),
        reactions=parse_reactions(record),
        deleted=content.kind == "deleted",
        system=content.kind == "system",
        section="e2ee",
        source_line=index,
    )


def _judge(record: Mapping[str, Any], sender: str, thread: Thread) -> Content:
    text = clean_text(parse_body(record, "text"))
    if record.get("isUnsent") is True:
        return Content("deleted")
    if record.get("type") == "placeholder":
        return Content("empty")
    without_text = Content(
        "media" if record.get("media") or record.get("type") == "media" else "empty"
    )
    return judge_text(text, sender, thread.judge) or without_text
