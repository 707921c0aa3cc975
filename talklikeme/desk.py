"""One queue before the model: what friends ask at the same time, in any channel, is answered together.

An engine answers sixteen friends in the time of a few. So a thread takes what waits, one of every lane in
turn (a busy page does not keep Messenger's friends waiting), waits a few milliseconds for more, and runs
it as one batch. Whoever waits holds a future and no thread; who gives up is passed over. Written here and
not taken from a library: async-batcher and batched know no lanes and answer those who have left.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Final

from talklikeme.answering import Asked, BatchReplier, say_best
from talklikeme.choosing import Candidate
from talklikeme.facts import ModelFacts
from talklikeme.turns import Turn

MOST_AT_ONCE: Final = 16
MOST_WAITING: Final = 256
LINGER_SECONDS: Final = 0.004
TIMEOUT_SECONDS: Final = 30.0
CLOSE_SECONDS: Final = 5.0


class BusyError(Exception):
    """So many wait already that one more would not be answered in time, or the desk is closed."""


@dataclass(slots=True)
class _Request:
    asked: Asked
    future: "Future[list[Candidate]]" = field(default_factory=Future)


class Desk:
    """Takes questions from any thread or event loop and answers them in batches on a thread of its own."""

    def __init__(
        self,
        replier: BatchReplier,
        *,
        most_at_once: int = MOST_AT_ONCE,
        most_waiting: int = MOST_WAITING,
        linger: float = LINGER_SECONDS,
    ) -> None:
        self._replier = replier
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._linger = linger
        self._lanes: dict[str, deque[_Request]] = {}
        self._is_open = True
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)
        self._thread.start()

    def lane(self, name: str) -> "Lane":
        """A channel's way to ask."""
        with self._changed:
            self._lanes.setdefault(name, deque())
        return Lane(self, name, self._replier.facts)

    def submit(self, name: str, asked: Asked) -> "Future[list[Candidate]]":
        """Queue a question; cancel the future to withdraw it. Raises BusyError if there is no room."""
        request = _Request(asked)
        with self._changed:
            if not self._is_open or self._count() >= self._most_waiting:
                raise BusyError
            self._lanes[name].append(request)
            self._changed.notify()
        return request.future

    def close(self, patience: float = CLOSE_SECONDS) -> None:
        """Answer nobody any more; those who wait get BusyError. Waits so many seconds for the batch under way.

        A thread that frees torch's tensors while Python exits takes the process down with it.
        """
        with self._changed:
            self._is_open = False
            left = [one for lane in self._lanes.values() for one in lane]
            for lane in self._lanes.values():
                lane.clear()
            self._changed.notify()
        for one in left:
            if one.future.set_running_or_notify_cancel():
                one.future.set_exception(BusyError())
        self._thread.join(patience)

    def _count(self) -> int:
        return sum(map(len, self._lanes.values()))

    def _run(self) -> None:
        while batch := self._take_batch():
            live = [one for one in batch if one.future.set_running_or_notify_cancel()]
            if live:
                self._answer(live)

    def _take_batch(self) -> list[_Request]:
        """One of every lane in turn, until there is no more or no room; nothing once the desk is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._count() or not self._is_open)
            if not self._is_open:
                return []
            self._changed.wait_for(lambda: self._count() >= self._most_at_once, self._linger)
            size = min(self._count(), self._most_at_once)
            turns = (lane.popleft() for lane in cycle(self._rotate()) if lane)
            return list(islice(turns, size))

    def _rotate(self) -> list[deque[_Request]]:
        """The lanes; the one that came first comes last the next time."""
        first = next(iter(self._lanes))
        self._lanes[first] = self._lanes.pop(first)
        return list(self._lanes.values())

    def _answer(self, requests: Sequence[_Request]) -> None:
        try:
            found = self._replier.consider_all([one.asked for one in requests])
        except Exception as error:
            if len(requests) > 1:  # it may be one of them that breaks it
                for one in requests:
                    self._answer([one])
            else:
                requests[0].future.set_exception(error)
            return
        for one, candidates in zip(requests, found, strict=True):
            one.future.set_result(candidates)


@dataclass(frozen=True, slots=True)
class Lane:
    """A channel's way to ask: from an event loop with `consider`, from a thread of its own with `reply`."""

    desk: Desk
    name: str
    facts: ModelFacts

    async def consider(
        self, turns: Sequence[Turn], friend: str | None = None, *, timeout: float = TIMEOUT_SECONDS
    ) -> list[Candidate]:
        """What I could say, best first (answering.say_best); may be cancelled.

        Raises BusyError, or TimeoutError when it is late.
        """
        future = self.desk.submit(self.name, Asked(turns, friend))
        async with asyncio.timeout(timeout):
            return await asyncio.wrap_future(future)

    def reply(
        self, turns: Sequence[Turn], friend: str | None = None, *, timeout: float = TIMEOUT_SECONDS
    ) -> list[str]:
        """My next bubbles, for a thread that has nothing else to do."""
        future = self.desk.submit(self.name, Asked(turns, friend))
        try:
            return say_best(future.result(timeout))
        finally:
            future.cancel()
