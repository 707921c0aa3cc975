"""Make models/base of a finished training: weights in bf16, card, curves, numbers.

    python benchmarks/base_model.py out-base models/base    # of a training from scratch, or one leg more

Judges the model on the held-out pairs of every corpus, lets it answer twenty fixed questions, draws
its curves, and writes a card with data, licences and credits. The card's words are the model's, the
numbers are measured here.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from statistics import fmean
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch
from datasets import Dataset
from transformers import AutoModelForSeq2SeqLM

from benchmarks.base_card import QUESTIONS, Answer, CorpusRow, Leg, write_card
from benchmarks.base_curves import draw_curves, go_on, load_curves, write_curves
from talklikeme import runs
from talklikeme.curves import read_curves
from talklikeme.dataset import load_pairs
from talklikeme.evaluation.bits import bits_per_byte, score_exchanges
from talklikeme.evaluation.exchanges import pick, read_exchanges
from talklikeme.evaluation.listening import measure_listening
from talklikeme.evaluation.neural import ModelContestant, load_contestant
from talklikeme.evaluation.report import read_report
from talklikeme.facts import FACTS_FILE, read_nature
from talklikeme.lesson import LOGS
from talklikeme.starts import identify_start

KEPT: Final = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
               FACTS_FILE, runs.RUN_FILE)  # fmt: skip
CURVES: Final = "curves.csv"
LEGS: Final = "legs.json"
MOST_MB: Final = 30


def main() -> None:
    """Judge, answer, draw, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("out", type=Path, help="the out folder of the training")
    parser.add_argument("target", type=Path, help="where the model is to be kept")
    parser.add_argument("--limit", type=int, default=800, help="held-out pairs a corpus")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    contestant = load_contestant(given.out / "model")
    pairs = load_pairs(given.out / "pairs")
    corpora = list(judge(contestant, pairs["train"], pairs["test"], given.limit, given.seed))
    answers = answer_questions(contestant, given.seed)
    before = read_legs(given.target) if goes_on(given.out / "model", given.target) else []
    legs = [*before, describe_leg(given.out / "model", corpora)]
    curves = read_curves(given.out / "model" / LOGS)
    if before:
        earlier = load_curves(given.target / CURVES)
        curves = go_on(earlier, curves, sum(leg.steps for leg in before))
    with runs.publish(given.target) as draft:
        keep_files(given.out / "model", draft)
        save_weights(given.out / "model", draft)
        draw_curves(curves, draft / "curves.png", [*accumulate(leg.steps for leg in before)])
        write_curves(curves, draft / CURVES)
        (draft / LEGS).write_text(
            json.dumps([*map(asdict, legs)], indent=1) + "\n", encoding="utf-8"
        )
        kind = json.loads((draft / "config.json").read_text(encoding="utf-8"))["model_type"]
        parameters = read_nature(given.out / "model").facts.parameters
        write_card(draft, corpora, answers, legs, kind, parameters, given.seed)
        numbers = json.dumps([row.to_json() for row in corpora], indent=1)
        (draft / "corpora.json").write_text(numbers + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in given.target.rglob("*")) / 1e6
    print(f"wrote {given.target}: {size:.1f} MB")
    if size > MOST_MB:
        raise SystemExit(f"{given.target}: {size:.1f} MB, and {MOST_MB} are the most")


def goes_on(model: Path, target: Path) -> bool:
    """Whether a training began with the very weights that the target holds."""
    began_with = runs.read_run(model).get("inputs", {}).get("start_weights")
    return began_with is not None and began_with == identify_start(str(target))


def read_legs(target: Path) -> list[Leg]:
    """The trainings that made the target."""
    return [Leg(**leg) for leg in json.loads((target / LEGS).read_text(encoding="utf-8"))]


def describe_leg(model: Path, corpora: Sequence[CorpusRow]) -> Leg:
    """What a trained model's files tell of its training, and how well it did."""
    run, training = runs.read_run(model), read_report(model)["training"]
    return Leg(
        config=run["config"],
        pairs=read_nature(model).facts.pairs,
        steps=training["steps"],
        passes=round(training["epochs"], 3),
        rate=run["options"]["learning_rate"],
        validation_loss=training["validation_loss"],
        bits_per_byte=round(fmean(row.bits.value for row in corpora), 4),
    )


def judge(
    contestant: ModelContestant, train: Dataset, test: Dataset, limit: int, seed: int
) -> Iterator[CorpusRow]:
    """Bits per byte on the held-out pairs of each corpus, and what of them the contexts save."""
    sources, trained = test["source"], list(train["source"])
    for name in dict.fromkeys(sources):
        rows = test.select([number for number, source in enumerate(sources) if source == name])
        exchanges = pick(read_exchanges(rows), limit, seed)
        scores = score_exchanges(contestant, exchanges)
        found = bits_per_byte(scores, exchanges, seed=seed)
        saved = measure_listening(contestant, exchanges, scores, seed=seed)
        heard = f", {saved.value:.3f} saved by the context" if saved else ""
        print(
            f"{name}: {found.value:.3f} bits a byte on {len(exchanges)} replies{heard}", flush=True
        )
        yield CorpusRow(name, trained.count(name), len(exchanges), found, saved)


def answer_questions(contestant: ModelContestant, seed: int) -> list[Answer]:
    """One drawn answer to each question, with the settings of chat, none left out."""
    contexts: list[Any] = [[{"role": "user", "content": text} for text in q] for q in QUESTIONS]
    replies = contestant.answer(contexts, seed=seed)
    return [Answer(" ⏎ ".join(q), reply) for q, reply in zip(QUESTIONS, replies, strict=True)]


def keep_files(model: Path, draft: Path) -> None:
    """Everything that finetune.py and app.py read of a model, but for its weights."""
    for path in sorted(model.iterdir()):
        if path.name in KEPT:
            shutil.copy(path, draft / path.name)


def save_weights(model: Path, draft: Path) -> None:
    """In bf16, half the size; whoever trains on loads them as float32 again."""
    loaded = AutoModelForSeq2SeqLM.from_pretrained(str(model), dtype=torch.bfloat16)
    loaded.save_pretrained(str(draft))


if __name__ == "__main__":
    main()
