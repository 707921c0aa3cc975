"""Parts of a model that compute the same in less time, put in for training only.

They take the place of the class, not of the module: weights, their names and what is saved stay.
All but the GELU are for a CPU; on a GPU the originals are at least as fast.
"""

from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.activations import GELUTanh, NewGELUActivation
from transformers.models.t5.modeling_t5 import (
    T5Attention,
    T5DenseGatedActDense,
    T5LayerNorm,
)
from transformers.models.t5gemma.modeling_t5gemma import T5GemmaMLP, T5GemmaRMSNorm

_LEVELS = 256  # a byte of randomness decides on an element


class ByteDropout(nn.Dropout):
    """Dropout (Srivastava et al. 2014) that draws a byte an element, eight at a time.

    torch draws a float for each, a third of a bf16 step's time in such a layer (2 cores, 8 M
    parameters). The rate is rounded to 1/256, 0.1 to 0.1016, and the rest scaled up to match.
    """

    def __init__(self, rate: float) -> None:
        super().__init__(rate)  # whoever asks a layer for its `p` finds it
        self._threshold = round(rate * _LEVELS)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """The values, of any shape, some of them zero; as they are outside of training."""
        return _drop(values, self._threshold) if self.training else values


def _drop(values: torch.Tensor, threshold: int) -> torch.Tensor:
    if not threshold:
        return values
    count = values.numel()
    limits = torch.iinfo(torch.int64)
    drawn = torch.randint(limits.min, limits.max, (-(-count // 8),), dtype=torch.int64)
    # 0 or 1 by arithmetic on bytes: a comparison makes a bool, which torch converts a number at a time
    kept = drawn.view(torch.uint8)[:count].view(values.shape)
    kept = kept.clamp_(threshold - 1, threshold).sub_(threshold - 1)
    return values * kept.to(values.dtype).mul_(_LEVELS / (_LEVELS - threshold))


class _RootMeanSquare(torch.autograd.Function):
    """Values (…, width) over their root mean square (Zhang and Sennrich 2019), times weights (width)."""

    @staticmethod
    def forward(
        ctx: Any, values: torch.Tensor, weight: torch.Tensor, epsilon: float, dtype: torch.dtype
    ) -> torch.Tensor:
        """In float32, rounded to `dtype` at the end."""
        length = torch.linalg.vector_norm(values, dim=-1, keepdim=True)
        inverse = length.square_().div_(values.shape[-1]).add_(epsilon).rsqrt_()
        ctx.save_for_backward(values, weight, inverse)
        return (values * inverse).mul_(weight).to(dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """By hand: autograd would go through each of the six operations."""
        values, weight, inverse = ctx.saved_tensors
        slope, normal = slope.float(), values * inverse
        of_weight = (slope * normal).flatten(0, -2).sum(0) if ctx.needs_input_grad[1] else None
        weighted = slope * weight
        along = (weighted * normal).mean(-1, keepdim=True)
        return weighted.addcmul_(normal, along, value=-1).mul_(inverse), of_weight, None, None


class FastNorm(T5LayerNorm):
    """T5's norm, handed on in the type that the layers after it multiply in.

    Each of them would round its own copy of the float32 result to bf16.
    """

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Hidden states (rows, tokens, width) → the same shape, bf16 under autocast."""
        kind = hidden_states.device.type
        automatic = torch.is_autocast_enabled(kind)
        dtype = torch.get_autocast_dtype(kind) if automatic else hidden_states.dtype
        normed: torch.Tensor = _RootMeanSquare.apply(
            hidden_states, self.weight, self.variance_epsilon, dtype
        )
        return normed


class FastGemmaNorm(T5GemmaRMSNorm):
    """T5Gemma's norm, whose weights count from one; there are twice as many of them as in a T5."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Hidden states (rows, tokens, width) → the same shape and type."""
        normed: torch.Tensor = _RootMeanSquare.apply(
            x.float(), 1.0 + self.weight.float(), self.eps, x.dtype
        )
        return normed


class FastGemmaGated(T5GemmaMLP):
    """T5Gemma's gated feed-forward layer: one product instead of two."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Hidden states (rows, tokens, width) → the same shape."""
        gate, value = _project(x, self.gate_proj, self.up_proj).chunk(2, dim=-1)
        lowered: torch.Tensor = self.down_proj(self.dropout(self.act_fn(gate) * value))
        return lowered


class FastGated(T5DenseGatedActDense):
    """T5's gated feed-forward layer: one product instead of two, and no float32 in between."""

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Hidden states (rows, tokens, width) → the same shape."""
        gate, value = _project(hidden_states, self.wi_0, self.wi_1).chunk(2, dim=-1)
        lowered: torch.Tensor = self.wo(self.dropout(self.act(gate) * value))
        return lowered


class FastAttention(T5Attention):
    """T5's attention with one product for queries, keys and values, and one bias for all layers.

    torch's kernel without the scores in memory has no gradient for a bias, so T5 gets its plain one,
    which scales, masks, guards against empty rows and draws dropout's floats in every layer anew.
    """

    def forward(
        self,
        hidden_states: torch.Tensor,
        mask: torch.Tensor | None = None,
        key_value_states: torch.Tensor | None = None,
        position_bias: torch.Tensor | None = None,
        past_key_values: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Hidden states (rows, tokens, width) → the same shape, the bias, and no weights."""
        if past_key_values is not None or self.config._attn_implementation != "sdpa":
            return super().forward(
                hidden_states, mask, key_value_states, position_bias, past_key_values, **kwargs
            )
        if key_value_states is None:
            parts = self._split(_project(hidden_states, self.q, self.k, self.v), 3)
        else:
            pair = _project(key_value_states, self.k, self.v)
            parts = self._split(self.q(hidden_states), 1) + self._split(pair, 2)
        query, key, value = parts
        if position_bias is None:
            position_bias = self._bias(mask, query, key)
        rows = hidden_states.shape[0]
        scores = torch.bmm(query, key.transpose(1, 2)).unflatten(0, (rows, self.n_heads))
        shares = (scores + position_bias).softmax(-1).to(value.dtype).flatten(0, 1)
        if self.training:
            shares = _drop(shares, round(self.dropout * _LEVELS))
        mixed = torch.bmm(shares, value).unflatten(0, (rows, self.n_heads))
        return self.o(mixed.transpose(1, 2).flatten(2)), position_bias, None

    def _split(self, projected: torch.Tensor, parts: int) -> tuple[torch.Tensor, ...]:
        """(rows, tokens, parts * inner) → `parts` times (rows * heads, tokens, width of a head)."""
        shape = (parts, self.n_heads, self.key_value_proj_dim)
        apart = projected.unflatten(-1, shape).permute(2, 0, 3, 1, 4)
        return tuple(apart.flatten(1, 2).unbind(0))

    def _bias(
        self, mask: torch.Tensor | None, query: torch.Tensor, key: torch.Tensor
    ) -> torch.Tensor:
        """What is added to the scores, (1 or rows, 1 or heads, queries, keys): position and mask.

        In float32, which makes the softmax too float32, as in T5: torch is faster there than in bf16.
        """
        asked, given = query.shape[1], key.shape[1]
        if self.has_relative_attention_bias:
            bias = self.compute_bias(asked, given, device=query.device)
        else:
            bias = query.new_zeros(1, 1, 1, 1, dtype=torch.float32)
        if mask is None and self.is_causal:
            mask = torch.ones(asked, given, dtype=torch.bool, device=query.device).tril()
        if mask is None:
            return bias
        if mask.dtype != torch.bool:
            return bias + mask
        return torch.where(mask, bias, torch.finfo(bias.dtype).min)


def _project(values: torch.Tensor, *layers: nn.Linear) -> torch.Tensor:
    return functional.linear(values, torch.cat([layer.weight for layer in layers]))


_FAST: dict[type[nn.Module], type[nn.Module]] = {
    T5LayerNorm: FastNorm,
    T5DenseGatedActDense: FastGated,
    T5Attention: FastAttention,
    T5GemmaRMSNorm: FastGemmaNorm,
    T5GemmaMLP: FastGemmaGated,
}


def use_fast_parts(model: PreTrainedModel) -> PreTrainedModel:
    """Put in torch's own tanh GELU, and on a CPU the classes above; returns the same model.

    T5's GELU is a formula of seven steps; a bf16 step takes 0.86 of the time without it.
    """
    is_on_cpu = not torch.accelerator.is_available()
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, NewGELUActivation):
                setattr(parent, name, nn.GELU(approximate="tanh"))
            elif is_on_cpu and type(child) is nn.Dropout and child.p < 1:
                setattr(parent, name, ByteDropout(child.p).train(child.training))
            elif is_on_cpu and type(child) in _FAST and _is_plain(child):
                child.__class__ = _FAST[type(child)]
    return model


def _is_plain(module: nn.Module) -> bool:
    """Whether nothing but its own float32 weights computes in it: no adapter, no quantization."""
    kinds = {nn.Linear, nn.Embedding, nn.Dropout, ByteDropout, NewGELUActivation, GELUTanh, nn.GELU}
    return all(type(part) in kinds for part in module.modules() if part is not module) and all(
        weight.dtype == torch.float32 for weight in module.parameters()
    )
