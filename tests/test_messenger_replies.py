"""What a friend in Messenger receives, and what nobody may read in a log."""

import logging
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from talklikeme.channels.graph import PAGE_INBOX
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.channels.rules import TALK_TO_HUMAN, Rules
from talklikeme.channels.splitting import MOST_PARTS, split_text
from talklikeme.messages import clean_text
from tests.fake_graph import PAGE_TOKEN, Answer, FakeGraph, free_port, refuse
from tests.fake_replier import FakeReplier
from tests.messenger_kit import (  # noqa: F401 - the fixtures are asked for by their names
    APP_SECRET,
    FRIEND,
    PAGE,
    PATH,
    VERIFY_TOKEN,
    deliver,
    event,
    exchange,
    graph_fixture,
    make_settings,
    page_body,
    serve,
    settings_fixture,
    sign,
    wait_for,
)


def test_every_bubble_is_one_message_in_order(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    replier = FakeReplier(lambda text: ["not much", "just got home haha", "é😂"])
    with serve(replier, settings) as client:
        deliver(client, page_body(event("whats up")))
        assert wait_for(lambda: graph.actions == ["mark_seen", "typing_on"])
    assert graph.texts(FRIEND) == ["not much", "just got home haha", "é😂"]
    assert {call.path for call in graph.calls} == {f"/v25.0/{PAGE}/messages"}


def test_a_friends_earlier_messages_come_along_and_nobody_elses(
    settings: MessengerSettings,
) -> None:
    replier = FakeReplier()
    stranger = page_body(event("a stranger's", "m_2", sender="123"))
    second = page_body(event("e\u0301 second\r\nline ", "m_3"))
    exchange(settings, page_body(event("first")), stranger, second, replier=replier)
    assert replier.asked[2] == [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "re: first"},
        {"role": "user", "content": "é second\nline"},
    ]


