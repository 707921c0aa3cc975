"""Fifty friends who write while the service is killed again and again; counts what became of every message.

Plays Meta: a delivery that got no 200 is brought again, at once and to whatever process listens then.
"""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

import httpx
import sqlalchemy as sa

from talklikeme.store.states import Part
from talklikeme.store.tables import outbox
from tests.fake_graph import FakeGraph
from tests.messenger_kit import PATH, event, is_idle, page_body, sign, wait_for

FRIENDS = 50
SERVICE = Path(__file__).with_name("fault_service.py")
_PATIENCE = 90.0
_AT_ONCE = 8
_TWICE = 0.2  # share of messages that are delivered although they were taken


@dataclass
class Result:
    """What became of the messages of a run; bubbles count, two a message."""

    point: str
    kills: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    ambiguous: int = 0  # cut off between the request and its answer, and given up
    strays: list[str] = field(default_factory=list)


class Service:
    """A process that serves until it is killed, and then another one."""

    def __init__(self, store: str, graph_url: str) -> None:
        self._given = [store, graph_url]
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def start(self, point: str = "", times: int = 0) -> Self:
        """Start one that dies at a point, or not."""
        self._close()
        self._process = subprocess.Popen(
            [sys.executable, str(SERVICE), *self._given, point, str(times)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        return self

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process
        return self._process.pid

    @property
    def is_dead(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._close()

    def _close(self) -> None:
        if self._process is not None and self._process.stdout:
            self._process.wait(30)
            self._process.stdout.close()


@dataclass
class _Delivery:
    friend: str
    text: str
    body: bytes
    is_accepted: bool = False


def run(point: str, kills: int, store: str, seed: int = 0) -> Result:
    """Kill at a point so many times, at random, while friends write; then let it finish and count."""
    lots, result = random.Random(seed), Result(point)
    sent: list[_Delivery] = []
    waiting: list[_Delivery] = []
    with FakeGraph() as graph, ThreadPoolExecutor(_AT_ONCE) as pool:
        service = Service(store, graph.url)
        batches = _write(lots)
        try:
            for times in [lots.randint(1, 40) for _ in range(kills)] + [0]:
                service.start(point if times else "", times)
                while not service.is_dead and (times or waiting):
                    waiting = waiting or next(batches)
                    list(pool.map(lambda one: _deliver(service, one, lots.random()), waiting))
                    sent += [one for one in waiting if one.is_accepted]
                    waiting = [one for one in waiting if not one.is_accepted]
                result.kills += service.is_dead
            assert wait_for(lambda: is_idle(store), _PATIENCE), f"{point}: not all was answered"
        finally:
            service.stop()
        _count(result, sent, graph, store)
    return result


def _write(lots: random.Random) -> Iterator[list[_Delivery]]:
    """Messages of different friends, so that each friend's arrive in order."""
    numbers = count()
    while True:
        batch = []
        for friend in lots.sample(range(FRIENDS), _AT_ONCE):
            who, number = str(9_000_000 + friend), next(numbers)
            text = f"hi {number}"
            batch.append(_Delivery(who, text, page_body(event(text, f"m_{number}", who))))
        yield batch


def _deliver(service: Service, delivery: _Delivery, lot: float) -> None:
    """Again and again until it is taken or nobody is there; now and then although it was taken."""
    while not service.is_dead:
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{service.port}{PATH}",
                content=delivery.body,
                headers=sign(delivery.body),
                timeout=10,
            )
        except httpx.HTTPError:
            time.sleep(0.02)
            continue
        if answer.status_code == 200:
            delivery.is_accepted = True
            if lot < _TWICE or lot > 1 - _TWICE / 2:
                lot = 0.5
                continue
            return


def _count(result: Result, sent: list[_Delivery], graph: FakeGraph, store: str) -> None:
    given_up = _given_up(store)
    result.strays += graph.violations
    for friend in {one.friend for one in sent}:
        due = [f"{n} {one.text}" for one in sent if one.friend == friend for n in (1, 2)]
        seen = [text for text in graph.seen(friend) if text is not None]
        result.accepted += len(due)
        result.doubled += len(seen) - len(set(seen))
        result.strays += sorted(set(seen) - set(due))
        missing = set(due) - set(seen)
        result.ambiguous += len(missing & given_up)
        result.lost += len(missing - given_up)
        kept = [text for text in due if text in seen]
        result.disordered += kept != list(dict.fromkeys(seen))


def _given_up(store: str) -> set[str]:
    """Bubbles of which nobody could tell whether they arrived, and those behind them in a reply."""
    engine = sa.create_engine(store)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(outbox.c.text).where(outbox.c.state == Part.DEAD))
        found = set(rows.scalars())
    engine.dispose()
    return found
