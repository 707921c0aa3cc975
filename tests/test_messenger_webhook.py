"""The Messenger webhook: what Meta may send, and what it gets back."""

import hmac
import json
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from talklikeme.channels.messenger_settings import MessengerSettings
from tests.fake_graph import FakeGraph, prove
from tests.fake_replier import FakeReplier
from tests.messenger_kit import (  # noqa: F401 - the fixtures are asked for by their names
    APP_SECRET,
    FRIEND,
    HANDSHAKE,
    PAGE,
    PATH,
    VERIFY_TOKEN,
    deliver,
    event,
    exchange,
    graph_fixture,
    page_body,
    serve,
    settings_fixture,
    sign,
)


def test_the_handshake_repeats_the_challenge(settings: MessengerSettings) -> None:
    with serve(FakeReplier(), settings) as client:
        answer = client.get(PATH, params=HANDSHAKE)
    assert (answer.status_code, answer.text) == (200, "CHALLENGE_ACCEPTED")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "change",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": "é"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": None},
        {"hub.challenge": None},
        {"hub.challenge": "9" * 257},
    ],
)
def test_any_other_handshake_is_refused(
    settings: MessengerSettings, change: dict[str, str | None]
) -> None:
    query = {name: value for name, value in (HANDSHAKE | change).items() if value is not None}
    with serve(FakeReplier(), settings) as client:
        answer = client.get(PATH, params=query)
    assert (answer.status_code, answer.text) == (403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "é".encode("latin-1")},
        {"X-Hub-Signature": "sha1=" + hmac.new(APP_SECRET.encode(), page_body(event("hi")), "sha1").hexdigest()},
        sign(page_body(event("hi")), "another secret"),
        sign(page_body(event("something else"))),
    ],
)  # fmt: skip
def test_a_wrong_signature_is_refused_and_nothing_is_sent(
    graph: FakeGraph, settings: MessengerSettings, headers: dict[str, Any]
) -> None:
    replier = FakeReplier()
    with serve(replier, settings) as client:
        answer = client.post(PATH, content=page_body(event("hi")), headers=headers)
    assert answer.status_code == 403
    assert (graph.calls, replier.asked) == ([], [])


def test_the_signature_is_of_the_raw_body(graph: FakeGraph, settings: MessengerSettings) -> None:
    escaped = page_body(event("äöå / 😂")).replace(b"/", rb"\/")
    assert rb"\u00e4" in escaped
    plain = json.dumps(json.loads(page_body(event("äöå", "m_2"))), ensure_ascii=False, indent=1)
    exchange(settings, escaped, plain.encode())
    assert graph.texts() == ["re: äöå / 😂", "re: äöå"]


