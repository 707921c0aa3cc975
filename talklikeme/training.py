"""Fine-tune with the Trainer: encoded rows, early stopping, resume after a kill, what came of it."""

import functools
import json
import logging
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset, DatasetDict
from transformers import (
    DataCollatorForSeq2Seq,
    EarlyStoppingCallback,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    ProgressCallback,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerState,
)
from transformers.trainer import TRAINER_STATE_NAME

from talklikeme.arguments import refuse_idle_noise
from talklikeme.callbacks import Clock, LossBar
from talklikeme.chat_trainer import ChatTrainer
from talklikeme.errors import ConfigError
from talklikeme.fast_parts import use_fast_parts
from talklikeme.hardware import describe_hardware
from talklikeme.loss import IGNORED
from talklikeme.options import FinetuneOptions
from talklikeme.tokens import ChatEncoder


def _lacks(words: str, record: logging.LogRecord) -> bool:
    return words not in record.getMessage()


def encode_pairs(pairs: Dataset, encoder: ChatEncoder) -> Dataset:
    """Pairs → input_ids, labels, and their common length for grouping."""

    def encode(rows: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
        friends = rows.get("friend") or [None] * len(rows["prompt"])
        contexts = list(map(encoder.encode_context, rows["prompt"], friends))
        replies = list(map(encoder.encode_completion, rows["completion"]))
        lengths = [
            len(context) + len(reply) for context, reply in zip(contexts, replies, strict=True)
        ]
        return {"input_ids": contexts, "labels": replies, "length": lengths}

    # datasets would take the result of an earlier version of this code from its cache.
    return pairs.map(
        encode,
        batched=True,
        remove_columns=pairs.column_names,
        load_from_cache_file=False,
        keep_in_memory=True,
    )


def hush_warnings() -> None:
    """Keep Trainer 5.23 from two warnings that are not for the user.

    Of "missing keys" in the best checkpoint: T5's three embeddings are one tensor, saved once. And
    that early stopping would not load the best model: in a search, nobody wants it.
    """
    for logger, words in (
        ("transformers.trainer", "missing keys in the checkpoint"),
        ("transformers.trainer_callback", "Using EarlyStoppingCallback without"),
    ):
        logging.getLogger(logger).addFilter(functools.partial(_lacks, words))


def build_trainer(
    model: PreTrainedModel | None,
    tokenizer: PreTrainedTokenizerBase,
    data: DatasetDict,
    arguments: Seq2SeqTrainingArguments,
    options: FinetuneOptions,
    callbacks: Sequence[Any] = (),
    model_init: Callable[[Any], PreTrainedModel] | None = None,
) -> ChatTrainer:
    """The Trainer for encoded pairs; raises ConfigError for a wish that it cannot fulfil.

    A search gives `model_init` instead of a model, which makes one for every trial.
    """
    hush_warnings()
    validates = arguments.eval_strategy != "no"
    stoppers = [EarlyStoppingCallback(options.patience)] if validates else []
    try:
        trainer = ChatTrainer(
            batch_tokens=options.batch_tokens,
            optimizer=options.optimizer,
            model=use_fast_parts(model) if model is not None else None,
            model_init=None
            if model_init is None
            else lambda trial: use_fast_parts(model_init(trial)),
            args=arguments,
            train_dataset=data["train"],
            eval_dataset=_shortest_first(data["validation"]) if validates else None,
            data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED),
            processing_class=tokenizer,
            callbacks=[*stoppers, *callbacks],
        )
    except (RuntimeError, ValueError, ImportError) as error:
        if arguments.report_to == ["tensorboard"]:
            raise
        raise ConfigError(f"--trainer report_to: {str(error).splitlines()[0]}") from None
    trainer.data_collator.padder.model = (
        trainer.model
    )  # it shifts the labels as its own model would
    refuse_idle_noise(arguments, trainer.model)
    if not arguments.disable_tqdm:
        trainer.remove_callback(ProgressCallback)
        trainer.add_callback(LossBar)
    return trainer


def _shortest_first(rows: Dataset) -> Dataset:
    """So that little of a batch is padding; the validation loss does not depend on the order."""
    return rows.select(np.argsort(rows["length"], kind="stable"), keep_in_memory=True)


def train(trainer: ChatTrainer, checkpoint: Path | None) -> Mapping[str, float]:
    """Train from a checkpoint or from the start; returns the Trainer's metrics.

    `total_seconds` is among them: of all legs, where `train_runtime` is this one's.
    A run that was killed between its last step and the publishing of the model goes on with the
    latter: the Trainer would train one step more than the unbroken run did.
    """
    # Batches are of many shapes, and oneDNN keeps what it made for each of the last 1,024: up to 2 GB.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
    if checkpoint is None or not _has_ended(checkpoint):
        trainer.add_callback(Clock())
        try:
            done = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        finally:
            _close_bar(trainer)
        metrics: Mapping[str, float] = done.metrics
        return {**metrics, "total_seconds": _clock_of(trainer).seconds}
    trainer.state = TrainerState.load_from_json(str(checkpoint / TRAINER_STATE_NAME))
    best = trainer.state.best_model_checkpoint
    trainer._load_from_checkpoint(best if best and Path(best).exists() else str(checkpoint))
    return {"train_runtime": 0.0, "total_seconds": _seconds_at(checkpoint)}


def _clock_of(trainer: ChatTrainer) -> Clock:
    """The clock that ran: a resume puts another one in its place."""
    return next(one for one in trainer.callback_handler.callbacks if isinstance(one, Clock))


def _close_bar(trainer: ChatTrainer) -> None:
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, LossBar):
            callback.close()


def _has_ended(checkpoint: Path) -> bool:
    """Whether training was to stop here, by its number of steps or by early stopping."""
    state = _read_state(checkpoint)
    control = state["stateful_callbacks"]["TrainerControl"]["args"]
    return bool(control["should_training_stop"]) or state["global_step"] >= state["max_steps"]


def epoch_of(checkpoint: Path | None) -> float:
    """How many epochs were done at a checkpoint."""
    return float(_read_state(checkpoint)["epoch"]) if checkpoint else 0.0


def _seconds_at(checkpoint: Path) -> float:
    kept = _read_state(checkpoint)["stateful_callbacks"].get(Clock.__name__, {})
    return float(kept.get("attributes", {}).get("earlier", 0.0))


def _read_state(checkpoint: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(
        (checkpoint / TRAINER_STATE_NAME).read_text(encoding="utf-8")
    )
    return state


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
        _read_state(checkpoint)
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
    # As it was in training: CTranslate2, which answers after it, leaves torch one thread
    hardware: str
    peak_memory_mb: float

    def to_json(self) -> dict[str, str | float | None]:
        """Everything, the numbers rounded to what they are good for."""
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
        tokens_per_second=tokens / max(metrics["train_runtime"], 1e-9),
        seconds=metrics["total_seconds"],
        hardware=describe_hardware(trainer.args.device),
        peak_memory_mb=peak_memory_mb(),
    )


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in MB (on a GPU: the GPU's)."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 1e6
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
