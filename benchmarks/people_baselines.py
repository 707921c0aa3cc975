"""The baselines of one person, the 2017 seed's network among them, judged like the models.

The seed's network has the seconds that finetune.py took from base with an extended tokenizer. The
5-gram is there twice, with the tokens of the model from scratch and with those of the extended base:
the better one is the one to beat.
"""

import json
from typing import Any, Final

from datasets import DatasetDict

from benchmarks.people_recipes import EXTENSION, SCRATCH, Run, Settings, record_path
from benchmarks.people_runs import make_tokenizer, open_record, save_record
from benchmarks.seed_network import SeedNetwork, train_seed_network
from talklikeme.dataset import load_pairs
from talklikeme.errors import RunError
from talklikeme.evaluation.baselines import NGram
from talklikeme.evaluation.contestants import Contestant
from talklikeme.evaluation.exchanges import read_exchanges
from talklikeme.evaluation.judging import make_baselines
from talklikeme.evaluation.running import Plan, evaluate

EXTENDED_GRAM: Final = f"{NGram.name}, tokens of base + extension"


def do_baselines(run: Run, settings: Settings) -> dict[str, Any]:
    """Judge them unless that is done; returns the record. Raises RunError before base + extension is trained."""
    recipe = _recipe_record(run, settings)
    seconds = float(recipe["steps"]["finetune"]["seconds"])
    record = open_record(run, settings, {"seed_network_has": seconds})
    if "evaluation" not in record["steps"]:
        pairs = load_pairs(run.pairs)
        network = _train_seed(pairs, seconds, settings.seed)
        contestants = [*_build(run, settings, pairs), network]
        plan = Plan(settings.limit, settings.limit, settings.limit, settings.seed)
        record["evaluation"] = evaluate(contestants, pairs, plan).to_json()
        record["seed_network"] = {
            "seconds": seconds,
            "steps": network.steps,
            "kept": network.kept,
        }
        record["steps"]["evaluation"] = {"seconds": record["evaluation"]["seconds"]}
        save_record(run, settings, record)
    return record


def _recipe_record(run: Run, settings: Settings) -> dict[str, Any]:
    path = record_path(settings.results, run.person, EXTENSION)
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if "finetune" not in record.get("steps", {}):
        raise RunError(f"{path}: not there yet. The baselines come after {EXTENSION}")
    return record


def _train_seed(pairs: DatasetDict, seconds: float, seed: int) -> SeedNetwork:
    train, validation = (
        pairs[split].select_columns(["prompt", "completion"]).to_list()
        for split in ("train", "validation")
    )
    return train_seed_network(train, validation, seconds, seed)


def _build(run: Run, settings: Settings, pairs: DatasetDict) -> list[Contestant]:
    own, extended = (
        make_tokenizer(Run(run.person, start, run.pairs), settings)
        for start in (SCRATCH, EXTENSION)
    )
    exchanges = read_exchanges(pairs["train"].select_columns(["prompt", "completion"]))
    gram = NGram([one.context for one in exchanges], [one.reply for one in exchanges], extended)
    gram.name = EXTENDED_GRAM
    return [*make_baselines(pairs, own, settings.seed), gram]
