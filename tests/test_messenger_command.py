"""`python -m talklikeme.messenger` and `…feedback`: a page set up once, and seen through; labels exported."""

import json
from pathlib import Path

import pytest
from datasets import load_dataset

import app
from talklikeme import feedback, messenger
from talklikeme.channels.profile import PROFILE
from talklikeme.channels.watchdog import FIELDS, Watchdog, read_subscription
from talklikeme.errors import ChannelError, RunError
from talklikeme.events import Kind
from tests.fake_graph import APP_SECRET, PAGE_TOKEN, FakeGraph
from tests.messenger_kit import (  # noqa: F401 - the fixture is asked for by its name
    VERIFY_TOKEN,
    graph_fixture,
    wait_for,
)
from tests.store_kit import FRIEND, Post


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSENGER_APP_SECRET", APP_SECRET)
    monkeypatch.setenv("MESSENGER_PAGE_TOKEN", PAGE_TOKEN)
    monkeypatch.setenv("MESSENGER_VERIFY_TOKEN", VERIFY_TOKEN)


def run(graph: FakeGraph, capsys: pytest.CaptureFixture[str], command: str, *more: str) -> str:
    messenger.main([command, *more, "--graph-base-url", graph.url])
    told = capsys.readouterr().out
    assert not any(secret in told for secret in (APP_SECRET, PAGE_TOKEN, VERIFY_TOKEN))
    return told


def test_setup_shows_does_and_has_nothing_left_to_do(
    graph: FakeGraph, capsys: pytest.CaptureFixture[str]
) -> None:
    graph.profile = {"get_started": {"payload": "OLD"}}
    told = run(graph, capsys, "setup", "--dry-run")
    assert '- get_started: {"payload": "OLD"}\n+ get_started: {"payload": "GET_STARTED"}' in told
    assert (graph.settings_written, "nothing was changed" in told) == (0, True)
    assert "5 settings changed" in run(graph, capsys, "setup")
    assert graph.profile == PROFILE
    assert graph.fields == list(FIELDS)
    assert run(graph, capsys, "setup") == "nothing to change\n"
    assert graph.settings_written == 5


def test_status_tells_what_is_wrong(
    graph: FakeGraph, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/state.db"
    assert messenger.main(["status", "--store", store, "--graph-base-url", graph.url]) == 1
    told = capsys.readouterr().out
    assert "subscription: lacks messages, messaging_postbacks, message_echoes. Run setup" in told
    assert "last webhook: never" in told
    graph.fields = list(FIELDS)
    post = Post(tmp_path)
    post.say("hi")
    post.hear(post.text("waiting"))
    assert messenger.main(["status", "--store", store, "--graph-base-url", graph.url]) == 0
    told = capsys.readouterr().out
    assert "token: good\nsubscription: whole" in told
    assert "waiting: 1 messages, 0 bubbles" in told
    assert "bubbles: 1 sent" in told
    graph.token = "another"
    assert messenger.main(["status", "--store", store, "--graph-base-url", graph.url]) == 1
    assert "MESSENGER_PAGE_TOKEN: the Graph API does not take it" in capsys.readouterr().out


def test_check_has_a_line_for_everything_and_sends_nothing(
    graph: FakeGraph,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = ["--check", "--out", str(tmp_path), "--port", "0", "--graph-base-url", graph.url]
    assert app.main(given) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == ["wrong", *["ok"] * 4, "wrong"]
    assert "finetune.py" in told[0]
    assert "lacks messages" in told[-1]
    graph.fields = list(FIELDS)
    graph.token = "another"
    assert app.main(given) == 1
    assert "MESSENGER_PAGE_TOKEN" in capsys.readouterr().out.splitlines()[-1]
    monkeypatch.delenv("MESSENGER_PAGE_TOKEN")
    assert app.main(given) == 1
    assert "not set in the environment" in capsys.readouterr().out.splitlines()[-1]
    assert graph.calls == []


def test_a_text_is_sent_for_trying(graph: FakeGraph, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(graph, capsys, "send-test", "--to", FRIEND, "hello") == "sent\n"
    assert graph.texts(FRIEND) == ["hello"]


def test_somebody_is_forgotten(
    graph: FakeGraph, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Post(tmp_path).say("plantedword")
    store = f"sqlite:///{tmp_path}/state.db"
    told = run(graph, capsys, "forget", "--psid", FRIEND, "--store", store)
    assert told == "erased: 1 messages, 1 bubbles of mine\n"
    assert not any(b"planted" in path.read_bytes() for path in tmp_path.glob("state.db*"))
    with pytest.raises(ChannelError, match="nothing is known"):
        run(graph, capsys, "forget", "--psid", FRIEND, "--store", store)


def test_labels_become_a_preference_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    post = Post(tmp_path)
    post.say("hi")
    post.say("pizza?")
    post.say("bye")
    for number, (target, value) in enumerate(
        [("m_out2", "Good response"), ("m_out3", "Bad response"), ("m_out1", "hmm")]
    ):
        details = {"feedback": value}
        post.hear(post.event(Kind.FEEDBACK, f"f_{number}", target=target, details=details))
    target = tmp_path / "feedback.jsonl"
    feedback.main(["export", "out", str(target), "--store", post.database.url])
    assert "2 labelled replies" in capsys.readouterr().out
    rows = list(load_dataset("json", data_files=str(target), split="train"))
    assert [row["label"] for row in rows] == [True, False]
    assert rows[0]["completion"] == [{"role": "assistant", "content": "re: pizza?"}]
    assert [turn["content"] for turn in rows[0]["prompt"]] == ["hi", "re: hi", "pizza?"]
    assert FRIEND not in json.dumps(rows)


def test_no_service_no_labels(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nobody has said"):
        feedback.main(["export", str(tmp_path), str(tmp_path / "x.jsonl")])


def test_the_watchdog_barks_once_until_it_is_mended(
    graph: FakeGraph, caplog: pytest.LogCaptureFixture
) -> None:
    trouble = ["the page is unsubscribed"]
    looks: list[str] = []

    def look() -> str:
        looks.append(trouble[0])
        return trouble[0]

    dog = Watchdog(look, every=0.01)
    dog.start()
    assert wait_for(lambda: len(looks) > 3)
    assert caplog.text.count("unsubscribed") == 1
    trouble[0] = ""
    assert wait_for(lambda: dog.trouble == "")
    trouble[0] = "the page is unsubscribed"
    assert wait_for(lambda: caplog.text.count("unsubscribed") == 2)
    dog.stop()


def test_a_subscription_that_nobody_may_read_is_not_called_broken() -> None:
    class Deaf:
        def get(self, path: str, query: dict[str, str]) -> None:
            return None

    assert read_subscription(Deaf(), "1").is_whole
