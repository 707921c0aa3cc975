"""Folders that sigexport (carderne/signal-export) writes from Signal Desktop (formats.md §19.2).

Each chat's folder has `data.json` (JSON lines), `chat.md` (formerly `index.md`) and `index.html`
with the same messages; the first of them that is there is read. Not supported: `index.html` alone,
ids (so no replies), and who wrote the few events it keeps.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text, split_lines
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.sigexport_records import (
    MARKDOWN_FIRST,
    NO_SENDER,
    Folder,
    Raw,
    build_message,
    raw_from_json,
    raw_from_markdown,
)
from talklikeme.exports.times import LocalClock
from talklikeme.messages import clean_name, name_key

FORMAT = "sigexport"

_DATA = re.compile(rb'\{"date"\s*:\s*"[^"]{10,40}"\s*,\s*"sender"\s*:')
_PAGE: Final = (b'<div class="msg', b"<div class=msg")
_SENDER: Final = (b'class="sender"', b"class=sender")
_BOM: Final = b"\xef\xbb\xbf"


def recognises(file: ExportFile, head: bytes) -> bool:
    """By the first line; Markdown only under its own ending, which WhatsApp never has."""
    start = head.removeprefix(_BOM).lstrip()
    name = file.name.lower()
    if name.endswith((".json", ".jsonl")):
        return bool(_DATA.match(start)) and b'"body"' in head
    if name.endswith(".md"):
        first = start.split(b"\n", 1)[0].decode("utf-8", errors="replace").rstrip("\r")
        return bool(MARKDOWN_FIRST.match(first))
    if name.endswith((".html", ".htm")):
        return any(mark in head for mark in _PAGE) and any(mark in head for mark in _SENDER)
    return False


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one file of each folder, the one that tells most."""
    folders: dict[str, list[ExportFile]] = defaultdict(list)
    for file in files:
        folders[file.parent].append(file)
    for members in folders.values():
        best = min(_rank(file) for file in members)
        for file in sorted(members, key=_rank):
            if _rank(file) > best:
                yield Tally(file.path, FORMAT, 0)
            elif best == 2:
                yield Tally(file.path, FORMAT, 0)
                why = "only the page of a chat, without its data.json or chat.md"
                yield ExportError(file.path, why, hint="Add the whole folder")
            else:
                yield from _read_chat(file, settings)


def _rank(file: ExportFile) -> int:
    name = file.name.lower()
    return 0 if name.endswith((".json", ".jsonl")) else 1 if name.endswith(".md") else 2


def _read_chat(file: ExportFile, settings: ReadSettings) -> Iterator[Item]:
    try:
        text, guessed = decode_text(file.read())
    except ExportError as error:
        yield error
        return
    is_json = _rank(file) == 0
    raws = list(_raws_from_lines(text) if is_json else _raws_from_markdown(text))
    yield Tally(file.path, FORMAT, len(raws))
    if guessed:
        yield ExportError(file.path, "not UTF-8 text, read as Windows-1252", is_note=True)
    folder = _build_folder(file, [raw for raw in raws if isinstance(raw, Raw)], settings)
    for seq, raw in enumerate(raws):
        try:
            if isinstance(raw, BadRecord):
                raise raw
            yield build_message(raw, folder, file.path, seq=seq)
        except BadRecord as error:
            line = raw.line if isinstance(raw, Raw) else None
            yield ExportError(file.path, str(error), line=line, records=1)


def _raws_from_lines(text: str) -> Iterator[Raw | BadRecord]:
    for number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        try:
            yield raw_from_json(_parse(line), number)
        except BadRecord as error:
            yield error


def _parse(line: str) -> Any:
    try:
        return json.loads(line, strict=False)
    except (ValueError, RecursionError):
        raise BadRecord("not valid JSON") from None


def _raws_from_markdown(text: str) -> Iterator[Raw | BadRecord]:
    """Every line without a stamp continues the message before it."""
    lines = split_lines(text)
    firsts = [
        (number, found)
        for number, line in enumerate(lines)
        if (found := MARKDOWN_FIRST.match(line))
    ]
    ends = [number for number, _ in firsts[1:]] + [len(lines)]
    for (number, found), end in zip(firsts, ends, strict=False):
        body = "\n".join([found.string[found.end() :], *lines[number + 1 : end]])
        yield raw_from_markdown(found["stamp"], found["sender"], body, number + 1)


def _build_folder(file: ExportFile, raws: Sequence[Raw], settings: ReadSettings) -> Folder:
    title = clean_name(PurePosixPath(file.parent).name) or file.plain_stem
    names = dict.fromkeys(raw.sender for raw in raws if raw.sender not in ("", NO_SENDER))
    others = [name for name in names if name != "Me"]
    # Two people of one name get folders "Alice" and "Alice2".
    is_partner = len(others) == 1 and re.sub(r"\d+$", "", name_key(title)) == name_key(others[0])
    return Folder(
        conversation_id=f"signal:{name_key(title)}",
        title=title,
        is_group=True if len(others) > 1 else False if is_partner else None,
        participants=tuple(names),
        clock=LocalClock(settings.timezone),
    )
