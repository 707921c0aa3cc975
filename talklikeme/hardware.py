"""What this machine computes fast, and on how many of its cores."""

import os
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]
import torch

_THREADS: Final = "OMP_NUM_THREADS"
_OPTION: Final = "__num_cpu_threads_per_process"


def multiplies_bf16() -> bool:
    """Whether the hardware has bf16 products of its own; made of others they take ten times as long."""
    if torch.accelerator.is_available():
        return torch.cuda.is_available() and bool(
            torch.cuda.is_bf16_supported(including_emulation=False)
        )
    return bool(torch.cpu._is_avx512_bf16_supported())


def take_idle_cores() -> None:
    """Let torch compute on every core that `accelerate launch` left idle.

    It starts a single process with OMP_NUM_THREADS=1 unless that or --num_cpu_threads_per_process is given, or
    its config is for a CPU (accelerate 1.15, `_validate_launch_command`). What the user asked for is kept;
    several processes share the cores as their launcher said.
    """
    if torch.get_num_threads() == 1 and "LOCAL_RANK" not in os.environ and _launcher_chose():
        torch.set_num_threads(_usable_cores())


def _launcher_chose() -> bool:
    """Whether this process was started by accelerate, and nobody had told it how many threads to take."""
    try:
        launcher = psutil.Process().parent()
        words = launcher.cmdline() if launcher else []
        is_accelerate = any(Path(word).name.startswith("accelerate") for word in words)
        return (
            is_accelerate
            and _THREADS not in launcher.environ()
            and not any(word.replace("-", "_").startswith(_OPTION) for word in words)
        )
    except psutil.Error:
        return False


def _usable_cores() -> int:
    """Cores, not their hyperthreads, and of those no more than this process may run on."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(allowed or 1, psutil.cpu_count(logical=False) or 1))


def describe_hardware(device: torch.device) -> str:
    """What computes on a device, for people: the GPU's name, or the number of cores."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    if device.type != "cpu":
        return str(device.type)
    threads = torch.get_num_threads()
    return f"{threads} core{'s' if threads > 1 else ''}"
