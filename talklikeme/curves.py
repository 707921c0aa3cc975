"""The curves of a training, read from TensorBoard's logs, also while it writes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

SHOWN: Final = {"train/loss": "training", "eval/loss": "validation", "train/learning_rate": "rate"}
Points = Sequence[tuple[int, float]]
Curves = Mapping[str, Points]


def read_curves(logs: Path) -> Curves:
    """(step, value) of the losses, nats a token, and of the learning rate; those that there are."""
    events = EventAccumulator(str(logs), size_guidance={"scalars": 0})
    events.Reload()
    found = set(events.Tags()["scalars"])
    return {
        name: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag, name in SHOWN.items()
        if tag in found
    }
