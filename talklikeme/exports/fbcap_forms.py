"""The four forms in which fbchat-archive-parser writes chats, as one row of raw messages.

Each reader streams and yields every record of its file, also one without a sender or a time.
"""

import codecs
import csv
import functools
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Final, Literal, NamedTuple

import ijson
import yaml

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.json_guard import GuardedReader
from talklikeme.exports.json_stream import JSON_ERRORS
from talklikeme.exports.streams import open_stream
from talklikeme.messages import clean_name

Form = Literal["text", "csv", "json", "yaml", "manifest"]

ANSI = re.compile(r"\x1b\[[0-9;]*m")
HEADER_LINE = re.compile(r" ?Conversation history of (.+)")
STAMP = re.compile(r"\[(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?:Z|[+-]\d\d:?\d\d))\] (.+?):(?: (.*)|\s*)$")
THREAD_LINE = re.compile(r"Conversation with (.*):\s*$")
_MANIFEST_LINE: Final = "Chat history manifest for: "
_INDENT: Final = "    "
_LONGEST_FIELD: Final = 1 << 24
_DEEPEST: Final = 50
_Event = tuple[str, Any]
_ReadEvents = Callable[[BinaryIO], Iterator[_Event]]
_YAML_NAMES: Final = {
    yaml.MappingStartEvent: "start_map",
    yaml.SequenceStartEvent: "start_array",
    yaml.MappingEndEvent: "end_map",
    yaml.SequenceEndEvent: "end_array",
    yaml.ScalarEvent: "string",
}
_STEPS: Final = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}


class RawMessage(NamedTuple):
    """One message as it stands in the file."""

    thread: str
    sender: str  # cleaned
    stamp: str
    text: str
    participants: tuple[str, ...] = ()
    owner: str = ""
    line: int = 0


_clean_sender = functools.lru_cache(maxsize=4096)(clean_name)


@functools.lru_cache(maxsize=64)
def _split_names(thread: str) -> tuple[str, ...]:
    return tuple(name for part in thread.split(", ") if (name := clean_name(part)))


def read_manifest(file: ExportFile) -> str:
    """The owner's name."""
    first = file.read().decode("utf-8-sig", "replace").partition("\n")[0]
    return clean_name(first.removeprefix(_MANIFEST_LINE))


def _lines(file: ExportFile) -> Iterator[str]:
    with open_stream(file) as raw:
        lines = io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="\n")
        yield from lines  # a name keeps it from closing before its file does


def read_text(file: ExportFile) -> Iterator[RawMessage]:
    """`[stamp] Name: text`, or the name alone and the text indented below."""
    owner = thread = ""
    names: tuple[str, ...] = ()
    pending: RawMessage | None = None
    body: list[str] = []
    for number, raw_line in enumerate(_lines(file), 1):
        line = ANSI.sub("", raw_line).rstrip("\r\n")
        found = STAMP.match(line)
        title = None if found else THREAD_LINE.fullmatch(line)
        if pending and (found or title):
            yield pending._replace(text=_join(pending.text, body))
            pending, body = None, []
        if found:
            sender = _clean_sender(found[2])
            pending = RawMessage(thread, sender, found[1], found[3] or "", names, owner, number)
        elif title:
            thread, names = title[1], _split_names(title[1])
        elif pending:
            body.append(line)
        elif head := HEADER_LINE.match(line):
            owner = clean_name(head[1])
    if pending:
        yield pending._replace(text=_join(pending.text, body))


def _join(first: str, body: list[str]) -> str:
    """The text after the name and the lines below, without their indent."""
    below = "\n".join(line.removeprefix(_INDENT) for line in body).strip("\n")
    return "\n".join(filter(None, (first, below)))


