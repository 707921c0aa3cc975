"""Weights that learn at a share of the rate."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer


def scale_rates(optimizer: Optimizer, shares: Mapping[int, float]) -> None:
    """Divide the optimizer's groups by their weights' shares of the rate, given by id(); others have 1.

    Largest share first. All other options of a group stay.
    """
    groups: list[dict[str, Any]] = []
    for group in optimizer.param_groups:
        found = {id(weight): shares.get(id(weight), 1.0) for weight in group["params"]}
        for share in sorted(set(found.values()), reverse=True):
            weights = [weight for weight in group["params"] if found[id(weight)] == share]
            groups.append(group | {"params": weights, "lr": group["lr"] * share})
    optimizer.param_groups = groups
