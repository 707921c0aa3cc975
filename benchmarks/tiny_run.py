"""Run the path of `make demo` on the bundled example, and write README's exchange and numbers from it.

python benchmarks/tiny_run.py             # about five minutes on two cores
python benchmarks/tiny_run.py --out DIR   # keep what it made
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = "configs/tiny.yaml"
STAGES = ("prepare_data", "train_tokenizer", "finetune")
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
    given = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        out = given or Path(folder) / "out"
        seconds = {stage: run_stage(stage, out) for stage in STAGES}
        write_readme(exchange(out), numbers(out, seconds))


def run_stage(stage: str, out: Path) -> float:
    """Run one script as a user does; returns seconds from start to end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, f"{stage}.py", CONFIG, "--out", str(out)], cwd=ROOT, check=True)
    return time.perf_counter() - start


def exchange(out: Path) -> str:
    """The first answer to each of the five questions, as drawn with seed 0, none left out."""
    import torch

    sys.path.insert(0, str(ROOT))
    from talklikeme.replies import load_replier

    replier = load_replier(out / "model")
    torch.manual_seed(SEED)
    lines = []
    for question in QUESTIONS:
        first, *more = replier.reply([{"role": "user", "content": question}])
        lines += [f"    friend  {question}", f"    bot     {first}"]
        lines += [f"            {bubble}" for bubble in more]
    facts = replier.facts
    lines.append(
        "\nFirst answers, none left out, by `benchmarks/tiny_run.py`. That is the lesson model of "
        f"`{CONFIG}`:\n{facts.parameters / 1e6:.1f} million parameters that have seen nothing but "
        f"{facts.pairs:,} replies of one person."
    )
    return "\n".join(lines)


def numbers(out: Path, seconds: dict[str, float]) -> str:
    """The table of what the run took and reached."""
    training = json.loads((out / "model" / "evaluation.json").read_text(encoding="utf-8"))[
        "training"
    ]
    pairs = json.loads((out / "pairs" / "ledger.json").read_text(encoding="utf-8"))
    return "\n".join(
        [
            "| `make demo`, measured by `benchmarks/tiny_run.py` | |",
            "|---|---|",
            f"| messages read → pairs | {pairs['records']:,} → {sum(pairs['pairs'].values()):,} |",
            f"| seconds: prepare, tokenizer, finetune | {', '.join(f'{s:.0f}' for s in seconds.values())} |",
            f"| loss a token: first, last, best validation | {training['first_loss']:.2f}, "
            f"{training['last_loss']:.2f}, {training['validation_loss']:.2f} |",
            f"| training speed, peak memory | {training['tokens_per_second']:,.0f} tokens/s, "
            f"{training['peak_memory_mb']:,.0f} MB |",
            f"| machine | {os.cpu_count()} cores, {_processor()}, no GPU |",
        ]
    )


def _processor() -> str:
    try:
        found = re.search(
            r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8")
        )
    except OSError:
        found = None
    return found[1].strip() if found else platform.machine()


def write_readme(exchange: str, numbers: str) -> None:
    """Replace what stands between the markers."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    for name, block in (("exchange", exchange), ("numbers", numbers)):
        text = re.sub(
            rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)",
            lambda found, block=block: f"{found[1]}{block}\n{found[2]}",
            text,
            flags=re.DOTALL,
        )
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
