"""The curves of a training as a small CSV and a picture."""

import csv
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from talklikeme.curves import Curves

_COLOURS: Final = {"training": "#93b4f5", "validation": "#1d4ed8", "rate": "#9ca3af"}
WIDTH: Final = 50


def load_curves(path: Path) -> Curves:
    """What write_curves wrote; nothing if there is no such file."""
    found: dict[str, list[tuple[int, float]]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stored:
            for row in csv.DictReader(stored):
                point = int(row["step"]), float(row["value"])
                found.setdefault(row["curve"], []).append(point)
    return found


def go_on(before: Curves, curves: Curves, steps: int) -> Curves:
    """The curves of a leg that began after so many steps, behind those of the legs before."""
    return {
        name: [*before.get(name, ()), *((step + steps, value) for step, value in points)]
        for name, points in curves.items()
    }


def write_curves(curves: Curves, path: Path) -> None:
    """As a table of curve, step, value."""
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(("curve", "step", "value"))
        for name, points in curves.items():
            table.writerows((name, step, f"{value:.6g}") for step, value in points)


def _smooth(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Means over WIDTH steps: a batch has rows of like length, so single losses jump."""
    bins: dict[int, list[tuple[int, float]]] = {}
    for step, value in points:
        bins.setdefault((step - 1) // WIDTH, []).append((step, value))
    return [
        (round(fmean(step for step, _ in one)), fmean(value for _, value in one))
        for one in bins.values()
    ]


def draw_curves(curves: Curves, path: Path, begun: Sequence[int] = ()) -> None:
    """Losses over steps, the learning rate in a strip below, a line where a further leg has begun."""
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(5, 1))
    training = _smooth(curves.get("training", []))
    for name, points in (("training", training), ("validation", curves.get("validation", []))):
        if points:
            top.plot(*zip(*points, strict=True), color=_COLOURS[name], lw=1.6, label=name)
    settled = [value for _, value in curves.get("validation", [])]
    if settled:
        lowest = min(settled + [value for _, value in training])
        # The first third falls too steeply for the rest to be seen
        highest = max(settled[len(settled) // 3 :])
        top.set_ylim(lowest * 0.97, max(highest * 1.05, lowest * 1.5))
        top.annotate(f"{settled[-1]:.3f}", curves["validation"][-1], xytext=(4, 4),
                     textcoords="offset points")  # fmt: skip
    top.set_ylabel("nats a token")
    top.legend(frameon=False)
    if rate := curves.get("rate"):
        below.fill_between(*zip(*rate, strict=True), color=_COLOURS["rate"], lw=0)
    below.set_ylabel("rate")
    below.set_yticks([])
    below.set_xlabel("step")
    for axes in (top, below):
        for step in begun:
            axes.axvline(step, color="#6b7280", lw=0.8, ls=":")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
