"""Signal's own plaintext export of 2026, "Export chats" (formats.md §19.1).

`main.jsonl` holds one frame per line, an older build wrote one array; the whole account is in one
file. It is read twice: once for people, chats and the order of messages, once for the messages.
Texts above 2 KiB go on in a file beside it. Not supported: media files (their names are hashes
without an ending), payments and gifts beyond the fact.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord, dict_of
from talklikeme.exports.signal_frames import Frame, read_frames
from talklikeme.exports.signal_people import Account
from talklikeme.exports.signal_records import build_message, date_sent

FORMAT = "Signal plaintext export"

_FIRST = re.compile(
    rb'\[?\s*\{\s*"(?:version|backupTimeMs|mediaRootBackupKey|account|recipient|chat|currentAppVersion)"\s*:'
)
_FRAME = re.compile(
    rb'"(?:mediaRootBackupKey|backupTimeMs|chatItem)"\s*:|"recipient"\s*:\s*\{\s*"id"'
)
_METADATA = re.compile(rb'\s*\{\s*"version"\s*:\s*"?\d+"?\s*\}\s*')
_LONG_TEXT = re.compile(r"(?i)(?:^|/)files/[0-9a-f]{2}/([0-9a-f]{64})(?:\.(?:txt|bin))?$")
_BOM: Final = b"\xef\xbb\xbf"


def recognises(file: ExportFile, head: bytes) -> bool:
    """The frames by their first key; metadata.json and the long texts beside them."""
    start = head.removeprefix(_BOM).lstrip()
    if _LONG_TEXT.search(file.path):
        return b"\0" not in head
    name = file.name.lower()
    if not name.endswith((".json", ".jsonl")):
        return False
    if _METADATA.fullmatch(start):
        return file.plain_stem.lower() == "metadata"
    return bool(_FIRST.match(start)) and bool(_FRAME.search(head))


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Read each account with the long texts that lie below its folder."""
    long_texts = {}
    mains = []
    for file in files:
        if found := _LONG_TEXT.search(file.path):
            long_texts[found[1].lower()] = file
            yield Tally(file.path, FORMAT, 0)
        elif file.plain_stem.lower() == "metadata" and file.size < 200:
            yield Tally(file.path, FORMAT, 0)
        else:
            mains.append(file)
    counts: Counter[str] = Counter()
    for file in mains:
        yield from _read_account(file, long_texts, counts)


def _read_account(
    file: ExportFile, long_texts: dict[str, ExportFile], counts: Counter[str]
) -> Iterator[Item]:
    account = Account(long_texts)
    order: dict[str, list[tuple[int, int]]] = {}
    records = 0
    broken: ExportError | None = None
    try:
        for place, frame in read_frames(file):
            account.take(frame)
            if _is_record(frame):
                records += 1
                item = _item(frame)
                chat = account.conversation_id(item.get("chatId"))
                order.setdefault(chat, []).append((date_sent(item) or 0, place))
    except ExportError as error:
        broken = error
    yield Tally(file.path, FORMAT, records)
    yield from _read_items(file, account, _ranks(order, counts))
    if broken is not None:
        yield broken
    elif not records:
        yield ExportError(file.path, "no messages in it")
    if account.missing_texts:
        why = f"the rest of {account.missing_texts} long messages is not in the export"
        yield ExportError(file.path, why, is_note=True)


def _ranks(order: dict[str, list[tuple[int, int]]], counts: Counter[str]) -> dict[int, int]:
    """The place of each message in its conversation, by the time of sending."""
    ranks = {}
    for chat, items in order.items():
        for _, place in sorted(items):
            ranks[place] = counts[chat]
            counts[chat] += 1
    return ranks


def _read_items(file: ExportFile, account: Account, ranks: dict[int, int]) -> Iterator[Item]:
    try:
        for place, frame in read_frames(file):
            if not _is_record(frame):
                continue
            try:
                if frame is None:
                    raise BadRecord("not valid JSON")
                yield build_message(_item(frame), account, file.path, line=place, seq=ranks[place])
            except BadRecord as error:
                yield ExportError(file.path, str(error), line=place, records=1)
    except ExportError:
        return  # told by the first reading


def _is_record(frame: Frame) -> bool:
    """A line that cannot be read may have been a message."""
    return frame is None or "chatItem" in frame


def _item(frame: Any) -> dict[str, Any]:
    return dict_of(dict_of(frame).get("chatItem"))
