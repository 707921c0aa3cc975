"""The sections on who wrote when: months, chats, hours of the day."""

from collections import Counter
from collections.abc import Mapping, Sequence

from talklikeme.report import charts
from talklikeme.report.charts import Bar, percent
from talklikeme.report.sections import ME_AND_FRIENDS, SIDES, Section, Table, count_of, name_app
from talklikeme.report.statistics import ChatStatistics, Exchange, Partner

_MOST_APPS, _MOST_PARTNERS = 7, 15
_MOST_MONTHS = 600  # what a clock set to year 1 wrote counts as of the first month shown
_WHO = ("You", "Your friends")


def build_overview(statistics: ChatStatistics) -> list[Section]:
    """The sections for which there is anything to show."""
    sections = [_months(statistics), _partners(statistics), _hours(statistics)]
    return [section for section in sections if section]


def _months(statistics: ChatStatistics) -> Section | None:
    if not statistics.months:
        return None
    apps: Counter[str] = Counter()
    for (platform, _), count in statistics.months.items():
        apps[platform] += count
    named = [platform for platform, _ in apps.most_common(_MOST_APPS)]
    names = [name_app(platform) for platform in named]
    if len(apps) > _MOST_APPS:
        names.append("other apps")
    series, first = _month_series(statistics.months, named, len(names))
    totals = [sum(column) for column in zip(*series, strict=True)]
    busiest = totals.index(max(totals))
    colours = [f"c{number}" for number in range(len(names))]
    says = (
        f"{_in_month(first + busiest)} was the busiest month, "
        f"with {count_of(totals[busiest], 'message')}."
    )
    if len(names) > 1:
        says += f" {names[0]} carried the most: {percent(apps[named[0]] / apps.total())} of all."
    return Section(
        "Month by month",
        says,
        [charts.draw(charts.stack_months(first, series, colours), says)],
        Table(
            ("month", *names, "all"),
            [
                (
                    _in_month(first + place),
                    *(f"{counts[place]:,}" for counts in series),
                    f"{all_:,}",
                )
                for place, all_ in enumerate(totals)
                if all_
            ],
        ),
        list(zip(colours, names, strict=True)),
    )


def _month_series(
    months: Mapping[tuple[str, int], int], named: Sequence[str], count: int
) -> tuple[list[list[int]], int]:
    """Counts a month for each app and the rest, without holes, and the first month."""
    last = max(month for _, month in months)
    first = max(min(month for _, month in months), last - _MOST_MONTHS)
    series = [[0] * (last - first + 1) for _ in range(count)]
    for (platform, month), messages in months.items():
        place = named.index(platform) if platform in named else count - 1
        series[place][max(month - first, 0)] += messages
    return series, first


def _in_month(month: int) -> str:
    return f"{charts.MONTHS[month % 12]} {month // 12}"


def _partners(statistics: ChatStatistics) -> Section | None:
    def size(item: tuple[Partner, Exchange]) -> tuple[int, str]:
        return -(item[1].mine + item[1].theirs), item[0].name

    ranked = sorted(statistics.partners.items(), key=size)
    if not ranked:
        return None
    shown = [(_name_partner(partner), exchange) for partner, exchange in ranked[:_MOST_PARTNERS]]
    if rest := [exchange for _, exchange in ranked[_MOST_PARTNERS:]]:
        others = Exchange(sum(one.mine for one in rest), sum(one.theirs for one in rest))
        shown.append((f"{len(rest):,} more", others))
    bars = [Bar(name, (one.mine, one.theirs), f"{one.mine + one.theirs:,}") for name, one in shown]
    total = statistics.me.messages + statistics.friends.messages
    name, top = shown[0]
    says = f"{name} is in {percent((top.mine + top.theirs) / total)} of all messages."
    says += f" You wrote {percent(statistics.me.messages / total)} of everything."
    return Section(
        "With whom",
        says,
        [charts.draw(charts.stack_bars(bars, ME_AND_FRIENDS), says)],
        Table(
            ("chat", "you", "they", "all"),
            [
                (name, f"{one.mine:,}", f"{one.theirs:,}", f"{one.mine + one.theirs:,}")
                for name, one in shown
            ],
        ),
        (("me", "from you"), ("friends", "from them")),
    )


def _name_partner(partner: Partner) -> str:
    name = charts.shorten(partner.name, 60).strip() or "no name"
    return f"{name} (group)" if partner.is_group else name


def _hours(statistics: ChatStatistics) -> Section | None:
    sides = (statistics.me.hours, statistics.friends.hours)
    if not any(sides):
        return None
    shares = [[hours[hour] / (hours.total() or 1) for hour in range(24)] for hours in sides]
    peaks = [max(range(24), key=one.__getitem__) for one in shares]
    drawn = [side for side, hours in enumerate(sides) if hours]
    says = _say_peaks([(_WHO[side], peaks[side]) for side in drawn])
    return Section(
        "Hours of the day",
        says,
        [
            charts.draw(
                charts.draw_day(
                    [shares[side] for side in drawn], [ME_AND_FRIENDS[side] for side in drawn]
                ),
                says,
            )
        ],
        Table(
            ("hour", "you", "your friends"),
            [(f"{hour:02}:00", *(f"{hours[hour]:,}" for hours in sides)) for hour in range(24)],
        ),
        [SIDES[side] for side in drawn],
        f"Share of each side's messages. Clock of {statistics.zone}.",
    )


def _say_peaks(peaks: Sequence[tuple[str, int]]) -> str:
    if len({hour for _, hour in peaks}) == 1:
        peaks = [("You and your friends" if len(peaks) > 1 else peaks[0][0], peaks[0][1])]
    return " ".join(
        f"{who} write most between {hour:02}:00 and {(hour + 1) % 24:02}:00." for who, hour in peaks
    )
