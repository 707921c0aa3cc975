"""Counts of what waits, for metrics, readiness and `messenger status`; nothing of anybody."""

from dataclasses import dataclass

import sqlalchemy as sa

from talklikeme.store.states import OPEN, State
from talklikeme.store.tables import events, outbox, pages


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in ms, 0 for never."""

    waiting: int
    oldest_ms: int  # when the message came that waits longest
    leaving: int
    bubbles: dict[str, int]  # by state
    last_event_ms: int
    closed: str  # why a page cannot send


def read_figures(connection: sa.Connection) -> Figures:
    """The state of the service now."""
    waits = events.c.state.in_((State.NEW, State.QUEUED, State.TAKEN))
    waiting, oldest = connection.execute(
        sa.select(sa.func.count(), sa.func.min(events.c.received_ms)).where(waits)
    ).one()
    counted = sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state)
    by_state = {row[0]: int(row[1]) for row in connection.execute(counted)}
    last = connection.execute(sa.select(sa.func.max(pages.c.last_event_ms))).scalar()
    closed = connection.execute(sa.select(pages.c.reason).where(pages.c.reason != "")).scalar()
    leaving = sum(by_state.get(state.value, 0) for state in OPEN)
    return Figures(waiting, oldest or 0, leaving, by_state, last or 0, closed or "")
