"""torch's Muon, with all matrices of a shape at once and in a number type that the machine is fast in.

torch's own step makes each matrix orthogonal by itself and always in bf16: on a CPU that only imitates
bf16, that takes 26 s a step for 10 M weights, and here 0.8 (one core of a Zen 3).
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from talklikeme.hardware import multiplies_bf16

MATCH_RMS, ORIGINAL = "match_rms_adamw", "original"


class Muon(torch.optim.Muon):
    """Jordan et al. 2024; options, groups and state are torch's."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        """One step of all matrices that have a gradient; raises ValueError for a closure."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    by_shape[weight.shape].append(weight)
            for shape, weights in by_shape.items():
                stacked = torch.stack([self._follow_momentum(one, group) for one in weights])
                rate = group["lr"] * _scale(group["adjust_lr_fn"], shape)
                for weight, direction in zip(weights, _orthogonalise(stacked, group), strict=True):
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.add_(direction, alpha=-rate)

    def _follow_momentum(self, weight: Tensor, group: dict[str, Any]) -> Tensor:
        """Nesterov's look ahead along the mean of the gradients so far."""
        state = self.state[weight]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        mean: Tensor = state["momentum_buffer"].lerp_(weight.grad, 1 - group["momentum"])
        return weight.grad.lerp(mean, group["momentum"]) if group["nesterov"] else mean.clone()


def _scale(adjust: str | None, shape: torch.Size) -> float:
    """What a matrix's shape does to its rate: Liu et al. 2025 match AdamW's steps, Jordan's are larger."""
    rows, columns = shape
    if adjust == MATCH_RMS:
        return float(0.2 * max(rows, columns) ** 0.5)
    return float(max(1.0, rows / columns) ** 0.5)


def _orthogonalise(matrices: Tensor, group: dict[str, Any]) -> Tensor:
    """Matrices (count, rows, columns) with all singular values drawn near 1, by Newton and Schulz."""
    a, b, c = group["ns_coefficients"]
    is_tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if is_tall else matrices
    x = x.contiguous().to(torch.bfloat16 if multiplies_bf16() else torch.float32)
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if is_tall else x).to(matrices.dtype)
