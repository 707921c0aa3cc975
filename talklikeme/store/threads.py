"""What is known of a conversation and of a page: who talks there now, and whether anything can be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from talklikeme.store.addresses import Address, is_with
from talklikeme.store.tables import pages, threads

FOREVER: Final = 1 << 62
LONGEST_PAUSE_MS: Final = 60 * 60 * 1000  # of a page; what is longer is a clock that was set back


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation; times in ms, 0 for never."""

    silent_until_ms: int = 0
    reset_ms: int = 0
    greeted_ms: int = 0
    canned_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """An account; times in ms, 0 for never."""

    quiet_until_ms: int = 0
    reason: str = ""
    last_event_ms: int = 0

    def wait(self, now_ms: int) -> int:
        """Milliseconds before anything may be sent."""
        left = self.quiet_until_ms - now_ms
        is_sane = self.quiet_until_ms == FOREVER or left <= LONGEST_PAUSE_MS
        return max(0, left) if is_sane else 0


def read_thread(connection: sa.Connection, address: Address) -> Thread:
    """What is known; a Thread of nothing for a friend who is new."""
    columns = [threads.c[name] for name in Thread.__dataclass_fields__]
    row = connection.execute(sa.select(*columns).where(is_with(threads, address))).first()
    return Thread(*row) if row else Thread()


def change_thread(connection: sa.Connection, address: Address, **values: object) -> None:
    """Set some of it."""
    key = {"channel": address.channel, "account": address.account, "friend": address.friend}
    _upsert(
        connection,
        threads,
        key,
        {name: getattr(Thread(), name) for name in Thread.__dataclass_fields__},
        values,
    )


def read_page(connection: sa.Connection, channel: str, account: str) -> Page:
    """What is known; a Page of nothing where nothing ever happened."""
    columns = [pages.c[name] for name in Page.__dataclass_fields__]
    query = sa.select(*columns).where(pages.c.channel == channel, pages.c.account == account)
    row = connection.execute(query).first()
    return Page(*row) if row else Page()


def read_accounts(connection: sa.Connection) -> list[str]:
    """The pages that anything ever came from."""
    return list(connection.execute(sa.select(pages.c.account).order_by(pages.c.account)).scalars())


def change_page(connection: sa.Connection, channel: str, account: str, **values: object) -> None:
    """Set some of it."""
    key = {"channel": channel, "account": account}
    _upsert(
        connection,
        pages,
        key,
        {name: getattr(Page(), name) for name in Page.__dataclass_fields__},
        values,
    )


def _upsert(
    connection: sa.Connection,
    table: sa.Table,
    key: Mapping[str, object],
    usual: Mapping[str, object],
    values: Mapping[str, object],
) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table).values({**usual, **key, **values})
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=dict(values)))
