"""The whole of finetune.py in steps: decide what to go on from, train, save the model as a whole.

Training works in out/training; out/model changes only when the new model is complete.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import DatasetDict
from transformers import GenerationConfig, PreTrainedTokenizerBase, Seq2SeqTrainer, set_seed

from talklikeme import runs
from talklikeme.dataset import load_pairs
from talklikeme.errors import RunError
from talklikeme.facts import Limits, ModelFacts, write_facts
from talklikeme.generation import Sampling, build_generation_config
from talklikeme.model import build_model
from talklikeme.model_card import write_card
from talklikeme.options import FinetuneOptions
from talklikeme.privacy import RedactionSettings
from talklikeme.sample_board import BOARD, LOGS, SampleBoard, choose_questions
from talklikeme.tokenizer import load_tokenizer
from talklikeme.tokens import ChatEncoder
from talklikeme.training import (
    TrainingReport,
    build_arguments,
    build_trainer,
    encode_pairs,
    newest_checkpoint,
    report,
)

BOARD_QUESTIONS_FROM_CHATS = 3
OPTIONS_SHOWN = 3


@dataclass(frozen=True)
class Inputs:
    """What the earlier stages made."""

    pairs: DatasetDict
    tokenizer: PreTrainedTokenizerBase
    encoder: ChatEncoder
    run: dict[str, Any]


def load_inputs(options: FinetuneOptions) -> Inputs:
    """Load pairs and tokenizer; raises RunError naming the script that makes what is missing."""
    pairs_folder = runs.need(options.pairs_folder, "prepare_data")
    tokenizer_folder = runs.need(options.tokenizer_folder, "train_tokenizer")
    tokenizer = load_tokenizer(tokenizer_folder)
    prepared = runs.read_run(pairs_folder)["options"]
    redaction = None
    if prepared["redact"] == "on":
        redaction = RedactionSettings(prepared["region"], prepared["keep_hosts"])
    limits = Limits(
        context_turns=prepared["context_turns"],
        max_context_tokens=options.max_context_tokens,
        max_reply_tokens=options.max_reply_tokens,
    )
    run = runs.describe_run(
        options,
        "finetune",
        pairs=runs.pairs_identity(pairs_folder),
        tokenizer=_hash(tokenizer_folder / "tokenizer.json"),
    )
    return Inputs(
        load_pairs(pairs_folder), tokenizer, ChatEncoder(tokenizer, limits, redaction), run
    )


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def is_trained(options: FinetuneOptions, run: Mapping[str, Any]) -> bool:
    """Whether out/model is already what this run would make.

    Raises RunError if out/model or a training under way belongs to another run.
    """
    if options.fresh:
        return False
    runs.restore(options.model_folder)
    for folder in (options.training_folder, options.model_folder):
        found = runs.read_run(folder)
        if found and (changes := _changes(found, run)):
            raise RunError(
                f"{folder}: belongs to a run with other {changes}. "
                "Pass --fresh to train anew, or --out for another folder"
            )
        if found and folder == options.training_folder:
            return False  # under way: go on
    return (options.model_folder / runs.RUN_FILE).exists()


def _changes(found: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    """What differs between two runs, in words; empty if nothing that matters does."""
    before = found.get("options", {}) | found.get("inputs", {})
    now = run["options"] | run["inputs"]
    changed = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
    shown = [f"{name} ({before.get(name)} → {now.get(name)})" for name in sorted(changed)]
    return ", ".join(shown[:OPTIONS_SHOWN]) + (", …" if len(shown) > OPTIONS_SHOWN else "")


def finetune(options: FinetuneOptions, inputs: Inputs) -> TrainingReport:
    """Train from the newest checkpoint or from the start, and publish out/model."""
    processes = PartialState()
    folder = options.training_folder
    if processes.is_main_process:
        _open_folder(folder, inputs.run, fresh=options.fresh)
    processes.wait_for_everyone()
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder / LOGS)
    with runs.disk_errors(folder):
        trainer, checkpoint = _build(options, inputs)
        resumed_epoch = _epoch_of(checkpoint)
        result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    numbers = report(trainer, result.metrics, resumed_epoch)
    if processes.is_main_process:
        _publish(options, inputs, trainer, numbers)
        shutil.rmtree(folder, ignore_errors=True)
    processes.wait_for_everyone()
    return numbers


def is_main_process() -> bool:
    """Whether this process speaks for all, where `accelerate launch` started several."""
    return bool(PartialState().is_main_process)


def _open_folder(folder: Path, run: dict[str, Any], *, fresh: bool) -> None:
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    with runs.disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        runs.write_run(folder, run)


def _epoch_of(checkpoint: Path | None) -> float:
    if checkpoint is None:
        return 0.0
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return float(state["epoch"])


def _build(options: FinetuneOptions, inputs: Inputs) -> tuple[Seq2SeqTrainer, Path | None]:
    set_seed(options.seed)
    pairs = inputs.pairs
    data = DatasetDict({split: encode_pairs(pairs[split], inputs.encoder) for split in pairs})
    arguments = build_arguments(
        options, options.training_folder, validates=len(data["validation"]) > 0
    )
    board = SampleBoard(
        inputs.encoder,
        choose_questions(list(pairs["validation"]), BOARD_QUESTIONS_FROM_CHATS),
        _generation_config(options, inputs),
        path=options.training_folder / BOARD,
        steps=options.sample_steps,
        seed=options.seed,
    )
    model = build_model(options, inputs.encoder, len(inputs.tokenizer))
    trainer = build_trainer(model, inputs.tokenizer, data, arguments, options, [board])
    return trainer, newest_checkpoint(options.training_folder)


def _generation_config(options: FinetuneOptions, inputs: Inputs) -> GenerationConfig:
    return build_generation_config(inputs.encoder, Sampling(options.temperature, options.top_p))


def _publish(
    options: FinetuneOptions, inputs: Inputs, trainer: Seq2SeqTrainer, numbers: TrainingReport
) -> None:
    """Write out/model: everything that app.py needs and nothing else."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    model.generation_config = _generation_config(options, inputs)
    facts = ModelFacts(len(inputs.pairs["train"]), model.num_parameters())
    with runs.publish(options.model_folder) as draft:
        model.to(torch.float32).save_pretrained(str(draft))
        inputs.tokenizer.save_pretrained(str(draft))
        write_facts(draft, facts, inputs.encoder.limits, inputs.encoder.redaction)
        _write_evaluation(draft, numbers)
        write_card(draft / "README.md", facts, numbers, inputs.run)
        for kept in (BOARD, LOGS):
            _copy(options.training_folder / kept, draft / kept)
        runs.write_run(draft, inputs.run)


def _write_evaluation(folder: Path, numbers: TrainingReport) -> None:
    text = json.dumps({"training": numbers.to_json()}, indent=1)
    (folder / "evaluation.json").write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy(source, target)
