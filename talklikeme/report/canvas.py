"""A matplotlib figure measured in CSS pixels that becomes inline SVG, coloured by the page's CSS.

Figure objects and the SVG backend only: no pyplot, no window, no global state. Texts stay texts, in
the page's own font, so that a browser can draw any script and emoji. Colours are stand-ins that
become CSS variables, so that light and dark need one picture.
"""

import io
import re
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

_DPI = 72  # one point is one pixel
_VARIABLES = ("ink", "muted", "line", "me", "friends", *(f"c{number}" for number in range(8)))
_STAND_IN = {name: f"#0000{place + 1:02x}" for place, name in enumerate(_VARIABLES)}
_OPENING = re.compile(r'^.*?<svg [^>]*?viewBox="([^"]*)"[^>]*>', re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")  # matplotlib escapes both brackets in texts
_NOISE = re.compile(r' id="[^"]*"| transform="rotate\(-0 [^"]*"|; font-family: [^;"]*')
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "talklikeme",
    "path.simplify": False,
    "text.usetex": False,
    "text.parse_math": False,
    "path.sketch": None,
}


class Canvas:
    """Draws in pixels from the top left, as a page is laid out."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        FigureCanvasSVG(self._figure)
        self._axes: Axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set(xlim=(0, width), ylim=(height, 0))
        self._figure.patch.set_visible(False)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle."""
        self.boxes([x], [y], [width], [height], colour)

    def boxes(
        self,
        x: Sequence[float],
        y: Sequence[float],
        width: Sequence[float],
        height: Sequence[float],
        colour: str,
    ) -> None:
        """Rectangles of one colour, as one path."""
        corners, codes = [], []
        for left, top, wide, high in zip(x, y, width, height, strict=True):
            if wide > 0 and high > 0:
                right, bottom = left + wide, top + high
                corners += [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
                codes += _RECTANGLE
        if corners:
            path = Path(corners, codes)
            self._axes.add_patch(PathPatch(path, color=_STAND_IN[colour], lw=0, clip_on=False))

    def line(self, x: Sequence[float], y: Sequence[float], colour: str, width: float = 1) -> None:
        """A line through points."""
        self._axes.plot(
            x,
            y,
            color=_STAND_IN[colour],
            lw=width,
            zorder=0 if colour == "line" else 2,
            clip_on=False,
            solid_capstyle="round",
            solid_joinstyle="round",
        )

    def dot(self, x: float, y: float, radius: float, colour: str) -> None:
        """A filled circle."""
        circle = Circle((x, y), radius, color=_STAND_IN[colour], lw=0, clip_on=False, zorder=3)
        self._axes.add_patch(circle)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        align: str = "left",
        colour: str = "muted",
        size: float = 12,
    ) -> None:
        """A line of text, centred on y."""
        self._axes.text(
            x,
            y + size * 0.35,
            text,
            ha=align,
            va="baseline",
            color=_STAND_IN[colour],
            fontsize=size,
            parse_math=False,
            clip_on=False,
        )

    def to_svg(self, description: str) -> Markup:
        """The picture as an element for an HTML page, with a text for who cannot see it."""
        out = io.StringIO()
        with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
            # The browser's fonts draw the text; that matplotlib's own lack a glyph does not matter.
            warnings.simplefilter("ignore")
            self._figure.savefig(
                out,
                format="svg",
                transparent=True,
                metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")),
            )
        return _for_page(out.getvalue(), description)


_RECTANGLE = [
    Path.MOVETO,
    *[Path.LINETO] * 3,
    Path.CLOSEPOLY,
]


def _for_page(svg: str, description: str) -> Markup:
    """Matplotlib's file as an inline element: no ids to collide, no fonts, CSS colours."""
    opening = _OPENING.match(svg)
    assert opening is not None
    body = _TAG.sub(_clean_tag, _METADATA.sub("", svg[opening.end() :]))
    start = Markup('<svg viewBox="{}" role="img" aria-label="{}">').format(opening[1], description)
    return start + Markup(body.replace("\n", ""))


def _clean_tag(found: re.Match[str]) -> str:
    tag = _NOISE.sub("", found.group()).replace("\n", "")
    for name, colour in _STAND_IN.items():
        tag = tag.replace(f": {colour}", f": var(--{name})")
    return tag
