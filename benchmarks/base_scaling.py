"""What more compute for the base model would bring: its bits a byte over the operations it was trained with.

python benchmarks/base_scaling.py      # draws docs/base-scaling.png, writes its block in docs/experiments.md

The points are the baseline's runs of benchmarks/recipes.py, which is configs/base.yaml's recipe on a budget, and
models/base after each of its legs, whose operations are its steps times those of one step there.
"""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
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


@dataclass(frozen=True, slots=True)
class Point:
    """A training of one recipe, and how well what came of it foresees held-out replies."""

    name: str
    operations: float
    bits: float  # a byte, the mean of the corpora


def main() -> None:
    """Draw and write."""
    points = read_points()
    saved, at_one = fit(points)
    draw(points, saved, at_one)
    write_block(PAGE, "scaling", describe(points, saved))


def read_points() -> list[Point]:
    """One for each budget of the baseline, the mean of its seeds, and one for each leg of models/base."""
    runs = [run for run in read_runs(RESULTS) if run["name"] == BASELINE and "failed" not in run]
    budgets = sorted({run["operations"] for run in runs})
    points = [
        Point(
            "baseline",
            fmean(run["operations_spent"] for run in runs if run["operations"] == budget),
            fmean(run["bits_per_byte"] for run in runs if run["operations"] == budget),
        )
        for budget in budgets
    ]
    a_step = fmean(run["operations_spent"] / run["steps"] for run in runs)
    legs = json.loads((BASE / "legs.json").read_text(encoding="utf-8"))
    trained = accumulate(leg["steps"] * a_step for leg in legs)
    for number, (leg, operations) in enumerate(zip(legs, trained, strict=True), start=1):
        points.append(Point(f"models/base, leg {number}", operations, leg["bits_per_byte"]))
    return points


def fit(points: Sequence[Point]) -> tuple[float, float]:
    """How many bits twice the operations save, and those at one operation: least squares over all points."""
    doublings = [math.log2(point.operations) for point in points]
    slope, bits = linear_regression(doublings, [point.bits for point in points])
    return -slope, bits


def describe(points: Sequence[Point], saved: float) -> str:
    """The points as a table, and what they say."""
    rows = [f"| {one.name} | {one.operations:.1e} | {one.bits:.3f} |" for one in points]
    return "\n".join(
        [
            "| training | operations | bits per byte, mean of the corpora |",
            "| --- | ---: | ---: |",
            *rows,
            "",
            f"![Bits per byte over operations]({PICTURE.name})",
            "",
            f"Each doubling of the operations saved {saved:.2f} bits a byte, the last only {_last(points):.2f}.",
        ]
    )


def _last(points: Sequence[Point]) -> float:
    """Bits that a doubling saved between the last two points: less than on average where the line bends."""
    before, now = points[-2:]
    return (before.bits - now.bits) / math.log2(now.operations / before.operations)


def draw(points: Sequence[Point], saved: float, at_one: float) -> None:
    """The points, and the line through them gone on for three doublings."""
    figure = Figure(figsize=(6.5, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot(
        [one.operations for one in points], [one.bits for one in points], "o", color="#1d4ed8"
    )
    ends = [points[0].operations, points[-1].operations * 8]
    line = [at_one - saved * math.log2(one) for one in ends]
    axes.plot(ends, line, color="#93b4f5", zorder=0)
    for one in points:
        axes.annotate(
            f"{one.bits:.2f}", (one.operations, one.bits), xytext=(6, 4), textcoords="offset points"
        )
    axes.set_xscale("log")
    axes.set_xlabel("operations in training")
    axes.set_ylabel("bits per byte")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=150)


if __name__ == "__main__":
    main()
