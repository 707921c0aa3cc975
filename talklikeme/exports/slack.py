"""Slack's export zip, also slackdump's and Enterprise Grid's (formats.md §14).

One folder per conversation with one file per day; `users.json` names the people, `channels.json`,
`groups.json`, `dms.json` and `mpims.json` the conversations. Not supported: comments on canvases
(`FC:` folders), and the older wordings of edited messages that some exports keep beside the last.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.slack_records import Conversation, build_message, parse_ts
from talklikeme.exports.slack_workspace import Workspaces

FORMAT = "Slack export"

PEOPLE: Final = {"users", "org_users"}
CONVERSATIONS: Final = {"channels", "groups", "dms", "mpims"}
# Part of the zip, without a message.
_OTHERS: Final = {"integration_logs", "canvases", "file_conversations", "huddle_transcripts"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CANVAS = re.compile(r"(?i)(?:^|/)FC[:_-]F[0-9A-Z]+")
_MESSAGE = re.compile(rb'"type"\s*:\s*"message"')
_STAMP = re.compile(rb'"ts"\s*:\s*"?\d{9,10}\.\d{1,6}"?')


def recognises(file: ExportFile, head: bytes) -> bool:
    """Day files by their stamps, the lists beside them by name and keys."""
    if not file.name.lower().endswith(".json"):
        return False
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"["):
        return False
    stem = file.plain_stem.lower()
    if stem in PEOPLE:
        return b'"profile"' in head or b'"real_name"' in head or b'"is_bot"' in head
    if stem in CONVERSATIONS:
        return start[1:].lstrip() == b"]" or (b'"id"' in head and b'"created"' in head) or (
            b'"id"' in head and b'"members"' in head
        )  # fmt: skip
    if stem in _OTHERS:
        return True
    is_day = _DAY.fullmatch(stem) is not None
    has_stamp, has_message = bool(_STAMP.search(head)), bool(_MESSAGE.search(head))
    return (has_stamp and has_message) or (is_day and (has_stamp or has_message))


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Read the lists of all workspaces, then their conversations day by day."""
    workspaces = Workspaces()
    days = []
    for file in files:
        stem = file.plain_stem.lower()
        if stem in PEOPLE | CONVERSATIONS | _OTHERS:
            yield from _read_list(file, stem, workspaces)
        elif _CANVAS.search(file.path):
            yield Tally(file.path, FORMAT, 0)
            yield ExportError(file.path, "comments on a canvas are not read", is_note=True)
        else:
            days.append(file)
    workspaces.settle()
    counts: Counter[str] = Counter()
    for file in sorted(days, key=lambda file: (file.parent, file.plain_stem, file.name)):
        yield from _read_day(file, workspaces.conversation(file), counts)


def _read_list(file: ExportFile, stem: str, workspaces: Workspaces) -> Iterator[Item]:
    yield Tally(file.path, FORMAT, 0)
    if stem in _OTHERS:
        return
    try:
        data = load_json(file)
    except ExportError as error:
        yield error
        return
    if stem in PEOPLE:
        workspaces.add_people(file, data)
    else:
        workspaces.add_conversations(file, stem, data)


def _read_day(file: ExportFile, conversation: Conversation, counts: Counter[str]) -> Iterator[Item]:
    try:
        records = load_json(file)
    except ExportError as error:
        yield error
        return
    if not isinstance(records, list):
        yield ExportError(file.path, "no list of messages in it")
        return
    yield Tally(file.path, FORMAT, len(records))
    for index in _oldest_first(records):
        seq = counts[conversation.id]
        counts[conversation.id] += 1
        try:
            yield build_message(records[index], conversation, file.path, index=index, seq=seq)
        except BadRecord as error:
            yield ExportError(file.path, str(error), line=index, records=1)


def _oldest_first(records: Sequence[Any]) -> list[int]:
    """Indices by time; a record without a time stays behind the one before it."""
    times = []
    last = 0
    for record in records:
        found = parse_ts(record.get("ts")) if isinstance(record, dict) else None
        last = found if found is not None else last
        times.append(last)
    return sorted(range(len(records)), key=lambda index: times[index])
