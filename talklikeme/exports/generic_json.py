"""JSON and JSON lines of unknown origin: where in them the messages lie (formats.md §20.2).

Messages are the objects of one list: at the root, under a usual name, or one list for each chat.
"""

import io
import json
from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from typing import Any, Final, NamedTuple

import ijson

from talklikeme.errors import ExportError
from talklikeme.exports.csv_tables import column_key
from talklikeme.exports.files import ExportFile, decode_text, split_lines
from talklikeme.exports.generic_columns import Columns, Fields, guess_columns
from talklikeme.exports.generic_records import Record
from talklikeme.exports.json_guard import GuardedReader
from talklikeme.exports.json_stream import stream_items

_OUTER: Final = ("item", "messages.item", "data.item", "items.item", "conversations.item",
                 "chats.item", "threads.item")  # fmt: skip
_INNER: Final = ("messages", "conversations", "conversation")
_CHAT_NAMES: Final = ("id", "conversationid", "threadid", "chatid", "name", "title")
_TITLES: Final = ("title", "name", "conversationtitle", "chatname")
_SAMPLE: Final = 50
_MOST_LISTS: Final = 20

_key = lru_cache(maxsize=4096)(column_key)


class Layout(NamedTuple):
    """Where the messages lie."""

    outer: str  # ijson prefix of the messages, or of the chats around them; "" for JSON lines
    inner: str | None  # the chat's key that holds its messages


def flatten(record: Any) -> Fields:
    """The fields of a record by their keys, with those of objects inside it one level deep."""
    flat: dict[str, Any] = {}
    if not isinstance(record, Mapping):
        return flat
    for name, value in record.items():
        if isinstance(value, Mapping):
            for inner, deep in value.items():
                flat.setdefault(_key(name) + _key(inner), deep)
        else:
            flat[_key(name)] = value
    return flat


def find_layout(text: str, told: Columns | None = None) -> tuple[Layout, Columns] | None:
    """Where the messages lie and what their fields mean, from the start of a file."""
    for layout, sample in _samples(text.lstrip("\ufeff \t\r\n"), in_any_list=told is not None):
        rows = [fields for one in sample if (fields := flatten(one))]
        # Only an answer names what it answers: a sample may hold none.
        if told is not None and told.named - {told.reply_to} <= set().union(*rows):
            return layout, told
        if told is None and rows and (columns := guess_columns(rows)):
            return layout, columns
    return None


def likest_fields(text: str, wanted: Set[str]) -> list[str]:
    """The names of the fields in the list whose records have the most of the wanted keys."""
    samples = _samples(text.lstrip("\ufeff \t\r\n"), in_any_list=True)
    names = (list(dict.fromkeys(name for one in sample for name in _names(one)))
             for _, sample in samples)  # fmt: skip
    return max(names, key=lambda found: len(wanted & {_key(name) for name in found}), default=[])


def _names(record: Any) -> Iterator[str]:
    for name, value in record.items() if isinstance(record, Mapping) else ():
        yield from (f"{name}.{inner}" for inner in value) if isinstance(value, Mapping) else [name]


def _samples(text: str, *, in_any_list: bool) -> Iterator[tuple[Layout, list[Any]]]:
    if lines := _parse_lines(text):
        yield Layout("", None), lines
        for inner in _INNER:
            chats = [one[inner] for one in lines if isinstance(one.get(inner), list)]
            yield Layout("", inner), [record for chat in chats for record in chat][:_SAMPLE]
        return
    if not text.startswith(("[", "{")):
        return
    prefixes = _list_prefixes(text)
    for outer in _OUTER:
        for layout in (Layout(outer, None), *(Layout(outer, inner) for inner in _INNER)):
            prefix = f"{outer}.{layout.inner}.item" if layout.inner else outer
            if prefix in prefixes:
                yield layout, _read_sample(text, prefix)
    for prefix in sorted(prefixes)[:_MOST_LISTS] if in_any_list else ():
        yield _layout_of(prefix), _read_sample(text, prefix)


def _layout_of(prefix: str) -> Layout:
    """The layout of a list anywhere: in the objects of another list it is one chat of each."""
    outer, separator, inner = prefix.removesuffix(".item").rpartition("item.")
    return Layout(outer + "item", _key(inner)) if separator else Layout(prefix, None)


def _parse_lines(text: str) -> list[dict[str, Any]]:
    """The objects on the first lines, if nearly every line is one and there is more than one."""
    lines = [line for line in split_lines(text)[: 2 * _SAMPLE] if line.strip()]
    if len(lines) < 2 or not lines[1].lstrip().startswith("{"):
        return []
    objects = [_parse_line(line) for line in lines]
    whole = [one for one in objects if isinstance(one, dict)]
    # The head may cut the last line, and a file of many may hold a few broken ones.
    return whole if 10 * len(whole) >= 9 * (len(lines) - 1) else []


def _parse_line(line: str) -> Any:
    try:
        return json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return None


def _list_prefixes(text: str) -> set[str]:
    """The places of lists that hold objects."""
    found = set()
    try:
        for prefix, event, _ in ijson.parse(_guarded(text)):
            if event == "start_map" and prefix.endswith("item") and prefix.count(".") <= 3:
                found.add(prefix)
    except (ijson.JSONError, ValueError):
        pass  # the head is cut somewhere
    return found


def _guarded(text: str) -> GuardedReader:
    return GuardedReader(io.BytesIO(text.encode("utf-8", "replace")))


def _read_sample(text: str, prefix: str) -> list[Any]:
    sample: list[Any] = []
    try:
        for one in ijson.items(_guarded(text), prefix):
            sample.append(one)
            if len(sample) >= _SAMPLE:
                break
    except (ijson.JSONError, ValueError):
        pass  # the head is cut somewhere
    return sample


def read_records(file: ExportFile, layout: Layout) -> Iterator[Record | ExportError]:
    """Each message with the chat around it; an error for a line that is no JSON object."""
    values = _read_lines(file) if not layout.outer else _number(stream_items(file, layout.outer))
    for number, value in values:
        if isinstance(value, ExportError):
            yield value
        elif layout.inner is None:
            yield _build_record(file, number, value)
        else:
            yield from _read_chat(file, number, value, layout.inner)


def _number(values: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    yield from enumerate(values)


def _read_lines(file: ExportFile) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(split_lines(decode_text(file.read())[0]), start=1):
        if line.strip():
            value = _parse_line(line)
            why = "not a JSON object"
            bad = ExportError(file.path, why, line=number, records=1)
            yield number, value if isinstance(value, dict) else bad


def _build_record(file: ExportFile, number: int, value: Any) -> Record | ExportError:
    if not isinstance(value, Mapping):
        return ExportError(file.path, "not a message", line=number, records=1)
    return Record(number, flatten(value))


def _read_chat(
    file: ExportFile, number: int, value: Any, inner: str
) -> Iterator[Record | ExportError]:
    fields = flatten(value)
    messages = fields.get(inner)
    if not isinstance(messages, list):
        yield ExportError(file.path, "a chat without a list of messages", line=number)
        return
    chat = next((str(fields[key]) for key in _CHAT_NAMES if _is_name(fields.get(key))), "")
    title = next((str(fields[key]) for key in _TITLES if isinstance(fields.get(key), str)), None)
    for message in messages:
        record = _build_record(file, number, message)
        if isinstance(record, Record):
            record = Record(number, record.fields, chat or str(number), title)
        yield record


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""
