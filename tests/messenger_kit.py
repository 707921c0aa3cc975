"""What the Messenger tests share: the webhook, signed deliveries, and the Graph API on loopback."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from talklikeme.channels.messenger import build_router
from talklikeme.channels.messenger_settings import MessengerSettings
from tests.fake_graph import PAGE_TOKEN, FakeGraph
from tests.fake_replier import FakeReplier

PAGE = "1122334455"
FRIEND = "9988776655443322"
APP_SECRET = "plantedappsecret"
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
def settings_fixture(graph: FakeGraph) -> MessengerSettings:
    """Settings whose Send API is the fake one."""
    return make_settings(graph.url)


def make_settings(url: str) -> MessengerSettings:
    return MessengerSettings(
        app_secrets=(APP_SECRET,),
        page_token=PAGE_TOKEN,
        verify_token=VERIFY_TOKEN,
        graph_base_url=url,
        graph_version="v25.0",
        session_gap_minutes=60,
    )


@contextmanager
def serve(replier: FakeReplier, settings: MessengerSettings) -> Iterator[TestClient]:
    """The webhook; on leaving, every accepted message has been answered."""
    app = FastAPI()
    app.include_router(build_router(replier, settings))
    with TestClient(app) as client:
        yield client


def event(text: Any, mid: str = "m_1", sender: str = FRIEND, **more: Any) -> dict[str, Any]:
    return {
        "sender": {"id": sender},
        "recipient": {"id": PAGE},
        "timestamp": 1_763_800_000_000,
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
