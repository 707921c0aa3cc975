"""A run survives kill -9, a full disk and losses that are no number; going on is exact on a CPU."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import finetune as finetune_script
from talklikeme import training
from talklikeme.batching import BatchLimit, LengthBatches, lengths_of
from talklikeme.chat_trainer import ChatTrainer
from talklikeme.errors import RunError
from talklikeme.finetuning import finetune
from talklikeme.inputs import load_inputs
from tests.models import make_inputs, tiny
from tests.scripts import call, command

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]

SIZE = ["--d-model", "32", "--d-ff", "48", "--heads", "2", "--encoder-layers", "1",
        "--decoder-layers", "1", "--max-context-tokens", "24", "--max-reply-tokens", "12"]  # fmt: skip
# Two epochs and a half; evaluations, the sample board and dropout all draw in between.
RUN = [*SIZE, "--max-steps", "60", "--eval-steps", "12", "--sample-steps", "8", "--patience", "99",
       "--learning-rate", "0.01"]  # fmt: skip
BATCHES = {
    "rows": ["--batch-size", "8"],
    "tokens": ["--batch-tokens", "160"],
    "accumulated": ["--batch-tokens", "80", "--gradient-accumulation", "2"],
    "muon": ["--batch-size", "8", "--optimizer", "muon"],
    "bf16": ["--batch-size", "8", "--precision", "bf16"],
}


def start(out: Path, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "finetune.py", "--out", str(out), *RUN, *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def kill_after_checkpoint(process: subprocess.Popen[str], out: Path, step: int) -> None:
    state = out / "training" / f"checkpoint-{step}" / "trainer_state.json"
    deadline = time.monotonic() + 120
    while not (state.exists() and state.read_text(encoding="utf-8").rstrip().endswith("}")):
        assert process.poll() is None, "ended before the checkpoint"
        assert time.monotonic() < deadline, "no checkpoint in time"
        time.sleep(0.01)
    process.kill()
    process.communicate()


def seconds_kept(checkpoint: Path) -> float:
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return float(state["stateful_callbacks"]["Clock"]["attributes"]["earlier"])


def report_of(out: Path) -> dict[str, Any]:
    told = json.loads((out / "model" / "evaluation.json").read_text(encoding="utf-8"))
    return dict(told["training"])


def numbers(out: Path) -> dict[str, Any]:
    report = report_of(out)
    return {name: report[name] for name in ("steps", "last_loss", "validation_loss")}


def logged(out: Path) -> dict[int, float]:
    """Every validation loss, as TensorBoard has it."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(out / "model" / "logs"))
    events.Reload()
    return {event.step: event.value for event in events.Scalars("eval/loss")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BATCHES)
def test_a_killed_run_ends_bit_for_bit_where_the_whole_one_does(tmp_path: Path, kind: str) -> None:
    for name in ("whole", "killed"):
        make_inputs(tmp_path / name, pairs=200, validation=40)
    killed = start(tmp_path / "killed", *BATCHES[kind])
    whole = start(tmp_path / "whole", *BATCHES[kind])
    kill_after_checkpoint(killed, tmp_path / "killed", step=36)
    assert not (tmp_path / "killed" / "model").exists()
    before = seconds_kept(tmp_path / "killed" / "training" / "checkpoint-36")
    resumed = start(tmp_path / "killed", *BATCHES[kind])
    for process in (whole, resumed):
        _, said = process.communicate()
        assert process.returncode == 0, said

    assert numbers(tmp_path / "killed") == numbers(tmp_path / "whole")
    assert 0 < before < report_of(tmp_path / "killed")["seconds"]
    assert logged(tmp_path / "killed") == logged(tmp_path / "whole")
    weights = [
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("killed", "whole")
    ]
    assert [
        name for name in weights[1] if not torch.equal(weights[0][name], weights[1][name])
    ] == []


def train(options: Any) -> Any:
    return finetune(options, load_inputs(options))


def spoil(monkeypatch: pytest.MonkeyPatch, at: int, how: Any) -> None:
    """Make the loss of the batch number `at` (from 1) what `how` makes of it."""
    whole, calls = ChatTrainer._token_loss, iter(range(1, 1000))

    def loss(self: ChatTrainer, *args: Any, **kwargs: Any) -> torch.Tensor:
        right = whole(self, *args, **kwargs)
        return how(right) if next(calls) == at else right

    monkeypatch.setattr(ChatTrainer, "_token_loss", loss)


