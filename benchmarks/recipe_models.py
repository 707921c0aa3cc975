"""The architectures that the recipes compare, and what one token costs in each."""

from dataclasses import dataclass, replace
from typing import Final

from torch import nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    PreTrainedModel,
)

from benchmarks.recipe_list import Settings
from talklikeme.options import FinetuneOptions
from talklikeme.scratch import T5_START, T5GEMMA_START, build_model
from talklikeme.starts import settle_special_ids
from talklikeme.tokens import ChatEncoder

OPERATIONS_A_WEIGHT: Final = 6  # a multiplication and an addition, forward and twice backward
_CROSS: Final = ("EncDecAttention.", "encoder_attn.", "cross_attn.")  # T5, BART, T5Gemma
_KEYS_AND_VALUES: Final = (".k", ".v", ".k_proj", ".v_proj")


@dataclass(frozen=True, slots=True)
class Cost:
    """Operations of one forward and backward, for each token of the context and of the reply."""

    context_token: int
    reply_token: int


def count_operations(model: PreTrainedModel) -> Cost:
    """Kaplan et al. 2020: six operations for every weight of a matrix that a token goes through.

    A token of the context goes through the encoder's matrices and, once read, through those that make
    cross-attention's keys and values; a token of the reply through all others of the decoder and the
    output layer. Looking up an embedding costs nothing; norms, biases, the products of attention
    with itself (about 4 x length x width a layer and token: here some hundredths) and what the
    optimizer does are left out.
    """
    encoder = sum(matrix.weight.numel() for _, matrix in _matrices(model.get_encoder()))
    decoder = _matrices(model.get_decoder())
    read = sum(matrix.weight.numel() for name, matrix in decoder if _reads_context(name))
    total = sum(matrix.weight.numel() for _, matrix in decoder)
    head = model.get_output_embeddings().weight.numel()
    return Cost(
        context_token=OPERATIONS_A_WEIGHT * (encoder + read),
        reply_token=OPERATIONS_A_WEIGHT * (total - read + head),
    )


def _matrices(stack: nn.Module) -> list[tuple[str, nn.Linear]]:
    return [(name, part) for name, part in stack.named_modules() if isinstance(part, nn.Linear)]


def _reads_context(name: str) -> bool:
    return any(part in name for part in _CROSS) and name.endswith(_KEYS_AND_VALUES)


def build(
    settings: Settings, options: FinetuneOptions, encoder: ChatEncoder, vocab_size: int
) -> PreTrainedModel:
    """A model from scratch; its weights are those of torch's seed."""
    if settings.architecture == "bart":
        model = _bart(settings, encoder, vocab_size)
        settle_special_ids(model, encoder)
        return model
    start = {"t5": T5_START, "t5gemma": T5GEMMA_START}[settings.architecture]
    model = build_model(replace(options, start=start), encoder, vocab_size)
    if not settings.tied:
        _untie(model)
    if settings.shared_embeddings:
        model.get_encoder().embed_tokens.weight = model.get_decoder().embed_tokens.weight
    return model


def _untie(model: PreTrainedModel) -> None:
    """An output layer of its own that begins as the tied one does: T5's config cannot say it."""
    model.config.tie_word_embeddings = False
    head = model.get_output_embeddings()
    head.weight = nn.Parameter(head.weight.detach().clone())


def _bart(settings: Settings, encoder: ChatEncoder, vocab_size: int) -> PreTrainedModel:
    """BART (Lewis et al. 2019): learned positions, norms behind the layers, biases, plain GELU.

    Its two feed-forward matrices are as large together as the three of a gated layer.
    """
    heads, inner = settings.d_model // settings.head_width, settings.d_ff * 3 // 2
    return BartForConditionalGeneration(
        BartConfig(
            vocab_size=vocab_size,
            d_model=settings.d_model,
            encoder_layers=settings.encoder_layers,
            decoder_layers=settings.decoder_layers,
            encoder_attention_heads=heads,
            decoder_attention_heads=heads,
            encoder_ffn_dim=inner,
            decoder_ffn_dim=inner,
            max_position_embeddings=max(settings.max_context_tokens, settings.max_reply_tokens),
            dropout=settings.dropout,
            pad_token_id=encoder.pad_id,
            bos_token_id=encoder.begin_id,
            eos_token_id=encoder.end_id,
            forced_eos_token_id=None,
            decoder_start_token_id=encoder.end_id,
        )
    )
