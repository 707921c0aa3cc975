"""The sections on how I talk: how fast, in how many messages, with which words."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from talklikeme.report import charts
from talklikeme.report.canvas import Canvas
from talklikeme.report.charts import Bar, Contrast, percent
from talklikeme.report.sections import ME_AND_FRIENDS, SIDES, Section, Table, count_of
from talklikeme.report.statistics import ChatStatistics
from talklikeme.report.telling import tell_apart
from talklikeme.report.words import Telling

_DELAYS = (
    ("under 10 s", 10),
    ("10–30 s", 30),
    ("30–60 s", 60),
    ("1–2 min", 120),
    ("2–5 min", 300),
    ("5–15 min", 900),
    ("15–60 min", 3600),
    ("1–3 h", 3 * 3600),
    ("3–8 h", 8 * 3600),
    ("8–24 h", 24 * 3600),
)
_UNDER_A_MINUTE = 3  # of these lengths
_SAME_MINUTE = "same minute"
_LONG_BURST = 5
_MOST_WORDS, _MOST_EMOJI = 12, 8


def build_habits(statistics: ChatStatistics) -> list[Section]:
    """The sections for which there is anything to show."""
    sections = [_delays(statistics), _bursts(statistics), *_words(statistics)]
    return [section for section in sections if section]


def _delays(statistics: ChatStatistics) -> Section | None:
    exact, to_minute = statistics.delays, statistics.delays_to_minute
    delays = exact + to_minute
    if not delays:
        return None
    total = delays.total()
    bins = _bin_delays(exact, to_minute)
    bars = [Bar(label, (count,), percent(count / total)) for label, count in bins]
    quick = sum(count for seconds, count in delays.items() if seconds < 300)
    says = f"Half of your replies come within {_say_median(exact, to_minute)}, "
    says += "all" if quick == total else percent(quick / total)
    says += " within five minutes."
    note = "From a friend's last message to your first. Openers answer nothing and do not count."
    if to_minute:
        note += f" Exports whose clock has no seconds stand under “{_SAME_MINUTE}”."
    return Section(
        "How fast you reply",
        says,
        [charts.draw(charts.stack_bars(bars, ("me",)), says)],
        Table(
            ("delay", "replies", "share"),
            [(label, f"{count:,}", percent(count / total)) for label, count in bins],
        ),
        note=note,
    )


def _bin_delays(exact: Counter[int], to_minute: Counter[int]) -> list[tuple[str, int]]:
    """Counts by length, up to the longest; clocks without seconds get a row of their own."""
    delays = exact + Counter({seconds: n for seconds, n in to_minute.items() if seconds >= 60})
    edges = [*_DELAYS, ("a day or more", max(delays, default=0) + 1)]
    lows = [0, *(edge for _, edge in edges[:-1])]
    bins = [
        (label, sum(count for seconds, count in delays.items() if low <= seconds < high))
        for low, (label, high) in zip(lows, edges, strict=True)
    ]
    if not exact:
        bins = bins[_UNDER_A_MINUTE:]
    while bins and not bins[-1][1]:
        bins.pop()
    same_minute = sum(count for seconds, count in to_minute.items() if seconds < 60)
    place = _UNDER_A_MINUTE if exact else 0
    return [*bins[:place], (_SAME_MINUTE, same_minute), *bins[place:]] if same_minute else bins


def _say_median(exact: Counter[int], to_minute: Counter[int]) -> str:
    # "The same minute" is half a minute on average.
    guessed = Counter({max(seconds, 30): count for seconds, count in to_minute.items()})
    median = _median(exact + guessed)
    return "a minute" if median < 60 and to_minute.total() > exact.total() else _duration(median)


def _median(delays: Mapping[int, int]) -> int:
    ordered = sorted(delays)
    half = (sum(delays.values()) + 1) // 2
    sums = accumulate(delays[seconds] for seconds in ordered)
    return next(seconds for seconds, below in zip(ordered, sums, strict=True) if below >= half)


def _duration(seconds: int) -> str:
    """A time that people can picture: 40 seconds, 3 minutes, 2 hours."""
    if seconds < 60:
        return count_of(max(seconds, 1), "second")
    if seconds < 5400:
        return count_of(round(seconds / 60), "minute")
    return count_of(round(seconds / 3600), "hour")


def _bursts(statistics: ChatStatistics) -> Section | None:
    sides = (statistics.me.bursts, statistics.friends.bursts)
    if not sides[0]:
        return None
    labels = [str(length) for length in range(1, _LONG_BURST)] + [f"{_LONG_BURST} or more"]
    counts = [_fold_bursts(bursts) for bursts in sides]
    shares = [[count / (sum(side) or 1) for count in side] for side in counts]
    mean = [_mean(bursts) for bursts in sides]
    says = f"You send {mean[0]:.1f} messages in a row on average"
    says += f", your friends {mean[1]:.1f}." if sides[1] else "."
    says += f" {percent(shares[0][0])} of your replies are a single message."
    return Section(
        "Messages in a row",
        says,
        [charts.draw(charts.draw_columns(labels, shares, ME_AND_FRIENDS), says)],
        Table(
            ("in a row", "you", "your friends"),
            [
                (label, *(f"{side[place]:,}" for side in counts))
                for place, label in enumerate(labels)
            ],
        ),
        SIDES,
        "Your replies, and what your friends had said right before them. Only messages with words.",
    )


def _fold_bursts(bursts: Counter[int]) -> list[int]:
    folded = [bursts[length] for length in range(1, _LONG_BURST)]
    return [*folded, bursts.total() - sum(folded)]


def _mean(bursts: Counter[int]) -> float:
    return sum(length * count for length, count in bursts.items()) / (bursts.total() or 1)


def _words(statistics: ChatStatistics) -> list[Section | None]:
    words, emoji = tell_apart(statistics)
    return [
        _contrast("Your words", "word", words, _MOST_WORDS),
        _contrast("Emoji and smileys", "emoji", emoji, _MOST_EMOJI),
    ]


def _contrast(title: str, what: str, telling: Sequence[Telling], most: int) -> Section | None:
    yours = [one for one in telling if one.z > 0][:most]
    others = [one for one in reversed(telling) if one.z < 0][:most]
    if not telling:
        return None
    size = 13 if what == "word" else 15
    pictures = [
        charts.draw(
            _draw_telling(ones, size), f"{heading}: {_listed(ones)}", title=heading, small=True
        )
        for heading, ones in (
            ("You use more often", yours),
            ("Your friends use more often", others),
        )
        if ones
    ]
    many = {"word": "words", "emoji": "emoji and smileys"}[what]
    return Section(
        title,
        _say_telling(yours, others),
        pictures,
        Table(
            (what, "you", "your friends", "certainty (z)"),
            [
                (one.token, f"{one.mine:,.1f}", f"{one.theirs:,.1f}", f"{one.z:+.1f}")
                for one in (*yours, *others)
            ],
        ),
        SIDES,
        f"Uses in 10,000 {many} of each side, on a logarithmic scale. Ordered by how surely they tell "
        "you apart: log-odds with a Dirichlet prior (Monroe and others, 2008).",
    )


def _say_telling(yours: Sequence[Telling], others: Sequence[Telling]) -> str:
    says = []
    if yours:
        says.append(f"“{yours[0].token}” gives you away: {_say_ratio(yours[0])}.")
    if others:
        says.append(f"“{others[0].token}” gives your friends away.")
    return " ".join(says)


def _say_ratio(telling: Telling) -> str:
    if not telling.theirs:
        return "your friends never use it"
    ratio = telling.mine / telling.theirs
    return f"you use it {ratio:,.{0 if ratio >= 10 else 1}f} times as often as your friends"


def _listed(ones: Sequence[Telling]) -> str:
    return ", ".join(one.token for one in ones)


def _draw_telling(ones: Sequence[Telling], size: int) -> Callable[[int], Canvas]:
    return charts.draw_contrasts([Contrast(one.token, one.mine, one.theirs) for one in ones], size)
