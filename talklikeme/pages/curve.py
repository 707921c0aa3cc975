"""The picture beside the sample board: losses over steps, and a mark where one looks."""

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Final

from talklikeme.pages.look import render

if TYPE_CHECKING:
    from talklikeme.curves import Curves, Points

_WIDTHS: Final = (680, 342)
_HEIGHT: Final = 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 12, 14, 26
_POINTS: Final = 120


def draw_curve(curves: "Curves", step: int) -> str:
    """As HTML, for both widths of a screen; empty where no losses are known."""
    shown = {name: curves[name] for name in ("training", "validation") if curves.get(name)}
    if not shown:
        return ""
    says = _describe(shown, step)
    pictures = [_draw(shown, step, width, says) for width in _WIDTHS]
    return render("curve", pictures=pictures, names=list(shown))


def _describe(curves: "Curves", step: int) -> str:
    name, points = list(curves.items())[-1]
    (first, high), (last, low) = points[0], points[-1]
    return f"{name} loss from {high:.2f} at step {first:,} to {low:.2f} at step {last:,}; you look at step {step:,}"


def _draw(curves: "Curves", step: int, width: int, says: str) -> str:
    from talklikeme.report.canvas import Canvas

    canvas = Canvas(width, _HEIGHT)
    drawn = {name: _thin(points) for name, points in curves.items()}
    values = [value for points in drawn.values() for _, value in points]
    last = max(step, 1, *(points[-1][0] for points in drawn.values()))
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    floor = _HEIGHT - _BOTTOM

    def x_of(at: float) -> float:
        return _LEFT + (width - _LEFT - _RIGHT) * at / last

    def y_of(value: float) -> float:
        return floor - (floor - _TOP) * (value - low) / span

    for value in (low, (low + high) / 2, high):
        canvas.line([_LEFT, width - _RIGHT], [y_of(value)] * 2, "line")
        canvas.text(_LEFT - 6, y_of(value), f"{value:.1f}", align="right", size=11)
    for at, align in ((0, "left"), (last, "right")):
        canvas.text(x_of(at), _HEIGHT - 9, f"{at:,}" if at else "step 0", align=align, size=11)
    canvas.line([x_of(step)] * 2, [_TOP, floor], "ink", 1)
    for name, colour in (("training", "friends"), ("validation", "me")):
        points = drawn.get(name, ())
        canvas.line([x_of(at) for at, _ in points], [y_of(one) for _, one in points], colour, 2)
    near = min(list(drawn.values())[-1], key=lambda point: abs(point[0] - step))
    canvas.dot(x_of(step), y_of(near[1]), 4, "ink")
    return canvas.to_svg(says)


def _thin(points: "Points") -> "Points":
    """Means of neighbours: a batch has rows of like length, so single losses jump."""
    size = max(1, len(points) // _POINTS)
    return [_mean(points[first : first + size]) for first in range(0, len(points), size)]


def _mean(points: Sequence[tuple[int, float]]) -> tuple[int, float]:
    return round(fmean(at for at, _ in points)), fmean(value for _, value in points)
