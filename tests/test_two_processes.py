"""Several processes: the launcher's configs are valid, and two processes train as one does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from accelerate.commands.config.config_args import ClusterConfig, load_config_from_file
from accelerate.utils import DistributedType

from tests.models import make_inputs

CONFIGS = sorted(Path("configs/accelerate").glob("*.yaml"))
KINDS = {
    "cpu": DistributedType.NO,
    "one_gpu": DistributedType.NO,
    "multi_gpu": DistributedType.MULTI_GPU,
    "fsdp": DistributedType.FSDP,
    "multi_node": DistributedType.MULTI_GPU,
}
FLAGS = ["--d-model", "32", "--d-ff", "48", "--heads", "2", "--encoder-layers", "1",
         "--decoder-layers", "1", "--max-context-tokens", "24", "--max-reply-tokens", "12",
         "--precision", "float32", "--dropout", "0", "--max-steps", "12", "--eval-steps", "4",
         "--sample-steps", "99", "--learning-rate", "0.01", "--trainer", "logging_steps=1"]  # fmt: skip


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_accelerate_reads_every_config(path: Path) -> None:
    """Its own loader refuses a key that it does not know."""
    config = load_config_from_file(str(path))
    assert isinstance(config, ClusterConfig)
    assert config.distributed_type == KINDS[path.stem]
    assert config.mixed_precision == "no"


def test_there_is_a_config_for_every_size() -> None:
    assert {path.stem for path in CONFIGS} == set(KINDS)


def launch(out: Path, processes: int, *flags: str) -> dict[str, Any]:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    start = [sys.executable, *(launcher if processes > 1 else [])]
    done = subprocess.run(
        [*start, "finetune.py", "--out", str(out), *FLAGS, *flags],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
    )
    assert done.returncode == 0, done.stderr
    return logged(out)


def logged(out: Path) -> dict[str, list[float]]:
    """All losses of the run, as TensorBoard has them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(out / "model" / "logs"))
    events.Reload()
    return {
        name: [event.value for event in events.Scalars(name)]
        for name in ("train/loss", "train/grad_norm", "eval/loss")
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "two"),
    [
        (["--batch-size", "8"], ["--batch-size", "4"]),
        (["--batch-tokens", "150", "--gradient-accumulation", "2"], ["--batch-tokens", "150"]),
    ],
    ids=["rows", "tokens"],
)
def test_two_processes_train_as_one_with_the_same_global_batch(
    tmp_path: Path, one: list[str], two: list[str]
) -> None:
    """9 validation pairs: two processes repeat some to fill their last batch, which must not count."""
    for name in ("one", "two"):
        make_inputs(tmp_path / name, pairs=64, validation=9)
    alone = launch(tmp_path / "one", 1, *one)
    shared = launch(tmp_path / "two", 2, *two)
    assert len(alone["train/loss"]) == 12
    for name, values in alone.items():
        assert shared[name] == pytest.approx(values, rel=1e-5, abs=1e-5)
    numbers = [
        json.loads((tmp_path / name / "model" / "evaluation.json").read_text(encoding="utf-8"))
        for name in ("one", "two")
    ]
    assert numbers[0]["training"]["validation_loss"] == numbers[1]["training"]["validation_loss"]


@pytest.mark.slow
def test_accelerate_launches_with_our_config(tmp_path: Path) -> None:
    make_inputs(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--quiet",
         "--config_file", "configs/accelerate/cpu.yaml", "finetune.py", "--out", str(tmp_path), *FLAGS],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "model" / "model.safetensors").exists()
