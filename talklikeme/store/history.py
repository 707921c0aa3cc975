"""A conversation as the model sees it, read from what came in and what went out; nothing else keeps it."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from talklikeme.events import Kind
from talklikeme.store.addresses import Address, is_with
from talklikeme.store.outbox import said_lately
from talklikeme.store.states import State
from talklikeme.store.tables import events
from talklikeme.store.threads import FOREVER
from talklikeme.turns import Turn

MOST_TURNS: Final = 20
_SPOKEN: Final = (Kind.TEXT, Kind.PRESS)


def read_turns(
    connection: sa.Connection,
    address: Address,
    asked: Sequence[sa.Row[tuple[object, ...]]],
    *,
    gap_ms: int,
    since_ms: int,
    until_ms: int = FOREVER,
) -> list[Turn]:
    """What was said before and the messages `asked`, which stand last; a silence longer than `gap_ms` ends it.

    Bubbles stand behind the messages that they answer, whenever they were sent. Nothing from before
    `since_ms` or, for somebody who looks back, from `until_ms` on.
    """
    turns = [row.turn for row in asked]
    heard = _heard_lately(connection, address, since_ms, until_ms, turns)
    said = said_lately(connection, address, since_ms, until_ms)
    began = {row.turn: row.at_ms for row in reversed(heard)}
    lines = [(began[row.turn], 0, row.at_ms, row.place, "user", row.text) for row in heard]
    lines += [
        (began.get(row.turn, row.created_ms), 1, row.created_ms, row.part, "assistant", row.text)
        for row in said
    ]
    now = min((row.at_ms for row in asked), default=0)
    kept: list[Turn] = []
    for line in sorted(lines, reverse=True):
        if now - line[2] > gap_ms:
            break
        now = min(now, line[2])
        kept.append({"role": line[4], "content": line[5]})  # type: ignore[typeddict-item]
    kept.reverse()
    kept += [{"role": "user", "content": row.text} for row in asked]
    return kept[-MOST_TURNS:]


def _heard_lately(
    connection: sa.Connection,
    address: Address,
    since_ms: int,
    until_ms: int,
    without: Sequence[str],
) -> list[sa.Row[tuple[object, ...]]]:
    query = (
        sa.select(events)
        .where(
            is_with(events, address),
            events.c.kind.in_(_SPOKEN),
            events.c.state == State.DONE,
            events.c.received_ms > since_ms,
            events.c.received_ms < until_ms,
            events.c.turn.not_in(without),
            events.c.text != "",
        )
        .order_by(events.c.at_ms.desc(), events.c.received_ms.desc(), events.c.place.desc())
        .limit(MOST_TURNS)
    )
    return list(connection.execute(query))
