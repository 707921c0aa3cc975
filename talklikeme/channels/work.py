"""The durable queue: every reply is a DBOS workflow, in order within a conversation.

The webhook stores events; a thread of this module tells the queue of the oldest of each conversation, and of the
next when that is answered. A workflow's id is the event's, so telling it twice changes nothing, and whatever a crash
left untold is told at the next start. Its input is that id and its steps return no text: chats are in our own
tables alone. DBOS runs a workflow again that was cut off; which of its steps were done, our tables know as well
(drafting.py, sending.py), so none is done twice. The queue lets one workflow of a conversation run at a time; in
which order they come does not matter, since each answers what is oldest.

APPLICATION_VERSION is ours: DBOS would take a hash of the code, and strand what waits at every upgrade.
"""

import contextlib
import hashlib
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from talklikeme.channels.drafting import Drafter
from talklikeme.channels.sending import Sender
from talklikeme.channels.turnstile import Turnstile
from talklikeme.failures import describe_failure
from talklikeme.store.database import Database
from talklikeme.store.inbox import count_queued, find_new, find_unfinished, mark
from talklikeme.store.states import State

logger = logging.getLogger(__name__)
logging.getLogger("dbos").addHandler(
    logging.NullHandler()
)  # or it logs past the operator's handlers

APPLICATION: Final = "talklikeme"
APPLICATION_VERSION: Final = "messenger-1"  # of the workflow's steps; docs/messenger.md, "Upgrades"
QUEUE: Final = "messages"
_AT_ONCE: Final = 16  # conversations answered at the same time
_TOLD_AT_ONCE: Final = 16
_MOST_TOLD: Final = 256  # that the queue knows of; the rest waits in the inbox, which costs nothing
_SWITCH_SECONDS: Final = 0.002
_LOOK_EVERY: Final = 0.5  # seconds, if nobody rings
_PATIENCE: Final = 2.0  # seconds
_FIRST, _LATER = "first", "later"
_DRAFTS: Final = 3  # tries of the model
_STORES: Final = 10  # tries of the database
_GRACE_SECONDS: Final = 10


_on_duty: "Work | None" = (
    None  # DBOS has one of everything in a process, so its functions are global
)


@DBOS.workflow(name="answer")
def answer(event: str, partition: str, run: str) -> None:
    """Write the next reply in an event's conversation and send it, bubble by bubble.

    Two steps, since each costs the queue a commit. Where sending must wait for long the workflow ends and
    comes again: whoever waits in here holds a thread. Who comes again answers all that waits meanwhile.
    """
    while turn := _write(event):
        wait = _send(turn)
        if wait is not None:
            _come_again(event, partition, wait)
        if wait is not None or run == _FIRST:
            break
    _duty().ring()  # the next of this conversation may be told now


def _write(event: str) -> str:
    """The turn of the next reply, "" if there is none; a model that fails for good says that it is sorry."""
    try:
        return _draft(event)
    except Exception as error:  # DBOS's own, with the last StepError in it
        logger.error("the model gave no answer: %s", error)
        return _give_up(event)


def _come_again(event: str, partition: str, wait: float) -> None:
    """One workflow for all of a conversation that wait for the same second: a closed page has thousands."""
    due = math.ceil(time.time() + wait)
    _enqueue(f"{partition}-{due}", event, partition, due - time.time(), _LATER)


def _enqueue(name: str, event: str, partition: str, delay: float, run: str) -> None:
    with (
        SetWorkflowID(name),
        SetEnqueueOptions(queue_partition_key=partition, delay_seconds=delay or None),
    ):
        DBOS.enqueue_workflow(QUEUE, answer, event, partition, run)


@DBOS.step(name="draft", retries_allowed=True, max_attempts=_DRAFTS, interval_seconds=0.5)
def _draft(event: str) -> str:
    with _discreetly():
        _duty().turnstile.wait()
        return _duty().drafter.draft(event)


@DBOS.step(name="give_up", retries_allowed=True, max_attempts=_STORES)
def _give_up(event: str) -> str:
    with _discreetly():
        return _duty().drafter.give_up(event)


