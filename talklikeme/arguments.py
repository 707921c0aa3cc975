"""Our options as Seq2SeqTrainingArguments, and a refusal of what the Trainer takes without effect."""

import math
from pathlib import Path
from typing import Any, get_args

import torch
from transformers import PreTrainedModel, Seq2SeqTrainingArguments

from talklikeme.batching import Order
from talklikeme.errors import ConfigError
from talklikeme.hardware import multiplies_bf16
from talklikeme.options import FinetuneOptions

KEPT_CHECKPOINTS = 2  # the best and the newest
LOGGING_STEPS = 50
STRATEGIES: tuple[str, ...] = get_args(Order)


def use_bf16(options: FinetuneOptions) -> bool:
    """Whether to compute in bf16: where the hardware multiplies it, unless the options say."""
    if options.precision != "auto":
        return options.precision == "bf16"
    return multiplies_bf16()


def build_arguments(
    options: FinetuneOptions, folder: Path, *, validates: bool
) -> Seq2SeqTrainingArguments:
    """Our options as the Trainer's.

    Raises ConfigError for one that it does not know or accept, or would pass over in silence.
    """
    values = _values(options, folder, validates=validates) | options.trainer
    _refuse_misleading(values, options, folder)
    try:
        return Seq2SeqTrainingArguments(**values)
    except (TypeError, ValueError, ImportError) as error:
        raise ConfigError(f"--trainer: {str(error).splitlines()[0]}") from None


def _values(options: FinetuneOptions, folder: Path, *, validates: bool) -> dict[str, Any]:
    return {
        "output_dir": str(folder),
        "num_train_epochs": options.epochs,
        "max_steps": options.max_steps,
        "per_device_train_batch_size": options.batch_size,
        "per_device_eval_batch_size": options.batch_size * 2,
        "gradient_accumulation_steps": options.gradient_accumulation,
        "learning_rate": options.learning_rate,
        "warmup_steps": options.warmup,  # below 1 it is a share of all steps
        "weight_decay": options.weight_decay,
        "label_smoothing_factor": options.label_smoothing,
        "optim": "adamw_torch_fused",
        "bf16": use_bf16(options),
        "torch_compile": options.compile,
        "use_cpu": not torch.accelerator.is_available(),  # or bf16 is refused there
        "seed": options.seed,
        "train_sampling_strategy": "group_by_length",
        "remove_unused_columns": False,  # would take the row numbers away
        "eval_strategy": "steps" if validates else "no",
        "eval_steps": options.eval_steps,
        "save_strategy": "steps",
        "save_steps": options.eval_steps,
        "save_total_limit": KEPT_CHECKPOINTS,
        "load_best_model_at_end": validates,
        "metric_for_best_model": "eval_loss" if validates else None,
        "greater_is_better": False if validates else None,
        "restore_callback_states_from_checkpoint": True,
        # A divisor, so that a run that goes on from a checkpoint logs means of the same steps.
        "logging_steps": math.gcd(LOGGING_STEPS, options.eval_steps),
        "logging_first_step": True,
        "logging_nan_inf_filter": False,  # would log the mean so far instead of a loss that is nan
        "report_to": "tensorboard",
        "dataloader_pin_memory": torch.cuda.is_available(),
    }


def _refuse_misleading(values: dict[str, Any], options: FinetuneOptions, folder: Path) -> None:
    """Raise ConfigError for what the Trainer of transformers 5 accepts and passes over."""
    strategy = values["train_sampling_strategy"]
    if strategy not in STRATEGIES:
        raise ConfigError(
            f"--trainer train_sampling_strategy={strategy}: no such strategy. "
            f"Known: {', '.join(STRATEGIES)}"
        )
    if options.batch_tokens is not None and strategy != "group_by_length":
        raise ConfigError(
            f"--batch-tokens: needs train_sampling_strategy=group_by_length, found {strategy}"
        )
    if values.get("fp16") and values["use_cpu"]:
        raise ConfigError(
            "--trainer fp16: a CPU would compute in float32 all the same. Use --precision bf16"
        )
    if any(name == "push_to_hub" or name.startswith("hub_") for name in options.trainer):
        raise ConfigError(  # the Trainer would push checkpoints and logs, and record a token
            "--trainer push_to_hub, hub_*: use --push-to-hub OWNER/NAME; the token is HF_TOKEN"
        )
    if values["output_dir"] != str(folder):
        raise ConfigError("--trainer output_dir: training works in --out. Set that instead")


def refuse_idle_noise(arguments: Seq2SeqTrainingArguments, model: PreTrainedModel) -> None:
    """Raise ConfigError for NEFTune noise that would not reach the model.

    The Trainer adds it to what `get_input_embeddings` gives; T5's encoder and decoder look their
    tokens up in modules of their own, which share only the weights.
    """
    embeddings = model.get_input_embeddings()
    used = model.get_encoder().get_input_embeddings()
    if arguments.neftune_noise_alpha is not None and embeddings is not used:
        raise ConfigError(
            f"--trainer neftune_noise_alpha: has no effect on {type(model).__name__}. Leave it out"
        )
