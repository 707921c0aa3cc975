"""A word in the middle, those that the model takes for alike around it: the nearer, the more alike."""

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Final

from talklikeme.pages.look import render
from talklikeme.vocabulary import Neighbour

_SIZE: Final = 342
_INNER, _OUTER = 62, 146  # pixels from the middle


def draw_neighbours(word: str, found: Sequence[Neighbour]) -> str:
    """As HTML; says so where there is nothing to draw."""
    if not found:
        return render("neighbours", word=word, picture="", found=[])
    rows = [{"word": one.word, "cosine": f"{one.cosine:.2f}"} for one in found]
    return render("neighbours", word=word, picture=_draw(word, found), found=rows)


def _draw(word: str, found: Sequence[Neighbour]) -> str:
    from talklikeme.report.canvas import Canvas

    canvas, middle = Canvas(_SIZE, _SIZE), _SIZE / 2
    nearest, farthest = found[0].cosine, found[-1].cosine
    for one, angle in zip(found, _spread(found), strict=True):
        share = (nearest - one.cosine) / ((nearest - farthest) or 1.0)
        radius = _INNER + (_OUTER - _INNER) * share
        x, y = middle + radius * cos(angle), middle + radius * sin(angle)
        canvas.line([middle, x], [middle, y], "line")
        canvas.dot(x, y, 3, "friends")
        canvas.text(x, y - 11, one.word, align=_align(x), colour="ink", size=12)
    canvas.dot(middle, middle, 5, "me")
    canvas.text(middle, middle - 14, word.strip(), align="center", colour="ink", size=14)
    listed = ", ".join(one.word for one in found)
    return canvas.to_svg(f"words near {word.strip()}, the nearest first: {listed}")


def _align(x: float) -> str:
    """Away from the border."""
    return "left" if x < _SIZE * 0.3 else "right" if x > _SIZE * 0.7 else "center"


def _spread(found: Sequence[Neighbour]) -> list[float]:
    """Even angles in the order of the true ones, so that no word covers another."""
    order = sorted(range(len(found)), key=lambda place: found[place].angle)
    places = {place: rank for rank, place in enumerate(order)}
    return [2 * pi * places[place] / len(found) for place in range(len(found))]
