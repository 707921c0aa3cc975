"""The four scripts one after the other, as commands, on the bundled example; kill -9 and Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fake_graph import PAGE_TOKEN, FakeGraph
from tests.messenger_kit import APP_SECRET, event, page_body, sign, wait_for
from tests.models import make_inputs
from tests.scripts import Outcome, command, snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SMALL = ["--d-model", "64", "--d-ff", "96", "--heads", "4", "--encoder-layers", "2"]
SIZE = [
    "--d-model",
    "32",
    "--d-ff",
    "48",
    "--heads",
    "2",
    "--encoder-layers",
    "1",
    "--decoder-layers",
    "1",
]
RUN = [*SIZE, "--batch-size", "8", "--max-steps", "60", "--eval-steps", "10", "--sample-steps", "20",
       "--patience", "99"]  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first three scripts, run on the example."""
    folder = tmp_path_factory.mktemp("pipeline") / "out"
    config = ["configs/tiny.yaml", "--out", str(folder)]
    for script, *flags in [
        ("prepare_data",),
        ("train_tokenizer", "--vocab-size", "1000"),
        ("finetune", *SMALL, "--max-steps", "20", "--eval-steps", "10", "--sample-steps", "10"),
    ]:
        done = command(script, *config, *flags)
        assert done.code == 0, done.err
    return folder


def test_the_example_adds_up(out: Path) -> None:
    ledger = json.loads((out / "pairs" / "ledger.json").read_text(encoding="utf-8"))
    assert ledger["records"] == sum(ledger["total"].values())
    assert set(ledger["platforms"]) == {"messenger", "telegram", "whatsapp"}
    assert sum(ledger["pairs"].values()) > 2500


def test_running_again_changes_nothing(out: Path) -> None:
    before = snapshot(out / "model")
    done = command("finetune", "configs/tiny.yaml", "--out", str(out), *SMALL, "--max-steps", "20",
                   "--eval-steps", "10", "--sample-steps", "10")  # fmt: skip
    assert (done.code, "already trained" in done.out) == (0, True)
    assert snapshot(out / "model") == before


@contextmanager
def serve(out: Path, *argv: str, **environment: str) -> Iterator[str]:
    """A running app.py; yields its address, and sees that it ends without a complaint."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "app.py",
            "configs/tiny.yaml",
            "--out",
            str(out),
            "--port",
            str(port),
            *argv,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/healthz")
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert "Traceback" not in output


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    pytest.fail(f"{address} did not answer")


def test_the_trained_model_answers_in_the_browsers_api(out: Path) -> None:
    with serve(out, "--no-messenger") as address:
        assert httpx.get(address, timeout=30).status_code == 200
        call = f"{address}/gradio_api/call/chat"
        asked = httpx.post(call, json={"data": ["whats up"], "session_hash": "s"}).json()
        stream = httpx.get(f"{call}/{asked['event_id']}", timeout=30).text
    bubbles = json.loads(stream.partition("event: complete\ndata: ")[2])[0]
    assert bubbles
    assert all(bubbles)


def test_the_trained_model_answers_in_messenger_and_only_who_signs(out: Path) -> None:
    body = page_body(event("whats up"))
    with FakeGraph() as graph:
        secrets = {
            "MESSENGER_APP_SECRET": APP_SECRET,
            "MESSENGER_PAGE_TOKEN": PAGE_TOKEN,
            "MESSENGER_VERIFY_TOKEN": "a word",
        }
        with serve(out, "--graph-base-url", graph.url, **secrets) as address:
            webhook = f"{address}/webhooks/messenger"
            assert httpx.post(webhook, content=body, headers=sign(body, "wrong")).status_code == 403
            assert httpx.post(webhook, content=body, headers=sign(body)).status_code == 200
            assert wait_for(lambda: graph.messages != [])
    said = [call.text for call in graph.calls if call.text is not None]
    assert said
    assert graph.violations == []


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    make_inputs(tmp_path, pairs=400, validation=40)
    return tmp_path


def start_training(out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "finetune.py", "--out", str(out), *RUN],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        preexec_fn=_hear_ctrl_c,
    )


def _hear_ctrl_c() -> None:
    """A shell that runs the tests in the background makes its children deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(process: subprocess.Popen[str]) -> Outcome:
    """Wait while reading what it says, so that a full pipe never stops it."""
    out, err = process.communicate()
    return Outcome(process.returncode, out, err)


def wait_for_checkpoint(out: Path, step: int) -> None:
    deadline = time.monotonic() + 300
    state = out / "training" / f"checkpoint-{step}" / "trainer_state.json"
    while not state.exists():
        assert time.monotonic() < deadline, "no checkpoint in time"
        time.sleep(0.02)


def validation_loss(out: Path) -> float:
    numbers: Any = json.loads((out / "model" / "evaluation.json").read_text(encoding="utf-8"))
    return float(numbers["training"]["validation_loss"])


def steps_on_the_board(out: Path) -> list[int]:
    lines = (out / "model" / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["step"] for line in lines]


def test_a_killed_training_goes_on_and_ends_where_it_would_have(
    inputs: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    make_inputs(whole, pairs=400, validation=40)
    assert finish(start_training(whole)).code == 0

    killed = start_training(inputs)
    wait_for_checkpoint(inputs, 30)
    killed.kill()
    assert finish(killed).code == -signal.SIGKILL
    assert not (inputs / "model").exists()
    resumed = finish(start_training(inputs))
    assert resumed.code == 0, resumed.err
    assert validation_loss(inputs) == pytest.approx(validation_loss(whole), rel=0.01)
    assert steps_on_the_board(inputs) == steps_on_the_board(whole)
    assert "60 steps" in resumed.out


def test_ctrl_c_is_one_line_and_the_same_command_goes_on(inputs: Path) -> None:
    training = start_training(inputs)
    wait_for_checkpoint(inputs, 20)
    training.send_signal(signal.SIGINT)
    stopped = finish(training)
    assert stopped.code == 130
    assert "error: interrupted. The same command goes on from here" in stopped.err
    assert "Traceback" not in stopped.err

    other = command("finetune", "--out", str(inputs), *RUN, "--learning-rate", "0.5")
    assert other.code == 1
    assert "belongs to a run with other learning_rate (0.001 → 0.5)" in other.err
    assert finish(start_training(inputs)).code == 0


def test_a_full_disk_in_training_is_one_line(inputs: Path) -> None:
    """RLIMIT_FSIZE refuses a write in the middle of a checkpoint, as a full disk does."""
    limited = (
        "import resource, functools, finetune; from talklikeme.errors import run_script;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
        f"run_script(functools.partial(finetune.main, {['--out', str(inputs), *RUN]!r}))"
    )
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert finish(start_training(inputs)).code == 0


def test_accelerate_launches_it(inputs: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--quiet", "--cpu",
         "--num_processes", "1", "finetune.py", "--out", str(inputs), *RUN[:-4], "--max-steps", "4"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (inputs / "model" / "model.safetensors").exists()