def read_csv(file: ExportFile) -> Iterator[RawMessage]:
    """The columns thread (the others' names, joined), sender, date and message."""
    csv.field_size_limit(_LONGEST_FIELD)
    rows = csv.DictReader(line.replace("\0", "") for line in _lines(file))
    try:
        for row in rows:
            thread = row.get("thread") or ""
            names = _split_names(thread)
            sender, stamp, text = (row.get(key) or "" for key in ("sender", "date", "message"))
            yield RawMessage(thread, _clean_sender(sender), stamp, text, names, "", rows.line_num)
    except csv.Error:
        raise ExportError(file.path, "not valid CSV", line=rows.line_num) from None


def read_json(file: ExportFile) -> Iterator[RawMessage]:
    """The owner and all threads, or one thread, each with its participants and messages."""
    return _read_parts(file, _json_events)


def read_yaml(file: ExportFile) -> Iterator[RawMessage]:
    """The same as JSON."""
    return _read_parts(file, _yaml_events)


def _read_parts(file: ExportFile, read_events: _ReadEvents) -> Iterator[RawMessage]:
    owner = next((_text(value) for key, value in _parts(file, read_events) if key == "user"), "")
    thread = {}
    for key, value in _parts(file, read_events):
        if key == "threads":
            yield from _thread_messages(value, owner)
        else:
            thread[key] = value
    yield from _thread_messages(thread, owner)


def _parts(file: ExportFile, read_events: _ReadEvents) -> Iterator[tuple[str, Any]]:
    """The values of the root object by their keys; those of "threads" one by one."""
    with open_stream(file, *JSON_ERRORS, yaml.YAMLError, ArithmeticError) as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        yield from _split_root(read_events(stream))


def _json_events(stream: BinaryIO) -> Iterator[_Event]:
    # Not ijson.items: its path of keys grows with the square of the nesting.
    yield from ijson.basic_parse(GuardedReader(stream))


def _yaml_events(stream: BinaryIO) -> Iterator[_Event]:
    """What `ijson.basic_parse` would say. Not yaml.load: nesting overflows its stack."""
    awaits_key: list[bool | None] = [None]  # of each open container; None for a list
    for event in yaml.parse(stream, Loader=getattr(yaml, "CLoader", yaml.Loader)):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("an alias")
        name = _YAML_NAMES.get(type(event))
        if name is None:
            continue
        if name.startswith("end"):
            awaits_key.pop()
            yield name, None
            continue
        is_key = awaits_key[-1]
        if is_key is not None:
            awaits_key[-1] = not is_key
        if isinstance(event, yaml.ScalarEvent):
            yield ("map_key" if is_key else "string"), event.value
            continue
        if is_key:
            raise ValueError("a key that is no text")
        awaits_key.append(True if name == "start_map" else None)
        yield name, None


def _split_root(events: Iterable[_Event]) -> Iterator[tuple[str, Any]]:
    key, depth, start = "", 0, 0
    builder = None
    for event, value in events:
        if builder is None:
            if depth == 1 and event == "map_key":
                key = value
                continue
            is_frame = depth == 0 or (depth == 1 and key == "threads")
            if event.startswith("end") or (is_frame and event.startswith("start")):
                depth += 1 if event.startswith("start") else -1
                continue
            builder, start = ijson.ObjectBuilder(), depth
        builder.event(event, value)
        depth += _STEPS.get(event, 0)
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if depth == start:
            yield key, builder.value
            builder = None


def _thread_messages(thread: Any, owner: str) -> Iterator[RawMessage]:
    if not isinstance(thread, dict):
        return
    people = thread.get("participants")
    listed: Iterable[Any] = people if isinstance(people, list) else ()
    names = tuple(filter(None, map(_text, listed)))
    messages = thread.get("messages")
    for record in messages if isinstance(messages, list) else ():
        fields = record if isinstance(record, dict) else {}
        text = fields.get("message")
        is_whole = text is None or isinstance(text, str)
        yield RawMessage(
            ", ".join(names),
            _text(fields.get("sender")) if is_whole else "",
            fields["date"] if isinstance(fields.get("date"), str) else "",
            text or "" if is_whole else "",
            names,
            clean_name(owner),
        )


def _text(value: Any) -> str:
    return clean_name(value) if isinstance(value, str) else ""
