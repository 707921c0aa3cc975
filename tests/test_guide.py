"""From zero in the browser: a page, a child that trains and outlives both page and app, and then the chat."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from talklikeme.errors import RunError
from talklikeme.guide.errand import Errand, Step
from talklikeme.guide.findings import read_findings
from tests.browser import Visitor, visit
from tests.messenger_kit import wait_for
from tests.scripts import command

CONFIG = """
prepare_data: {context_turns: 3}
train_tokenizer: {vocab_size: 600}
finetune: {d_model: 32, d_ff: 48, heads: 2, encoder_layers: 1, decoder_layers: 1, max_steps: 40,
  eval_steps: 20, sample_steps: 10, batch_tokens: 512, evaluate: false, precision: float32}
app: {rhythm: false}
"""
WHATSAPP = "".join(
    f"[01.02.20, 12:{minute:02}:00] {who}: {text}\n"
    for minute, (who, text) in enumerate(
        [("Ada", "hi there"), ("Zoe", "hello"), ("Ada", "what's new?"), ("Zoe", "not much")] * 14
    )
)


def script(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(("import sys, time", *lines))]


def test_steps_run_one_after_the_other_and_say_how_far_they_are(tmp_path: Path) -> None:
    errand = Errand(tmp_path / "errand")
    assert errand.read() is None
    gate = tmp_path / "gate"
    waits = f"while not __import__('os').path.exists({str(gate)!r}): time.sleep(0.02)"
    errand.start(
        [
            Step("one", script("print('step 5 of 10 (50%), loss 1.0', flush=True)", waits)),
            Step("two", script("print('second', flush=True)")),
        ]
    )
    assert wait_for(lambda: "50%" in errand.read().line)  # type: ignore[union-attr]
    now = errand.read()
    assert now is not None
    assert (now.at, now.is_running, now.share, now.is_done) == (0, True, 0.5, False)
    with pytest.raises(RunError, match="still running"):
        errand.start([])
    gate.touch()
    assert wait_for(lambda: errand.read().is_done)  # type: ignore[union-attr]
    ended = errand.read()
    assert ended is not None
    assert (ended.line, ended.failure, ended.is_running) == ("second", "", False)


def test_the_first_that_fails_ends_it_and_its_error_is_told(tmp_path: Path) -> None:
    errand = Errand(tmp_path)
    fails = script("print('error: planted trouble. Do this', file=sys.stderr)", "sys.exit(2)")
    errand.start([Step("one", fails), Step("two", script("print('never')"))])
    assert wait_for(lambda: bool(errand.read().failure))  # type: ignore[union-attr]
    now = errand.read()
    assert now is not None
    assert (now.at, now.failure) == (0, "planted trouble. Do this")


def is_there(words: str) -> bool:
    processes = psutil.process_iter(["cmdline"])
    return any(words in " ".join(one.info["cmdline"] or ()) for one in processes)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_that_died_is_not_taken_for_one_that_runs(
    tmp_path: Path, number: signal.Signals
) -> None:
    errand = Errand(tmp_path)
    # The path tells it from what other tests have running.
    lasting = f"time.sleep(60)  # {tmp_path}"
    errand.start([Step("one", script("print('on', flush=True)", lasting))])
    assert wait_for(lambda: errand.read().line == "on")  # type: ignore[union-attr]
    pid = json.loads((tmp_path / "state.json").read_text())["pid"]
    if number == signal.SIGTERM:
        errand.stop()
    else:
        os.killpg(pid, number)
    assert wait_for(lambda: not errand.read().is_running)  # type: ignore[union-attr]
    assert errand.read().failure == "It was stopped."  # type: ignore[union-attr]
    # Told to end with its parent, it may end after it.
    assert wait_for(lambda: not is_there(lasting))


def test_what_is_found_is_written_for_programs(tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text(WHATSAPP, encoding="utf-8")
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    found = tmp_path / "found.json"
    done = command("prepare_data", "--exports", str(tmp_path), "--inspect", "--found", str(found))
    assert done.code == 0, done.err
    findings = read_findings(found)
    assert findings is not None
    assert [(one.format, one.messages, one.people) for one in findings.files] == [
        ("WhatsApp text", 56, 2)
    ]
    assert (findings.files[0].first, findings.unclear) == ("2020-02-01", ["whatsapp"])
    assert {(one.name, one.is_me) for one in findings.people} == {("Ada", False), ("Zoe", False)}
    assert found.stat().st_mode & 0o777 == 0o600


@contextmanager
def running_app(config: Path, out: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    process = subprocess.Popen(
        [sys.executable, "app.py", str(config), "--out", str(out), "--no-messenger", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found, process.communicate()[1]
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_no_model_to_a_chat_in_the_browser_alone(tmp_path: Path) -> None:
    """Files dropped, who is me chosen, training watched, page closed, app killed, and then the chat."""
    config, out, chat = tmp_path / "small.yaml", tmp_path / "out", tmp_path / "WhatsApp Chat.txt"
    config.write_text(CONFIG, encoding="utf-8")
    chat.write_text(WHATSAPP, encoding="utf-8")
    with running_app(config, out) as (_, url), visit(url, width=390) as visitor:
        assert httpx.get(f"{url}/healthz").json() == {"status": "no model yet"}
        visitor.open()
        begin_to_train(visitor, chat)
    with running_app(config, out) as (process, url):  # the page is closed, the app was killed
        with visit(url, dark=True) as visitor:
            tab = visitor.tab
            visitor.open()
            tab.get_by_role("button", name="Open the chat").wait_for(timeout=600_000)
            tab.get_by_text("At step 40").wait_for()
            assert visitor.find_barriers() == []
            tab.get_by_role("button", name="Open the chat").click()
            tab.get_by_text("This is a bot").wait_for()
            box = tab.get_by_test_id("textbox").last
            box.fill("hi there")
            box.press("Enter")
            tab.get_by_test_id("bot").first.wait_for()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    ledger = json.loads((out / "pairs" / "ledger.json").read_text(encoding="utf-8"))
    assert ledger["total"]["in a pair as reply"] == 28
    assert (out / "exports").stat().st_mode & 0o777 == 0o700


def begin_to_train(visitor: Visitor, chat: Path) -> None:
    """As somebody would who makes every mistake on the way."""
    tab = visitor.tab
    tab.get_by_role("button", name="Look into them").click()
    tab.get_by_role("alert").get_by_text("Drop files first").wait_for()
    tab.get_by_label("or say in which folder").fill("/no/such/folder")
    tab.get_by_role("button", name="Look into them").click()
    tab.get_by_role("alert").get_by_text("/no/such/folder").wait_for()
    assert visitor.find_barriers() == []
    drop(visitor, chat)
    tab.get_by_text("do not tell which person is you").wait_for()
    train = tab.get_by_role("button", name="Train", exact=True)
    assert visitor.find_barriers() == []
    train.click()
    tab.get_by_role("alert").get_by_text("Choose who is you").wait_for()
    tab.get_by_label("Zoe (28 messages)").check()
    train.click()
    tab.get_by_text("Read and pair the messages").wait_for()


@pytest.mark.slow
def test_the_page_needs_no_stream_and_takes_the_same_files_again(tmp_path: Path) -> None:
    """Gradio's stream of answers may be closed just as something is asked, and the page would stand still."""
    config, out, chat = tmp_path / "small.yaml", tmp_path / "out", tmp_path / "WhatsApp Chat.txt"
    config.write_text(CONFIG, encoding="utf-8")
    chat.write_text(WHATSAPP, encoding="utf-8")
    with running_app(config, out) as (_, url), visit(url) as visitor:
        tab = visitor.tab
        tab.route("**/queue/data*", lambda route: route.abort())
        visitor.open()
        for _ in range(2):
            drop(visitor, chat)
            tab.get_by_text("do not tell which person is you").wait_for()
            tab.get_by_role("button", name="Other files").first.click()
        tab.get_by_role("button", name="Look into them").click()
        tab.get_by_role("alert").get_by_text("Drop files first").wait_for()
    assert [one.name for one in (out / "exports").iterdir()] == [chat.name]
    uploads = out / "guide" / "uploads"
    assert uploads.stat().st_mode & 0o777 == 0o700
    assert chat.name not in {one.name for one in uploads.rglob("*")}


