"""Webhooks that come at the same time are stored in one transaction: a commit is what takes the time.

"Group commit" (DeWitt et al. 1984). Whoever waits holds a future and no thread; nobody is told before the
commit that holds their events.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

from talklikeme.events import Event
from talklikeme.store.database import StoreError

_MOST_EVENTS: Final = 1_000  # in a transaction
_RUSH: Final = 20  # posts a second
_CLOSED: Final = None

_Request = tuple[Sequence[Event], "Future[None]"]


class Intake:
    """A thread that stores what is submitted; `store` raises StoreError where that fails."""

    def __init__(self, store: Callable[[Sequence[Event]], None]) -> None:
        self._store = store
        self._waiting: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._lately: deque[float] = deque(maxlen=_RUSH)

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def stop(self) -> None:
        """Store what was submitted, and end."""
        self._waiting.put(_CLOSED)
        self._thread.join()

    def submit(self, events: Sequence[Event]) -> "Future[None]":
        """Done when the events are on the disk; its exception is a StoreError."""
        self._lately.append(time.monotonic())
        future: Future[None] = Future()
        # A future that runs can't be cancelled: a caller that stops waiting must not break the thread.
        future.set_running_or_notify_cancel()
        self._waiting.put((events, future))
        return future

    @property
    def is_rush(self) -> bool:
        """Whether twenty posts came within the last second."""
        return len(self._lately) == _RUSH and time.monotonic() - self._lately[0] < 1

    def _run(self) -> None:
        is_open = True
        while is_open:
            first = self._waiting.get()
            if first is _CLOSED:
                return
            batch, is_open = self._gather(first)
            self._keep(batch)

    def _gather(self, first: _Request) -> tuple[list[_Request], bool]:
        """What else waits, up to a bound; False if nothing comes after it."""
        batch = [first]
        while sum(len(events) for events, _ in batch) < _MOST_EVENTS:
            try:
                request = self._waiting.get_nowait()
            except queue.Empty:
                break
            if request is _CLOSED:
                return batch, False
            batch.append(request)
        return batch, True

    def _keep(self, batch: Sequence[_Request]) -> None:
        try:
            self._store([event for events, _ in batch for event in events])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, StoreError):  # one of them breaks it
                for request in batch:
                    self._keep([request])
                return
            for _, future in batch:
                future.set_exception(error)
        else:
            for _, future in batch:
                future.set_result(None)
