"""The whole of finetune.py in steps: decide what to go on from, train, save the model as a whole.

Training works in out/training; out/model changes only when the new model is complete.
"""

import contextlib
import functools
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset, DatasetDict
from transformers import (
    GenerationConfig,
    PreTrainedModel,
    Seq2SeqTrainer,
    set_seed,
)

from talklikeme import runs
from talklikeme.arguments import build_arguments
from talklikeme.callbacks import hush_unwatched_bars
from talklikeme.credits import carry_credits
from talklikeme.engines.conversion import UnknownArchitectureError, convert
from talklikeme.errors import RunError
from talklikeme.evaluation import leaks
from talklikeme.evaluation.canaries import build_canaries, plant_canaries
from talklikeme.evaluation.exchanges import bubbles_of
from talklikeme.evaluation.judging import judge_after_training
from talklikeme.evaluation.report import add_to_report
from talklikeme.evaluation.served import ServedContestant
from talklikeme.extension import read_pieces
from talklikeme.facts import ModelFacts, Nature, write_friends, write_nature
from talklikeme.friends import hide_some_friends
from talklikeme.generation import build_generation_config
from talklikeme.hardware import take_idle_cores
from talklikeme.inputs import Inputs
from talklikeme.layer_decay import slow_lower_layers
from talklikeme.lesson import BOARD, LOGS
from talklikeme.lora import merge_adapters
from talklikeme.mixing import mix_in, read_mix
from talklikeme.model import open_model
from talklikeme.model_card import write_card
from talklikeme.openers import find_openers
from talklikeme.options import ComputeType, FinetuneOptions
from talklikeme.rhythm import measure_rhythm
from talklikeme.sample_board import SampleBoard, choose_questions
from talklikeme.sampling import Sampling
from talklikeme.sharding import gather_model, prepare_sharding
from talklikeme.training import (
    TrainingReport,
    build_trainer,
    encode_pairs,
    epoch_of,
    newest_checkpoint,
    report,
    train,
)

BOARD_QUESTIONS_FROM_CHATS = 3
RHYTHM_ROWS = 20_000  # of which my rhythm is measured
OPTIONS_SHOWN = 3
SERVED_AS: ComputeType = "int8"  # what app.py takes unless told otherwise
LEAK_REPLIES, LEAK_SECONDS = 1_000, 20.0


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
    take_idle_cores()
    hush_unwatched_bars()
    folder = options.training_folder
    if processes.is_main_process:
        _open_folder(folder, inputs.run, fresh=options.fresh)
    processes.wait_for_everyone()
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(folder / LOGS)
    with runs.disk_errors(folder):
        trainer, open_anew = _build(options, inputs)
        checkpoint = newest_checkpoint(folder)
        resumed_epoch = epoch_of(checkpoint)
        metrics = train(trainer, checkpoint)
        model = gather_model(trainer, open_anew)
    numbers = report(trainer, metrics, resumed_epoch)
    if processes.is_main_process and model is not None:
        _publish(options, inputs, model, numbers)
        if options.evaluate:
            _look_for_leaks(options)
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


def _build(
    options: FinetuneOptions, inputs: Inputs
) -> tuple[Seq2SeqTrainer, Callable[[], PreTrainedModel]]:
    """The Trainer, and what opens the model that it begins with once more."""
    set_seed(options.seed)
    pairs = inputs.pairs
    extension = read_pieces(options.tokenizer_folder)

    def opener(chosen: FinetuneOptions) -> PreTrainedModel:
        return open_model(chosen, inputs.encoder, inputs.tokenizer, extension)

    model = opener(options)
    shown = pairs | {"train": _training_rows(options, inputs)}
    data = DatasetDict({split: encode_pairs(shown[split], inputs.encoder) for split in pairs})
    canaries = build_canaries(options.canaries, options.seed)
    limits = inputs.encoder.limits
    data["train"] = plant_canaries(data["train"], inputs.tokenizer, limits, canaries)
    if options.search:
        from talklikeme.search import find_settings  # Optuna takes a second to import

        options = find_settings(options, data, inputs.tokenizer, opener)
        set_seed(options.seed)
        model = opener(options)
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
    trainer = build_trainer(model, inputs.tokenizer, data, arguments, options, [board])
    slow_lower_layers(trainer, options.layer_decay)
    prepare_sharding(trainer)
    return trainer, functools.partial(opener, options)


def _training_rows(options: FinetuneOptions, inputs: Inputs) -> Dataset:
    """My training pairs, some without their friend's name, and other people's dialogue behind them."""
    train = inputs.pairs["train"]
    if inputs.encoder.friends:
        train = hide_some_friends(train, options.friend_drop, options.seed)
    return mix_in(
        train,
        (row for split in inputs.pairs if split != "train" for row in inputs.pairs[split]),
        read_mix(options.mix),
        context_turns=inputs.encoder.limits.context_turns,
        seed=options.seed,
    )


def _generation_config(
    options: FinetuneOptions, inputs: Inputs, start_id: int | None = None
) -> GenerationConfig:
    sampling = Sampling(options.temperature, options.top_p)
    return build_generation_config(inputs.encoder, sampling, start_id)


def _publish(
    options: FinetuneOptions, inputs: Inputs, model: PreTrainedModel, numbers: TrainingReport
) -> None:
    """Write out/model: everything that app.py needs and nothing else."""
    model = merge_adapters(model)
    start_id = model.config.decoder_start_token_id
    model.generation_config = _generation_config(options, inputs, start_id)
    facts = ModelFacts(len(inputs.pairs["train"]), model.num_parameters())
    with runs.publish(options.model_folder) as draft:
        model.to(torch.float32).save_pretrained(str(draft))
        inputs.tokenizer.save_pretrained(str(draft))
        write_nature(draft, _describe_nature(inputs, facts))
        write_friends(draft, inputs.encoder.friends)
        add_to_report(draft, {"training": numbers.to_json()})
        runs.write_run(draft, inputs.run)
        with contextlib.suppress(UnknownArchitectureError):  # transformers will answer
            convert(draft, SERVED_AS)
        if options.evaluate:
            contestant = ServedContestant(draft, model, inputs.encoder)
            judge_after_training(contestant, inputs.pairs, draft, seed=options.seed)
        for kept in (BOARD, LOGS, runs.SEARCH_FILE):
            _copy(options.training_folder / kept, draft / kept)
        carry_credits(options.start, draft)
        write_card(draft)


def _describe_nature(inputs: Inputs, facts: ModelFacts) -> Nature:
    train, encoder = inputs.pairs["train"], inputs.encoder
    rows = train.select(range(0, len(train), 1 + len(train) // RHYTHM_ROWS))
    replies = ((row["reply_delay_s"], bubbles_of(row["completion"])) for row in rows)
    return Nature(
        facts,
        encoder.limits,
        encoder.redaction,
        rhythm=measure_rhythm(replies),
        openers=find_openers(train.select_columns(["prompt", "friend"])),
    )


def _look_for_leaks(options: FinetuneOptions) -> None:
    """A first look; a push to the Hub asks for the long one."""
    values = leaks.audit_model(
        options.model_folder,
        options.pairs_folder,
        replies=LEAK_REPLIES,
        seconds=LEAK_SECONDS,
        seed=options.seed,
    )
    add_to_report(options.model_folder, values)
    write_card(options.model_folder)
    leaks.tell(values["leaks"])


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy(source, target)
