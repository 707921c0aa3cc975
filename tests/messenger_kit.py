"""What the Messenger tests share: the webhook, signed deliveries, and the Graph API on loopback."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from talklikeme.channels.messenger import build_router
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.rules import Rules
from talklikeme.channels.service import MessengerService
from talklikeme.store.states import OPEN
from talklikeme.store.tables import events, outbox
from tests.fake_graph import APP_SECRET, PAGE_TOKEN, FakeGraph
from tests.fake_replier import FakeReplier

PAGE = "1122334455"
FRIEND = "9988776655443322"
VERIFY_TOKEN = "plantedverifytokén"
PATH = "/webhooks/messenger"
HANDSHAKE = {
    "hub.mode": "subscribe",
    "hub.verify_token": VERIFY_TOKEN,
    "hub.challenge": "CHALLENGE_ACCEPTED",
}


@pytest.fixture(name="graph")
def graph_fixture() -> Iterator[FakeGraph]:
    """A Graph API; whatever a test does, our requests keep its contract."""
    with FakeGraph() as server:
        yield server
    assert server.violations == []


@pytest.fixture(name="settings")
def settings_fixture(graph: FakeGraph, tmp_path: Path) -> MessengerSettings:
    """Settings whose Send API is the fake one."""
    return make_settings(graph.url, tmp_path)


# Nobody waits for a friend's next words, and nothing is said but what the replier says.
QUICK = Rules(
    pause_ms=0,
    disclosure="",
    grace_ms=300,
    probe_ms=300,
    messages_a_minute=1_000,
    same_exchanges=100,
)


def make_settings(
    url: str, folder: Path | None = None, rules: Rules = QUICK, store: str = ""
) -> MessengerSettings:
    return MessengerSettings(
        app_secrets=(APP_SECRET,),
        page_token=PAGE_TOKEN,
        verify_token=VERIFY_TOKEN,
        graph_base_url=url,
        graph_version="v25.0",
        store=store or f"sqlite:///{folder}/state.db",
        app_id="1234",
        rules=rules,
    )


@contextmanager
def serve(
    replier: FakeReplier, settings: MessengerSettings, *, waits: bool = True
) -> Iterator[TestClient]:
    """The webhook; on leaving, every accepted message has been answered, if it waits for that."""
    app = FastAPI()
    app.state.service = MessengerService(replier, settings)
    app.include_router(build_router(app.state.service, settings))
    with TestClient(app) as client:
        yield client
        if waits:
            assert wait_for(lambda: is_idle(settings.store)), "not all was answered"


def is_idle(store: str) -> bool:
    """Whether nothing waits for an answer or to be sent."""
    engine = sa.create_engine(store)
    try:
        with engine.connect() as connection:
            waiting = sa.select(events.c.id).where(events.c.state.in_(("new", "queued", "taken")))
            leaving = sa.select(outbox.c.id).where(outbox.c.state.in_(OPEN))
            return not any(connection.execute(query).first() for query in (waiting, leaving))
    finally:
        engine.dispose()


def wait_for(is_so: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.02)
    return is_so()


def event(text: Any, mid: str = "m_1", sender: str = FRIEND, **more: Any) -> dict[str, Any]:
    return {
        "sender": {"id": sender},
        "recipient": {"id": PAGE},
        "timestamp": round(time.time() * 1000),
        "message": {"mid": mid, "text": text} | more,
    }


def page_body(*events: Any) -> bytes:
    entry = {"id": PAGE, "time": 1_763_800_000_000, "messaging": list(events)}
    return json.dumps({"object": "page", "entry": [entry]}).encode()


def sign(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def deliver(client: TestClient, body: bytes) -> int:
    return client.post(PATH, content=body, headers=sign(body)).status_code


def exchange(
    settings: MessengerSettings, *bodies: bytes, replier: FakeReplier | None = None
) -> None:
    """Deliver signed bodies, expect 200 for each, and wait until all is answered."""
    with serve(replier or FakeReplier(), settings) as client:
        assert [deliver(client, body) for body in bodies] == [200] * len(bodies)
