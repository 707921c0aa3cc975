"""Low-rank adapters (Hu et al. 2021) through PEFT: train them, then fold them into the weights.

The rows of tokens that the model did not know train in full beside the adapters; the old rows, and
every other weight, stay as they were until the adapters are merged.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn
from transformers import EncoderDecoderModel, PreTrainedModel

from talklikeme.errors import ConfigError


def add_adapters(model: PreTrainedModel, rank: int, new_ids: Sequence[int]) -> Any:
    """The model wrapped in a PeftModel: adapters on every linear layer, and the new tokens' rows.

    Raises ConfigError for an EncoderDecoderModel: PEFT does not see that its decoder's embeddings
    are its output layer too, so the new rows would learn half of what they should.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    if isinstance(model, EncoderDecoderModel):
        raise ConfigError(f"--lora-rank {rank}: not for an EncoderDecoderModel. Pass --lora-rank 0")
    with _own_output_layer(model) as tables:
        config = LoraConfig(
            task_type=TaskType.SEQ_2_SEQ_LM,
            r=rank,
            lora_alpha=2 * rank,
            lora_dropout=0.05,
            target_modules="all-linear",
            trainable_token_indices={name: list(new_ids) for name in tables} if new_ids else None,
        )
        # With the base's name, PEFT would look up its vocabulary at every checkpoint and save all rows.
        model.name_or_path = ""
        with warnings.catch_warnings():  # PEFT 0.21 reads a name that transformers 5.23 deprecates
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            return get_peft_model(model, config)


@contextmanager
def _own_output_layer(model: PreTrainedModel) -> Iterator[list[str]]:
    """Names of the embeddings to train rows of.

    PEFT follows ties by the config. T5's says "tied" also of flan-t5, whose output layer is its own:
    there PEFT is told "not tied", and what does share the input's rows is pointed at its wrapper.
    """
    read, said = model.get_input_embeddings(), model.get_output_embeddings()
    names = {id(module): name for name, module in model.named_modules()}
    if said.weight is read.weight:
        yield [names[id(read)]]
        return
    sharing = [
        name
        for name, module in model.named_modules(remove_duplicate=False)
        if isinstance(module, nn.Embedding) and module.weight is read.weight
    ]
    said_tied, model.config.tie_word_embeddings = model.config.tie_word_embeddings, False
    try:
        yield [names[id(read)], names[id(said)]]
    finally:
        model.config.tie_word_embeddings = said_tied
    wrapper = model.get_input_embeddings()
    for name in sharing:
        model.set_submodule(name, wrapper)


def merge_adapters(model: Any) -> PreTrainedModel:
    """The plain model with its adapters folded in; a model without any as it is."""
    if not hasattr(model, "merge_and_unload"):
        return model
    from peft.utils.other import TrainableTokensWrapper

    said_tied = model.config.tie_word_embeddings
    with warnings.catch_warnings():  # of an output layer that was never tied
        warnings.filterwarnings("ignore", "Input and output embeddings are no longer tied")
        plain: PreTrainedModel = model.merge_and_unload()
    plain.config.tie_word_embeddings = said_tied
    for name, module in list(plain.named_modules(remove_duplicate=False)):
        if isinstance(module, TrainableTokensWrapper):
            plain.set_submodule(name, plain.get_input_embeddings())
    return plain
