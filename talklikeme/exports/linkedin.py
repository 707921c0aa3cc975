"""LinkedIn's messages.csv of any year, and the Inbox.csv of 2016 to 2018 (formats.md §11).

Columns go by their names, which have grown from five to thirteen. Profile.csv and Invitations.csv
beside it tell whose export it is. Not read: the talks with LinkedIn's own chatbots, and the notes
that came with invitations.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from talklikeme.errors import ExportError
from talklikeme.exports.csv_tables import find_header, read_head, read_table
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.linkedin_owner import Owner, find_owner, is_companion_header
from talklikeme.exports.linkedin_rows import (
    BadRow,
    Conversation,
    Names,
    RawRow,
    build_conversations,
    build_message,
    newest_last,
    parse_rows,
)
from talklikeme.exports.times import LocalClock

FORMAT = "LinkedIn CSV"

_CHATBOTS = re.compile(
    r"(?:guide|coach|learning_?coach|learning_?role_?play)_?messages", re.IGNORECASE
)
_NEW = {"from", "date", "content", "conversationid"}
_OLD = {"from", "to", "date", "content"}


def recognises(file: ExportFile, head: bytes) -> bool:
    """By the columns of its header row, after whatever stands before it."""
    if PurePosixPath(file.path).suffix.lower() not in ("", ".csv", ".txt", ".tsv"):
        return False
    return find_header(read_head(head), is_any_header) is not None


def is_any_header(keys: Sequence[str]) -> bool:
    """Whether these are the columns of one of the files read here."""
    return is_messages_header(keys) or is_companion_header(keys)


def is_messages_header(keys: Sequence[str]) -> bool:
    """Whether these are the columns of a file of messages, of any year."""
    found = set(keys)
    return found >= _NEW or (found >= _OLD and bool(found & {"subject", "direction", "folder"}))


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read all exports; the files of one folder belong to one person."""
    for folder in dict.fromkeys(file.parent for file in files):
        yield from _read_folder([file for file in files if file.parent == folder], settings)


def _read_folder(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    rows: list[RawRow] = []
    others: list[ExportFile] = []
    for file in files:
        head = read_head(file.head())
        if find_header(head, is_messages_header) is None:
            others.append(file)
        elif _CHATBOTS.fullmatch(file.plain_stem):
            why = "talks with LinkedIn's own chatbot, not read"
            yield ExportError(file.path, why, is_note=True)
        else:
            yield from _read_messages(file, rows)
    if len(others) == len(files):
        yield ExportError(others[0].path, "no messages.csv beside it", is_note=True)
        return
    owner, notes = find_owner(others, rows)
    yield from notes
    if rows and owner.note is not None:
        yield ExportError(rows[0].file, owner.note, is_note=True)
    yield from _build_messages(rows, owner, settings)


def _read_messages(file: ExportFile, rows: list[RawRow]) -> Iterator[Item]:
    """Add the rows of one file, and yield its tally."""
    try:
        table = read_table(file, is_messages_header)
    except ExportError as error:
        yield error
        return
    yield Tally(file.path, FORMAT, len(table.rows))
    yield from table.problems
    for row in newest_last(parse_rows(table, file.path)):
        if isinstance(row, ExportError):
            yield row
        else:
            rows.append(row)


def _build_messages(rows: list[RawRow], owner: Owner, settings: ReadSettings) -> Iterator[Item]:
    names = Names(rows)
    clocks: dict[str, LocalClock] = {}
    chats: dict[str, Conversation] = build_conversations(rows, names)
    for row in rows:
        chat = chats[row.conversation_id]
        clock = clocks.setdefault(row.conversation_id, LocalClock(settings.timezone))
        try:
            yield build_message(row, chat, owner, clock)
        except BadRow as error:
            yield ExportError(row.file, str(error), line=row.line, records=1)
