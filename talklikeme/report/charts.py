"""The pictures of the report, each drawn for the width of a page or of a phone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10

import regex
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from talklikeme.report.canvas import Canvas

WIDE, NARROW = 680, 342
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAMED_MONTHS = 24
_MARKS = [float(f"{digit}e{power}") for power in range(-4, 5) for digit in (1, 2, 5)]
_MOST_MARKS = 4
_TICKS = MaxNLocator(4, integer=True, steps=[1, 2, 5, 10])
_CONTROLS = regex.compile(r"[\p{C}--[\u200c\u200d\U000E0020-\U000E007F]]", regex.VERSION1)


@dataclass(frozen=True, slots=True)
class Picture:
    """The same chart for both widths; `narrow` is None where one serves both."""

    wide: Markup
    narrow: Markup | None = None
    title: str = ""


def draw(
    chart: Callable[[int], Canvas], description: str, *, title: str = "", small: bool = False
) -> Picture:
    """Both widths of a chart, or only the narrow one."""
    narrow = chart(NARROW).to_svg(description)
    if small:
        return Picture(narrow, None, title)
    return Picture(chart(WIDE).to_svg(description), narrow, title)


def stack_months(
    first: int, series: Sequence[Sequence[int]], colours: Sequence[str]
) -> Callable[[int], Canvas]:
    """Columns of stacked counts, one a month from `first` (year * 12 + month, January is 0)."""

    def chart(width: int) -> Canvas:
        height, left, top, bottom = (240, 46, 14, 24) if width == WIDE else (200, 40, 14, 24)
        canvas = Canvas(width, height)
        floor = height - bottom
        columns = [sum(column) for column in zip(*series, strict=True)]
        scale = _draw_scale(canvas, max(columns), left, top, floor)
        step = (width - left) / len(columns)
        gap = min(2.0, step * 0.2)
        base = [0.0] * len(columns)
        for counts, colour in zip(series, colours, strict=True):
            heights = [count * scale for count in counts]
            tops = [floor - low - high for low, high in zip(base, heights, strict=True)]
            lefts = [left + step * place + gap / 2 for place in range(len(columns))]
            canvas.boxes(lefts, tops, [step - gap] * len(columns), heights, colour)
            base = [low + high for low, high in zip(base, heights, strict=True)]
        _label_months(canvas, first, len(columns), left, step)
        return canvas

    return chart


def _label_months(canvas: Canvas, first: int, count: int, left: float, step: float) -> None:
    """Names of months, with the year at each January; years only where there are many."""
    y = canvas.height - 8
    if count > _NAMED_MONTHS:
        years = [place for place in range(count) if (first + place) % 12 == 0]
        for place in years[:: max(1, round(40 / (step * 12) + 0.5))]:
            canvas.text(left + step * place, y, str((first + place) // 12))
        return
    every = next((every for every in (1, 2, 3) if every * step >= 30), 6)
    for place in range(count):
        year, month = divmod(first + place, 12)
        if month % every == 0:
            label = MONTHS[month][:3] if month else str(year)
            canvas.text(left + step * (place + 0.5), y, label, align="center")


def _draw_scale(canvas: Canvas, most: float, left: float, top: float, floor: float) -> float:
    """Grid lines with their values; returns pixels a unit."""
    ticks = [float(tick) for tick in _TICKS.tick_values(0, most)]
    ceiling = max(ticks[-1], 1.0)
    scale = (floor - top) / ceiling
    for tick in ticks:
        if tick >= 0:
            y = floor - tick * scale
            canvas.line([left, canvas.width], [y, y], "line")
            canvas.text(left - 8, y, f"{tick:,.0f}", align="right")
    return scale


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar chart: what its parts count, and the words at its end."""

    label: str
    parts: tuple[float, ...]
    value: str


def stack_bars(bars: Sequence[Bar], colours: Sequence[str]) -> Callable[[int], Canvas]:
    """Rows of horizontal bars with a name before and a number behind."""

    def chart(width: int) -> Canvas:
        letters = max(len(bar.label) for bar in bars)
        left = min(letters * 7 + 12, 170 if width == WIDE else 112)
        row = 26
        canvas = Canvas(width, row * len(bars) + 4)
        room = width - left - 8 - max(len(bar.value) for bar in bars) * 7.5
        longest = max(sum(bar.parts) for bar in bars) or 1
        for place, bar in enumerate(bars):
            y = row * place + row / 2 + 2
            canvas.text(
                left - 10, y, shorten(bar.label, int(left / 6.6)), align="right", colour="ink"
            )
            x = float(left)
            for part, colour in zip(bar.parts, colours, strict=True):
                canvas.box(x, y - 7, part / longest * room, 14, colour)
                x += part / longest * room
            canvas.text(x + 7, y, bar.value)
        return canvas

    return chart


