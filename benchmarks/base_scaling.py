"""What more compute for the base model would bring: its bits a byte over the operations it was trained with.

python benchmarks/base_scaling.py      # draws docs/base-scaling.png, writes its block in docs/experiments.md

The points are the baseline's runs of benchmarks/recipes.py, which is configs/base.yaml's recipe on a budget, and
models/base itself, whose operations are its steps times those of one step there.
"""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, linear_regression
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.recipe_list import BASELINE
from benchmarks.recipe_results import read_runs
from benchmarks.recipes import PAGE, RESULTS
from benchmarks.tables import write_block

BASE: Final = ROOT / "models" / "base"
PICTURE: Final = ROOT / "docs" / "base-scaling.png"

Point = tuple[float, float]  # operations, bits a byte


def main() -> None:
    """Draw and write."""
    points = read_points()
    saved, at_one = fit(points)
    draw(points, saved, at_one)
    write_block(PAGE, "scaling", describe(points, saved))


def read_points() -> list[Point]:
    """One for each budget of the baseline, the mean of its seeds, and models/base."""
    runs = [run for run in read_runs(RESULTS) if run["name"] == BASELINE and "failed" not in run]
    budgets = sorted({run["operations"] for run in runs})
    points = [
        (
            fmean(run["operations_spent"] for run in runs if run["operations"] == budget),
            fmean(run["bits_per_byte"] for run in runs if run["operations"] == budget),
        )
        for budget in budgets
    ]
    a_step = fmean(run["operations_spent"] / run["steps"] for run in runs)
    legs = json.loads((BASE / "legs.json").read_text(encoding="utf-8"))
    corpora = json.loads((BASE / "corpora.json").read_text(encoding="utf-8"))
    trained = sum(leg["steps"] for leg in legs) * a_step
    return [*points, (trained, fmean(one["bits"]["value"] for one in corpora))]


def fit(points: Sequence[Point]) -> tuple[float, float]:
    """How many bits twice the operations save, and those at one operation: least squares over all points."""
    doublings = [math.log2(operations) for operations, _ in points]
    slope, bits = linear_regression(doublings, [value for _, value in points])
    return -slope, bits


def describe(points: Sequence[Point], saved: float) -> str:
    """The points as a table, and what they say."""
    rows = [f"| {operations:.1e} | {bits:.3f} |" for operations, bits in points]
    return "\n".join(
        [
            "| operations | bits per byte, mean of the corpora |",
            "| ---: | ---: |",
            *rows,
            "",
            f"![Bits per byte over operations]({PICTURE.name})",
            "",
            f"Each doubling of the operations saved {saved:.2f} bits a byte. The last point is models/base.",
        ]
    )


def draw(points: Sequence[Point], saved: float, at_one: float) -> None:
    """The points, and the line through them gone on for three doublings."""
    figure = Figure(figsize=(6.5, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    operations, bits = zip(*points, strict=True)
    axes.plot(operations, bits, "o", color="#1d4ed8")
    ends = [operations[0], operations[-1] * 8]
    line = [at_one - saved * math.log2(one) for one in ends]
    axes.plot(ends, line, color="#93b4f5", zorder=0)
    for one, value in points:
        axes.annotate(f"{value:.2f}", (one, value), xytext=(6, 4), textcoords="offset points")
    axes.set_xscale("log")
    axes.set_xlabel("operations in training")
    axes.set_ylabel("bits per byte")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=150)


if __name__ == "__main__":
    main()
