"""What is counted in the second pass for the data report: only sums, never a whole message.

Cheap on purpose: times are counted by the quarter of an hour and turned to the local clock once a
quarter; words are counted as they stand between spaces and taken apart at the end (words.py), once
each instead of once a message.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from talklikeme.messages import Message
from talklikeme.pairs import Pair
from talklikeme.people import People
from talklikeme.sessions import has_own_words

LONGEST_TEXT = 1000  # characters; what is longer was pasted, and says little about how one talks
MOST_CHUNKS = 100_000  # distinct ones a side; the rarest go first
_QUARTER = 900  # seconds; every zone's offset of today is a multiple


@dataclass
class Side:
    """What one side, me or all my friends, said."""

    messages: int = 0
    hours: Counter[int] = field(default_factory=Counter)
    chunks: Counter[str] = field(default_factory=Counter)  # as written, between spaces
    bursts: Counter[int] = field(default_factory=Counter)  # messages in a row

    def merge(self, other: "Side") -> None:
        """Add what another process counted."""
        self.messages += other.messages
        self.hours.update(other.hours)
        self.bursts.update(other.bursts)
        self.count(other.chunks)

    def count(self, chunks: Iterable[str]) -> None:
        """Count chunks (or add a Counter of them), and forget the rarest if there are too many."""
        self.chunks.update(chunks)
        if len(self.chunks) <= MOST_CHUNKS:
            return
        rarest = 1
        while len(self.chunks) > MOST_CHUNKS // 2:
            kept = {chunk: count for chunk, count in self.chunks.items() if count > rarest}
            self.chunks = Counter(kept)
            rarest *= 2


@dataclass(frozen=True, slots=True)
class Partner:
    """With whom a conversation is: one friend, or a group."""

    name: str
    is_group: bool


@dataclass
class Exchange:
    """How many messages went to and fro with a partner."""

    mine: int = 0
    theirs: int = 0


@dataclass
class ChatStatistics:
    """The sums behind the report; those of several processes can be merged."""

    me: Side = field(default_factory=Side)
    friends: Side = field(default_factory=Side)
    months: Counter[tuple[str, int]] = field(default_factory=Counter)  # platform, year * 12 + month
    partners: dict[Partner, Exchange] = field(default_factory=dict)
    friend_names: set[str] = field(default_factory=set)
    name_parts: set[str] = field(default_factory=set)  # of everybody, lower case
    delays: Counter[int] = field(default_factory=Counter)  # seconds before my reply
    delays_to_minute: Counter[int] = field(default_factory=Counter)  # from clocks without seconds
    openers: int = 0
    first: datetime | None = None
    last: datetime | None = None
    zone: str = "UTC"

    def add_messages(
        self,
        chat: Sequence[Message],
        people: People,
        zone: ZoneInfo,
        *,
        rename: Callable[[str], str] = str,
    ) -> None:
        """Count one conversation, duplicates left out; `rename` invents names where that is wished."""
        said = [message for message in chat if not message.system]
        if not said:
            return
        self.zone = str(zone)
        mine = [message for message in said if message.is_me]
        theirs = [message for message in said if not message.is_me]
        months = _count_side(self.me, mine, zone)
        months.update(_count_side(self.friends, theirs, zone))
        platform = said[0].platform
        for month, count in months.items():
            self.months[platform, month] += count
        self._widen_span(said)
        names = self._add_friends(mine, theirs, people, rename)
        is_group = len(names) > 1 or any(message.is_group for message in (said[0], said[-1]))
        title = rename(said[-1].conversation_title or "")
        partner = Partner(title if is_group or not names else next(iter(names)), is_group)
        exchange = self.partners.setdefault(partner, Exchange())
        exchange.mine += len(mine)
        exchange.theirs += len(theirs)

    def add_pairs(self, pairs: Iterable[Pair]) -> None:
        """Count how fast and in how many messages I answered; what was only mine has no answers."""
        for pair in pairs:
            first = pair.reply[0]
            if not pair.prompt:
                self.openers += 1
            if first.one_sided:
                continue
            self.me.bursts[len(pair.reply)] += 1
            if asked := _last_burst(pair.prompt):
                self.friends.bursts[asked] += 1
            if pair.reply_delay is not None:
                self._add_delay(pair.prompt[-1], first, pair.reply_delay)

    def _add_delay(self, asked: Message, answer: Message, delay: timedelta) -> None:
        precisions = (asked.ts_precision, answer.ts_precision)
        if "day" in precisions:
            return
        delays = self.delays_to_minute if "min" in precisions else self.delays
        delays[max(int(delay.total_seconds()), 0)] += 1

    def _add_friends(
        self,
        mine: Sequence[Message],
        theirs: Sequence[Message],
        people: People,
        rename: Callable[[str], str],
    ) -> set[str]:
        """Take note of everybody's name; returns those of my friends as they may be shown."""
        senders = {message.sender_id: message for message in theirs}
        names = {rename(people.name_of(message)) for message in senders.values()}
        self.friend_names |= names
        written = (message.sender_name or "" for message in (*senders.values(), *mine[-1:]))
        for name in (*names, *written):
            self.name_parts.update(name.lower().split())
        return names

    def _widen_span(self, said: Sequence[Message]) -> None:
        times = [message.ts for message in said]
        first, last = min(times), max(times)
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    def merge(self, other: "ChatStatistics") -> None:
        """Add what another process counted."""
        self.me.merge(other.me)
        self.friends.merge(other.friends)
        self.months.update(other.months)
        self.delays.update(other.delays)
        self.delays_to_minute.update(other.delays_to_minute)
        for partner, exchange in other.partners.items():
            known = self.partners.setdefault(partner, Exchange())
            known.mine += exchange.mine
            known.theirs += exchange.theirs
        self.friend_names |= other.friend_names
        self.name_parts |= other.name_parts
        self.openers += other.openers
        self.first = min((one for one in (self.first, other.first) if one), default=None)
        self.last = max((one for one in (self.last, other.last) if one), default=None)
        self.zone = other.zone if other.last else self.zone


def _count_side(side: Side, said: Sequence[Message], zone: ZoneInfo) -> Counter[int]:
    """Count one side's messages; returns them by month."""
    side.messages += len(said)
    texts = [message.text for message in said if has_own_words(message)]
    side.count("\n".join([text for text in texts if len(text) <= LONGEST_TEXT]).split())
    quarters = Counter(
        [(message.ts.timestamp() // _QUARTER, message.ts_precision == "day") for message in said]
    )
    months: Counter[int] = Counter()
    for (quarter, is_day), count in quarters.items():
        local = _to_local(quarter * _QUARTER, zone)
        months[local.year * 12 + local.month - 1] += count
        if not is_day:
            side.hours[local.hour] += count
    return months


def _to_local(timestamp: float, zone: ZoneInfo) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp, zone)
    except (OverflowError, ValueError):  # within a day of year 1 or 9999
        return datetime.fromtimestamp(timestamp, UTC)


def _last_burst(prompt: Sequence[Message]) -> int:
    """How many messages the friend whom I answer had sent in a row."""
    count = 0
    for message in reversed(prompt):
        if message.is_me or message.sender_id != prompt[-1].sender_id:
            break
        count += 1
    return count
