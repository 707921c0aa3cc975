"""Messages of all files as conversations: in order, overlapping exports counted once.

The rules are formats.md §0.3 (order) and §0.6 (duplicates).
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter, gt

from talklikeme.messages import Message, Precision

MOSTLY = 0.95
DAY = timedelta(days=1)
_PRECISIONS: tuple[Precision, ...] = ("us", "ms", "s", "min", "day")


def merge(messages: Iterable[Message]) -> tuple[list[list[Message]], list[Message]]:
    """Conversations, each oldest first, and the messages left out because they stood there twice."""
    chats: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        chats[message.conversation_id].append(message)
    conversations, duplicates = [], []
    for chat in chats.values():
        kept, repeated = drop_duplicates(chat)
        conversations.append(in_order(kept))
        duplicates += repeated
    return conversations, duplicates


def in_order(chat: Sequence[Message]) -> list[Message]:
    """Sort by time, then by the order in the source.

    A single file that often goes back in time is believed: its order is the delivery's.
    """
    in_file = sorted(chat, key=attrgetter("seq"))
    stamps = [message.ts for message in in_file]
    steps_back = sum(map(gt, stamps, stamps[1:]))
    is_one_file = len({message.source_file for message in chat}) == 1
    if is_one_file and (not steps_back or steps_back >= (1 - MOSTLY) * (len(stamps) - 1)):
        return in_file
    return sorted(chat, key=attrgetter("ts", "seq"))


def drop_duplicates(chat: Sequence[Message]) -> tuple[list[Message], list[Message]]:
    """Keep each message as often as the file that has it most often.

    Two exports that overlap hold the same message once each, but "ok" sent twice in a minute
    stands twice in one of them, and stays twice. Of a message in an export of both sides and in one
    of mine alone, the former's is kept: what it answers stands beside it.
    """
    if not _files_overlap(chat):
        return list(chat), []
    coarsest = max((message.ts_precision for message in chat), key=_PRECISIONS.index)
    wanted: Counter[Hashable] = Counter()
    seen_in_file: Counter[Hashable] = Counter()
    by_id: dict[str, Message] = {}
    kept: list[Message] = []
    duplicates: list[Message] = []
    for message in _both_sides_first(chat):
        key = _identity(message, coarsest)
        seen_in_file[key, message.source_file] += 1
        times = seen_in_file[key, message.source_file]
        is_known = _is_known(message, by_id, coarsest)
        if times > wanted[key]:
            wanted[key] = times
        elif not is_known:
            is_known = True
        (duplicates if is_known else kept).append(message)
    return kept, duplicates


def _both_sides_first(chat: Sequence[Message]) -> Sequence[Message]:
    if not any(message.one_sided for message in chat):
        return chat
    return sorted(chat, key=attrgetter("one_sided"))


def _is_known(message: Message, by_id: dict[str, Message], precision: Precision) -> bool:
    """Whether another file has the message under its id, before an edit or by a clock gone wrong.

    Some apps number each export anew, so that an id alone says nothing.
    """
    if message.message_id is None:
        return False
    known = by_id.setdefault(message.message_id, message)
    if known.source_file == message.source_file:
        return False
    if _rounded(known.ts, precision) == _rounded(message.ts, precision):
        return True
    return known.text == message.text and abs(known.ts - message.ts) <= DAY


def _files_overlap(chat: Sequence[Message]) -> bool:
    """Whether two files of a conversation cover the same time; parts of one export do not."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for message in chat:
        ts = message.ts
        first, last = spans.get(message.source_file, (ts, ts))
        if ts <= first or ts >= last:
            spans[message.source_file] = min(first, ts), max(last, ts)
    in_time = sorted(spans.values())
    # a day's margin, for what is known only to the day
    return any(after[0] <= before[1] + DAY for before, after in pairwise(in_time))


def _identity(message: Message, precision: Precision) -> Hashable:
    files = tuple(item.path for item in message.attachments)
    sender = True if message.is_me else message.sender_id  # my names and numbers are all me
    return sender, _rounded(message.ts, precision), message.kind, message.text, files


def _rounded(ts: datetime, precision: Precision) -> datetime:
    match precision:
        case "us":
            return ts
        case "ms":
            return ts.replace(microsecond=ts.microsecond // 1000 * 1000)
        case "s":
            return ts.replace(microsecond=0)
        case "min":
            return ts.replace(second=0, microsecond=0)
        case "day":
            return ts.replace(hour=0, minute=0, second=0, microsecond=0)
