"""Ten thousand signed posts with something wrong in each: never an error, never a word to somebody else.

The mutations are written here and drawn from a seed: hypothesis would look for small failing cases, which costs a
hundred times as long for as many posts, and atheris has no build for this Python.
"""

import copy
import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from talklikeme.channels.drafting import Drafter
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.sending import Sender
from talklikeme.channels.service import MessengerService
from talklikeme.store.database import Database
from talklikeme.store.states import State
from talklikeme.store.tables import events
from tests.fake_graph import FakeGraph
from tests.fake_replier import FakeReplier
from tests.messenger_kit import (  # noqa: F401 - the fixtures are asked for by their names
    PAGE,
    deliver,
    event,
    graph_fixture,
    make_settings,
    serve,
    settings_fixture,
)
from tests.store_kit import SILENT, Channel
from tests.test_messenger_events import EVENTS

POSTS, ANSWERED, BUSY = 10_000, 500, 503
OTHERS = [raw for name, (raw, *_) in EVENTS.items() if name != "policy"]  # it closes the page
JUNK: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 2**63, "", " ", "x", "\ud800", "\x00", "😂" * 50, "../me", [], {}, [[]],
    {"id": "1"}, [None], "9" * 400, "' OR 1=1 --", "<script>", {"mid": "m_other"}, PAGE,
]  # fmt: skip


class Deaf(MessengerService):
    """Takes and stores what comes, and answers nothing."""

    def start(self) -> None:
        self._intake.start()

    def stop(self) -> None:
        self._intake.stop()
        self._platform.close()
        self._database.close()


def write_post(lots: random.Random, number: int) -> dict[str, Any]:
    """A post of one to three events of any kind, the first a text that says its number."""
    friend = str(10**15 + lots.randrange(50))
    others = [copy.deepcopy(lots.choice(OTHERS)) for _ in range(lots.randrange(3))]
    said = event(f"t{number}", f"m_{number}", friend)
    entry = {"id": PAGE, "time": 1, lots.choice(["messaging"] * 9 + ["standby"]): [said, *others]}
    return {"object": "page", "entry": [entry]}


def list_places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    if isinstance(node, dict | list):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            yield from list_places(node[key])


def mutate(lots: random.Random, document: dict[str, Any]) -> bytes:
    """One to three things changed: a value, a key, a copy, a swap, or bytes of the whole."""
    for _ in range(lots.randint(1, 3)):
        places = list(list_places(document))
        node, key = lots.choice(places)
        kind = lots.randrange(5)
        if kind == 0:
            del node[key]
        elif kind == 1 and isinstance(node, dict):
            node[lots.choice(["id", "mid", "text", "is_echo", "payload", "x"])] = copy.deepcopy(
                lots.choice(JUNK)
            )
        elif kind == 2 and isinstance(node, list):
            node.append(copy.deepcopy(node[key]))
        elif kind == 3:
            other, its_key = lots.choice(places)
            value = copy.deepcopy(node[key])
            node[key] = copy.deepcopy(other[its_key]) if its_key in _keys(other) else None
            if its_key in _keys(other):
                other[its_key] = value
        else:
            node[key] = copy.deepcopy(lots.choice(JUNK))
        if not document:
            break
    body = json.dumps(document).encode()
    return break_bytes(lots, body) if lots.random() < 0.15 else body


def _keys(node: Any) -> list[Any]:
    return list(node) if isinstance(node, dict) else list(range(len(node)))


def break_bytes(lots: random.Random, body: bytes) -> bytes:
    """A byte changed, some left out, or the end cut off."""
    place = lots.randrange(len(body))
    return lots.choice(
        [
            body[:place] + bytes([lots.randrange(256)]) + body[place + 1 :],
            body[:place] + body[place + lots.randrange(1, 9) :],
            body[:place],
        ]
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_mutants_break_nothing_and_reach_nobody_else(
    graph: FakeGraph, settings: MessengerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.messenger_kit.MessengerService", Deaf)
    lots, bodies = random.Random(0), []
    with serve(FakeReplier(), settings, waits=False) as client:
        for number in range(POSTS):
            bodies.append(mutate(lots, write_post(lots, number)))
            status = deliver_as_meta(client, bodies[-1])
            assert status == 200, (number, status, bodies[-1])
    now = [time.time()]
    with Database(settings.store, clock=lambda: now[0]) as database:
        said = sa.select(events.c.text, events.c.friend, events.c.account, events.c.id).where(
            events.c.text.regexp_match("^t[0-9]+$"), events.c.state == State.NEW
        )
        with database.read() as connection:
            rows = list(connection.execute(said))
        assert len(rows) > POSTS / 4
        for row in rows:
            own = bodies[int(row.text[1:])]
            assert any(tells(body, row.friend, row.account, row.text) for body in (own, *bodies)), (
                row
            )
        channel = answer(database, [row.id for row in lots.sample(rows, ANSWERED)], now)
    assert len(channel.sent) > ANSWERED / 2
    for friend, text in channel.sent:
        said = json.dumps(text.removeprefix("re: "))
        assert any(tells(body, friend, said) for body in bodies), (friend, text)


def deliver_as_meta(client: TestClient, body: bytes) -> int:
    """Again, as Meta does, if the disk took longer than Meta waits; a machine stands still now and then."""
    status = deliver(client, body)
    return deliver(client, body) if status == BUSY else status


def tells(body: bytes, *names: str) -> bool:
    """Whether one post spoke of all of them; a changed byte may make one number of another."""
    return all(name.encode() in body for name in names)


def answer(database: Database, ids: list[str], now: list[float]) -> Channel:
    """Write and send what is to be said, as the queue would; waiting moves the clock."""
    channel = Channel()
    drafter = Drafter(database, FakeReplier(), SILENT)
    sender = Sender(database, channel, SILENT, clock=lambda: now[0])
    for one in ids:
        turn = drafter.draft(one)
        while turn and (wait := sender.send_next(turn)) is not None:
            now[0] += wait
    return channel
