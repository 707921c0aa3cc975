"""The database behind the service: opened, made ready, and written to in transactions that are on the disk.

SQLite: WAL with synchronous FULL, so that a commit outlives a power cut (sqlite.org/pragma.html), BEGIN
IMMEDIATE, so that no transaction fails half-way for a lock, and secure_delete, so that what a friend wants
erased is overwritten.
"""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from talklikeme.errors import ChannelError
from talklikeme.store.tables import metadata

BUSY_SECONDS: Final = 2.0  # for a lock; Meta waits five seconds for its 200
# psycopg remembers how it read statements of up to 50 parameters; longer ones it reads anew, which takes it longer
# than PostgreSQL takes to store them. An event has 14.
_ROWS_A_STATEMENT: Final = 3
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA cache_size=-200",  # kilobytes; else each connection grows by 2 MB, and reads no faster
    f"PRAGMA busy_timeout={round(BUSY_SECONDS * 1000)}",
)


class StoreError(Exception):
    """It could not be stored now: a lock, a full disk, a server that is away. Says no content."""


class Database:
    """Transactions, and the time that they go by."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self.url = url
        self._clock = clock
        self._engine = _open_engine(url)
        self._claimed = contextlib.ExitStack()
        # SQLite lets one write at a time and makes the others guess when: here they stand in a queue.
        self._turns = _Turns() if self.is_sqlite else None
        try:
            metadata.create_all(self._engine)
        except SQLAlchemyError as error:
            raise ChannelError(f"--store {mask(url)}: not usable ({_describe(error)})") from None

    @property
    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return round(self._clock() * 1000)

    @property
    def queue_url(self) -> str:
        """Where the queue's own tables are: beside ours, but in a file of their own, lest its many writes hold
        up a webhook. What is in it can be made again from ours.
        """
        return _beside(self.url) if self.is_sqlite else self.url

    def prepare_queue(self) -> None:
        """Give the queue's file a write-ahead log, which SQLite then keeps: half the waits for the disk."""
        if self.is_sqlite:
            engine = sa.create_engine(self.queue_url)
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            engine.dispose()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self._engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def write(self, *, is_urgent: bool = False) -> Iterator[sa.Connection]:
        """A transaction, committed at the end; raises StoreError if that was not possible.

        In SQLite, which lets one write at a time, an urgent one goes before all others of this process.
        """
        turn = self._turns.take(is_urgent=is_urgent) if self._turns else contextlib.nullcontext()
        try:
            with turn, self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise StoreError(_describe(error)) from None

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that takes no lock."""
        try:
            with self._engine.connect() as connection:
                yield connection.execution_options(isolation_level="AUTOCOMMIT")
        except DBAPIError as error:
            raise StoreError(_describe(error)) from None

    def overwrite_erased(self) -> None:
        """Bring what was erased out of SQLite's log into the file, where it is overwritten."""
        if self.is_sqlite:
            with self.read() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def claim(self, name: str) -> None:
        """Keep other processes from working under the same name, until closed or killed.

        Both would take up what the other has in hand. Raises ChannelError if one does already. A file has
        one process; a server has one of each name.
        """
        if self.is_sqlite:
            self._claimed.enter_context(
                _lock_file(Path(str(sa.make_url(self.url).database) + ".lock"))
            )
            return
        connection = self._claimed.enter_context(self._engine.connect())
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
        taken = sa.select(sa.func.pg_try_advisory_lock(number))
        if not connection.execution_options(isolation_level="AUTOCOMMIT").execute(taken).scalar():
            raise ChannelError(
                f"--store: another process works there under the name {name!r}. Give each its own: "
                "DBOS__VMID=NAME in its environment"
            )

    def close(self) -> None:
        """Close all connections."""
        self._claimed.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Turns:
    """One writer at a time; while an urgent one waits, no other begins. A plain lock is not fair."""

    def __init__(self) -> None:
        self._line = threading.Lock()  # of the others only one stands at the door
        self._door = threading.Condition()
        self._is_taken = False
        self._urgent = 0  # that wait

    @contextlib.contextmanager
    def take(self, *, is_urgent: bool) -> Iterator[None]:
        """Wait for the turn, and give it back."""
        with contextlib.nullcontext() if is_urgent else self._line:
            with self._door:
                self._urgent += is_urgent
                self._door.wait_for(lambda: not self._is_taken and (is_urgent or not self._urgent))
                self._urgent -= is_urgent
                self._is_taken = True
            try:
                yield
            finally:
                with self._door:
                    self._is_taken = False
                    self._door.notify_all()


def _open_engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database:
                raise ChannelError(f"--store {mask(url)}: needs a file, as sqlite:///state.db")
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _prepare_sqlite(sa.create_engine(parsed))
        return sa.create_engine(
            parsed, pool_pre_ping=True, insertmanyvalues_page_size=_ROWS_A_STATEMENT
        )
    except (SQLAlchemyError, ImportError) as error:
        raise ChannelError(
            f"--store {mask(url)}: {type(error).__name__}. Needs sqlite:///FILE or "
            "postgresql+psycopg://USER@HOST/NAME"
        ) from None


def _prepare_sqlite(engine: sa.Engine) -> sa.Engine:
    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # or sqlite3 begins transactions of its own
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _beside(url: str) -> str:
    return url.removesuffix(".db") + "-queue.db"


@contextlib.contextmanager
def _lock_file(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows: whoever starts two there finds out
        yield
        return
    with path.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ChannelError(
                f"{path}: another app.py answers from this database. End it, or give this one --store"
            ) from None
        yield


def mask(url: str) -> str:
    """A database's URL without its password."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "…"


def _describe(error: SQLAlchemyError) -> str:
    """The driver's kind of error and, for SQLite, its few words; never the statement's values."""
    cause = getattr(error, "orig", None)
    name = type(cause or error).__name__
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return f"{name}, {code}" if code else name
