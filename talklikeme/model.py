"""The encoder-decoder, from scratch or from somebody who has trained it: a folder, the Hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from transformers import AutoModelForSeq2SeqLM, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from talklikeme.embeddings import initialise_embeddings
from talklikeme.errors import ConfigError, RunError
from talklikeme.lora import add_adapters
from talklikeme.options import FinetuneOptions
from talklikeme.scratch import SCRATCH, build_model
from talklikeme.starts import hush_untied_weights, open_saved, vocabulary_size
from talklikeme.tokens import ChatEncoder

if TYPE_CHECKING:
    from talklikeme.extension import Extension


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
