"""Three pictures of an evaluation as PNG; matplotlib's Figure and Agg only, no window, no pyplot.

evaluation_likelihood.png   bits per byte and hits@1 of every contestant, with their intervals
evaluation_style.png        how sure the judge is that a reply is mine, for every set of replies
evaluation_habits.png       lengths and bursts of replies, mine beside everyone's
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from talklikeme.evaluation.choice import CANDIDATES
from talklikeme.evaluation.contestants import Reply
from talklikeme.evaluation.exchanges import as_text
from talklikeme.evaluation.intervals import Interval
from talklikeme.evaluation.results import FRIENDS, ME, ME_BEFORE, Evaluation, Line
from talklikeme.evaluation.style import burst_class, length_class

_INK, _MUTED, _GRID = "#1f2430", "#6b7280", "#e5e7eb"
_MINE, _FRIENDS, _FIRST = "#1f2430", "#a8adb8", "#2563eb"  # the first contestant is the model
_OTHERS = ("#f59e0b", "#10b981", "#a855f7", "#ef4444", "#0ea5e9", "#84cc16")
_DPI = 150
_LEFT_OUT = 0.15  # of a row's height stays white above its curve
_MARKS = np.linspace(0, 1, 41)


def draw_plots(evaluation: Evaluation, folder: Path) -> dict[str, str]:
    """Write the pictures that can be drawn; returns their names and titles."""
    drawn: dict[str, tuple[str, Figure | None]] = {
        "evaluation_likelihood.png": ("What it knows of my replies", _likelihood(evaluation)),
        "evaluation_style.png": ("How much it sounds like me", _style(evaluation)),
        "evaluation_habits.png": ("How long and in how many bubbles", _habits(evaluation)),
    }
    for name, (_, figure) in drawn.items():
        (folder / name).unlink(missing_ok=True)  # an older one would belong to other numbers
        if figure is not None:
            FigureCanvasAgg(figure)
            figure.savefig(folder / name, dpi=_DPI)
    return {name: title for name, (title, figure) in drawn.items() if figure is not None}


def _colours(evaluation: Evaluation) -> dict[str, str]:
    names = [line.name for line in evaluation.contestants]
    palette = [_FIRST, *_OTHERS]
    named = {name: palette[number % len(palette)] for number, name in enumerate(names)}
    return {ME: _MINE, FRIENDS: _FRIENDS} | named


def _likelihood(evaluation: Evaluation) -> Figure | None:
    lines = evaluation.contestants
    if not any(line.bits or line.choice for line in lines):
        return None
    figure = Figure(figsize=(10, 1.3 + 0.5 * len(lines)), layout="constrained")
    left, right = figure.subplots(1, 2)
    colours = _colours(evaluation)
    bits = {line.name: line.bits for line in lines}
    _bars(left, bits, colours, lambda value: f"{value:.2f}")
    _title(left, "Bits per byte of my real replies", "lower is better; knowing nothing: 8")
    hits = {line.name: line.choice.hits if line.choice else None for line in lines}
    _bars(right, hits, colours, lambda value: f"{100 * value:.1f} %")
    _title(right, f"My true reply first among {CANDIDATES}", "higher is better; dashed: chance")
    right.axvline(1 / CANDIDATES, color=_MUTED, lw=1, ls=(0, (4, 3)))
    right.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    return figure


def _bars(
    axes: Axes,
    values: Mapping[str, Interval | None],
    colours: Mapping[str, str],
    show: Callable[[float], str],
) -> None:
    """Horizontal bars with intervals, the value written behind each."""
    _plain(axes)
    names = list(values)
    highest = max((one.high for one in values.values() if one), default=1.0) or 1.0
    for place, (name, one) in enumerate(values.items()):
        if one is None:
            axes.text(highest * 0.01, place, "no likelihood", va="center", color=_MUTED)
            continue
        axes.barh(place, one.value, height=0.62, color=colours[name])
        axes.plot([one.low, one.high], [place, place], color=_INK, lw=1.4, solid_capstyle="butt")
        for end in (one.low, one.high):
            axes.plot([end, end], [place - 0.1, place + 0.1], color=_INK, lw=1.4)
        axes.text(one.high + highest * 0.02, place, show(one.value), va="center", color=_INK)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlim(0, highest * 1.18)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color=_GRID)


def _style(evaluation: Evaluation) -> Figure | None:
    shown = [one for one in evaluation.lines if one.probabilities and one.name != ME_BEFORE]
    if not shown:
        return None
    order = [FRIENDS, ME, *(line.name for line in evaluation.contestants)]
    shown.sort(key=lambda line: order.index(line.name))
    colours = _colours(evaluation)
    figure = Figure(figsize=(8, 1.5 + 0.7 * len(shown)), layout="constrained")
    axes = figure.subplots()
    _plain(axes)
    for place, line in enumerate(shown):
        _ridge(axes, line, len(shown) - 1 - place, colours[line.name])
    axes.set_yticks([place + 0.3 for place in range(len(shown))], [one.name for one in shown[::-1]])
    axes.set_ylim(-0.12, len(shown))
    axes.set_xlim(0, 1.2)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["surely a friend", "", "", "", "surely me"])
    axes.tick_params(axis="x", length=3)
    _title(
        axes,
        "Who wrote this reply? What the judge thinks",
        "line: the mean; AUC against my friends",
    )
    return figure


def _ridge(axes: Axes, line: Line, floor: int, colour: str) -> None:
    """One set's distribution as a filled curve of fixed height, its mean and AUC."""
    shares, _ = np.histogram(line.probabilities, bins=len(_MARKS) - 1, range=(0, 1))
    smooth = np.convolve(np.pad(shares, 3, mode="reflect"), _KERNEL, mode="valid")
    height = smooth / smooth.max() * (1 - _LEFT_OUT)
    middles = (_MARKS[1:] + _MARKS[:-1]) / 2
    xs, ys = [0.0, *middles, 1.0], [height[0], *height, height[-1]]
    axes.fill_between(xs, floor, [floor + y for y in ys], color=colour, alpha=0.55, lw=0)
    axes.plot([0, 1], [floor, floor], color=_GRID, lw=1, zorder=0)
    mean = float(np.mean(line.probabilities))
    axes.plot([mean, mean], [floor, floor + 1 - _LEFT_OUT], color=_INK, lw=1.6)
    auc = "" if line.auc is None or line.name == FRIENDS else f"\nAUC {line.auc:.2f}"
    axes.text(1.03, floor + 0.4, f"{100 * mean:.0f} %{auc}", va="center", color=_INK, fontsize=9)


