"""Which recipe for the base model: architectures, shapes and ways to learn, at equal compute.

python benchmarks/recipes.py --pairs FOLDER --threads 1 --share 1/2 &   # and 2/2 beside it
python benchmarks/recipes.py --pairs FOLDER --only baseline --seed 1     # how much is chance
python benchmarks/recipes.py --table                                     # writes docs/experiments.md

Every recipe gets the same number of operations, counted from its matrices and the real tokens that go
through them (recipe_models.count_operations); from it and the lengths of its batches follows how many
steps it trains, so a slow or busy machine changes nothing but the seconds. A run that is in --results
already is passed over.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from datasets import Dataset, DatasetDict, disable_progress_bars
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback, set_seed

from benchmarks.recipe_data import (
    Material,
    encode_slice,
    encoder_for,
    load_material,
    plan_steps,
    tokenizer_for,
)
from benchmarks.recipe_list import RECIPES, Recipe, Settings
from benchmarks.recipe_models import build, count_operations
from benchmarks.recipe_results import Run, append_run, has_run, read_runs, tabulate
from benchmarks.tables import processor, write_block
from talklikeme.arguments import build_arguments
from talklikeme.errors import RunError
from talklikeme.evaluation.bits import bits_per_byte, score_exchanges
from talklikeme.evaluation.listening import measure_listening
from talklikeme.evaluation.neural import ModelContestant
from talklikeme.options import FinetuneOptions
from talklikeme.starts import vocabulary_size
from talklikeme.tokens import ChatEncoder
from talklikeme.training import build_trainer, train

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "experiments.md"
RESULTS: Final = ROOT / "benchmarks" / "results" / "recipes.jsonl"
OPERATIONS: Final = 2e13
LOSSES: Final = 10  # the last of so many parts of a training is the loss that is reported


def main() -> None:
    """Run what is asked for and not there yet, or write the page."""
    given = _parser().parse_args()
    chosen = choose(given.only, given.share)
    if given.list:
        print("\n".join(f"{recipe.name}: {recipe.changes}" for recipe in chosen))
    elif given.table:
        write_block(PAGE, "table", tabulate(read_runs(given.results)))
    else:
        _run_all(chosen, given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--pairs", type=Path, help="DatasetDict with a column of corpora, `source`")
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "recipes", help="tokenizers")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--operations", type=float, default=OPERATIONS, help="of each recipe")
    parser.add_argument("--rows", type=int, help="training rows (default: what the budget needs)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and batches")
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--share", default="1/1", help="K/N: every N-th recipe from the K-th on")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="recipes by their whole names")
    parser.add_argument("--list", action="store_true", help="print the recipes")
    parser.add_argument("--table", action="store_true", help="write docs/experiments.md")
    return parser


def choose(only: list[str] | None, share: str) -> list[Recipe]:
    """The recipes asked for, of which a process takes its share; exits on a name or share unknown."""
    unknown = sorted(set(only or []) - {recipe.name for recipe in RECIPES})
    if unknown:
        raise SystemExit(f"--only {unknown[0]!r}: no such recipe. See --list")
    part, _, parts = share.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise SystemExit(f"--share {share}: needs K/N with K from 1 to N, such as 1/2")
    chosen = [recipe for recipe in RECIPES if not only or recipe.name in only]
    return chosen[int(part) - 1 :: int(parts)]


def _run_all(chosen: list[Recipe], given: argparse.Namespace) -> None:
    if given.pairs is None:
        raise SystemExit("--pairs: needed to run recipes")
    if given.threads:
        torch.set_num_threads(given.threads)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    disable_progress_bars()
    material = load_material(given.pairs, given.work)
    for recipe in chosen:
        if has_run(read_runs(given.results), recipe.name, given.operations, given.seed):
            print(f"{recipe.name}: is there already", flush=True)
            continue
        run = run_recipe(recipe, material, given.operations, given.seed, given.rows)
        append_run(given.results, run)
        found = run.get("failed") or f"{run['bits_per_byte']:.4f} bits per byte"
        print(f"{recipe.name}: {found}, {run['wall_seconds']:.0f} s", flush=True)


def run_recipe(
    recipe: Recipe, material: Material, operations: float, seed: int, rows: int | None = None
) -> Run:
    """Train and judge one recipe; a training that breaks down is a result too, under `failed`."""
    settings = recipe.settings
    tokenizer = tokenizer_for(material, settings.vocabulary)
    encoder = encoder_for(tokenizer, settings)
    set_seed(seed)
    model = build(settings, _options(settings, seed), encoder, vocabulary_size(tokenizer))
    cost = count_operations(model)
    data = encode_slice(material, encoder, settings, cost, operations, rows)
    steps, spent = plan_steps(data, cost, settings.batch_tokens, seed, operations)
    run: Run = {
        "name": recipe.name,
        "changes": recipe.changes,
        "operations": operations,
        "seed": seed,
        "operations_spent": spent,
        "steps": steps,
        "rows": len(data),
        "parameters": model.num_parameters(),
        "pairs": material.fingerprint,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{processor()}, torch {torch.__version__}, {torch.get_num_threads()} threads",
    }
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        losses = train_model(model, tokenizer, data, settings, steps, seed)
        run |= {"first_loss": losses[0], "train_loss": losses[-1]}
    except RunError as error:
        run["failed"] = str(error).partition(",")[0]
    run["wall_seconds"] = round(time.perf_counter() - wall, 1)
    run["cpu_seconds"] = round(time.process_time() - cpu, 1)
    return run if "failed" in run else run | judge(model, encoder, material)


def train_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    data: Dataset,
    settings: Settings,
    steps: int,
    seed: int,
) -> list[float]:
    """Train in place; the losses in nats a token, of the first step and of each tenth of the steps."""
    options = _options(settings, seed, steps)
    with tempfile.TemporaryDirectory() as folder:
        arguments = build_arguments(options, Path(folder), validates=False)
        trainer = build_trainer(model, tokenizer, DatasetDict({"train": data}), arguments, options)
        trainer.remove_callback(PrinterCallback)
        if not settings.slow_queries:
            for group in trainer.create_optimizer().param_groups:
                group["lr"] = settings.learning_rate
        set_seed(seed)
        train(trainer, None)
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def _options(settings: Settings, seed: int, steps: int = 1) -> FinetuneOptions:
    schedule = dict(settings.schedule_options)
    if settings.decay_share:
        schedule["num_decay_steps"] = round(settings.decay_share * steps)
    trainer: dict[str, Any] = {
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
        "logging_steps": max(1, steps // LOSSES),
        "lr_scheduler_type": settings.schedule,
        "lr_scheduler_kwargs": schedule,
    }
    is_muon = settings.optimizer == "muon"
    if not is_muon:
        trainer["optim"] = settings.optimizer
    return FinetuneOptions(
        optimizer="muon" if is_muon else "adamw",
        d_model=settings.d_model,
        d_ff=settings.d_ff,
        encoder_layers=settings.encoder_layers,
        decoder_layers=settings.decoder_layers,
        heads=settings.d_model // settings.head_width,
        dropout=settings.dropout,
        label_smoothing=settings.label_smoothing,
        weight_decay=settings.weight_decay,
        learning_rate=settings.learning_rate,
        batch_tokens=settings.batch_tokens,
        max_context_tokens=settings.max_context_tokens,
        max_reply_tokens=settings.max_reply_tokens,
        max_steps=steps,
        precision="auto",
        seed=seed,
        trainer=trainer,
    )


def judge(model: PreTrainedModel, encoder: ChatEncoder, material: Material) -> dict[str, Any]:
    """Bits per byte of each corpus's held-out replies, what the contexts save of them, and the means."""
    contestant = ModelContestant(model, encoder)
    corpora, listening = {}, {}
    for source, exchanges in material.judged.items():
        if exchanges:
            scores = score_exchanges(contestant, exchanges)
            corpora[source] = bits_per_byte(scores, exchanges).value
            if saved := measure_listening(contestant, exchanges, scores):
                listening[source] = saved.value
    return {
        "bits_per_byte": mean(corpora.values()),
        "listening": mean(listening.values()) if listening else None,
        "corpora": corpora,
    }


if __name__ == "__main__":
    main()