def test_a_long_reply_is_cut_and_nothing_of_it_lost(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    words = " ".join(["word"] * 900)
    exchange(
        settings, page_body(event("hi")), replier=FakeReplier(lambda text: [words, "\0", "bye"])
    )
    *parts, last = graph.texts()
    assert " ".join(map(str, parts)) == words
    assert (len(parts), last) == (3, "bye")


FAMILY = "👩\u200d👩\u200d👧"
LONG = ["😂" * 1500, "x" + "😂" * 1500, "é" * 4001, FAMILY * 400, "e" + "\u0301" * 5000]


@pytest.mark.parametrize("text", LONG)
def test_no_cut_goes_through_a_character(text: str) -> None:
    parts = split_text(text)
    assert "".join(parts) == clean_text(text)
    assert all(len(part.encode("utf-16-le")) // 2 < 2000 for part in parts)
    if FAMILY in text:
        assert all(part.count("👧") * FAMILY == part for part in parts)


def test_instagram_counts_bytes_and_a_flood_is_capped() -> None:
    parts = split_text("é" * 1200, "instagram")
    assert [len(part.encode()) for part in parts] == [1000, 1000, 400]
    assert len(split_text("word " * 20_000)) == MOST_PARTS


def test_a_cut_is_between_sentences_where_there_is_a_way() -> None:
    first, second = "One sentence. " * 100, "another one " * 80
    assert split_text(first + second)[0] == first.strip()


def test_a_refused_bubble_ends_its_reply_but_not_the_bot(
    graph: FakeGraph, settings: MessengerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    graph.script.extend([Answer(), refuse(10, 2018278)])
    replier = FakeReplier(lambda text: [f"{text} a", f"{text} b", f"{text} c"])
    exchange(settings, page_body(event("1", "m_1"), event("2", "m_2")), replier=replier)
    assert graph.texts() == ["1 a", "1 b", "2 a", "2 b", "2 c"]
    assert "HTTP 400, code 10/2018278, fbtrace_id AbC1_d-2" in caplog.text
    assert [turn["content"] for turn in replier.asked[1]] == ["1", "1 a", "2"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(drop=True),
        Answer(500, b"<html>"),
        Answer(302, b"", {"location": "/v25.0/1/messages"}),
        Answer(400, b'{"error":[]}'),
        Answer(400, b'{"error":{"code":"x","fbtrace_id":"bad\\nid"}}'),
    ],
)
def test_a_message_that_may_have_arrived_is_not_sent_again(
    graph: FakeGraph,
    settings: MessengerSettings,
    answer: Answer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    graph.script.append(answer)
    exchange(settings, page_body(event("hi")))
    assert graph.texts() == ["re: hi"]
    assert "a bubble was not sent" in caplog.text


def test_a_connection_that_could_not_be_made_is_tried_again(tmp_path: Path) -> None:
    port = free_port()
    settings = make_settings(f"http://127.0.0.1:{port}", tmp_path)
    with serve(FakeReplier(), settings) as client:
        assert deliver(client, page_body(event("hi"))) == 200
        threading.Event().wait(0.2)
        with FakeGraph(port) as late:
            assert wait_for(lambda: late.texts() == ["re: hi"])


def test_a_typing_bubble_that_fails_costs_no_reply(
    graph: FakeGraph, settings: MessengerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    graph.action_answer = refuse(2, status=500)
    exchange(settings, page_body(event("hi")))
    assert (graph.texts(), caplog.text) == (["re: hi"], "")


def test_a_model_that_fails_on_one_message_answers_the_next(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    def answer(text: str) -> list[str]:
        if text == "bad":
            raise ValueError(text)
        return ["fine"]

    exchange(
        settings, page_body(event("bad", "m_1"), event("good", "m_2")), replier=FakeReplier(answer)
    )
    assert graph.texts() == [Rules().sorry, "fine"]


def test_the_environments_proxy_never_sees_the_token(
    graph: FakeGraph, settings: MessengerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    exchange(settings, page_body(event("hi")))
    assert graph.texts() == ["re: hi"]


def test_no_log_line_tells_a_secret_or_a_chat(
    graph: FakeGraph,
    settings: MessengerSettings,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    graph.script.extend([Answer(), refuse(190, 463), Answer(drop=True)])

    def answer(text: str) -> list[str]:
        if "crash" in text:
            raise ValueError(f"planted exception quoting {text}")
        return ["planted reply"]

    texts = ["planted question", "planted two", "planted three", "planted crash"]
    bodies = [page_body(event(text, f"m_planted{i}")) for i, text in enumerate(texts)]
    with serve(FakeReplier(answer), settings) as client:
        for body in bodies:
            deliver(client, body)
        client.post(PATH, content=bodies[0], headers=sign(bodies[0], "wrong"))
    logged = "".join(record.getMessage() + (record.exc_text or "") for record in caplog.records)
    logged = "".join((logged, caplog.text, *capfd.readouterr()))
    assert "code 190/463" in logged
    assert "ValueError at " in logged
    for secret in ("planted", FRIEND, APP_SECRET, PAGE_TOKEN, VERIFY_TOKEN):
        assert secret not in logged


def test_instagram_is_answered_where_it_is_switched_on(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    body = page_body(event("hi")).replace(b'"page"', b'"instagram"')
    exchange(settings, body)
    assert graph.texts() == []
    both = replace(settings, channels=("messenger", "instagram"))
    exchange(both, body, page_body(event("hi")), replier=FakeReplier(lambda text: ["é" * 600]))
    assert sorted(len(str(text)) for text in graph.texts()) == [100, 500, 600]


def test_who_wants_a_human_is_given_to_the_pages_inbox(
    graph: FakeGraph, settings: MessengerSettings
) -> None:
    button = event("Talk to a human", quick_reply={"payload": TALK_TO_HUMAN})
    exchange(settings, page_body(button))
    assert graph.passed == [(FRIEND, PAGE_INBOX)]
    assert graph.texts() == [Rules().handed_over]


@pytest.mark.parametrize("wish", ["/reset", "Forget me!", " please  forget me. "])
def test_a_friend_who_wants_to_be_forgotten_is(
    graph: FakeGraph, settings: MessengerSettings, wish: str
) -> None:
    replier = FakeReplier()
    bodies = [page_body(event(text, f"m_{n}")) for n, text in enumerate(["secret", wish, "hi"])]
    exchange(settings, *bodies, replier=replier)
    assert graph.texts() == ["re: secret", "Forgotten. We start anew.", "re: hi"]
    assert [turn["content"] for turn in replier.asked[-1]] == ["hi"]
