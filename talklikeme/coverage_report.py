"""The coverage report: coverage.json and coverage.png beside the tokenizer, and a table to print."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font
from rich.console import Console
from rich.table import Table
from transformers import PreTrainedTokenizerBase

from talklikeme.coverage import (
    CostlyWord,
    Coverage,
    Sample,
    find_costly_words,
    measure,
    to_json,
)

JSON_FILE = "coverage.json"
PNG_FILE = "coverage.png"
_WORDS_DRAWN = 20
_WORDS_PRINTED = 10
_LONGEST_NAME = 24
_WIDTH_OF_A_PIPE = 240
_COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#9c6b4e", "#a463f2")


def report(
    folder: Path, tokenizers: Mapping[str, PreTrainedTokenizerBase], sample: Sample
) -> list[Coverage]:
    """Measure all, the first one is ours; write coverage.json and coverage.png, print the table."""
    coverages = [measure(name, tokenizer, sample) for name, tokenizer in tokenizers.items()]
    costly = find_costly_words(next(iter(tokenizers.values())), sample)
    text = json.dumps(to_json(coverages, costly, sample), indent=1, ensure_ascii=False)
    (folder / JSON_FILE).write_text(text, encoding="utf-8")
    draw(coverages, costly).savefig(folder / PNG_FILE)
    print_report(coverages, costly, sample)
    return coverages


def print_report(
    coverages: Sequence[Coverage], costly: Sequence[CostlyWord], sample: Sample
) -> None:
    """The table, and the dearest words, to the terminal."""
    kind = "my held-out" if sample.is_held_out else "my (none are held out)"
    table = Table(title=f"Coverage of {len(sample.held_out):,} {kind} messages, of slang, of emoji")
    table.add_column("")
    for coverage in coverages:
        table.add_column(_short(coverage.name), justify="right")
    for label, cells in _rows(coverages, sample):
        table.add_row(label, *cells)
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE
    console = Console(highlight=False, markup=False, soft_wrap=True, width=width)
    console.print(table)
    if costly:
        words = ", ".join(f"{one.word} ({one.pieces})" for one in costly[:_WORDS_PRINTED])
        console.print(f"My words that cost most (pieces): {words}")


def _rows(coverages: Sequence[Coverage], sample: Sample) -> list[tuple[str, list[str]]]:
    frequent = f"… of the {len(sample.frequent_slang):,} that come often here"
    return [
        ("tokens", [f"{one.size:,}" for one in coverages]),
        ("bytes a token", [_number(one.bytes_per_token) for one in coverages]),
        ("pieces a word", [_number(one.pieces_per_word) for one in coverages]),
        ("unknown tokens", [_share(one.unknown) for one in coverages]),
        ("pieces a slang word", [_number(one.slang_pieces) for one in coverages]),
        ("slang words that are one token", [_share(one.slang_whole) for one in coverages]),
        (frequent, [_share(one.frequent_slang_whole) for one in coverages]),
        ("pieces an emoji", [_number(one.emoji_pieces) for one in coverages]),
        ("emoji that are one token", [_share(one.emoji_whole) for one in coverages]),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _short(name: str) -> str:
    """A name that fits: of a long path its end."""
    return name if len(name) <= _LONGEST_NAME else f"…{name[-_LONGEST_NAME + 1 :]}"


def draw(coverages: Sequence[Coverage], costly: Sequence[CostlyWord]) -> Figure:
    """Four panels: bytes a token, pieces a word, shares that are one token, my dearest words."""
    figure = Figure(figsize=(11, 8), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(3, 2, width_ratios=(1.2, 1), height_ratios=(1, 3, 3), hspace=0.08)
    names = [_short(one.name) for one in coverages]
    panels: list[tuple[str, dict[str, list[float | None]]]] = [
        (
            "Bytes per token (more is better)",
            {"my messages": [c.bytes_per_token for c in coverages]},
        ),
        (
            "Pieces per word (1 is best)",
            {
                "my messages": [one.pieces_per_word for one in coverages],
                "slang": [one.slang_pieces for one in coverages],
                "emoji": [one.emoji_pieces for one in coverages],
            },
        ),
        (
            "Share that is one token, %",
            {
                "slang": [_percent(one.slang_whole) for one in coverages],
                "slang said often": [_percent(one.frequent_slang_whole) for one in coverages],
                "emoji": [_percent(one.emoji_whole) for one in coverages],
            },
        ),
    ]
    for place, (title, groups) in enumerate(panels):
        _draw_bars(figure.add_subplot(grid[place, 0]), title, names, groups)
    _draw_words(figure.add_subplot(grid[:, 1]), costly)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=4, frameon=False)
    return figure


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _draw_bars(
    axes: Axes, title: str, names: Sequence[str], groups: dict[str, list[float | None]]
) -> None:
    """A group of horizontal bars a measure, one bar a tokenizer, its number beside it."""
    thick = 0.8 / len(names)
    for place, name in enumerate(names):
        values = [values[place] for values in groups.values()]
        heights = [group + place * thick for group in range(len(groups))]
        bars = axes.barh(
            heights,
            [value or 0 for value in values],
            thick * 0.9,
            color=_COLOURS[place % len(_COLOURS)],
            label=_drawable(name),
        )
        numbers = ["nothing to measure" if v is None else f"{v:.3g}" for v in values]
        axes.bar_label(bars, numbers, padding=3, fontsize=8.5, color="#444")
    middles = [group + thick * (len(names) - 1) / 2 for group in range(len(groups))]
    axes.set_yticks(middles, list(groups))
    axes.margins(x=0.12)
    _clear(axes, title)


def _draw_words(axes: Axes, costly: Sequence[CostlyWord]) -> None:
    shown = [word for word in costly if _drawable(word.word) == word.word][:_WORDS_DRAWN]
    bars = axes.barh(
        [_drawable(one.word) for one in shown], [one.cost for one in shown], color=_COLOURS[0]
    )
    labels = [f"{one.uses:,} × {one.pieces} pieces" for one in shown]
    axes.bar_label(bars, labels, padding=3, fontsize=8.5, color="#444")
    axes.margins(x=0.35, y=0.01)
    _clear(axes, "My words that cost most tokens")


def _clear(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axes.invert_yaxis()
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False, left=False)


def _drawable(text: str) -> str:
    """The text without what the font cannot draw, and without matplotlib's "$" for formulas."""
    glyphs = FT2Font(findfont("DejaVu Sans")).get_charmap()
    return "".join(sign for sign in text if ord(sign) in glyphs).replace("$", r"\$")