_KERNEL = np.array([1, 6, 15, 20, 15, 6, 1]) / 64  # binomial: as good as a Gaussian here


def _habits(evaluation: Evaluation) -> Figure | None:
    shown = [line for line in evaluation.lines if line.name == ME or not line.is_reference]
    # Who gives one reply to all would only press the others' curves flat.
    shown = [line for line in shown if len({as_text(reply) for reply in line.replies}) > 1]
    if len(shown) < 2:
        return None
    colours = _colours(evaluation)
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    _lengths(left, shown, colours)
    _bursts(right, shown, colours)
    figure.legend(
        *right.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=min(len(shown), 6),
        frameon=False,
    )
    return figure


def _lengths(axes: Axes, lines: Sequence[Line], colours: Mapping[str, str]) -> None:
    longest = max(length_class(reply) for line in lines for reply in line.replies)
    classes = range(longest + 1)
    for line in reversed(lines):
        shares = _shares(line.replies, length_class, classes)
        mine = line.name == ME
        axes.plot(
            classes, shares, color=colours[line.name], lw=3 if mine else 1.8, marker="o", ms=4
        )
    labels = [str(2 ** (one - 1)) if one else "0" for one in classes]
    _plain(axes)
    axes.set_xticks(classes, labels)
    _percent_axis(axes)
    axes.set_xlabel("characters a reply, from … up", color=_MUTED)
    _title(axes, "Length of replies", "share of replies")


def _bursts(axes: Axes, lines: Sequence[Line], colours: Mapping[str, str]) -> None:
    classes = range(1, 6)
    width = 0.82 / len(lines)
    for number, line in enumerate(lines):
        shares = _shares(line.replies, burst_class, classes)
        places = [one - 0.41 + (number + 0.5) * width for one in classes]
        axes.bar(places, shares, width * 0.92, color=colours[line.name], label=line.name)
    _plain(axes)
    axes.set_xticks(classes, ["1", "2", "3", "4", "5 or more"])
    _percent_axis(axes)
    axes.set_xlabel("bubbles a reply", color=_MUTED)
    _title(axes, "Bubbles in a row", "share of replies")


def _shares(
    replies: Sequence[Reply], class_of: Callable[[Reply], int], classes: Sequence[int]
) -> list[float]:
    counts = Counter(map(class_of, replies))
    return [counts[one] / len(replies) for one in classes]


def _percent_axis(axes: Axes) -> None:
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=_GRID)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")


def _plain(axes: Axes) -> None:
    """No frame, quiet ticks."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelcolor=_INK)
    axes.set_axisbelow(True)


def _title(axes: Axes, title: str, hint: str) -> None:
    axes.set_title(title, loc="left", color=_INK, fontsize=12, fontweight="bold", pad=22)
    axes.text(0, 1.02, hint, transform=axes.transAxes, color=_MUTED, fontsize=9.5, va="bottom")
