"""Hinge's matches.json, which holds only what its owner wrote (formats.md §13).

Not read: comments on likes. A match has neither name nor number, so that a conversation is known
by its first time. The times have no zone; they are taken for UTC.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.generic_times import Stamp, parse_stamp
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Attachment, Message, clean_text

FORMAT = "Hinge JSON"

_SECTIONS: Final = (b"match", b"like", b"chats", b"block", b"we_met", b"voice_notes")
_CHATS = re.compile(rb'"(?:chats|voice_notes)"\s*:\s*\[')
_FIRST_SECTION = re.compile(rb'\[\s*\{\s*"(?:' + b"|".join(_SECTIONS) + rb')"\s*:\s*\[')
_BODY = re.compile(rb'"body"\s*:')


def recognises(file: ExportFile, head: bytes) -> bool:
    """A list of matches, each with lists of what happened in it."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not file.name.lower().endswith(".json") or not _FIRST_SECTION.match(start):
        return False
    return bool(_CHATS.search(head) and _BODY.search(head)) or b'"we_met"' in head


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one file after the other."""
    del settings
    for file in files:
        try:
            matches = load_json(file)
        except ExportError as error:
            yield error
            continue
        yield from _read_matches(matches if isinstance(matches, list) else [], file.path)


def _read_matches(matches: list[Any], path: str) -> Iterator[Item]:
    listed = [_records(match) for match in matches]
    yield Tally(path, FORMAT, sum(map(len, listed)))
    if not any(listed):
        yield ExportError(path, "no messages in it")
    index = 0
    ids: Counter[str] = Counter()
    for match, records in zip(matches, listed, strict=True):
        yield from _read_match(match, records, path, index, ids)
        index += len(records)


def _records(match: Any) -> list[tuple[str, Any]]:
    """What the owner wrote and said in one match, with the section that it stood in."""
    if not isinstance(match, Mapping):
        return []
    return [(key, one) for key in ("chats", "voice_notes") for one in _list(match.get(key))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_match(
    match: Any, records: list[tuple[str, Any]], path: str, first_index: int, ids: Counter[str]
) -> Iterator[Item]:
    dated = []
    for index, (section, record) in enumerate(records, start=first_index):
        stamp = _time(record)
        why = "no usable time" if isinstance(record, Mapping) else "not a message"
        if stamp is not None and not isinstance(record.get("body", ""), str | None):
            stamp, why = None, "its text is not text"
        if stamp is None:
            yield ExportError(path, why, line=index, records=1)
        else:
            dated.append((_utc(stamp), index, section, record, stamp))
    if not dated:
        return
    dated.sort(key=lambda one: one[:2])
    matched = next(filter(None, (_time(one) for one in _list(match.get("match")))), None)
    first = f"hinge:{(_utc(matched) if matched else dated[0][0]).isoformat()}"
    ids[first] += 1  # two matches may begin in the same second
    conversation_id = first if ids[first] == 1 else f"{first} ({ids[first]})"
    for seq, (ts, index, section, record, stamp) in enumerate(dated):
        text = clean_text(record.get("body") or "")
        is_voice = section == "voice_notes"
        yield Message(
            platform="hinge",
            conversation_id=conversation_id,
            is_group=False,
            sender_id="me",
            is_me=True,
            ts=ts,
            ts_raw=str(record["timestamp"]),
            ts_precision=stamp.precision,
            seq=seq,
            kind="text" if text else "media" if is_voice else "empty",
            text=text,
            attachments=tuple(_voice(record)) if is_voice else (),
            one_sided=True,
            source_file=path,
            source_line=index,
        )


def _time(record: Any) -> Stamp | None:
    written = record.get("timestamp") if isinstance(record, Mapping) else None
    return parse_stamp(written) if isinstance(written, str) else None


def _utc(stamp: Stamp) -> datetime:
    time = stamp.time
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _voice(record: Mapping[str, Any]) -> Iterator[Attachment]:
    url = record.get("url")
    yield Attachment("audio", url if isinstance(url, str) and url else None)