def test_both_secrets_hold_while_one_is_being_changed(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    graph.proofs = {prove("new secret")}
    old_and_new = replace(settings, app_secrets=("new secret", APP_SECRET))
    body = page_body(event("hi", "m_2"))
    with serve(FakeReplier(), old_and_new) as client:
        assert deliver(client, page_body(event("hi"))) == 200
        assert client.post(PATH, content=body, headers=sign(body, "new secret")).status_code == 200
    assert len(graph.messages) == 2


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_one_mebibyte_is_not_read(
    graph: FakeGraph, settings: MessengerSettings, is_chunked: bool
) -> None:
    body = page_body(event("x" * 1024 * 1024))
    with serve(FakeReplier(), settings) as client:
        content = iter([body[:1000], body[1000:]]) if is_chunked else body
        assert client.post(PATH, content=content, headers=sign(body)).status_code == 413
    assert graph.calls == []


IGNORED: dict[str, Any] = {
    "not JSON": b"whats up",
    "empty": b"",
    "not UTF-8": b'{"object":"page","entry":"\xff"}',
    "deep nesting": b"[" * 200_000 + b"]" * 200_000,
    "5000-digit integer": b'{"object":"page","entry":[{"id":' + b"9" * 5000 + b"}]}",
    "not an object": b'["page"]',
    "another object": page_body(event("hi")).replace(b'"page"', b'"instagram"'),
    "entry is a string": b'{"object":"page","entry":"hi"}',
    "entry without messaging": b'{"object":"page","entry":[{"id":"1","changes":[{"field":"feed"}]}]}',
    "standby": page_body(event("hi")).replace(b'"messaging"', b'"standby"'),
    "messaging is a dict": b'{"object":"page","entry":[{"id":"1","messaging":{"message":{}}}]}',
    "page id is a path": page_body(event("hi")).replace(PAGE.encode(), b"../me"),
    "event is null": page_body(None, 1, "x", []),
    "message is a string": page_body(event("hi") | {"message": "hi"}),
    "sender is a string": page_body(event("hi") | {"sender": FRIEND}),
    "no sender": page_body({key: value for key, value in event("hi").items() if key != "sender"}),
    "sender id is a surrogate": page_body(event("hi", sender="\ud800")),
    "sender id is a boolean": page_body(event("hi") | {"sender": {"id": True}}),
    "no mid": page_body(event("hi") | {"message": {"text": "hi"}}),
    "text is a number": page_body(event(5)),
    "text is blank": page_body(event(" \u200e\n")),
    "text is a lone surrogate": page_body(event("\ud800")),
    "echo": page_body(event("hi", is_echo=True)),
    "from the page itself": page_body(event("hi", sender=PAGE)),
    "deleted": page_body(event("hi", is_deleted=True)),
    "reaction": page_body({"sender": {"id": FRIEND}, "reaction": {"mid": "m_1", "emoji": "x"}}),
    "delivery": page_body({"sender": {"id": FRIEND}, "delivery": {"watermark": "1"}}),
}  # fmt: skip


@pytest.mark.parametrize("kind", IGNORED)
def test_signed_content_without_a_friends_text_is_taken_and_ignored(
    graph: FakeGraph, settings: MessengerSettings, kind: str
) -> None:
    replier = FakeReplier()
    exchange(settings, IGNORED[kind], replier=replier)
    assert (graph.calls, replier.asked) == ([], [])


def test_a_bad_event_does_not_drop_its_neighbours(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    document = json.loads(page_body(event("one", "m_1"), None, event("x", is_echo=True)))
    document["entry"][0]["messaging"].append(
        event("two", "m_2") | {"timestamp": f"{1000 * time.time():.0f}", "new": {}}
    )
    document["entry"] += ["bad", {"id": PAGE, "standby": [event("x")]}]
    document["entry"].append({"id": int(PAGE), "messaging": [event("three", "m_3")]})
    document["entry"][-1]["messaging"][0]["sender"]["id"] = int(FRIEND)
    exchange(settings, json.dumps(document).encode())
    assert graph.texts(FRIEND) == ["re: one", "re: two", "re: three"]


def test_a_message_delivered_twice_is_answered_once(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    body = page_body(event("hi"), event("hi"))
    exchange(settings, body, body, page_body(event("hi", "m_2")))
    assert graph.texts() == ["re: hi", "re: hi"]


def test_the_webhook_answers_before_the_model_does(settings: MessengerSettings) -> None:
    is_released = threading.Event()

    def answer_late(text: str) -> list[str]:
        assert is_released.wait(10)
        return ["late"]

    with serve(FakeReplier(answer_late), settings) as client:
        assert deliver(client, page_body(event("hi"))) == 200
        is_released.set()


def test_what_cannot_be_stored_comes_back_and_is_answered_then(
    graph: FakeGraph, settings: MessengerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    body = page_body(event("hi"))
    with serve(FakeReplier(), settings) as client:
        with closing(sqlite3.connect(settings.store.removeprefix("sqlite:///"))) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            assert deliver(client, body) == 503
            assert time.monotonic() - began < 5
            other.rollback()
        assert deliver(client, body) == 200
    assert graph.texts() == ["re: hi"]
    assert "OperationalError, SQLITE_BUSY" in caplog.text
