"""Tinder's data.json, which holds only what its owner wrote (formats.md §13).

Not read: everything but `Messages`. Matches have no name, and their numbers may change from one
export to the next, so that a conversation is known by the time of its first message.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, Final
from zoneinfo import ZoneInfo

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.generic_times import Stamp, parse_stamp
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.times import LocalClock
from talklikeme.messages import Attachment, Kind, Message, clean_name, clean_text, name_key

FORMAT = "Tinder JSON"

_MESSAGES = re.compile(rb'"Messages"\s*:\s*\[')
_OTHER_SECTIONS: Final = (b'"Usage"', b'"User"', b'"Campaigns"', b'"Purchases"', b'"Spotify"')
_KINDS: Final[dict[str, Kind]] = {
    "gif": "media",
    "gesture": "media",
    "activity": "media",
    "song": "media",
    "vibes": "media",
    "contact_card": "contact",
    "sticker": "sticker",
    "tombstone": "deleted",
}
_ADDRESS = re.compile(r"https?://\S+")


def recognises(file: ExportFile, head: bytes) -> bool:
    """By its sections; the messages may stand far behind the head."""
    if not file.name.lower().endswith(".json"):
        return False
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return False
    if b'"match_id"' in head and _MESSAGES.search(head):
        return True
    return b'"Usage"' in head and any(mark in head for mark in _OTHER_SECTIONS[1:])


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one file after the other."""
    for file in files:
        try:
            data = load_json(file)
        except ExportError as error:
            yield error
            continue
        yield from _read_account(data, file.path, settings)


def _read_account(data: Any, path: str, settings: ReadSettings) -> Iterator[Item]:
    matches = data.get("Messages") if isinstance(data, dict) else None
    if not isinstance(matches, list):
        matches = []
    listed = [(_label(match), _records(match)) for match in matches]
    yield Tally(path, FORMAT, sum(len(records or ()) for _, records in listed))
    if not any(records for _, records in listed):
        yield ExportError(path, "no messages in it")
    name = _owner_name(data)
    ids: Counter[str] = Counter()
    for label, records in listed:
        if records is None:
            yield ExportError(path, "a match without a list of messages")
        else:
            match = _Match(label, name, path, _conversation_id(records, label, ids))
            yield from _read_match(records, match, settings)


def _label(match: Any) -> str:
    label = match.get("match_id") if isinstance(match, Mapping) else None
    return clean_text(label) if isinstance(label, str) else ""


def _records(match: Any) -> list[Any] | None:
    """The messages of a match; an empty section may be `{}` as well as `[]`."""
    records = match.get("messages") if isinstance(match, Mapping) else None
    if not records and isinstance(match, Mapping):
        return []
    return records if isinstance(records, list) else None


def _owner_name(data: Any) -> str | None:
    user = data.get("User") if isinstance(data, Mapping) else None
    name = user.get("name") if isinstance(user, Mapping) else None
    return clean_name(name) or None if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class _Match:
    """What all messages to one person share."""

    label: str
    owner: str | None
    path: str
    id: str


def _conversation_id(records: Sequence[Any], label: str, ids: Counter[str]) -> str:
    """By the first time, counted on where two matches begin in the same second."""
    clock = LocalClock(ZoneInfo("UTC"))
    times = [stamp.to_utc(clock)[0] for record in records if (stamp := _sent(record))]
    first = f"tinder:{min(times).isoformat() if times else label}"
    ids[first] += 1
    return first if ids[first] == 1 else f"{first} ({ids[first]})"


def _read_match(records: Sequence[Any], match: _Match, settings: ReadSettings) -> Iterator[Item]:
    clock = LocalClock(settings.timezone)
    name = match.owner
    dated = [(_sent(record), index, record) for index, record in enumerate(records)]
    times = [stamp.time.replace(tzinfo=None) for stamp, _, _ in dated if stamp]
    if times and times[0] > times[-1]:
        dated.reverse()
    is_one_sided = all(_is_mine(record, name) for record in records)
    for seq, (stamp, index, record) in enumerate(dated):
        try:
            content = _parse_content(record)
            if stamp is None:
                raise BadRecord("no usable time")
        except BadRecord as error:
            yield ExportError(match.path, str(error), line=index, records=1)
            continue
        ts, basis = stamp.to_utc(clock)
        kind, text, attachments = content
        is_mine = _is_mine(record, name)
        yield Message(
            platform="tinder",
            conversation_id=match.id,
            conversation_title=match.label or None,
            is_group=False,
            participants=(name,) if name else (),
            sender_id="you" if is_mine else "match",
            sender_name=name if is_mine else None,
            is_me=is_mine,
            ts=ts,
            ts_raw=str(record["sent_date"]),
            ts_precision=stamp.precision,
            tz_basis=basis,
            seq=seq,
            kind=kind,
            text=text,
            attachments=attachments,
            deleted=kind == "deleted",
            one_sided=is_one_sided,
            source_file=match.path,
            source_line=index,
        )


def _sent(record: Any) -> Stamp | None:
    sent = record.get("sent_date") if isinstance(record, Mapping) else None
    return parse_stamp(sent) if isinstance(sent, str) else None


def _is_mine(record: Any, name: str | None) -> bool:
    """Always, so far; should Tinder ever add the matches' words, they are not the owner's."""
    sender = record.get("from", "You") if isinstance(record, Mapping) else "You"
    return not isinstance(sender, str) or name_key(sender) in ("", "you", name_key(name or ""))


def _parse_content(record: Any) -> tuple[Kind, str, tuple[Attachment, ...]]:
    """What kind of message it is, its words, and its picture."""
    if not isinstance(record, Mapping):
        raise BadRecord("not a message")
    body, sort = record.get("message"), record.get("type")
    if body is not None and not isinstance(body, str):
        raise BadRecord("its text is not text")
    text = clean_text(unescape(body or ""))
    if isinstance(sort, str) and sort and sort.lower() not in ("text", "message"):
        return _KINDS.get(sort.lower(), "media"), "", tuple(_pictures(record, text))
    if not text:
        return "empty", "", ()
    if sort is not None and sort != "" and not isinstance(sort, str) and _ADDRESS.fullmatch(text):
        return "media", "", (Attachment("media", text),)
    return "text", text, ()


def _pictures(record: Mapping[str, Any], text: str) -> Iterator[Attachment]:
    sort = str(record["type"]).lower()
    address = record.get("fixed_height")
    if _ADDRESS.fullmatch(text):
        yield Attachment(sort, text)
    elif isinstance(address, str) and address:
        yield Attachment(sort, address)