def batches_of(options: Any) -> list[list[int]]:
    """The rows of every batch of the first epoch."""
    data = {split: training.encode_pairs(rows, load_inputs(options).encoder)
            for split, rows in load_inputs(options).pairs.items()}  # fmt: skip
    train_rows = data["train"]
    return list(
        LengthBatches(
            lengths_of(train_rows, "input_ids"),
            lengths_of(train_rows, "labels"),
            BatchLimit(options.batch_size),
            seed=options.seed,
            parts=options.gradient_accumulation,
        )
    )


@pytest.mark.parametrize("how", [lambda loss: loss * torch.nan, lambda loss: loss + torch.inf],
                         ids=["nan", "inf"])  # fmt: skip
def test_a_loss_that_is_no_number_stops_with_the_step_and_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: Any
) -> None:
    make_inputs(tmp_path)
    spoil(monkeypatch, at=11, how=how)
    flags = [*SIZE, "--batch-size", "4", "--gradient-accumulation", "2", "--eval-steps", "2",
             "--max-steps", "8", "--sample-steps", "99"]  # fmt: skip
    said = call(finetune_script.main, ["--out", str(tmp_path), *flags], capsys)

    options = tiny(tmp_path, batch_size=4, gradient_accumulation=2)
    rows = ", ".join(map(str, sorted(batches_of(options)[10])))
    assert said.code == 1
    (line,) = said.error_lines
    assert line.startswith(f"error: step 6: the loss is no finite number, in rows {rows} of the")
    assert f"The best checkpoint so far is {tmp_path}/training/checkpoint-4" in line
    assert "Traceback" not in said.err
    kept = tmp_path / "training" / "checkpoint-4" / "model.safetensors"
    assert all(weight.isfinite().all() for weight in load_file(kept).values())


def test_a_gradient_that_is_no_number_stops_before_the_weights_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sqrt(0): the loss is right, its slope is infinite, and the next checkpoint would be lost."""
    make_inputs(tmp_path)
    spoil(monkeypatch, at=3, how=lambda loss: loss + (loss - loss).sqrt())
    with pytest.raises(RunError, match=r"step 3: the gradient is no finite number, in rows \d+"):
        train(tiny(tmp_path, eval_steps=3))
    assert not list((tmp_path / "training").glob("checkpoint-*"))


def test_a_run_killed_after_its_last_step_is_published_and_trained_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_inputs(tmp_path / "whole")
    make_inputs(tmp_path / "killed")
    more = {"max_steps": 6, "eval_steps": 3, "sample_steps": 99}  # in the middle of an epoch
    whole = train(tiny(tmp_path / "whole", **more))

    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("talklikeme.finetuning._publish", die)
        with pytest.raises(KeyboardInterrupt):
            train(tiny(tmp_path / "killed", **more))
    resumed = train(tiny(tmp_path / "killed", **more))
    assert (resumed.steps, resumed.last_loss) == (6, whole.last_loss)
    assert resumed.validation_loss == whole.validation_loss
    weights = [load_file(tmp_path / name / "model" / "model.safetensors")
               for name in ("whole", "killed")]  # fmt: skip
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.slow
@pytest.mark.parametrize("limit", [20_000, 150_000], ids=["weights", "optimizer"])
def test_a_disk_that_fills_in_a_checkpoint_is_one_line_and_the_run_goes_on(
    tmp_path: Path, limit: int
) -> None:
    """RLIMIT_FSIZE refuses a write in the middle of a file, as a full disk does."""
    make_inputs(tmp_path)
    argv = ["--out", str(tmp_path), *SIZE, "--max-steps", "8", "--eval-steps", "4"]
    limited = (
        "import resource, functools, finetune; from talklikeme.errors import run_script;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        f"run_script(functools.partial(finetune.main, {argv!r}))"
    )
    full = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True)
    assert full.returncode == 1, full.stderr
    assert "the disk is full" in full.stderr
    assert "Traceback" not in full.stderr
    assert not (tmp_path / "model").exists()
    assert command("finetune", *argv).code == 0
    assert numbers(tmp_path)["steps"] == 8
