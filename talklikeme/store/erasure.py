"""Forgetting: one friend at their wish, everybody's words after a while. What is erased is overwritten.

Hashed ids of events stay until they are KEPT_MS old, so that a message that is brought again is not
answered again.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from talklikeme.store.addresses import Address, is_with
from talklikeme.store.states import OPEN, State
from talklikeme.store.tables import events, labels, outbox, threads

DAY_MS: Final = 24 * 60 * 60 * 1000
KEPT_MS: Final = 30 * DAY_MS
_WORDLESS: Final[dict[str, object]] = {"text": "", "payload": "", "target": "", "details": {}}


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows lost their words."""

    events: int
    bubbles: int


def forget_friend(connection: sa.Connection, address: Address) -> Erased:
    """Erase a friend: messages, replies, labels, what was known of the conversation.

    The ids of the messages stay, hashed and with nobody's name, and what waits is not answered any more.
    """
    bubbles = sa.select(outbox.c.id).where(is_with(outbox, address))
    connection.execute(sa.delete(labels).where(labels.c.outbox_id.in_(bubbles)))
    gone = connection.execute(sa.delete(outbox).where(is_with(outbox, address))).rowcount
    wiped = connection.execute(
        sa.update(events)
        .where(is_with(events, address))
        .values(friend="", state=State.KEPT.value, **_WORDLESS)
    ).rowcount
    connection.execute(sa.delete(threads).where(is_with(threads, address)))
    return Erased(wiped, gone)


def find_friends(connection: sa.Connection, friend: str) -> list[Address]:
    """The conversations of a friend's id, in every account."""
    columns = (events.c.channel, events.c.account, events.c.friend)
    found = sa.select(*columns).where(events.c.friend == friend).distinct()
    return [Address(*row) for row in connection.execute(found)]


def retain(connection: sa.Connection, now_ms: int, days: int) -> Erased:
    """Erase the words of what is older than `days` and settled; and old ids altogether."""
    before = now_ms - days * DAY_MS
    is_old = events.c.received_ms < before
    wiped = connection.execute(
        sa.update(events)
        .where(is_old, events.c.friend != "", events.c.state.in_(_SETTLED))
        .values(friend="", **_WORDLESS)
    ).rowcount
    stale = sa.and_(outbox.c.created_ms < before, outbox.c.state.not_in(OPEN))
    bubbles = sa.select(outbox.c.id).where(stale)
    connection.execute(sa.delete(labels).where(labels.c.outbox_id.in_(bubbles)))
    gone = connection.execute(sa.delete(outbox).where(stale)).rowcount
    connection.execute(
        sa.delete(threads).where(
            threads.c.silent_until_ms < now_ms,
            threads.c.reason == "",
            threads.c.greeted_ms < before,
            threads.c.canned_ms < before,
            threads.c.reset_ms < before,
        )
    )
    limit = min(before, now_ms - KEPT_MS)
    connection.execute(sa.delete(events).where(events.c.received_ms < limit, events.c.friend == ""))
    return Erased(wiped, gone)


_SETTLED: Final = (State.DONE, State.KEPT, State.UNSENT)
