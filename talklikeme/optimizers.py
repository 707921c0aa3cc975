"""Muon for the hidden matrices and AdamW for everything else, as one optimizer.

Muon (Jordan et al. 2024) moves a matrix by its momentum made orthogonal: every direction of it counts
alike. Its steps are scaled to the size of AdamW's (Liu et al. 2025, "Muon is scalable for LLM
training"), so that one learning rate serves both. Embeddings, the output layer, norms and biases are
AdamW's (Loshchilov and Hutter 2019).
"""

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim import AdamW, Optimizer

from talklikeme.muon import MATCH_RMS, Muon

_IS_MUON = "is_muon"


class MuonAdamW(Optimizer):
    """Steps each group by the optimizer that it belongs to; its state is saved as any other's."""

    def __init__(self, muon: Muon, adamw: AdamW) -> None:
        self._parts = {True: muon, False: adamw}
        groups = [
            group | {_IS_MUON: is_muon}
            for is_muon, part in self._parts.items()
            for group in part.param_groups
        ]
        super().__init__(groups, {})

    def step(self, closure: Callable[[], float] | None = None) -> None:
        """One step of both; raises ValueError for a closure, which neither could share."""
        if closure is not None:
            raise ValueError("MuonAdamW takes no closure")
        for is_muon, part in self._parts.items():
            # Whoever divides, schedules or loads our groups and state makes new ones.
            part.param_groups = [group for group in self.param_groups if group[_IS_MUON] == is_muon]
            part.state = self.state
            part.step()


def build_muon(
    model: nn.Module,
    *,
    learning_rate: float,
    weight_decay: float,
    betas: tuple[float, float] = (0.9, 0.999),
) -> MuonAdamW:
    """The optimizer for a model's weights that are to be trained.

    Only hidden matrices decay: their steps have one size whatever the gradient, so it is what bounds
    them. A strong decay would take the embeddings of rare tokens away.
    """
    hidden = {id(weight): weight for weight in hidden_matrices(model)}
    others = [w for w in model.parameters() if w.requires_grad and id(w) not in hidden]
    adamw = AdamW(others, lr=learning_rate, betas=betas, weight_decay=0.0, fused=True)
    muon = Muon(
        list(hidden.values()),
        lr=learning_rate,
        weight_decay=weight_decay,
        adjust_lr_fn=MATCH_RMS,
    )
    return MuonAdamW(muon, adamw)


def hidden_matrices(model: Any) -> list[nn.Parameter]:
    """The weights of linear layers, but for the output layer and what shares its weights."""
    output = model.get_output_embeddings()
    head = None if output is None else output.weight
    found = {
        id(part.weight): part.weight
        for part in model.modules()
        if isinstance(part, nn.Linear) and part.weight is not head and part.weight.requires_grad
    }
    return list(found.values())