def draw_columns(
    labels: Sequence[str], series: Sequence[Sequence[float]], colours: Sequence[str]
) -> Callable[[int], Canvas]:
    """Groups of columns side by side, shares of 1, with the percentages on top."""

    def chart(width: int) -> Canvas:
        height, top, bottom = 210, 22, 26
        canvas = Canvas(width, height)
        floor = height - bottom
        scale = (floor - top) / (max(max(shares) for shares in series) or 1)
        step = width / len(labels)
        column = min(44.0, step * 0.38)
        canvas.line([0, width], [floor, floor], "line")
        for group, label in enumerate(labels):
            middle = step * (group + 0.5)
            canvas.text(middle, height - 9, label, align="center", colour="ink")
            for place, shares in enumerate(series):
                x = middle + (place - len(series) / 2) * (column + 2) + 1
                high = shares[group] * scale
                canvas.box(x, floor - high, column, high, colours[place])
                canvas.text(
                    x + column / 2,
                    floor - high - 9,
                    percent(shares[group]),
                    align="center",
                    size=11,
                )
        return canvas

    return chart


def draw_day(series: Sequence[Sequence[float]], colours: Sequence[str]) -> Callable[[int], Canvas]:
    """A line a side over the 24 hours; shares of 1."""

    def chart(width: int) -> Canvas:
        height, left, top, bottom = 210, 40, 14, 26
        canvas = Canvas(width, height)
        floor = height - bottom
        most = 100 * max(max(shares) for shares in series)
        ticks = [float(tick) for tick in _TICKS.tick_values(0, most)]
        scale = (floor - top) / ticks[-1]
        for tick in ticks:
            y = floor - tick * scale
            canvas.line([left, width], [y, y], "line")
            canvas.text(left - 8, y, f"{tick:.0f}%", align="right")
        step = (width - left - 16) / 23
        hours = [left + 8 + step * hour for hour in range(24)]
        for hour in range(0, 24, 3 if width == WIDE else 6):
            canvas.text(hours[hour], height - 8, f"{hour:02}:00", align="center")
        for shares, colour in zip(series, colours, strict=True):
            canvas.line(hours, [floor - 100 * share * scale for share in shares], colour, 2.2)
        return canvas

    return chart


@dataclass(frozen=True, slots=True)
class Contrast:
    """How often a word is used by each side."""

    token: str
    mine: float
    theirs: float


def draw_contrasts(rows: Sequence[Contrast], size: float = 13) -> Callable[[int], Canvas]:
    """A row a word with a dot for me and one for my friends, on a logarithmic scale."""

    def chart(width: int) -> Canvas:
        row, top = 25, 24
        left = min(30 + 8 * max(len(one.token) for one in rows), 122)
        canvas = Canvas(width, top + row * len(rows) + 4)
        rates = [rate for one in rows for rate in (one.mine, one.theirs) if rate]
        low = max((mark for mark in _MARKS if mark <= min(rates)), default=_MARKS[0])
        high = min((mark for mark in _MARKS if mark >= max(rates)), default=_MARKS[-1])
        zero, right = left + 8, width - 10
        start = zero + 34  # nought has no place on the scale: it stands apart, before it

        def place(rate: float) -> float:
            if not rate:
                return zero
            return start + (right - start) * log10(rate / low) / max(log10(high / low), 0.1)

        _mark_powers(canvas, place, low, high, zero)
        for number, one in enumerate(rows):
            y = top + row * number + row / 2
            canvas.text(
                left - 14, y, shorten(one.token, 14), align="right", colour="ink", size=size
            )
            canvas.line([place(one.mine), place(one.theirs)], [y, y], "line", 2)
            canvas.dot(place(one.theirs), y, 5, "friends")
            canvas.dot(place(one.mine), y, 5, "me")
        return canvas

    return chart


def _mark_powers(
    canvas: Canvas, place: Callable[[float], float], low: float, high: float, zero: float
) -> None:
    marks = [mark for mark in _MARKS if low <= mark <= high]
    if len(marks) > _MOST_MARKS:
        marks = [mark for mark in _MARKS[::3] if low <= mark <= high]
    for mark in (0.0, *marks):
        x = place(mark) if mark else zero
        canvas.line([x, x], [22, canvas.height], "line")
        canvas.text(x, 10, f"{mark:,g}", align="center", size=11)


def percent(share: float) -> str:
    """A share as people write it."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def shorten(text: str, letters: int) -> str:
    """A text for one line; what the eye sees as one letter stays whole."""
    seen = regex.findall(r"\X", _CONTROLS.sub(" ", text))
    return "".join(seen if len(seen) <= letters else [*seen[: letters - 1], "…"])
