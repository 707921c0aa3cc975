"""Results of the recipes: a JSON line a run, and the tables made of them."""

import json
import os
import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.recipe_list import BASELINE, RECIPES
from benchmarks.tables import table

Run = dict[str, Any]


def read_runs(path: Path) -> list[Run]:
    """All runs so far, oldest first; a line that was cut off by a kill is left out."""
    if not path.exists():
        return []
    runs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            runs.append(json.loads(line))
        except ValueError:
            continue
    return runs


def append_run(path: Path, run: Run) -> None:
    """Add a line in one write to the file's end, so that two processes do not mix theirs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(run, ensure_ascii=False) + "\n"
    target = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(target, line.encode())
    finally:
        os.close(target)


def has_run(runs: Sequence[Run], name: str, operations: float, seed: int) -> bool:
    """Whether this run is there already."""
    return any(
        (run["name"], run["operations"], run["seed"]) == (name, operations, seed) for run in runs
    )


def tabulate(runs: Sequence[Run]) -> str:
    """Two Markdown tables for each budget: the recipes, and their bits per byte a corpus."""
    blocks = []
    for operations in sorted({run["operations"] for run in runs}, reverse=True):
        blocks.append(f"### {operations:.0e} operations a recipe\n".replace("e+", "e"))
        blocks.append(_budget([run for run in runs if run["operations"] == operations]))
    return "\n".join(blocks)


def _budget(runs: Sequence[Run]) -> str:
    named: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        named[run["name"]].append(run)
    places = {recipe.name: place for place, recipe in enumerate(RECIPES)}
    names = sorted(named, key=lambda name: places.get(name, len(places)))
    base = _mean(named.get(BASELINE, []), "bits_per_byte")
    parts = [table(_HEAD, (_row(name, named[name], base) for name in names))]
    parts.append(_noise(named.get(BASELINE, [])))
    parts.append(_corpora({name: named[name] for name in names}))
    return "\n\n".join(part for part in parts if part) + "\n"


_HEAD = [
    "recipe", "bits per byte", "against the baseline", "saved by the context", "runs", "million parameters", "steps",
    "train loss", "wall s", "CPU s",
]  # fmt: skip


def _row(name: str, runs: Sequence[Run], base: float | None) -> list[str]:
    whole = [run for run in runs if "failed" not in run]
    if not whole:
        return [name, f"failed: {runs[0]['failed']}", *["–"] * (len(_HEAD) - 2)]
    bits = _mean(whole, "bits_per_byte")
    gain = f"{bits - base:+.3f}" if base is not None and bits is not None else "–"
    numbers = [_mean(whole, key) or 0.0 for key in ("parameters", "steps", "train_loss", "wall_seconds", "cpu_seconds")]  # fmt: skip
    size, steps, loss, wall, cpu = numbers
    heard = _mean(whole, "listening")
    failed = f" + {len(runs) - len(whole)} failed" if len(runs) > len(whole) else ""
    return [
        name, f"{bits:.3f}", "0" if name == BASELINE else gain,
        "–" if heard is None else f"{heard:.3f}", f"{len(whole)}{failed}",
        f"{size / 1e6:.1f}", f"{steps:,.0f}", f"{loss:.3f}", f"{wall:,.0f}", f"{cpu:,.0f}",
    ]  # fmt: skip


def _noise(runs: Sequence[Run]) -> str:
    """What chance does, if the baseline was run with several seeds."""
    bits = [run["bits_per_byte"] for run in runs if "failed" not in run]
    if len(bits) < 2:
        times = "once" if bits else "never"
        return (
            f"The baseline was run {times}: how far chance alone moves these numbers is not known."
        )
    return (
        f"{len(bits)} runs of the baseline with different seeds: from {min(bits):.3f} to "
        f"{max(bits):.3f}, standard deviation {statistics.stdev(bits):.4f} bits per byte."
    )


def _corpora(named: dict[str, list[Run]]) -> str:
    whole = {
        name: [run["corpora"] for run in runs if "failed" not in run]
        for name, runs in named.items()
    }
    sources = sorted({source for runs in whole.values() for run in runs for source in run})
    rows = []
    for name, runs in whole.items():
        if runs:
            found = ([run[source] for run in runs if source in run] for source in sources)
            rows.append([name, *(f"{statistics.mean(v):.3f}" if v else "–" for v in found)])
    return table(["bits per byte", *sources], rows) if sources else ""


def _mean(runs: Sequence[Run], key: str) -> float | None:
    values = [run[key] for run in runs if run.get(key) is not None]
    return statistics.mean(values) if values else None
