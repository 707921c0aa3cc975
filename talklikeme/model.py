"""The encoder-decoder: T5 with gated feed-forward layers (Raffel et al. 2020; Shazeer 2020)."""

from pathlib import Path

from transformers import (
    AutoModelForSeq2SeqLM,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.utils.logging import disable_progress_bar

from talklikeme.errors import ConfigError, RunError
from talklikeme.options import FinetuneOptions
from talklikeme.tokens import ChatEncoder


def build_model(options: FinetuneOptions, encoder: ChatEncoder, vocab_size: int) -> PreTrainedModel:
    """A T5 from scratch in the shape that the options give; its weights are those of torch's seed."""
    if options.d_model % options.heads:
        raise ConfigError(f"--heads {options.heads}: must divide --d-model {options.d_model}")
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
            dropout_rate=options.dropout,
            feed_forward_proj="gated-gelu",
            pad_token_id=encoder.pad_id,
            eos_token_id=encoder.end_id,
            decoder_start_token_id=encoder.pad_id,
        )
    )


def load_model(folder: Path) -> PreTrainedModel:
    """Load saved weights for answering; raises RunError if they are not whole."""
    disable_progress_bar()  # a small model is there at once
    try:
        model = AutoModelForSeq2SeqLM.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # safetensors, json and torch each raise their own kind
        raise RunError(
            f"{folder}: the model cannot be loaded ({type(error).__name__}). Run python finetune.py again"
        ) from None
    return model.eval()
