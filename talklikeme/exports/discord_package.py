"""Discord's own data package, "Request all of my data" (formats.md §15.1).

`messages/c<channel id>/` holds channel.json and the messages, as CSV before 2024 and as JSON since;
`account/user.json` is the owner. The package has the owner's messages only: each is one_sided.
Not supported, because the package has none of it: replies, reactions, edits. `activity/` and
`servers/` are left to whoever knows them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.csv_tables import read_table
from talklikeme.exports.discord_owner import Channel, Package, load_package
from talklikeme.exports.discord_text import kind_of_file, render_markup, snowflake_time
from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord, id_of, parse_iso, text_of
from talklikeme.messages import Attachment, Message, clean_text

FORMAT = "Discord data package"

COMPANIONS: Final = {"user", "index", "channel"}
_FOLDER = re.compile(r"(?i)(?:^|/)c?\d{15,20}/[^/]+$")
_INDEX = re.compile(rb'\{\s*"\d{15,20}"\s*:\s*(?:"|null)')
_CSV_HEADER = re.compile(rb'"?ID"?,"?Timestamp"?,"?Contents"?', re.IGNORECASE)
_BOM: Final = b"\xef\xbb\xbf"


def recognises(file: ExportFile, head: bytes) -> bool:
    """Messages by their keys, the files beside them also by name."""
    start = head.removeprefix(_BOM).lstrip()
    name, stem = file.name.lower(), file.plain_stem.lower()
    if name.endswith(".csv"):
        return bool(_CSV_HEADER.match(start))
    if not name.endswith(".json"):
        return False
    if start.startswith(b"["):
        is_empty = stem == "messages" and start[1:].lstrip() == b"]"
        has_keys = b'"ID"' in head and b'"Contents"' in head
        return has_keys or (is_empty and bool(_FOLDER.search(file.path)))
    if stem == "channel":
        return b'"id"' in head and bool(_FOLDER.search(file.path))
    if stem == "index":
        return bool(_INDEX.match(start)) or (
            start.strip() == b"{}" and "messages" in file.path.lower()
        )
    return stem == "user" and b'"username"' in head and (
        b'"discriminator"' in head or b'"global_name"' in head or b'"relationships"' in head
    )  # fmt: skip


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read each package with its owner; the messages of a channel are held together."""
    packages: dict[str, list[ExportFile]] = defaultdict(list)
    for file in files:
        packages[_root(file)].append(file)
    counts: Counter[str] = Counter()
    for members in packages.values():
        companions = [file for file in members if file.plain_stem.lower() in COMPANIONS]
        for file in companions:
            yield Tally(file.path, FORMAT, 0)
        package = load_package(companions)
        yield from package.errors
        for file in members:
            if file.plain_stem.lower() not in COMPANIONS:
                yield from _read_channel(file, package, settings, counts)


def _root(file: ExportFile) -> str:
    """The folder around account/ and messages/."""
    up = 2 if file.plain_stem.lower() in ("user", "index") else 3
    parts = PurePosixPath(file.path).parts
    return "/".join(parts[:-up])


def _read_channel(
    file: ExportFile, package: Package, settings: ReadSettings, counts: Counter[str]
) -> Iterator[Item]:
    channel = package.channel(file)
    try:
        rows, problems = _load_rows(file)
    except ExportError as error:
        yield error
        return
    yield Tally(file.path, FORMAT, len(rows))
    yield from problems
    for line, row in sorted(rows, key=_order):
        seq = counts[channel.conversation_id]
        counts[channel.conversation_id] += 1
        try:
            yield _build_message(row, channel, package, settings, file.path, line=line, seq=seq)
        except BadRecord as error:
            yield ExportError(file.path, str(error), line=line, records=1)


_Rows = list[tuple[int, Any]]


def _load_rows(file: ExportFile) -> tuple[_Rows, list[ExportError]]:
    """The raw messages of one channel, with their place or their line in the file."""
    if file.name.lower().endswith(".csv"):
        table = read_table(file, _is_header)
        return [(line, _as_record(table.keys, row)) for line, row in table.rows], table.problems
    data = load_json(file)
    if not isinstance(data, list):
        raise ExportError(file.path, "no list of messages in it")
    return list(enumerate(data)), []


def _is_header(keys: Sequence[str]) -> bool:
    return {"id", "contents"} <= set(keys)


def _as_record(header: list[str], row: list[str]) -> Any:
    """The row under the keys that the JSON files have; None if columns are missing."""
    fields = dict(zip(header, row, strict=False))
    keys = {
        "id": "ID",
        "timestamp": "Timestamp",
        "contents": "Contents",
        "attachments": "Attachments",
    }
    record = {key: fields[name] for name, key in keys.items() if name in fields}
    return record if "ID" in record and "Contents" in record else None


def _order(item: tuple[int, Any]) -> tuple[int, int]:
    """CSV files are newest first, JSON files either way; ids grow with time."""
    place, row = item
    number = id_of(row.get("ID")) if isinstance(row, dict) else None
    is_number = number is not None and number.isascii() and number.isdecimal() and len(number) <= 20
    return (int(number or 0) if is_number else 0), place


def _build_message(
    row: Any,
    channel: Channel,
    package: Package,
    settings: ReadSettings,
    path: str,
    *,
    line: int,
    seq: int,
) -> Message:
    """Turn one raw record into a Message; raises BadRecord with the reason."""
    if not isinstance(row, dict):
        raise BadRecord("not a message")
    contents = row.get("Contents")
    if contents is not None and not isinstance(contents, str):
        raise BadRecord("its text is not text")
    number = id_of(row.get("ID"))
    stated = parse_iso(row.get("Timestamp"))
    ts = package.as_utc(stated) if stated else snowflake_time(number)
    if ts is None:
        raise BadRecord("no usable time")
    shown = render_markup(contents or "", package.names, package.titles, settings.timezone)
    text = clean_text(shown)
    attachments = tuple(
        Attachment(kind_of_file(url), url) for url in text_of(row.get("Attachments")).split()
    )
    return Message(
        platform="discord",
        conversation_id=channel.conversation_id,
        sender_id=package.owner_id,
        ts=ts,
        seq=seq,
        kind="text" if text else "media" if attachments else "empty",
        source_file=path,
        conversation_title=channel.title,
        is_group=channel.is_group,
        participants=channel.participants,
        sender_name=package.owner_name,
        is_me=True,
        ts_raw=text_of(row.get("Timestamp")),
        ts_precision="s" if stated and not stated.microsecond else "ms",
        text=text,
        attachments=attachments,
        message_id=number,
        one_sided=True,
        source_line=line,
    )
