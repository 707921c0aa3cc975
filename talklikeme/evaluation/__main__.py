"""Judge a trained model on held-out pairs, beside baselines.

    python -m talklikeme.evaluation out/model

Reads out/model and the pairs beside it; writes evaluation.json, evaluation.md and pictures there.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from talklikeme import runs
from talklikeme.commands import Parser, positive
from talklikeme.errors import run_script


def build_parser() -> Parser:
    """The command's arguments."""
    parser = Parser("python -m talklikeme.evaluation", __doc__)
    parser.add_argument("model", type=Path, help="folder that finetune.py wrote")
    parser.add_argument(
        "--pairs", type=Path, help="folder of the pairs (default: beside the model)"
    )
    parser.add_argument(
        "--baselines",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also judge my commonest reply, nearest neighbour and a 5-gram model",
    )
    parser.add_argument(
        "--limit",
        type=positive,
        default=1000,
        metavar="N",
        help="judge on at most N held-out pairs, drawn by lot (default: 1000)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything drawn")
    parser.add_argument(
        "--precision",
        choices=("float32", "bf16"),
        default="float32",
        help="bf16 is faster where the hardware has it, and differs in the third digit",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    given = build_parser().parse_args(argv)
    folder = runs.need(given.model, "finetune")
    pairs_folder = runs.need(given.pairs or folder.parent / "pairs", "prepare_data")

    from rich.console import Console

    from talklikeme.dataset import load_pairs
    from talklikeme.evaluation.judging import judge
    from talklikeme.evaluation.running import Plan
    from talklikeme.evaluation.served import load_served
    from talklikeme.evaluation.table import show

    contestant = load_served(folder, bf16=given.precision == "bf16")
    plan = Plan(given.limit, given.limit, given.limit, given.seed)
    evaluation = judge(
        contestant, load_pairs(pairs_folder), folder, plan, baselines=given.baselines
    )
    console = Console()
    show(evaluation, console)
    console.print(f"wrote {folder}/evaluation.json, evaluation.md and pictures", highlight=False)
    return 0


if __name__ == "__main__":
    run_script(main)
