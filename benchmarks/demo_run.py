"""Run the path of `make demo` on the bundled example, and write README's blocks from it.

python benchmarks/demo_run.py             # some three minutes on two cores
python benchmarks/demo_run.py --out DIR   # keep what it made
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.tables import processor, write_block
from talklikeme.replies import load_replier

README = ROOT / "README.md"
CONFIG = "configs/me.yaml"
EXAMPLE = ("--exports", "examples/exports", "--timezone", "UTC")
STAGES = {
    "prepare_data": EXAMPLE,
    "train_tokenizer": (),
    "finetune": (),
}
QUESTIONS = (
    "whats up",
    "hi",
    "hey how are you",
    "what are you up to",
    "that dodgers game was awesome",
)
SEED = 0


def main() -> None:
    """Run, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--busy", default="", help="what else the machine did meanwhile, to be told"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = given.out or Path(folder) / "out"
        seconds = {stage: run_stage(stage, out) for stage in STAGES}
        write_block(README, "exchange", exchange(out))
        write_block(README, "numbers", numbers(out, seconds, given.busy))
        write_block(README, "verdict", verdict(out))


def run_stage(stage: str, out: Path) -> float:
    """Run one script as a user does; returns seconds from start to end."""
    start = time.perf_counter()
    command = [sys.executable, f"{stage}.py", CONFIG, *STAGES[stage], "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True)
    return time.perf_counter() - start


def exchange(out: Path) -> str:
    """The answer to each of the five questions, each the first of a conversation, none left out."""
    replier = load_replier(out / "model", seed=SEED)
    lines = []
    for question in QUESTIONS:
        first, *more = replier.reply([{"role": "user", "content": question}])
        lines += [f"    friend  {question}", f"    bot     {first}"]
        lines += [f"            {bubble}" for bubble in more]
    facts = replier.facts
    lines.append(
        f"\nFive first questions, none left out, seed {SEED}, by `benchmarks/demo_run.py`: the model of "
        f"`make demo`,\n{facts.parameters / 1e6:.1f} million parameters, fine-tuned from `models/base` "
        f"on {facts.pairs:,} replies of one person."
    )
    return "\n".join(lines)


def numbers(out: Path, seconds: dict[str, float], busy: str) -> str:
    """The table of what the run took and reached."""
    training = json.loads((out / "model" / "evaluation.json").read_text(encoding="utf-8"))[
        "training"
    ]
    pairs = json.loads((out / "pairs" / "ledger.json").read_text(encoding="utf-8"))
    return "\n".join(
        [
            "| `make demo`, measured by `benchmarks/demo_run.py` | |",
            "|---|---|",
            f"| messages read → pairs | {pairs['records']:,} → {sum(pairs['pairs'].values()):,} |",
            f"| seconds: prepare, tokenizer, finetune | {', '.join(f'{s:.0f}' for s in seconds.values())} |",
            f"| loss a token: first, last, best validation | {training['first_loss']:.2f}, "
            f"{training['last_loss']:.2f}, {training['validation_loss']:.2f} |",
            f"| training speed, peak memory | {training['tokens_per_second']:,.0f} tokens/s, "
            f"{training['peak_memory_mb']:,.0f} MB |",
            f"| machine | {os.cpu_count()} cores, {processor()}, no GPU{busy and f'; {busy}'} |",
        ]
    )


def verdict(out: Path) -> str:
    """The demo's model beside the baselines, the numbers that matter most."""
    found = json.loads((out / "model" / "evaluation.json").read_text(encoding="utf-8"))
    lines = found["evaluation"]["lines"]
    rows = [
        f"| {name} | {_number(line['bits_per_byte'], '.2f')} | {_number(line['hits_at_1'], '.1%')} | "
        f"{_auc(line)} | {_life(line, 'commonest')} | {_life(line, 'copies')} |"
        for name, line in lines.items()
    ]
    leaks = found["leaks"]
    return "\n".join(
        [
            "| the demo's model, on sessions that it has not seen | bits per byte ↓ | hits@1 of 20 ↑ | "
            "sounds like me (AUC) | my 20 commonest replies | copies |",
            "|---|---|---|---|---|---|",
            *rows,
            f"\n{leaks['searched']:,} drawn replies held {leaks['found']} of {leaks['secrets_known']:,} "
            "secrets that redaction had found. Measured by `benchmarks/demo_run.py`.",
        ]
    )


def _number(found: Any, form: str) -> str:
    value = found["value"] if isinstance(found, dict) else found
    return "–" if value is None else format(value, form)


def _life(line: dict[str, Any], share: str) -> str:
    return _number(line["life"] and line["life"][share], ".0%")


def _auc(line: dict[str, Any]) -> str:
    return f"{line['style']['auc']:.2f}" if line["style"] else "–"


if __name__ == "__main__":
    main()
