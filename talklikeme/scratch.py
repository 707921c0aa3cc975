"""The networks from scratch, in the shape that the options give.

T5 with gated feed-forward layers (Raffel et al. 2020; Shazeer 2020); T5Gemma (Zhang et al. 2025), which has
rotary positions, scaled attention, and norms before and behind each part; two BERTs joined by
cross-attention (Rothe et al. 2020, "Leveraging pre-trained checkpoints").
"""

from collections.abc import Callable
from typing import Final

from transformers import (
    BertConfig,
    EncoderDecoderConfig,
    EncoderDecoderModel,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
    T5GemmaConfig,
    T5GemmaForConditionalGeneration,
    T5GemmaModuleConfig,
)

from talklikeme.errors import ConfigError
from talklikeme.options import FinetuneOptions
from talklikeme.starts import rest_idle_weights, settle_special_ids
from talklikeme.tokens import ChatEncoder

T5_START = "scratch-t5"
T5GEMMA_START = "scratch-t5gemma"
BERT_START = "scratch-bert2bert"
DROPOUT = 0.1  # where the options do not say


def build_model(options: FinetuneOptions, encoder: ChatEncoder, vocab_size: int) -> PreTrainedModel:
    """A model from scratch in the shape that the options give; its weights are those of torch's seed."""
    if options.d_model % options.heads:
        raise ConfigError(f"--heads {options.heads}: must divide --d-model {options.d_model}")
    model = _BUILDERS[options.start](options, encoder, vocab_size)
    settle_special_ids(model, encoder)
    rest_idle_weights(model)
    return model


def _build_t5(options: FinetuneOptions, encoder: ChatEncoder, vocab_size: int) -> PreTrainedModel:
    if options.decoder_layers > options.encoder_layers:  # transformers 5.23 gives its cache too few
        raise ConfigError(
            f"--decoder-layers {options.decoder_layers}: a T5 cannot answer with a decoder deeper than "
            f"its encoder. Pass at most --encoder-layers, {options.encoder_layers}"
        )
    # Embeddings stay tied: T5 with tie_word_embeddings=False only loses the scaling of its logits.
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=vocab_size,
            d_model=options.d_model,
            d_kv=options.d_model // options.heads,
            d_ff=options.d_ff,
            num_layers=options.encoder_layers,
            num_decoder_layers=options.decoder_layers,
            num_heads=options.heads,
            dropout_rate=_dropout(options),
            feed_forward_proj="gated-gelu",
            pad_token_id=encoder.pad_id,
            eos_token_id=encoder.end_id,
            decoder_start_token_id=encoder.pad_id,
        )
    )


def _dropout(options: FinetuneOptions) -> float:
    return DROPOUT if options.dropout is None else options.dropout


def _build_bert2bert(
    options: FinetuneOptions, encoder: ChatEncoder, vocab_size: int
) -> PreTrainedModel:
    def shape(layers: int, positions: int, **more: bool) -> BertConfig:
        return BertConfig(
            vocab_size=vocab_size,
            hidden_size=options.d_model,
            intermediate_size=options.d_ff,
            num_hidden_layers=layers,
            num_attention_heads=options.heads,
            hidden_dropout_prob=_dropout(options),
            attention_probs_dropout_prob=_dropout(options),
            max_position_embeddings=positions,
            type_vocab_size=1,
            pad_token_id=encoder.pad_id,
            **more,
        )

    limits = encoder.limits
    config = EncoderDecoderConfig.from_encoder_decoder_configs(
        shape(options.encoder_layers, limits.max_context_tokens),
        shape(
            options.decoder_layers,
            limits.max_reply_tokens,
            is_decoder=True,
            add_cross_attention=True,
        ),
        decoder_start_token_id=encoder.pad_id,
    )
    return EncoderDecoderModel(config)


def _build_t5gemma(
    options: FinetuneOptions, encoder: ChatEncoder, vocab_size: int
) -> PreTrainedModel:
    """Without Gemma's windows, caps and shared key heads; the encoder has embeddings of its own.

    The decoder begins with the end token: the padding token would be masked.
    """

    def shape(layers: int) -> T5GemmaModuleConfig:
        return T5GemmaModuleConfig(
            vocab_size=vocab_size,
            hidden_size=options.d_model,
            intermediate_size=options.d_ff,
            num_hidden_layers=layers,
            num_attention_heads=options.heads,
            num_key_value_heads=options.heads,
            head_dim=options.d_model // options.heads,
            query_pre_attn_scalar=options.d_model // options.heads,
            layer_types=["full_attention"] * layers,
            attn_logit_softcapping=None,
            final_logit_softcapping=None,
            pad_token_id=encoder.pad_id,
            eos_token_id=encoder.end_id,
            bos_token_id=encoder.end_id,  # what T5Gemma calls the decoder's first token
        )

    return T5GemmaForConditionalGeneration(
        T5GemmaConfig(
            encoder=shape(options.encoder_layers),
            decoder=shape(options.decoder_layers),
            vocab_size=vocab_size,
            dropout_rate=_dropout(options),
            decoder_start_token_id=encoder.end_id,
        )
    )


_BUILDERS: Final[dict[str, Callable[[FinetuneOptions, ChatEncoder, int], PreTrainedModel]]] = {
    T5_START: _build_t5,
    T5GEMMA_START: _build_t5gemma,
    BERT_START: _build_bert2bert,
}
SCRATCH: Final = tuple(_BUILDERS)
