"""`python app.py` as a user runs it: what it says, what it serves, and how it ends."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]

from talklikeme.channels.rules import Rules
from talklikeme.engines.conversion import CONVERTED, convert
from tests.fake_graph import PAGE_TOKEN, FakeGraph
from tests.messenger_kit import (
    APP_SECRET,
    FRIEND,
    HANDSHAKE,
    PATH,
    event,
    page_body,
    sign,
    wait_for,
)

SECRETS = {
    "MESSENGER_APP_SECRET": APP_SECRET,
    "MESSENGER_PAGE_TOKEN": PAGE_TOKEN,
    "MESSENGER_VERIFY_TOKEN": HANDSHAKE["hub.verify_token"],
}
# The real app.py with another model: the tests' fake one, which answers at once.
WITH_FAKE_MODEL = """
import sys
sys.path[:0] = ["tests"]
import app, fake_replier, talklikeme.replies
talklikeme.replies.load_replier = lambda folder, **_: fake_replier.FakeReplier()
talklikeme.errors.run_script(app.main)
"""


def run_app(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", *flags],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
    )


@contextmanager
def running_app(
    *flags: str, program: tuple[str, ...] = ("-c", WITH_FAKE_MODEL), **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The app with the fake model on a free port, and its address."""
    process = subprocess.Popen(
        [sys.executable, *program, "--port", "0", "--pages", "chat", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found, process.communicate()[1]
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()


def end(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Send a signal once the app says how to end it; what it then wrote on stderr."""
    assert process.stdout is not None
    while not process.stdout.readline().startswith("Ctrl-C"):
        pass
    process.send_signal(number)
    return process.communicate(timeout=20)[1]


def test_help_comes_at_once_and_without_the_heavy_libraries() -> None:
    started = time.monotonic()
    done = run_app("--help")
    assert time.monotonic() - started < 2.5
    assert done.returncode == 0
    assert "--no-messenger" in done.stdout
    check = "import sys, app\ntry: app.main(['--help'])\nexcept SystemExit: pass\n"
    check += "assert not {'torch', 'transformers', 'gradio', 'fastapi'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, stdout=subprocess.DEVNULL)


def test_a_first_reply_takes_little_memory_and_no_library_of_training(tmp_path: Path) -> None:
    shutil.copytree("models/base", tmp_path / "model", ignore=shutil.ignore_patterns(CONVERTED))
    convert(tmp_path / "model", "int8")
    flags = ("--out", str(tmp_path), "--no-messenger")
    with running_app(*flags, program=("app.py",)) as (process, url):
        call = f"{url}/gradio_api/call/chat"
        asked = httpx.post(call, json={"data": ["whats up"], "session_hash": "s"}, timeout=30)
        stream = httpx.get(f"{call}/{asked.json()['event_id']}", timeout=30)
        assert "event: complete" in stream.text
        seen = psutil.Process(process.pid)
        paths = [one.path.partition("site-packages/")[2] for one in seen.memory_maps()]
        loaded = {path.partition("/")[0] for path in paths}
        assert "ctranslate2" in loaded
        assert not loaded & {"torch", "matplotlib", "scipy", "sklearn"}
        assert seen.memory_info().rss < 300e6


def test_without_a_model_it_says_which_command_makes_one(tmp_path: Path) -> None:
    done = run_app("--no-messenger", "--pages", "chat", "--port", "0", "--out", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"error: [^\n]*finetune[^\n]*\n", done.stderr)


def test_without_secrets_it_names_them_and_the_way_around(tmp_path: Path) -> None:
    done = run_app("--out", str(tmp_path), MESSENGER_APP_SECRET="")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"error: [^\n]*MESSENGER_APP_SECRET[^\n]*--no-messenger\n", done.stderr)


def test_a_taken_port_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_app("--no-messenger", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"error: cannot listen on 127.0.0.1, port {port}: .*--port\n", done.stderr)


def test_an_address_that_is_not_this_machines_is_told_in_one_line() -> None:
    done = run_app("--no-messenger", "--port", "0", "--host", "192.0.2.1", "--auth", "none")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"error: cannot listen on 192.0.2.1, .*--host.*\n", done.stderr)


def test_one_server_has_the_page_the_webhook_and_no_secrets_in_its_log(tmp_path: Path) -> None:
    body = page_body(event("planted question"))
    store = f"sqlite:///{tmp_path}/state.db"
    with FakeGraph() as graph:
        given = ("--graph-base-url", graph.url, "--store", store)
        with running_app(*given, **SECRETS) as (process, url):
            assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
            assert "<gradio-app" in httpx.get(url).text
            assert httpx.get(url + PATH, params=HANDSHAKE).text == HANDSHAKE["hub.challenge"]
            assert httpx.post(url + PATH, content=body).status_code == 403
            assert httpx.post(url + PATH, content=body, headers=sign(body)).status_code == 200
            assert wait_for(lambda: graph.texts(FRIEND) != [])
            assert end(process, signal.SIGTERM) == ""
            assert process.returncode == 0
        assert graph.texts(FRIEND) == [f"re: planted question\n\n{Rules().disclosure}"]
        assert graph.violations == []


def test_without_the_pages_the_root_tells_health() -> None:
    with running_app("--no-messenger", "--no-browser") as (_, url):
        assert httpx.get(url).json() == {"status": "ok"}
        assert httpx.get(f"{url}/config").status_code == 404


def test_ctrl_c_ends_it_without_a_traceback_though_a_page_is_open() -> None:
    with running_app("--no-messenger") as (process, url):
        assert httpx.post(url + PATH).status_code in {404, 405}
        with httpx.stream("GET", f"{url}/gradio_api/heartbeat/a-visitor") as page:
            chunks = page.iter_text()  # kept, for httpx hangs up when it is gone
            assert next(chunks).startswith("data: ALIVE")
            assert end(process, signal.SIGINT) == ""
        assert process.returncode == 0