def drop(visitor: Visitor, chat: Path) -> None:
    """Drop a file and have it looked into."""
    tab = visitor.tab
    tab.locator("#drop input[type=file]").set_input_files(str(chat))
    tab.get_by_text(chat.name).wait_for()
    tab.get_by_role("button", name="Look into them").click()


@pytest.mark.slow
def test_a_training_can_be_stopped_and_other_files_taken(tmp_path: Path) -> None:
    config, out = tmp_path / "small.yaml", tmp_path / "out"
    config.write_text(CONFIG.replace("max_steps: 40", "max_steps: 4000"), encoding="utf-8")
    chats = tmp_path / "chats"
    chats.mkdir()
    (chats / "chat.txt").write_text(WHATSAPP, encoding="utf-8")
    with running_app(config, out) as (_, url), visit(url) as visitor:
        tab = visitor.tab
        visitor.open()
        tab.get_by_label("or say in which folder").fill(str(chats))
        tab.get_by_role("button", name="Look into them").click()
        tab.get_by_label("Zoe (28 messages)").check()
        tab.get_by_role("button", name="Train", exact=True).click()
        tab.get_by_role("button", name="Stop").click()
        tab.get_by_text("It was stopped.").wait_for()
        tab.get_by_role("button", name="Other files").last.click()
        tab.get_by_text("1. Your chats").wait_for()
    assert not (out / "guide" / "wish.json").exists()
    time.sleep(0.5)
    assert not [
        one
        for one in psutil.process_iter(["cmdline"])
        if str(out) in " ".join(one.info["cmdline"] or ())
    ]