@DBOS.step(name="send", retries_allowed=True, max_attempts=_STORES)
def _send(turn: str) -> float | None:
    """Send what can be sent now; seconds to wait before the rest, None if there is none."""
    with _discreetly():
        _duty().turnstile.wait()
        while (wait := _duty().sender.send_next(turn)) is not None:
            if wait > _PATIENCE:
                return wait
            time.sleep(wait)
        return None


class StepError(Exception):
    """A step failed; says what and where, nothing of a chat."""


@contextlib.contextmanager
def _discreetly() -> Iterator[None]:
    """DBOS logs and stores what a step raises, and its words may quote a message."""
    try:
        yield
    except Exception as error:
        raise StepError(describe_failure(error)) from None


def _duty() -> "Work":
    if _on_duty is None:
        raise RuntimeError("nobody is on duty")
    return _on_duty


class Work:
    """Who writes and sends, and the thread that tells the queue what has come in."""

    def __init__(
        self,
        database: Database,
        drafter: Drafter,
        sender: Sender,
        *,
        pause_ms: int,
        is_rush: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_rush` says whether many posts are coming in, which go before replies."""
        self.drafter = drafter
        self.sender = sender
        self._database = database
        self._delay = pause_ms / 1000
        self.turnstile = Turnstile(is_rush)
        self._rung = threading.Event()
        self._is_open = False
        self._teller = threading.Thread(target=self._tell, name="messages", daemon=True)

    def start(self) -> None:
        """Take up what was left, and begin to answer."""
        global _on_duty
        # So many threads would keep the one that answers Meta waiting for some 5 ms each (sys.setswitchinterval).
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._database.claim(os.environ.get("DBOS__VMID", "local"))
        self._database.prepare_queue()
        _on_duty = self
        DBOS(config=_configure(self._database.queue_url))
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=_AT_ONCE,
            partition_concurrency=1,  # the order within a conversation
            polling_interval_sec=0.1,
        )
        self.tell_again()
        self._is_open = True
        self._teller.start()

    def ring(self) -> None:
        """There is something new in the inbox."""
        self._rung.set()

    def stop(self) -> None:
        """Finish what is being done, within a grace period; the rest waits for the next start."""
        self._is_open = False
        self._rung.set()
        self._teller.join(_GRACE_SECONDS)
        DBOS.destroy(workflow_completion_timeout_sec=_GRACE_SECONDS)

    def tell_again(self, older_than_ms: int = 0) -> int:
        """Tell the queue of what it should know already, but may have lost or given up; returns how much.

        One workflow too many finds nothing to do.
        """
        with self._database.read() as connection:
            rows = find_unfinished(connection, self._database.now_ms - older_than_ms)
        for row in rows:
            _come_again(row.id, _partition(row), 1.0)
        return len(rows)

    def _tell(self) -> None:
        while self._is_open:
            try:
                told = self._tell_new()
            except (
                Exception
            ) as error:  # the database is away: nothing is lost, and it is looked for again
                logger.warning("the inbox was not read: %s", describe_failure(error))
                told = 0
            if told < _TOLD_AT_ONCE:
                self._rung.wait(_LOOK_EVERY)
                self._rung.clear()
            self.turnstile.wait()

    def _tell_new(self) -> int:
        """Tell the queue of new events, oldest first; returns how many there were."""
        with self._database.read() as connection:
            room = _MOST_TOLD - count_queued(connection)
            rows = find_new(connection, min(room, _TOLD_AT_ONCE)) if room > 0 else []
        for row in rows:
            _enqueue(row.id, row.id, _partition(row), self._delay, _FIRST)
        if rows:
            with self._database.write() as connection:
                mark(connection, [row.id for row in rows], State.QUEUED, State.NEW)
        return len(rows)


def _partition(row: sa.Row[tuple[object, ...]]) -> str:
    """A conversation's name in the queue's tables, from which nobody reads who it is."""
    told = f"{row.channel}:{row.account}:{row.friend}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _configure(url: str) -> DBOSConfig:
    return {
        "name": APPLICATION,
        "system_database_url": url,
        "application_version": APPLICATION_VERSION,
        "log_level": "WARNING",
        "enable_otlp": False,
        "notification_listener_polling_interval_sec": 1.0,
    }
