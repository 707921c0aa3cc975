"""Fine-tune with Seq2SeqTrainer: length-grouped batches, early stopping, resume after a kill."""

import json
import logging
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset, DatasetDict
from torch.nn import functional
from transformers import (
    DataCollatorForSeq2Seq,
    EarlyStoppingCallback,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
)

from talklikeme.errors import ConfigError
from talklikeme.options import FinetuneOptions
from talklikeme.tokens import ChatEncoder

IGNORED = -100  # the label that costs nothing
KEPT_CHECKPOINTS = 2  # the best and the newest


def encode_pairs(pairs: Dataset, encoder: ChatEncoder) -> Dataset:
    """Pairs → input_ids, labels, and their common length for grouping."""

    def encode(pair: Mapping[str, Any]) -> dict[str, Any]:
        context = encoder.encode_context(pair["prompt"])
        reply = encoder.encode_reply([turn["content"] for turn in pair["completion"]])
        return {"input_ids": context, "labels": reply, "length": len(context) + len(reply)}

    # datasets would take the result of an earlier version of this code from its cache.
    return pairs.map(
        encode,
        remove_columns=pairs.column_names,
        load_from_cache_file=False,
        keep_in_memory=True,
    )


def token_loss(smoothing: float) -> Any:
    """Cross-entropy summed over the reply's tokens, divided by their number in the whole batch.

    The Trainer believes that T5 divides by `num_items_in_batch`; it does not, and without this
    gradient accumulation multiplies loss and gradient by the number of steps (inference.md, trap 1).
    """

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        summed = functional.cross_entropy(
            outputs["logits"].flatten(0, 1).float(),
            labels.flatten(),
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=smoothing if torch.is_grad_enabled() else 0.0,
        )
        count = num_items_in_batch if num_items_in_batch is not None else labels.ne(IGNORED).sum()
        return summed / count

    return loss


def hush_tied_weights() -> None:
    """Keep Trainer 5.23 from warning of "missing keys" when it loads the best checkpoint.

    T5's three embeddings are one tensor, saved once.
    """
    logging.getLogger("transformers.trainer").addFilter(
        lambda record: "missing keys in the checkpoint" not in record.getMessage()
    )


def use_bf16(options: FinetuneOptions) -> bool:
    """Whether to compute in bf16: where the hardware multiplies it, unless the options say."""
    if options.precision != "auto":
        return options.precision == "bf16"
    if torch.accelerator.is_available():
        return torch.cuda.is_available() and bool(
            torch.cuda.is_bf16_supported(including_emulation=False)
        )
    return bool(torch.cpu._is_avx512_bf16_supported())


def build_arguments(
    options: FinetuneOptions, folder: Path, *, validates: bool
) -> Seq2SeqTrainingArguments:
    """Our options as the Trainer's; raises ConfigError for one that it does not know or accept."""
    values: dict[str, Any] = {
        "output_dir": str(folder),
        "num_train_epochs": options.epochs,
        "max_steps": options.max_steps,
        "per_device_train_batch_size": options.batch_size,
        "per_device_eval_batch_size": options.batch_size * 2,
        "gradient_accumulation_steps": options.gradient_accumulation,
        "learning_rate": options.learning_rate,
        "warmup_steps": options.warmup,  # below 1 it is a share of all steps
        "weight_decay": options.weight_decay,
        "bf16": use_bf16(options),
        "use_cpu": not torch.accelerator.is_available(),  # or bf16 is refused there
        "seed": options.seed,
        "train_sampling_strategy": "group_by_length",
        "length_column_name": "length",
        "eval_strategy": "steps" if validates else "no",
        "eval_steps": options.eval_steps,
        "save_strategy": "steps",
        "save_steps": options.eval_steps,
        "save_total_limit": KEPT_CHECKPOINTS,
        "load_best_model_at_end": validates,
        "metric_for_best_model": "eval_loss" if validates else None,
        "greater_is_better": False if validates else None,
        "restore_callback_states_from_checkpoint": True,
        "logging_steps": min(50, options.eval_steps),
        "logging_first_step": True,
        "report_to": "tensorboard",
        "dataloader_pin_memory": torch.cuda.is_available(),
    } | options.trainer
    try:
        return Seq2SeqTrainingArguments(**values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"--trainer: {str(error).splitlines()[0]}") from None


def build_trainer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    data: DatasetDict,
    arguments: Seq2SeqTrainingArguments,
    options: FinetuneOptions,
    callbacks: Sequence[Any] = (),
) -> Seq2SeqTrainer:
    """The Trainer for encoded pairs."""
    hush_tied_weights()
    validates = arguments.eval_strategy != "no"
    stoppers = [EarlyStoppingCallback(options.patience)] if validates else []
    return Seq2SeqTrainer(
        model=model,
        args=arguments,
        train_dataset=data["train"],
        eval_dataset=data["validation"] if validates else None,
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=model, label_pad_token_id=IGNORED),
        processing_class=tokenizer,
        compute_loss_func=token_loss(options.label_smoothing),
        callbacks=[*stoppers, *callbacks],
    )


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint: a kill in the middle of writing leaves one without its state."""
    numbered = [
        (int(path.name.rpartition("-")[2]), path)
        for path in folder.glob("checkpoint-*")
        if path.name.rpartition("-")[2].isdigit() and _is_whole(path)
    ]
    return max(numbered)[1] if numbered else None


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What training did, for the user and for evaluation.json; losses are nats a token."""

    steps: int
    epochs: float
    first_loss: float | None
    last_loss: float | None
    validation_loss: float | None
    tokens_per_second: float
    seconds: float
    peak_memory_mb: float

    def to_json(self) -> dict[str, float | None]:
        """All numbers, rounded to what they are good for."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def report(
    trainer: Seq2SeqTrainer, metrics: Mapping[str, float], resumed_epoch: float
) -> TrainingReport:
    """Read the numbers off a finished Trainer; speed counts real tokens, and this leg only."""
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    epochs = trainer.state.epoch or 0.0
    tokens = sum(trainer.train_dataset["length"]) * (epochs - resumed_epoch)
    return TrainingReport(
        steps=trainer.state.global_step,
        epochs=epochs,
        first_loss=losses[0] if losses else None,
        last_loss=losses[-1] if losses else None,
        validation_loss=trainer.state.best_metric,
        tokens_per_second=tokens / metrics["train_runtime"],
        seconds=metrics["train_runtime"],
        peak_memory_mb=peak_memory_mb(),
    )


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in MB (on a GPU: the GPU's)."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 1e6
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
