"""A model that somebody has trained already, from a folder or the Hub, made ready for our tokens.

T5, BART, Blenderbot, EncoderDecoderModel and whatever else AutoModelForSeq2SeqLM knows. Its
tokenizer must be ours or the base of ours; its limits are kept; its special ids are settled in
config and generation config, where training and `generate` look for them.
"""

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.models.bart.modeling_bart import shift_tokens_right

from talklikeme.embeddings import fit_embeddings
from talklikeme.errors import ConfigError, is_disk_full
from talklikeme.facts import Limits
from talklikeme.tokens import ChatEncoder

if TYPE_CHECKING:
    from talklikeme.extension import Extension

_DROPOUTS = (
    "dropout_rate",
    "dropout",
    "attention_dropout",
    "activation_dropout",
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
)
_OTHERWISE = "is no encoder-decoder with safetensors weights"
_FORCED = ("forced_bos_token_id", "forced_eos_token_id")


def open_saved(
    start: str,
    encoder: ChatEncoder,
    tokenizer: PreTrainedTokenizerBase,
    extension: "Extension | None",
    *,
    dropout: float | None = None,
) -> tuple[PreTrainedModel, list[int]]:
    """The model with an embedding for each of our tokens, and the ids of the tokens new to it.

    `dropout` takes the place of the model's own rates: a base model that saw no pair twice was
    trained without, and few chats that it sees often need some.
    Raises ConfigError if it cannot be had, is no encoder-decoder, has another tokenizer, or reads
    fewer tokens than the limits ask for.
    """
    known = _known_tokens(start, tokenizer)
    model = _load(start, dropout)
    check_limits(model.config, encoder.limits, start)
    size = vocabulary_size(tokenizer)
    pieces = extension.pieces if extension else {}
    fit_embeddings(model, size, known, pieces)
    settle_special_ids(model, encoder)
    rest_idle_weights(model)
    return model, sorted({*range(known, size), *pieces})


def identify_start(start: str) -> str | None:
    """A hash of a folder's weights, for run.yaml: other weights make another run; None elsewhere."""
    weights = Path(start) / "model.safetensors"
    if not weights.is_file():
        return None
    with weights.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()[:16]


def rest_idle_weights(model: PreTrainedModel) -> None:
    """Freeze what nobody reads: with several processes, DDP stops at weights without a gradient."""
    pooler = getattr(getattr(model, "encoder", None), "pooler", None)  # of an EncoderDecoderModel
    if pooler is not None:
        pooler.requires_grad_(False)


def vocabulary_size(tokenizer: PreTrainedTokenizerBase) -> int:
    """How many rows an embedding needs: one more than the highest id."""
    return 1 + max(map(int, tokenizer.get_vocab().values()))


def _known_tokens(start: str, tokenizer: PreTrainedTokenizerBase) -> int:
    """How many of our tokens the model knows: those of its own tokenizer, all with the same ids."""
    theirs = _fetch(AutoTokenizer, start, "has no tokenizer that can be loaded").get_vocab()
    ours = tokenizer.get_vocab()
    if any(ours.get(token) != number for token, number in theirs.items()):
        raise ConfigError(
            f"--start {start}: the tokenizer in out/tokenizer is not this model's, nor made from it. "
            f"Run python train_tokenizer.py --extend {start} --fresh"
        )
    return 1 + max(map(int, theirs.values()))


def _load(start: str, dropout: float | None) -> PreTrainedModel:
    hush_untied_weights()
    config = _fetch(AutoConfig, start, _OTHERWISE)
    if dropout is not None:
        _set_dropout(config, dropout)
    # float32 whatever the file holds: transformers would else train in the file's float16.
    return _fetch(
        AutoModelForSeq2SeqLM,
        start,
        _OTHERWISE,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
    )


def _set_dropout(config: Any, rate: float) -> None:
    """In whichever names the architecture has for it, of both halves where they have their own."""
    for part in (config, getattr(config, "encoder", None), getattr(config, "decoder", None)):
        for name in _DROPOUTS:
            if isinstance(getattr(part, name, None), float | int):
                setattr(part, name, rate)


def _fetch(kind: Any, start: str, otherwise: str, **settings: Any) -> Any:
    """`kind.from_pretrained`, its many exceptions as one line; code from the Hub is never run."""
    is_here = Path(start).is_dir()
    try:
        return kind.from_pretrained(start, local_files_only=is_here, **settings)
    except Exception as error:  # json, safetensors, httpx and transformers each raise their own
        if is_disk_full(error):
            raise
        if is_here or not isinstance(error, OSError):
            raise ConfigError(f"--start {start}: {otherwise} ({type(error).__name__})") from None
    raise ConfigError(
        f"--start {start}: no such folder, and not to be had from the Hub. Give a folder with a saved "
        "model, a Hub name while online, scratch-t5, scratch-t5gemma or scratch-bert2bert"
    )


def check_limits(config: Any, limits: Limits, start: str) -> None:
    """Raise ConfigError if the model has fewer positions than the limits ask for."""
    wanted = {
        "max-context-tokens": (limits.max_context_tokens, "encoder"),
        "max-reply-tokens": (limits.max_reply_tokens, "decoder"),
    }
    for option, (tokens, part) in wanted.items():
        longest = getattr(getattr(config, part, config), "max_position_embeddings", None)
        if longest is not None and tokens > longest:
            raise ConfigError(f"--{option} {tokens}: {start} has {longest} positions at most")


def settle_special_ids(model: PreTrainedModel, encoder: ChatEncoder) -> None:
    """Pad, end and the decoder's first token, on config and generation config alike.

    Replies are trained as `text </s>`, so a first or last token that BART and Blenderbot force on
    `generate` is no longer forced.
    """
    first = decoder_start(model, encoder)
    for config in (model.config, model.generation_config):
        config.pad_token_id = encoder.pad_id
        config.eos_token_id = encoder.end_id
        config.bos_token_id = encoder.begin_id
        config.decoder_start_token_id = first
        for name in _FORCED:
            if getattr(config, name, None) is not None:
                setattr(config, name, None)
    if not hasattr(model, "prepare_decoder_input_ids_from_labels"):  # Blenderbot's lack it

        def shift(labels: Tensor) -> Tensor:
            return shift_tokens_right(labels, encoder.pad_id, first)

        model.prepare_decoder_input_ids_from_labels = shift


def decoder_start(model: PreTrainedModel, encoder: ChatEncoder) -> int:
    """The token that the decoder begins with: the model's own, or the pad token as in T5."""
    for config in (model.config, model.generation_config):
        first = getattr(config, "decoder_start_token_id", None)
        if first is not None:
            return int(first)
    return encoder.pad_id


def hush_untied_weights() -> None:
    """Keep transformers 5.23 from warning that flan-t5's output layer is its own.

    T5Config says that the weights are tied whatever the file says; the loader sees that they differ
    and does the right thing.
    """
    logging.getLogger("transformers.modeling_utils").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return "so we will NOT tie" not in record.getMessage()
