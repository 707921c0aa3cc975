"""Training takes the cores that there are, and no more than the user allows."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.models import make_inputs

ACCELERATE = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--quiet"]
COUNT = (
    "import torch; from talklikeme.hardware import take_idle_cores; take_idle_cores();"
    "print('threads', torch.get_num_threads())"
)
PHYSICAL = psutil.cpu_count(logical=False) or 1
CORES = min(len(os.sched_getaffinity(0)), PHYSICAL) if sys.platform == "linux" else PHYSICAL
TINY = ["--d-model", "32", "--d-ff", "48", "--heads", "2", "--encoder-layers", "1", "--decoder-layers", "1",
        "--max-context-tokens", "24", "--max-reply-tokens", "12", "--max-steps", "2"]  # fmt: skip

pytestmark = pytest.mark.skipif(CORES == 1, reason="one core: nothing lies idle")


def run(*command: str, **environment: str) -> str:
    plain = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    plain |= {"PYTHONPATH": ".", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        command, capture_output=True, text=True, env=plain | environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_documented_command_trains_on_all_cores(tmp_path: Path) -> None:
    """accelerate alone would start it with one thread, and CTranslate2 leaves one to what comes after it."""
    make_inputs(tmp_path, test=24)
    assert f"tokens/s on {CORES} cores" in run(
        *ACCELERATE, "finetune.py", "--out", str(tmp_path), *TINY
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("launcher", "environment"),
    [
        (ACCELERATE, {"OMP_NUM_THREADS": "1"}),
        ([*ACCELERATE, "--num_cpu_threads_per_process", "1"], {}),
        ([*ACCELERATE, "--num-cpu-threads-per-process=1"], {}),
        ([sys.executable], {"OMP_NUM_THREADS": "1"}),
        (
            [
                sys.executable,
                "-m",
                "torch.distributed.run",
                "--standalone",
                "--nproc-per-node",
                "2",
            ],
            {},
        ),
    ],
    ids=["variable", "option", "option in one word", "python", "torchrun"],
)
def test_who_asks_for_one_thread_gets_one(
    tmp_path: Path, launcher: list[str], environment: dict[str, str]
) -> None:
    script = tmp_path / "count.py"
    script.write_text(COUNT, encoding="utf-8")
    assert "threads 1\n" in run(*launcher, str(script), **environment)
