"""What the desk does with many friends at once, and how far an engine is from what memory allows."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from talklikeme.answering import EngineReplier
from talklikeme.desk import Desk
from talklikeme.turns import Turn

FRIENDS: Final = (1, 8, 32)
_COPIED: Final = 2**28  # bytes; far beyond any cache
_COPIES: Final = 8


@dataclass(frozen=True, slots=True)
class Load:
    """Replies a second, and seconds that a friend waited: the median, and what 95 % did not exceed."""

    rate: float
    median: float
    late: float


def measure_crowd(
    replier: EngineReplier, turns: Sequence[Turn], friends: int, answers: int
) -> Load:
    """Every friend asks so many times, the next time when the answer is there."""
    lane = Desk(replier).lane("browser")
    waited: list[float] = []

    async def ask() -> None:
        for _ in range(answers):
            began = time.perf_counter()
            await lane.consider(turns, timeout=600)
            waited.append(time.perf_counter() - began)

    async def ask_all() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(friends)))
        return time.perf_counter() - began

    took = asyncio.run(ask_all())
    lane.desk.close()
    late = statistics.quantiles(waited, n=20, method="inclusive")[-1]
    return Load(len(waited) / took, statistics.median(waited), late)


def read_bandwidth() -> float:
    """Bytes a second that one core reads from memory: the best of several sums over a large array."""
    array = np.ones(_COPIED // 8)
    times = []
    for _ in range(_COPIES):
        began = time.perf_counter()
        array.sum()
        times.append(time.perf_counter() - began)
    return _COPIED / min(times)


def weights_a_token(model: Path) -> int:
    """Weights that one new token of a reply goes through: the decoder's matrices and the output layer.

    Without cross-attention's keys and values, which are made once a conversation.
    """
    from torch import nn

    from talklikeme.model import load_model

    loaded: Any = load_model(model)
    read_once = (".k", ".v", ".k_proj", ".v_proj")
    decoder = [
        part.weight.numel()
        for name, part in loaded.get_decoder().named_modules()
        if isinstance(part, nn.Linear)
        and not (("EncDec" in name or "encoder_attn" in name) and name.endswith(read_once))
    ]
    return sum(decoder) + int(loaded.get_output_embeddings().weight.numel())
