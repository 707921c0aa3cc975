"""The encoder-decoder, from any of four starts: two kinds from scratch, a folder, the Hub.

From scratch: T5 with gated feed-forward layers (Raffel et al. 2020; Shazeer 2020), or two BERTs
joined by cross-attention (Rothe et al. 2020, "Leveraging pre-trained checkpoints").
"""

from pathlib import Path
from typing import TYPE_CHECKING

from transformers import (
    AutoModelForSeq2SeqLM,
    BertConfig,
    EncoderDecoderConfig,
    EncoderDecoderModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.utils.logging import disable_progress_bar

from talklikeme.embeddings import initialise_embeddings
from talklikeme.errors import ConfigError, RunError
from talklikeme.lora import add_adapters
from talklikeme.options import FinetuneOptions
from talklikeme.starts import (
    hush_untied_weights,
    open_saved,
    rest_idle_weights,
    settle_special_ids,
    vocabulary_size,
)
from talklikeme.tokens import ChatEncoder

if TYPE_CHECKING:
    from talklikeme.extension import Extension

T5_START = "scratch-t5"
BERT_START = "scratch-bert2bert"
SCRATCH = (T5_START, BERT_START)
DROPOUT = 0.1  # from scratch, where the options do not say


def open_model(
    options: FinetuneOptions,
    encoder: ChatEncoder,
    tokenizer: PreTrainedTokenizerBase,
    extension: "Extension | None",
) -> PreTrainedModel:
    """The model to train, with one embedding for each token; random weights are torch's seed's.

    Raises ConfigError if the options ask for what the start cannot give.
    """
    _refuse_contradictions(options)
    if options.start in SCRATCH:
        model = build_model(options, encoder, vocabulary_size(tokenizer))
        if options.init_embeddings:
            from talklikeme.word_vectors import load_rows

            initialise_embeddings(model, load_rows(options.tokenizer_folder, options.d_model))
        return model
    model, new_ids = open_saved(
        options.start, encoder, tokenizer, extension, dropout=options.dropout
    )
    return add_adapters(model, options.lora_rank, new_ids) if options.lora_rank else model


def _refuse_contradictions(options: FinetuneOptions) -> None:
    from_scratch = options.start in SCRATCH
    if options.lora_rank and from_scratch:
        raise ConfigError(
            f"--lora-rank {options.lora_rank}: adapts a trained model, and --start {options.start} "
            "has none. Pass --start with a model, or --lora-rank 0"
        )
    if options.init_embeddings and not from_scratch:
        raise ConfigError(
            f"--init-embeddings: --start {options.start} has embeddings of its own. Pass one of them"
        )
    if options.lora_rank and options.layer_decay < 1:
        raise ConfigError("--layer-decay: does nothing to adapters. Pass it or --lora-rank")


def build_model(options: FinetuneOptions, encoder: ChatEncoder, vocab_size: int) -> PreTrainedModel:
    """A model from scratch in the shape that the options give; its weights are those of torch's seed."""
    if options.d_model % options.heads:
        raise ConfigError(f"--heads {options.heads}: must divide --d-model {options.d_model}")
    build = _build_bert2bert if options.start == BERT_START else _build_t5
    model = build(options, encoder, vocab_size)
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


def load_model(folder: Path) -> PreTrainedModel:
    """Load saved weights for answering; raises RunError if they are not whole."""
    disable_progress_bar()  # a small model is there at once
    hush_untied_weights()
    try:
        model = AutoModelForSeq2SeqLM.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # safetensors, json and torch each raise their own kind
        raise RunError(
            f"{folder}: the model cannot be loaded ({type(error).__name__}). Run python finetune.py again"
        ) from None
    return model.eval()
