"""Muon moves matrices as torch's own does, and computes in what the machine multiplies fast."""

import copy

import pytest
import torch
from torch import Tensor, nn

from talklikeme import muon
from talklikeme.muon import MATCH_RMS, ORIGINAL, Muon

SHAPES = ((24, 16), (16, 24), (16, 16), (24, 16), (16, 24))


def make_weights(seed: int = 0) -> list[nn.Parameter]:
    made = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=made)) for shape in SHAPES]


def take_steps(optimizer: torch.optim.Optimizer, weights: list[nn.Parameter], steps: int) -> None:
    made = torch.Generator().manual_seed(9)
    for _ in range(steps):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=made)
        optimizer.step()


@pytest.mark.parametrize("adjust", [MATCH_RMS, ORIGINAL])
@pytest.mark.parametrize(("fast", "near"), [(True, 0.01), (False, 0.03)])
def test_steps_are_those_of_torch(
    monkeypatch: pytest.MonkeyPatch, adjust: str, fast: bool, near: float
) -> None:
    """In bf16 the two round alike; in float32 ours is the more exact one."""
    monkeypatch.setattr(muon, "multiplies_bf16", lambda: fast)
    mine, theirs = make_weights(), make_weights()
    options = {"lr": 0.1, "weight_decay": 0.1, "adjust_lr_fn": adjust}
    take_steps(Muon(mine, **options), mine, 3)
    take_steps(torch.optim.Muon(theirs, **options), theirs, 3)
    for before, ours, other in zip(make_weights(), mine, theirs, strict=True):
        assert (ours - other).norm() < near * (other - before).norm()


def exact_direction(gradient: Tensor) -> Tensor:
    """The same polynomial by singular values, in float64."""
    left, values, right = torch.linalg.svd(gradient.double(), full_matrices=False)
    values = values / values.norm()
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return left @ torch.diag(values) @ right


def test_without_bf16_products_it_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """bf16 would be off by some thousandths, and takes fifty times as long on such a machine."""
    monkeypatch.setattr(muon, "multiplies_bf16", lambda: False)
    weights = make_weights()
    before = copy.deepcopy(weights)
    take_steps(Muon(weights, lr=1.0, weight_decay=0.0, momentum=0.0, nesterov=False), weights, 1)
    for old, weight in zip(before, weights, strict=True):
        rows, columns = weight.shape
        wanted = exact_direction(weight.grad) * max(1, rows / columns) ** 0.5
        assert torch.allclose((old - weight).double(), wanted, atol=1e-4)


def test_a_weight_without_gradient_stays() -> None:
    weights = make_weights()
    before = copy.deepcopy(weights)
    optimizer = Muon(weights, lr=0.1)
    weights[0].grad = torch.ones_like(weights[0])
    optimizer.step()
    assert not torch.equal(before[0], weights[0])
    assert all(map(torch.equal, before[1:], weights[1:]))
