"""Lower layers learn more slowly: they hold what a base model knows of the language.

Discriminative fine-tuning (Howard and Ruder 2018, ULMFiT), as a factor a layer (Clark et al. 2020,
ELECTRA). Encoder and decoder count down from their own top; embeddings are below both; what is above
the layers (last norms, output layer) learns at the full rate.
"""

import re
from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.optim import Optimizer

from talklikeme.rates import scale_rates

_LAYER = re.compile(r"\.(?:block|layers?|h)\.(\d+)\.")
_STACK = re.compile(r"(?:^|\.)(encoder|decoder)\.")
_EMBEDDING = re.compile(r"shared\.|embed")


def slow_lower_layers(trainer: Any, decay: float) -> None:
    """Make the trainer's optimizer give each layer `decay` times the rate of the one above it."""
    if decay == 1:
        return
    create = trainer.create_optimizer

    def create_slowed(*args: Any, **kwargs: Any) -> Optimizer:
        optimizer: Optimizer = create(*args, **kwargs)
        split_groups(optimizer, trainer.model, decay)
        return optimizer

    trainer.create_optimizer = create_slowed


def split_groups(optimizer: Optimizer, model: nn.Module, decay: float) -> None:
    """Divide the optimizer's groups by depth, each with its own learning rate."""
    depths = find_depths(model)
    scale_rates(optimizer, {weight: decay**depth for weight, depth in depths.items()})


def find_depths(model: nn.Module) -> dict[int, int]:
    """How many layers lie above each weight, by the weight's id()."""
    named = list(model.named_parameters())
    layers = count_layers(name for name, _ in named)
    return {id(weight): _depth(name, layers) for name, weight in named}


def count_layers(names: Iterable[str]) -> dict[str, int]:
    """Layers of the encoder and of the decoder."""
    layers: dict[str, int] = {}
    for name in names:
        if found := _LAYER.search(name):
            stack = _stack_of(name)
            layers[stack] = max(layers.get(stack, 0), int(found[1]) + 1)
    return layers


def _depth(name: str, layers: dict[str, int]) -> int:
    if found := _LAYER.search(name):
        return layers[_stack_of(name)] - 1 - int(found[1])
    return max(layers.values(), default=0) if _EMBEDDING.search(name) else 0


def _stack_of(name: str) -> str:
    found = _STACK.search(name)
    return found[1] if found else ""
