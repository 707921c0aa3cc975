"""Transcripts of unknown origin: `Name: text` lines, with or without a time (formats.md §20.3)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from talklikeme.exports.files import split_lines
from talklikeme.exports.generic_columns import Columns
from talklikeme.exports.generic_records import Record
from talklikeme.exports.generic_times import study_column
from talklikeme.messages import clean_name, name_key

_LINE = re.compile(
    r"(?:[\[(](?P<stamp>[^\])\n]{4,40})[\])][:,]?\s+|(?P<clock>\d{1,2}:\d\d(?::\d\d)?)[,:]?\s+(?:-\s)?)?"
    r"(?P<name>[^\W\d_][^:\n<>{}=/\\\"]{0,39}?)\s?(?::(?:\s+|$)|：\s*)(?P<text>.*)"
)
_SENTENCE = re.compile(r"[^\W\d_]+,? [^\W\d_]|[?!…]|[^\x00-\u024f]")
_REACH: Final = 200
_FEWEST_PEOPLE, _MOST_PEOPLE = 2, 50
_LONGEST_NAME_WORDS: Final = 4
COLUMNS: Final = Columns(text="text", sender="name")
DATED: Final = Columns(text="text", sender="name", time=("stamp",))


def is_transcript(text: str) -> bool:
    """Whether most lines are somebody's, and everybody says more than one thing."""
    lines = [line for line in split_lines(text) if line.strip()]
    found = [match for line in lines if (match := _match(line))]
    if 10 * len(found) < 6 * len(lines):
        return False
    counts = Counter(_name(match) for match in found)
    speakers = [name for name, count in counts.items() if count > 1]
    if not _FEWEST_PEOPLE <= len(speakers) <= _MOST_PEOPLE:
        return False
    if 10 * sum(counts[name] for name in speakers) < 6 * len(lines) or _is_form(found):
        return False
    return any(match["stamp"] for match in found) or _sounds_spoken(found)


def _match(line: str) -> re.Match[str] | None:
    found = _LINE.match(line, 0, _REACH)
    if found is None or len(found["name"].split()) > _LONGEST_NAME_WORDS:
        return None
    return found


def _name(match: re.Match[str]) -> str:
    return name_key(match["name"])


def _sounds_spoken(found: Sequence[re.Match[str]]) -> bool:
    """Whether there are sentences, not the single words and numbers of settings and lists."""
    spoken = sum(_SENTENCE.search(match["text"]) is not None for match in found)
    return 5 * spoken >= len(found) > 3


def _is_form(found: Sequence[re.Match[str]]) -> bool:
    """Whether the same three or more names come round and round: fields of records, no people."""
    names = [_name(match) for match in found]
    size = len(set(names))
    return (
        size > 2
        and len(names) >= 3 * size
        and all(name == names[place % size] for place, name in enumerate(names))
    )


def read_transcript(text: str) -> tuple[list[Record], Columns]:
    """One record for each line that begins a message; other lines go on with the one before.

    Only who speaks more than once is taken for a person, so that "Note: …" stays text.
    """
    lines = split_lines(text)
    matches = [(number, match) for number, line in enumerate(lines, 1) if (match := _match(line))]
    counts = Counter(_name(match) for _, match in matches)
    starts = {number: match for number, match in matches if counts[_name(match)] > 1}
    stamps = [match["stamp"] or "" for match in starts.values()]
    column = study_column(stamps, "auto")
    is_dated = bool(stamps) and all(column.parse(stamp) for stamp in stamps)
    records = [Record(line, fields) for line, fields in _join(lines, starts)]
    return records, DATED if is_dated else COLUMNS


def _join(
    lines: Sequence[str], starts: dict[int, re.Match[str]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    current: tuple[int, dict[str, Any]] | None = None
    more: list[str] = []
    for number, line in enumerate(lines, 1):
        match = starts.get(number)
        if match is None:
            more.append(line)
            continue
        if current is not None:
            yield _finish(current, more)
        text = line[match.start("text") :]  # the match looked at its beginning only
        current, more = (
            (number, {"name": clean_name(match["name"]), "stamp": match["stamp"]}),
            [text],
        )
    if current is not None:
        yield _finish(current, more)


def _finish(current: tuple[int, dict[str, Any]], more: list[str]) -> tuple[int, dict[str, Any]]:
    number, fields = current
    return number, fields | {"text": "\n".join(more)}
