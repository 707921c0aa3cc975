"""The report's sums made from rows of pairs, where the messages are no longer at hand.

Messages in no pair are missing, and a clock's precision is guessed per export: one that never shows
seconds has none.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from talklikeme.messages import name_key
from talklikeme.report.sections import name_app
from talklikeme.report.statistics import LONGEST_TEXT, ChatStatistics, Exchange, Partner, Side
from talklikeme.rows import ONE_SIDED, is_from_group, last_burst, words_of

Row = Mapping[str, Any]


def count_rows(rows: Iterable[Row], zone: ZoneInfo, hidden: Collection[str] = ()) -> ChatStatistics:
    """Count rows of pairs; words and titles with a name of `hidden` (name keys) are not shown."""
    counter = _RowCounter(zone, {part for name in hidden for part in name.split()})
    for row in rows:
        counter.add(row)
    return counter.close()


@dataclass
class _Clock:
    """What depends on how exact the times of one export are."""

    my_hours: Counter[int] = field(default_factory=Counter)
    their_hours: Counter[int] = field(default_factory=Counter)
    delays: Counter[int] = field(default_factory=Counter)
    has_seconds: bool = False
    has_hours: bool = False

    def look_at(self, utc: datetime, local: datetime) -> None:
        self.has_seconds |= bool(utc.second or utc.microsecond)
        self.has_hours |= bool(utc.second or local.minute or local.hour)


class _RowCounter:
    def __init__(self, zone: ZoneInfo, hidden: set[str]) -> None:
        self._sums = ChatStatistics(zone=str(zone), name_parts=set(hidden))
        self._zone = zone
        self._hidden = hidden
        self._clocks: dict[str, _Clock] = {}
        self._openers: dict[str, tuple[str, str, int]] = {}  # chat: app, title, my messages
        self._partners: dict[str, Partner] = {}

    def add(self, row: Row) -> None:
        """Count my reply and what it answers; the earlier context is in pairs of its own."""
        asked = last_burst(row["prompt"], of_one_speaker=False)
        mine = [turn["content"] for turn in row["completion"]]
        is_group = is_from_group(row)
        theirs = [words_of(turn, is_group=is_group) for turn in asked]
        self._count_words(self._sums.me, mine)
        self._count_words(self._sums.friends, theirs)
        self._count_partner(row, len(mine), len(theirs), is_group)
        clock = self._clocks.setdefault(row["source"], _Clock())
        clock.my_hours[self._local_hour(row, row["sent_at"], len(mine), clock)] += len(mine)
        self._sums.openers += not row["prompt"]
        if not row["source"].startswith(ONE_SIDED):
            self._sums.me.bursts[len(mine)] += 1
        if row["reply_delay_s"] is None or not asked:
            return
        before = row["sent_at"] - timedelta(seconds=row["reply_delay_s"])
        clock.their_hours[self._local_hour(row, before, len(theirs), clock)] += len(theirs)
        clock.delays[max(int(row["reply_delay_s"]), 0)] += 1
        self._sums.friends.bursts[len(last_burst(row["prompt"], of_one_speaker=is_group))] += 1

    def close(self) -> ChatStatistics:
        """The sums, now that every clock and every chat is known."""
        sums = self._sums
        for clock in self._clocks.values():
            if clock.has_hours:
                sums.me.hours.update(clock.my_hours)
                sums.friends.hours.update(clock.their_hours)
                delays = sums.delays if clock.has_seconds else sums.delays_to_minute
                delays.update(clock.delays)
        for chat, (app, title, mine) in self._openers.items():
            is_shown = title in sums.friend_names or not self._hidden & set(name_key(title).split())
            name = title if is_shown else f"chats on {name_app(app)}"
            self._exchange(self._partners.get(chat) or Partner(name, False)).mine += mine
        return sums

    def _count_words(self, side: Side, texts: Sequence[str]) -> None:
        side.messages += len(texts)
        side.count(" ".join([text for text in texts if len(text) <= LONGEST_TEXT]).split())

    def _count_partner(self, row: Row, mine: int, theirs: int, is_group: bool) -> None:
        chat, friend = row["conversation"], row["friend"] or ""
        if not row["prompt"]:
            before = self._openers.get(chat, ("", "", 0))[2]
            self._openers[chat] = row["platform"], friend, before + mine
            return
        self._sums.friend_names.add(friend)
        self._sums.name_parts.update(friend.lower().split())
        name = f"groups on {name_app(row['platform'])}" if is_group else friend
        partner = self._partners[chat] = Partner(name, False)
        exchange = self._exchange(partner)
        exchange.mine += mine
        exchange.theirs += theirs

    def _exchange(self, partner: Partner) -> Exchange:
        return self._sums.partners.setdefault(partner, Exchange())

    def _local_hour(self, row: Row, utc: datetime, messages: int, clock: _Clock) -> int:
        local = utc.astimezone(self._zone)
        clock.look_at(utc, local)
        sums = self._sums
        sums.months[row["platform"], local.year * 12 + local.month - 1] += messages
        sums.first = min(sums.first or utc, utc)
        sums.last = max(sums.last or utc, utc)
        return local.hour
