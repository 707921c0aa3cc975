"""Chats of unknown origin: tables, JSON, JSON lines and transcripts (formats.md §20.1 to §20.3).

Tried last: it takes only what no other reader takes, and only where times, people and words are
found; or else a table that has the columns that the user names. Not read: tables without a header.
Clock times without a date ("10:05 Ann: hi") only show the order.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports import (
    fbcap,
    hinge,
    linkedin,
    messenger,
    messenger_e2ee,
    telegram,
    tinder,
    whatsapp,
)
from talklikeme.exports.csv_tables import Table, find_header, guess_note, read_head, read_table
from talklikeme.exports.files import ExportFile, decode_text
from talklikeme.exports.generic_columns import (
    Columns,
    Fields,
    guess_columns,
    is_chat_header,
    map_columns,
)
from talklikeme.exports.generic_json import Layout, find_layout, read_records
from talklikeme.exports.generic_mapping import has_columns, is_json
from talklikeme.exports.generic_records import Record, RecordReader
from talklikeme.exports.generic_text import is_transcript, read_transcript
from talklikeme.exports.items import Item, ReadSettings, Tally

FORMAT = "table or transcript of unknown origin"

_TABLES: Final = {".csv", ".tsv", ".txt", ""}
_JSON: Final = {".json", ".jsonl", ".ndjson", ".txt", ""}
_TEXTS: Final = {".txt", ".log", ""}
_OTHERS: Final = (fbcap, linkedin, tinder, hinge, messenger, messenger_e2ee, telegram, whatsapp)
# What only the apps' own exports have (formats.md §0.7), also in a file that lost its companions.
_OTHER_JSON: Final = re.compile(
    rb'"(?:threadName|sender_name|senderName|match_id|guild|topic_id|conversation_state|'
    rb"participant_id|date_unixtime|from_id|mediaRootBackupKey|dmConversation|client_msg_id|"
    rb'user_profile|gaia_id|chatItem|timestamp_ms|quote|dateSent)"\s*:'
    rb'|"ts"\s*:\s*"\d{10}\.\d{6}"|window\.(?:YTD|__THAR)'
)
_OTHER_TEXT: Final = re.compile(
    r"\s*(?:<|=====|-----\n|window\.|From |%|#!)|.*?(?:Conversation history of |There's nothing here)"
    r"|\[\d{4}-\d\d-\d\dT\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)\] |.{0,40}<[^<>\n]+> "
    r"|[A-Z][a-z]{2} \d\d, \d{4} {1,2}\d{1,2}:\d\d:\d\d [AP]M"
)
_OTHER_TABLE: Final = ({"author", "date", "content", "attachments"}, {"authorid", "content"})


def recognises(file: ExportFile, head: bytes) -> bool:
    """Only what has times, people and words, and is not another app's."""
    suffix = PurePosixPath(file.path).suffix.lower()
    if suffix not in _TABLES | _JSON | _TEXTS or _is_from_another_app(file, head):
        return False
    text = read_head(head)
    if is_json(text) and suffix in _JSON and find_layout(text) is not None:
        return True
    if suffix in _TABLES and _is_chat_table(text):
        return True
    return suffix in _TEXTS and is_transcript(_whole_lines(text, file))


def _is_from_another_app(file: ExportFile, head: bytes) -> bool:
    if _OTHER_JSON.search(head) or _OTHER_TEXT.match(read_head(head[:2_000])):
        return True
    return any(reader.recognises(file, head) for reader in _OTHERS)


def _is_chat_table(text: str) -> bool:
    found = find_header(text, _is_own_header)
    if found is None:
        return False
    dialect, keys = found
    rows = [dict(zip(keys, row, strict=False)) for row in dialect.sample(text)]
    return guess_columns(_below_header(rows, keys)) is not None


def _below_header(rows: Sequence[Fields], keys: Sequence[str]) -> list[Fields]:
    return [fields for fields in rows if len(fields) == len(keys)][1:]


def _is_own_header(keys: Sequence[str]) -> bool:
    return is_chat_header(keys) and not any(other <= set(keys) for other in _OTHER_TABLE)


def _whole_lines(text: str, file: ExportFile) -> str:
    return text.rpartition("\n")[0] if file.size > len(text.encode("utf-8", "replace")) else text


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one file after the other, by the columns that are named, else guessing what they mean."""
    told = map_columns(settings.columns) if settings.columns else None
    for file in files:
        yield from _read_file(file, settings, told)


def _read_file(file: ExportFile, settings: ReadSettings, told: Columns | None) -> Iterator[Item]:
    try:
        text = read_head(file.head())
        if told is not None and not has_columns(text, told):
            told = None
        if is_json(text) and (found := find_layout(text, told)):
            yield from _read_json(file, settings, *found)
        elif find_header(text, lambda keys: _is_wanted(keys, told)):
            yield from _read_table(file, settings, told)
        else:
            yield from _read_text(file, settings)
    except ExportError as error:
        yield error


def _is_wanted(keys: Sequence[str], told: Columns | None) -> bool:
    return is_chat_header(keys) if told is None else told.named <= set(keys)


def _read_json(
    file: ExportFile, settings: ReadSettings, layout: Layout, columns: Columns
) -> Iterator[Item]:
    records: list[Record] = []
    count = 0
    broken = None
    try:
        for one in read_records(file, layout):
            if isinstance(one, Record):
                records.append(one)
                count += 1
            else:
                count += one.records
                yield one
    except ExportError as error:
        broken = error
    yield Tally(file.path, FORMAT, count)
    yield from RecordReader(file, columns, settings).read(records)
    if broken is not None:
        yield broken


def _read_table(file: ExportFile, settings: ReadSettings, told: Columns | None) -> Iterator[Item]:
    table = read_table(file, lambda keys: _is_wanted(keys, told))
    yield Tally(file.path, FORMAT, len(table.rows))
    yield from table.problems
    records: list[Record] = []
    for one in _table_records(table, file.path):
        if isinstance(one, Record):
            records.append(one)
        else:
            yield one
    columns = told or guess_columns([record.fields for record in records])
    if columns is not None:
        yield from RecordReader(file, columns, settings).read(records)
        return
    yield ExportError(file.path, "it does not read like a chat", hint="Name its columns")
    for record in records:
        yield ExportError(file.path, "not a message", line=record.line, records=1)


def _table_records(table: Table, path: str) -> Iterator[Record | ExportError]:
    width = len(table.keys)
    for line, row in table.rows:
        if len(row) < min(width, 2) or any(row[width:]):
            why = f"{len(row)} fields where the header has {width}"
            yield ExportError(path, why, line=line, hint="Is a quote missing", records=1)
        else:
            yield Record(line, dict(zip(table.keys, row, strict=False)))


def _read_text(file: ExportFile, settings: ReadSettings) -> Iterator[Item]:
    text, was_guessed = decode_text(file.read())
    records, columns = read_transcript(text)
    yield Tally(file.path, FORMAT, len(records))
    if was_guessed:
        yield guess_note(file)
    yield from RecordReader(file, columns, settings).read(records)
