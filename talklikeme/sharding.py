"""A model divided among processes (FSDP2): what training needs for it, and the model whole again.

Nothing is divided here, accelerate does it (configs/accelerate/fsdp.yaml). Its version 1.15 needs help
with models whose embeddings are tied.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from transformers import PreTrainedModel, Seq2SeqTrainer


def is_sharded(model: Any) -> bool:
    """Whether every process holds a part only: all of them must take part in a forward."""
    from torch.distributed.fsdp import FSDPModule

    return isinstance(model, FSDPModule)


def prepare_sharding(trainer: Seq2SeqTrainer) -> None:
    """Before training: make it possible under FSDP2; else nothing.

    torch 2.13 refuses a weight in two groups, and tied embeddings are in several modules. accelerate
    would give the input and output embeddings a group of their own, and those inside of a layer of the
    model (BertEmbeddings) another: kept from it, they all stay together in the outermost one.
    """
    if not trainer.accelerator.is_fsdp2:
        return
    plugin = trainer.accelerator.state.fsdp_plugin
    plugin.transformer_cls_names_to_wrap = _layers_without_ties(trainer.model)
    vars(trainer.model).update(get_input_embeddings=_nothing, get_output_embeddings=_nothing)


def _layers_without_ties(model: PreTrainedModel) -> list[str]:
    """Classes of the layers that can be a group: none of their weights is another module's too."""
    uses = Counter(id(weight) for _, weight in model.named_parameters(remove_duplicate=False))
    holders: dict[str, bool] = {}
    for module in model.modules():
        is_tied = any(uses[id(weight)] > 1 for weight in module.parameters())
        name = type(module).__name__
        holders[name] = holders.get(name, False) or is_tied
    layers = getattr(model, "_no_split_modules", None) or ()
    return sorted(name for name in layers if holders.get(name) is False)


def _nothing() -> None:
    return None


def gather_model(
    trainer: Seq2SeqTrainer, open_anew: Callable[[], PreTrainedModel]
) -> PreTrainedModel | None:
    """The trained model in one piece; call it on all processes, only the main one is sure to get it.

    `open_anew` makes the model as it was before training, with adapters if it has some.
    """
    accelerator = trainer.accelerator
    if not trainer.is_fsdp_enabled:
        model: PreTrainedModel = accelerator.unwrap_model(trainer.model)
        return model
    weights = accelerator.get_state_dict(trainer.model)
    if not accelerator.is_main_process:
        return None
    whole = open_anew()
    whole.load_state_dict(weights)
    return whole.to(accelerator.device)
