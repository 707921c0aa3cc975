"""My replies on their way out, bubble by bubble.

A bubble is `ready`, then `sending` while a request of it is under way, then `sent`; `unknown` where the answer
was lost, until it is found out; `dead` where it will not be sent any more. Only one workflow sends the
bubbles of a reply: one that it finds `sending` was cut off, so it is `unknown`.
"""

import uuid
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from talklikeme.store.addresses import Address, is_with
from talklikeme.store.states import OPEN, Part
from talklikeme.store.tables import outbox

REMEMBERED: Final = 20


def open_reply(connection: sa.Connection, address: Address) -> str:
    """The turn of a reply of which not every bubble is settled, or ""."""
    query = sa.select(outbox.c.turn).where(is_with(outbox, address), outbox.c.state.in_(OPEN))
    return connection.execute(query.order_by(outbox.c.created_ms).limit(1)).scalar() or ""


def write_reply(
    connection: sa.Connection, turn: str, address: Address, parts: Sequence[str], now_ms: int
) -> None:
    """Put a reply's parts into the outbox, once for all."""
    rows = [
        {
            "id": uuid.uuid4().hex,
            "turn": turn,
            "part": number,
            "channel": address.channel,
            "account": address.account,
            "friend": address.friend,
            "text": text,
            "state": Part.READY.value,
            "attempts": 0,
            "message_id": "",
            "reason": "",
            "created_ms": now_ms,
            "changed_ms": now_ms,
        }
        for number, text in enumerate(parts)
    ]
    if rows:
        connection.execute(sa.insert(outbox), rows)


def next_part(connection: sa.Connection, turn: str) -> sa.Row[tuple[object, ...]] | None:
    """The first bubble of a reply of which it is not settled what became of it."""
    query = sa.select(outbox).where(outbox.c.turn == turn, outbox.c.state.in_(OPEN))
    return connection.execute(query.order_by(outbox.c.part).limit(1)).first()


def change_part(
    connection: sa.Connection, part_id: str, state: Part, now_ms: int, **values: object
) -> bool:
    """Set a bubble's state unless it is settled already; whether that was so.

    An echo may tell that it was sent before the answer to the request does.
    """
    change = sa.update(outbox).where(outbox.c.id == part_id, outbox.c.state.in_(OPEN))
    return bool(
        connection.execute(change.values(state=state.value, changed_ms=now_ms, **values)).rowcount
    )


def drop_rest(connection: sa.Connection, turn: str, reason: str, now_ms: int) -> int:
    """Give up the bubbles of a reply that were not sent; returns how many."""
    change = sa.update(outbox).where(
        outbox.c.turn == turn, outbox.c.state.in_((Part.READY, Part.SENDING))
    )
    return connection.execute(
        change.values(state=Part.DEAD.value, reason=reason, changed_ms=now_ms)
    ).rowcount


def said_lately(
    connection: sa.Connection, address: Address, since_ms: int, until_ms: int
) -> list[sa.Row[tuple[object, ...]]]:
    """The newest bubbles that a friend has got, or may have, oldest first."""
    query = (
        sa.select(outbox)
        .where(
            is_with(outbox, address),
            outbox.c.created_ms > since_ms,
            outbox.c.created_ms < until_ms,
            outbox.c.state.in_((Part.SENT, Part.UNKNOWN)),
        )
        .order_by(outbox.c.created_ms.desc(), outbox.c.part.desc())
        .limit(REMEMBERED)
    )
    return list(connection.execute(query))[::-1]
