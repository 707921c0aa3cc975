"""Whom a row is about: a friend in an account of a channel."""

from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Address:
    """A friend in an account of a channel; repr tells nobody who."""

    channel: str
    account: str
    friend: str

    def __repr__(self) -> str:
        return f"Address({self.channel})"


def address_of(row: sa.Row[tuple[object, ...]]) -> Address:
    """Whose a row of events or outbox is."""
    return Address(row.channel, row.account, row.friend)


def is_with(table: sa.Table, address: Address) -> sa.ColumnElement[bool]:
    """Whether a row is of this conversation."""
    return sa.and_(
        table.c.channel == address.channel,
        table.c.account == address.account,
        table.c.friend == address.friend,
    )
