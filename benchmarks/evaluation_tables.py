"""Judge trained models and write their tables into docs/evaluation.md.

python benchmarks/evaluation_tables.py me_a=/tmp/a/model me_c=/tmp/c/model [--limit 1000]

A model's pairs lie beside it (/tmp/a/pairs), or are named behind a comma: me_a=MODEL,PAIRS.
`--seed-network` trains the 2017 seed's network for as long as the model was, and puts it into the table.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rich.console import Console

from benchmarks.seed_network import train_seed_network
from benchmarks.tables import write_block
from talklikeme.dataset import load_pairs
from talklikeme.evaluation.contestants import Contestant
from talklikeme.evaluation.judging import make_baselines
from talklikeme.evaluation.neural import load_contestant
from talklikeme.evaluation.results import Evaluation
from talklikeme.evaluation.running import Plan, evaluate
from talklikeme.evaluation.table import show, to_markdown
from talklikeme.evaluation.writing import write_evaluation
from talklikeme.facts import read_facts

PAGE = ROOT / "docs" / "evaluation.md"


@dataclass(frozen=True, slots=True)
class Case:
    """One model to judge."""

    name: str
    model: Path
    pairs: Path


def main() -> None:
    """Judge one after the other; the page is written at the end."""
    given = parse()
    plan = Plan(given.limit, given.limit, given.limit, given.seed)
    blocks = [judge(case, plan, given.seed_network) for case in map(read_case, given.cases)]
    write_block(PAGE, "tables", "".join(blocks))
    print(f"wrote {PAGE}")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="+", metavar="NAME=MODEL[,PAIRS]")
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seed-network", action="store_true")
    return parser.parse_args()


def read_case(text: str) -> Case:
    """NAME=MODEL[,PAIRS]."""
    name, _, folders = text.partition("=")
    model, _, pairs = folders.partition(",")
    return Case(name, Path(model), Path(pairs) if pairs else Path(model).parent / "pairs")


def judge(case: Case, plan: Plan, seed_network: bool) -> str:
    """One model beside all baselines; writes its folder too, and returns its part of the page."""
    started = time.monotonic()
    pairs = load_pairs(case.pairs)
    contestants: list[Contestant] = [load_contestant(case.model)]
    contestants += make_baselines(pairs, case.model, plan.seed)
    if seed_network:
        rows = pairs["train"].select_columns(["prompt", "completion"]).to_list()
        contestants.append(train_seed_network(rows, training_seconds(case.model), plan.seed))
    evaluation = evaluate(contestants, pairs, plan)
    write_evaluation(evaluation, case.model)
    show(evaluation, Console())
    return describe(case, evaluation, len(pairs["train"]), time.monotonic() - started)


def training_seconds(model: Path) -> float:
    """How long the model was trained."""
    report = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    return float(report["training"]["seconds"])


def describe(case: Case, evaluation: Evaluation, train: int, seconds: float) -> str:
    """A heading, what the model is, and the tables."""
    facts, _, _ = read_facts(case.model)
    return (
        f"\n### {case.name}\n\nA model of {facts.parameters:,} parameters that learned from {train:,} pairs; "
        f"judged in {seconds:.0f} s.\n\n{to_markdown(evaluation, level=4)}"
    )


if __name__ == "__main__":
    main()
