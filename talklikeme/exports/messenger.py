"""Facebook Messenger, "Download your information" as JSON (formats.md §1).

One folder per thread with `message_1.json` (the newest part), `message_2.json`, …; every byte of
the text is escaped for itself. Conversation ids follow one rule, shared with `messenger_e2ee`:

* A thread of two people is "messenger:" and their two names, sorted. So the same thread in
  `inbox`, in `e2ee_cutover` and in the archive of encrypted chats is one conversation.
* When two people share several threads with different thread ids (two friends of one name), none
  is merged: each id is followed by " #" and the thread id. `e2ee_cutover/<folder>` has the thread
  id of `inbox/<folder>` and stays with it.
* Groups, and threads of which only one person is left, go by their thread id.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.messenger_threads import (
    THREAD_PATH,
    Survey,
    build_thread,
    count_pairs,
    survey_threads,
)
from talklikeme.exports.meta import (
    BadRecord,
    Content,
    Thread,
    judge_text,
    load_thread,
    oldest_first,
    parse_attachments,
    parse_body,
    parse_name,
    parse_reactions,
    parse_sender,
    parse_time,
)
from talklikeme.messages import Kind, Message, clean_text, name_key

FORMAT = "Messenger JSON"

_PART_NAME = re.compile(r"messages?(?:_\d+)?(?: \(\d+\)| \d+)?\.json", re.IGNORECASE)
_OWNER_FILES = {
    "autofill_information": b'"autofill_information_v2"',
    "profile_information": b'"profile',
}
_OWNER_FIELDS = (
    ("autofill_information_v2", "FULL_NAME"),
    ("profile_v2", "name"),
    ("profile", "name"),
)


def recognises(file: ExportFile, head: bytes) -> bool:
    """Parts of threads by path and keys, or by keys alone; and the two files that name the owner."""
    if not file.name.lower().endswith(".json") or is_from_instagram(file.path):
        return False
    if is_owner_file(file, head):
        return True
    if (
        not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
        or b'"messages"' not in head
    ):
        return False
    has_senders = b'"sender_name"' in head
    if THREAD_PATH.fullmatch(file.path) and _PART_NAME.fullmatch(file.name):
        return has_senders or b'"participants"' in head
    return has_senders and b'"timestamp' in head


def is_owner_file(file: ExportFile, head: bytes) -> bool:
    """Whether the file says whose export it is."""
    mark = _OWNER_FILES.get(file.plain_stem.lower())
    return mark is not None and mark in head


def is_from_instagram(path: str) -> bool:
    """Instagram's export has the same folders; only the folders around them tell it apart."""
    found = THREAD_PATH.fullmatch(path.lower())
    around = path.lower()[: found.start(1)] if found else path.lower()
    return around.rfind("instagram") > around.rfind("facebook")


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Read all threads; the archives of one export, and overlapping exports, may come together."""
    owner_files = [file for file in files if file.plain_stem.lower() in _OWNER_FILES]
    owners: set[str] = set()
    for file in owner_files:
        yield Tally(file.path, FORMAT, 0)
        try:
            owners |= _read_owner(file)
        except ExportError as error:
            yield error
    surveys = survey_threads([file for file in files if file not in owner_files])
    yield from surveys.errors
    people = {name_key(name) for survey in surveys.threads for name in survey.people}
    if owners and people and not owners & people:
        yield ExportError(
            owner_files[0].path,
            "its owner takes part in no thread",
            hint="Pass --me NAME",
            is_note=True,
        )
        owners.clear()
    pairs = count_pairs(surveys.threads)
    counts: Counter[str] = Counter()
    for survey in surveys.threads:
        thread = build_thread(survey, surveys, frozenset(owners), pairs)
        yield from _read_thread(survey, thread, counts)


def _read_owner(file: ExportFile) -> set[str]:
    """The owner's name keys from autofill_information.json or profile_information.json."""
    data = load_json(file)
    for root, key in _OWNER_FIELDS:
        fields = data.get(root) if isinstance(data, dict) else None
        value = fields.get(key) if isinstance(fields, dict) else None
        if isinstance(value, dict):
            value = value.get("full_name")
        names = value if isinstance(value, list) else [value]
        if found := {name_key(name) for raw in names if (name := parse_name(raw))}:
            return found
    return set()


def _read_thread(survey: Survey, thread: Thread, counts: Counter[str]) -> Iterator[Item]:
    for part in survey.parts:
        path = part.file.path
        thread = replace(thread, section=part.section)
        try:
            records = load_thread(part.file)["messages"]
        except ExportError as error:
            yield error
            continue
        yield Tally(path, FORMAT, len(records))
        for index in oldest_first([_raw_time(record) for record in records]):
            seq = counts[thread.conversation_id]
            counts[thread.conversation_id] += 1
            try:
                yield _build_message(records[index], thread, path, index=index, seq=seq)
            except BadRecord as error:
                yield ExportError(path, str(error), line=index, records=1)


def _raw_time(record: Any) -> int | None:
    time = record.get("timestamp_ms", record.get("timestamp")) if isinstance(record, dict) else None
    return time if isinstance(time, int) and time > 0 else None


def _build_message(record: Any, thread: Thread, path: str, *, index: int, seq: int) -> Message:
    """Turn one raw record into a Message; raises BadRecord with the reason."""
    if not isinstance(record, dict):
        raise BadRecord("not a message")
    sender = parse_sender(record, "sender_name")
    raw_time = record.get("timestamp_ms", record.get("timestamp"))
    ts, precision = parse_time(raw_time)
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
        ts_raw=str(raw_time),
        ts_precision=precision,
        text=content.text,
        attachments=parse_attachments(record),
        reactions=parse_reactions(record),
        deleted=content.kind == "deleted",
        system=content.kind == "system",
        section=thread.section,
        source_line=index,
    )


def _judge(record: Mapping[str, Any], sender: str, thread: Thread) -> Content:
    """What the record is: first by its fields, then by the sentences that Messenger writes."""
    text = clean_text(parse_body(record, "content"))
    is_call = record.get("call_duration") is not None or record.get("missed") is True
    if record.get("is_unsent") is True:
        return Content("deleted")
    if is_call or record.get("type") == "Call":
        return Content("call")
    if record.get("type") in ("Subscribe", "Unsubscribe"):
        return Content("system", text)
    return judge_text(text, sender, thread.judge) or Content(_kind_without_text(record))


def _kind_without_text(record: Mapping[str, Any]) -> Kind:
    if isinstance(record.get("sticker"), dict):
        return "sticker"
    return "media" if parse_attachments(record) else "empty"
