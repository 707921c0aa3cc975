"""A model divided among two processes (FSDP2): it trains as a whole one does, and is whole when saved.

accelerate 1.15 divides nothing on CPUs: `AcceleratorState` asks for FSDP only where the processes have
accelerators, and takes DDP without a word elsewhere. torch can do it with gloo, so the launched script
tells accelerate that these are GPUs; all else is as on them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM

from talklikeme.sharding import prepare_sharding
from tests.models import make_inputs
from tests.test_two_processes import FLAGS, launch

SCRIPT = """
import sys
import accelerate.state as state
from accelerate.utils import DistributedType

plain = state.AcceleratorState.__init__

def as_on_gpus(self, *given, **named):
    if not state.AcceleratorState._shared_state:
        state.PartialState(True)
        state.PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
    plain(self, *given, **named)

state.AcceleratorState.__init__ = as_on_gpus
import finetune
code = finetune.main(sys.argv[1:])
assert state.AcceleratorState().is_fsdp2
sys.exit(code)
"""


def as_environment(config: dict[str, Any]) -> dict[str, str]:
    """What `accelerate launch` makes of our FSDP config."""
    values = {name.upper(): str(value) for name, value in config["fsdp_config"].items()}
    return values | {"ACCELERATE_USE_FSDP": "true", "ACCELERATE_USE_CPU": "true"}


def launch_sharded(tmp_path: Path, out: Path, *flags: str) -> None:
    config = yaml.safe_load(Path("configs/accelerate/fsdp.yaml").read_text(encoding="utf-8"))
    script = tmp_path / "sharded.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
         str(script), "--out", str(out), *FLAGS, *flags],
        capture_output=True, text=True, timeout=120,
        env=os.environ | as_environment(config) | {"OMP_NUM_THREADS": "1", "PYTHONPATH": "."},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sample board, step 0" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("start", ["scratch-t5", "scratch-t5gemma", "scratch-bert2bert"])
def test_a_divided_model_trains_and_is_saved_as_a_whole_one(tmp_path: Path, start: str) -> None:
    chosen = tmp_path / "start.yaml"  # torch.distributed.run takes --start for an option of its own
    chosen.write_text(f"finetune:\n  start: {start}\n")
    flags = ["--sample-steps", "6", str(chosen)]
    for name in ("whole", "divided"):
        make_inputs(tmp_path / name, pairs=64, validation=8)
    launch(tmp_path / "whole", 1, *flags, "--batch-size", "8")
    launch_sharded(tmp_path, tmp_path / "divided", *flags, "--batch-size", "4")

    folders = {name: tmp_path / name / "model" for name in ("whole", "divided")}
    reports = {
        name: json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
        for name, folder in folders.items()
    }
    for number in ("first_loss", "last_loss", "validation_loss"):
        whole = reports["whole"]["training"][number]
        assert reports["divided"]["training"][number] == pytest.approx(whole, abs=2e-3)
    assert reports["divided"]["leaks"]["searched"] == 1_000
    weights = {name: load_file(folder / "model.safetensors") for name, folder in folders.items()}
    assert {name: one.shape for name, one in weights["divided"].items()} == {
        name: one.shape for name, one in weights["whole"].items()
    }
    model = AutoModelForSeq2SeqLM.from_pretrained(folders["divided"])
    for name, weight in weights["divided"].items():
        assert model.state_dict()[name].equal(weight)
        assert weight.sub(weights["whole"][name]).abs().max() < 0.02  # 12 steps of 0.01


class _Whole:
    """A Trainer without FSDP; anything else that is asked of it is an error."""

    class accelerator:
        is_fsdp2 = False


def test_a_model_that_is_not_divided_is_left_alone() -> None:
    prepare_sharding(_Whole())  # type: ignore[arg-type]
