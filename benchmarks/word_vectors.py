"""Do word vectors help? Validation loss with and without --init-embeddings, into docs/tokenizer.md.

python benchmarks/word_vectors.py /tmp/people/out_a/pairs            # three seeds, tiny.yaml's model
python benchmarks/word_vectors.py PAIRS --max-steps 20 --eval-steps 10 --d-model 32 --heads 2

Every training sees the same pairs and the same tokenizer; only the first embedding differs, and the
seed, which is the same for both sides of a comparison. Unknown flags go to finetune.py.
"""

import argparse
import json
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.tables import write_block

SIDES = {"without": "--no-init-embeddings", "with": "--init-embeddings"}
# Of a two-sided 95 % interval of a mean, by the degrees of freedom (Student's t).
T_95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}


def main() -> None:
    """Train all, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--config", default="configs/tiny.yaml")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--vocab-size", type=int, default=4096)
    parser.add_argument("--d-model", type=int, default=192)
    given, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        shutil.copytree(given.pairs, out / "pairs")
        width = str(given.d_model)
        run("train_tokenizer.py", given.config, "--out", str(out), "--fresh", "--word-vectors",
            "--word-vectors-width", width, "--vocab-size", str(given.vocab_size))  # fmt: skip
        losses = {
            side: [train(given.config, out, seed, flag, width, more) for seed in given.seeds]
            for side, flag in SIDES.items()
        }
    block = table(given.seeds, losses, f"{given.pairs}, {given.config}, {' '.join(more) or '–'}")
    print(block)
    write_block(ROOT / "docs" / "tokenizer.md", "word-vectors", block)


def run(script: str, *arguments: str) -> None:
    """Run one script as a user does."""
    subprocess.run([sys.executable, script, *arguments], cwd=ROOT, check=True)


def train(config: str, out: Path, seed: int, flag: str, width: str, more: list[str]) -> float:
    """One training; returns the best validation loss."""
    run("finetune.py", config, "--out", str(out), "--seed", str(seed), "--d-model", width,
        "--fresh", flag, *more)  # fmt: skip
    numbers = json.loads((out / "model" / "evaluation.json").read_text(encoding="utf-8"))
    loss = numbers["training"]["validation_loss"]
    if loss is None:
        raise SystemExit("no validation loss: the pairs hold no validation split")
    return float(loss)


def table(seeds: list[int], losses: dict[str, list[float]], how: str) -> str:
    """The losses, and the mean of what the vectors change, with its 95 % interval."""
    changes = [b - a for a, b in zip(losses["without"], losses["with"], strict=True)]
    lines = ["| seed | without | with | change |", "|---|---|---|---|"]
    rows = zip(seeds, losses["without"], losses["with"], changes, strict=True)
    lines += [f"| {seed} | {a:.4f} | {b:.4f} | {change:+.4f} |" for seed, a, b, change in rows]
    mean = statistics.mean(changes)
    spread = "–"
    if len(changes) > 1:
        t = T_95.get(len(changes) - 1, 1.96)
        spread = f"±{t * statistics.stdev(changes) / math.sqrt(len(changes)):.4f}"
    means = " | ".join(f"{statistics.mean(values):.4f}" for values in losses.values())
    lines.append(f"| mean | {means} | {mean:+.4f} {spread} |")
    return "\n".join([*lines, f"\nBest validation loss a token, natural log; {how}."])


if __name__ == "__main__":
    main()
