"""Events: stored once, answered in order, a friend's consecutive messages together.

An event is `new` until the queue knows of it, `queued` until a reply to it is worked on, `taken` until that
reply is in the outbox, and `done`. What asks for no reply is `kept`. What a friend took back is `unsent`.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from talklikeme.events import Event, Kind
from talklikeme.store.addresses import Address, address_of, is_with
from talklikeme.store.states import OPEN, State
from talklikeme.store.tables import events, outbox

ANSWERED: Final = (Kind.TEXT, Kind.PRESS, Kind.ATTACHMENT, Kind.STICKER, Kind.UNSUPPORTED)
MOST_TOGETHER: Final = 20  # messages that one reply answers


def add_events(connection: sa.Connection, found: Sequence[Event], now_ms: int) -> list[Event]:
    """Store what is not there yet, all or nothing; returns it in order."""
    if not found:
        return []
    first: dict[str, Event] = {}
    for event in found:
        first.setdefault(event.id, event)
    rows = [_as_row(event, now_ms, place) for place, event in enumerate(first.values())]
    rows.sort(
        key=lambda row: str(row["id"])
    )  # two processes with the same events cannot lock each other
    insert = _insert(connection)(events).on_conflict_do_nothing().returning(events.c.id)
    new = set(connection.execute(insert, rows).scalars())
    return [event for key, event in first.items() if key in new]


def _insert(connection: sa.Connection) -> type[sqlite.Insert] | type[postgresql.Insert]:
    return sqlite.Insert if connection.dialect.name == "sqlite" else postgresql.Insert


def _as_row(event: Event, now_ms: int, place: int) -> dict[str, object]:
    return {
        "id": event.id,
        "channel": event.channel,
        "account": event.account,
        "friend": event.friend,
        "kind": event.kind.value,
        "at_ms": event.at_ms or now_ms,
        "received_ms": now_ms,
        "place": place,
        "text": event.text,
        "payload": event.payload,
        "target": event.target,
        "details": event.details,
        "state": (State.NEW if event.kind in ANSWERED else State.KEPT).value,
        "turn": "",
    }


def find_new(connection: sa.Connection, limit: int) -> list[sa.Row[tuple[object, ...]]]:
    """Events that the queue does not know, oldest first: of each conversation one, and none while one is queued.

    So a friend who sends a thousand holds up nobody, and the queue, where each costs much, stays short.
    """
    whose = [events.c.channel, events.c.account, events.c.friend]
    place = sa.func.row_number().over(partition_by=whose, order_by=_ORDER).label("in_line")
    waiting = sa.select(events, place).where(events.c.state.in_((State.NEW, State.QUEUED)))
    line = waiting.subquery()
    order = [line.c[column.name] for column in _ORDER]
    query = sa.select(line).where(line.c.in_line == 1, line.c.state == State.NEW)
    return list(connection.execute(query.order_by(*order).limit(limit)))


def count_queued(connection: sa.Connection) -> int:
    """How many events the queue knows of and has not begun with."""
    query = sa.select(sa.func.count()).where(events.c.state == State.QUEUED)
    return connection.execute(query).scalar_one()


def find_unfinished(connection: sa.Connection, before_ms: int) -> list[sa.Row[tuple[object, ...]]]:
    """Events received before, which the queue knows, and to which no reply has wholly gone out."""
    leaving = sa.select(outbox.c.turn).where(outbox.c.state.in_(OPEN))
    waits = sa.or_(
        events.c.state.in_((State.QUEUED, State.TAKEN)),
        events.c.id.in_(leaving),
    )
    query = sa.select(events).where(waits, events.c.received_ms <= before_ms)
    return list(connection.execute(query.order_by(*_ORDER)))


def whose(connection: sa.Connection, event: str) -> Address | None:
    """The conversation of an event."""
    row = connection.execute(sa.select(events).where(events.c.id == event)).first()
    return address_of(row) if row else None


def received_ms(connection: sa.Connection, event: str) -> int:
    """When an event came in, 0 if it is not known."""
    query = sa.select(events.c.received_ms).where(events.c.id == event)
    return connection.execute(query).scalar() or 0


def mark(connection: sa.Connection, ids: Sequence[str], state: State, *before: State) -> int:
    """Set a state, of those that are in one of `before`; returns how many there were."""
    change = sa.update(events).where(events.c.id.in_(ids), events.c.state.in_(before))
    return connection.execute(change.values(state=state.value)).rowcount


_ORDER: Final = (events.c.at_ms, events.c.received_ms, events.c.place)


def take(
    connection: sa.Connection, address: Address, pause_ms: int
) -> list[sa.Row[tuple[object, ...]]]:
    """The messages of a conversation that the next reply answers: the oldest, and what followed it soon.

    Those that were taken already, if a reply to them was not finished. `turn` is the id of the first. To be
    called by one at a time for a conversation.
    """
    waiting = is_with(events, address)
    taken = sa.select(events).where(waiting, events.c.state == State.TAKEN).order_by(*_ORDER)
    if rows := list(connection.execute(taken)):
        return rows
    new = sa.select(events).where(waiting, events.c.state.in_((State.NEW, State.QUEUED)))
    together = _follow(
        list(connection.execute(new.order_by(*_ORDER).limit(MOST_TOGETHER))), pause_ms
    )
    ids = [row.id for row in together]
    change = sa.update(events).where(events.c.id.in_(ids))
    if ids:
        connection.execute(change.values(state=State.TAKEN.value, turn=ids[0]))
    return list(connection.execute(taken)) if ids else []


def _follow(
    waiting: Sequence[sa.Row[tuple[object, ...]]], pause_ms: int
) -> list[sa.Row[tuple[object, ...]]]:
    """The first, and texts that came soon one after the other; anything else gets a reply of its own."""
    together = list(waiting[:1])
    for row in waiting[1:]:
        last = together[-1]
        is_next = row.kind == last.kind == Kind.TEXT and row.at_ms - last.at_ms <= pause_ms
        if not (pause_ms and is_next):
            break
        together.append(row)
    return together
