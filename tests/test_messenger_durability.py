"""Nothing lost, nothing doubled: crowds, locks, full disks, slow models, upgrades, other databases."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from talklikeme.channels.messenger_events import parse_events
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.service import MessengerService
from talklikeme.errors import ChannelError
from talklikeme.store.database import Database
from talklikeme.store.tables import events
from tests.fake_graph import APP_SECRET, FakeGraph, refuse
from tests.fake_replier import FakeReplier
from tests.messenger_kit import (  # noqa: F401 - the fixtures are asked for by their names
    FRIEND,
    PAGE,
    PATH,
    deliver,
    event,
    exchange,
    graph_fixture,
    is_idle,
    make_settings,
    page_body,
    serve,
    settings_fixture,
    sign,
    wait_for,
)
from tests.postgres import postgres


@pytest.fixture(name="database", scope="module")
def database_fixture() -> Iterator[str]:
    with postgres() as url:
        yield url


def test_postgresql_does_what_sqlite_does(graph: FakeGraph, database: str) -> None:
    settings = make_settings(graph.url, store=database)
    replier = FakeReplier(lambda text: [f"{text} a", f"{text} b"])
    bodies = [page_body(event(f"{n}", f"m_pg{n}")) for n in range(5)]
    exchange(settings, *bodies, *bodies, replier=replier)
    assert graph.texts(FRIEND) == [f"{n} {part}" for n in range(5) for part in "ab"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_of_one_name_are_refused(
    graph: FakeGraph, database: str, tmp_path: Path, kind: str
) -> None:
    """Each would take up what the other has in hand, and friends would hear everything twice."""
    url = database if kind == "postgresql" else f"sqlite:///{tmp_path}/state.db"
    with Database(url) as one, Database(url) as other:
        one.claim("local")
        with pytest.raises(ChannelError, match="another"):
            other.claim("local")
        if kind == "postgresql":
            other.claim("second")
    with Database(url) as later:
        later.claim("local")


def test_the_same_post_a_hundred_times_at_once_is_answered_once(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    body = page_body(event("hi"))
    with serve(FakeReplier(), settings) as client, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: deliver(client, body), range(100)))
    assert set(answers) == {200}
    assert graph.texts() == ["re: hi"]


def test_a_thousand_events_in_one_post_are_stored_in_time(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    body = page_body(*(event("hi", f"m_{n}", f"{10_000 + n % 100}") for n in range(1_000)))
    service = MessengerService(FakeReplier(), settings)  # nobody answers in here
    began = time.monotonic()
    service.accept(parse_events(body))
    assert time.monotonic() - began < 5
    engine = sa.create_engine(settings.store)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(events)).scalar() == 1_000
    engine.dispose()


def test_a_friend_whose_answer_takes_long_keeps_nobody_waiting(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    is_released = threading.Event()

    def answer(text: str) -> list[str]:
        if text == "slow":
            assert is_released.wait(30)
        return [f"re: {text}"]

    with serve(FakeReplier(answer), settings) as client:
        deliver(client, page_body(event("slow", "m_1")))
        time.sleep(0.5)
        for number in range(5):
            deliver(client, page_body(event("quick", f"m_q{number}", f"{number + 1}")))
        assert wait_for(lambda: len(graph.messages) == 5)
        is_released.set()
    assert graph.texts(FRIEND) == ["re: slow"]


def test_a_full_disk_is_a_503_and_then_all_is_well(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    """SQLite is told that its file may not grow: its own SQLITE_FULL, as of a full disk."""
    with serve(FakeReplier(), settings) as client:
        limit_pages(client, 1)
        long = page_body(*(event("x" * 1900, f"m_{n}") for n in range(50)))
        assert deliver(client, long) == 503
        limit_pages(client, 1 << 30)
        assert deliver(client, page_body(event("hi", "m_after"))) == 200
    assert graph.texts() == ["re: hi"]


def limit_pages(client: TestClient, pages: int) -> None:
    engine: sa.Engine = client.app.state.service._database._engine  # type: ignore[attr-defined]
    engine.dispose()
    sa.event.listen(
        engine,
        "connect",
        lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages}"),
    )


@pytest.mark.parametrize("loses_the_queue", [False, True])
def test_work_that_an_older_version_left_is_done(
    graph: FakeGraph, settings: MessengerSettings, loses_the_queue: bool
) -> None:
    """DBOS names a version after the code, and leaves what another version began lying; ours has one name."""
    graph.script.append(refuse(190))
    patient = replace(settings, rules=replace(settings.rules, probe_ms=3_600_000))
    with serve(FakeReplier(), patient, waits=False) as client:
        deliver(client, page_body(event("hi")))
        assert wait_for(lambda: len(graph.messages) == 1)
    engine = sa.create_engine(settings.store)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE pages SET quiet_until_ms = 0"))
    engine.dispose()
    if loses_the_queue:
        for path in Path(settings.store.removeprefix("sqlite:///")).parent.glob("state-queue.db*"):
            path.unlink()
    with serve(FakeReplier(), settings):
        assert wait_for(lambda: graph.seen(FRIEND) == ["re: hi"])


def test_readiness_metrics_and_privacy(graph: FakeGraph, settings: MessengerSettings) -> None:
    here = {"host": "127.0.0.1"}
    with serve(FakeReplier(), settings) as client:
        client._transport.client = ("127.0.0.1", 5)  # type: ignore[attr-defined]
        assert client.get("/readyz").text == "ready"
        deliver(client, page_body(event("plantedword")))
        client.post(PATH, content=b"{}", headers=sign(b"{}", "wrong"))
        assert wait_for(lambda: is_idle(settings.store))
        shown = client.get("/metrics").text
        assert 'talklikeme_events_total{kind="text"} 1.0' in shown
        assert 'talklikeme_refused_posts_total{reason="signature"} 1.0' in shown
        assert 'talklikeme_sends_total{outcome="sent"} 1.0' in shown
        assert "talklikeme_reply_seconds_count 1.0" in shown
        assert not any(word in shown for word in ("planted", FRIEND, PAGE))
        for path in ("/readyz", "/metrics"):
            assert (
                client.get(path, headers=here | {"X-Forwarded-For": "1.2.3.4"}).status_code == 404
            )
        assert "kept for 30 days" in client.get("/privacy").text
        asked = client.post("/privacy/deletion", data={"signed_request": signed(FRIEND)})
        answer = asked.json()
        assert answer["confirmation_code"] in client.get(answer["url"]).text
        assert client.post("/privacy/deletion", data={"signed_request": "x.y"}).status_code == 403
    assert not any(
        b"plantedword" in path.read_bytes() or FRIEND.encode() in path.read_bytes()
        for path in Path(settings.store.removeprefix("sqlite:///")).parent.glob("state.db*")
    )


def signed(user: str) -> str:
    document = {"algorithm": "HMAC-SHA256", "user_id": user, "issued_at": 1}
    payload = base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=")
    signature = hmac.new(APP_SECRET.encode(), payload, hashlib.sha256).digest()
    return (base64.urlsafe_b64encode(signature).rstrip(b"=") + b"." + payload).decode()


def test_a_closed_page_costs_one_workflow_a_conversation_and_not_one_a_message(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    """Else a night without a token ends in a queue that grows by itself."""
    graph.script.extend([refuse(190)] * 1_000)
    patient = replace(settings, rules=replace(settings.rules, probe_ms=4_000))
    with serve(FakeReplier(), patient) as client:
        for number in range(12):
            deliver(client, page_body(event(f"{number}", f"m_{number}")))
        assert wait_for(lambda: len(graph.messages) == 1)
        time.sleep(3)
        for _ in range(3):
            client.app.state.service._work.tell_again()  # type: ignore[attr-defined]
        time.sleep(3)
        engine = sa.create_engine(settings.store.replace(".db", "-queue.db"))
        with engine.connect() as connection:
            waiting = connection.execute(
                sa.text(
                    "SELECT count(*) FROM workflow_status WHERE status NOT IN ('SUCCESS', 'ERROR')"
                )
            ).scalar()
        engine.dispose()
        assert waiting is not None
        assert waiting <= 4
        graph.script.clear()
    assert graph.seen(FRIEND) == [f"re: {n}" for n in range(12)]
