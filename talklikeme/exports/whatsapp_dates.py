"""The dates of WhatsApp's stamps: which number is the day, decided per chat and never per line.

Follows ../shared/formats.md §16.3 and §16.4. A stamp does not say whether 03/04 is in March or in
April, so all dates of a chat are weighed together, then those of the other chats of the phone.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from talklikeme.exports.items import DateOrder

Order = Literal["dmy", "mdy", "ymd", "ydm", "myd", "dym"]
YearPlace = Literal["first", "middle", "last", "short"]

_FIRST_YEAR = 2009  # WhatsApp began then; an earlier year speaks against an order
_BUDDHIST_OFFSET = 543  # Thai phones write 2567 for 2024
_NUMBER = re.compile(r"\d+")
_USUAL: dict[YearPlace, tuple[Order, Order]] = {"first": ("ymd", "ydm"), "middle": ("myd", "dym")}
_FORCED: dict[DateOrder, Order] = {"day-first": "dmy", "month-first": "mdy", "year-first": "ymd"}


class Shape(NamedTuple):
    """What all dates of one export have in common."""

    separator: str
    year: YearPlace


class Kin(NamedTuple):
    """Chats alike in this are taken to come from phones with the same settings."""

    style: str
    shape: Shape
    marker: str  # "AM", "p. m." …, or nothing on a 24-hour clock


class DateText(NamedTuple):
    """A date as written: its three numbers, whose meaning is open, and its shape."""

    numbers: tuple[int, int, int]
    shape: Shape


@functools.lru_cache(maxsize=65_536)
def parse_date(text: str) -> DateText:
    """Take "28.12.19" apart; int() reads Arabic and Persian digits too."""
    first, second, third = _NUMBER.findall(text)
    year: YearPlace = "short"
    if len(first) == 4:
        year = "first"
    elif len(second) == 4:
        year = "middle"
    elif len(third) == 4:
        year = "last"
    separator = next(char for char in text if char in "./-")
    return DateText((int(first), int(second), int(third)), Shape(separator, year))


@functools.lru_cache(maxsize=65_536)
def real_date(text: str, order: Order) -> date | None:
    """The day meant by "28.12.19" in that order, or None where no calendar has it."""
    year, month, day = _ordered(parse_date(text).numbers, order)
    try:
        return date(year, month, day) if year >= 1970 else None
    except ValueError:
        return None


def _ordered(numbers: tuple[int, int, int], order: Order) -> tuple[int, int, int]:
    named = dict(zip(order, numbers, strict=True))
    year = named["y"] + 2000 if named["y"] < 100 else named["y"]
    if year > 2400:
        year -= _BUDDHIST_OFFSET
    return year, named["m"], named["d"]


class _Verdict(NamedTuple):
    """What speaks against an order."""

    impossible: int
    backward: int

    def beats(self, other: "_Verdict") -> bool:
        """Whether the difference is clear enough to decide."""
        if self.impossible != other.impossible:
            return self.impossible < other.impossible
        return other.backward > 0 and other.backward >= 3 * self.backward


def _judge(texts: Sequence[str], order: Order) -> _Verdict:
    days = [real_date(text, order) for text in texts]
    impossible = sum(
        _faults(text, order) for text, day in zip(texts, days, strict=True) if not _fits(day)
    )
    known = [day for day in days if day]
    return _Verdict(impossible, sum(later < earlier for earlier, later in pairwise(known)))


def _fits(day: date | None) -> bool:
    return day is not None and day.year >= _FIRST_YEAR


def _faults(text: str, order: Order) -> int:
    # 31/02 is wrong either way, but a month 31 is more wrong than a 31st of February.
    return 1 if _ordered(parse_date(text).numbers, order)[1] <= 12 else 2


def order_by_evidence(texts: Iterable[str], shape: Shape) -> Order | None:
    """The order that the dates themselves prove, given in the order of the file."""
    distinct = [text for text, _ in groupby(texts)]
    if usual := _USUAL.get(shape.year):
        wrong = _judge(distinct, usual[0]).impossible > _judge(distinct, usual[1]).impossible
        return usual[1] if wrong else usual[0]
    by_day, by_month = _judge(distinct, "dmy"), _judge(distinct, "mdy")
    if shape.year == "short":
        by_year = _judge(distinct, "ymd")
        if by_year.beats(by_day) and by_year.beats(by_month):
            return "ymd"
    if by_day.beats(by_month):
        return "dmy"
    if by_month.beats(by_day):
        return "mdy"
    same_either_way = all(real_date(t, "dmy") == real_date(t, "mdy") for t in distinct)
    return "dmy" if same_either_way else None


def order_by_hint(kin: Kin) -> Order | None:
    """The order that phones with such stamps use, if all of them use the same."""
    if kin.shape.separator != "/":
        return "dmy"  # no country writes month.day.year or month-day-year
    if kin.marker in {"AM", "PM"}:
        return "mdy" if kin.shape.year == "short" else None
    # American English has capitals; "pm" is Indian, British or Australian, "p. m." Spanish.
    return "dmy" if kin.marker or kin.shape.year == "last" else None


class DateOrders:
    """The order of each date shape of one chat, settled step by step."""

    def __init__(self, dates: dict[Kin, list[str]], setting: DateOrder) -> None:
        self.by_shape: dict[Shape, Order] = {}
        self.proved: list[tuple[Kin, Order]] = []
        self.is_doubtful = False
        self._open: list[Kin] = []
        for kin, texts in dates.items():
            self._settle_alone(kin, texts, setting)

    @property
    def is_settled(self) -> bool:
        """Whether no other chat needs to be asked."""
        return not self._open

    def _settle_alone(self, kin: Kin, texts: list[str], setting: DateOrder) -> None:
        order = _forced_order(kin.shape, setting)
        if order is None and (order := order_by_evidence(texts, kin.shape)):
            self.proved.append((kin, order))
        if order is None:
            self._open.append(kin)
        else:
            self.by_shape[kin.shape] = order

    def settle_rest(self, proved_elsewhere: Counter[tuple[Kin, Order]]) -> None:
        """Ask the other chats, then the habits of phones, then the other shapes of this chat."""
        own = next((order for order in self.by_shape.values() if order in {"dmy", "mdy"}), None)
        for kin in self._open:
            order = _borrowed_order(kin, proved_elsewhere) or order_by_hint(kin) or own
            self.is_doubtful = self.is_doubtful or order is None
            self.by_shape[kin.shape] = order or "dmy"
        self._open = []


def _forced_order(shape: Shape, setting: DateOrder) -> Order | None:
    if setting == "auto" or shape.year in _USUAL:
        return None
    return None if setting == "year-first" and shape.year == "last" else _FORCED[setting]


def _borrowed_order(kin: Kin, proved: Counter[tuple[Kin, Order]]) -> Order | None:
    day_first, month_first = _votes(kin, proved, "dmy"), _votes(kin, proved, "mdy")
    if max(day_first, month_first) < 3 * min(day_first, month_first) or day_first == month_first:
        return None
    return "dmy" if day_first > month_first else "mdy"


def _votes(kin: Kin, proved: Counter[tuple[Kin, Order]], order: Order) -> int:
    # One export writes AM and PM, so only the kind of clock has to agree, not the marker.
    return sum(
        count
        for (other, theirs), count in proved.items()
        if theirs == order and other[:2] == kin[:2] and bool(other.marker) == bool(kin.marker)
    )


# Chinese, Korean, Japanese, Arabic, Greek, German and Spanish are seen in exports; the others are
# CLDR's for the languages of WhatsApp's menus. A dot may be missing or followed by a space.
_MORNING_TABLE = """
    a.m. A.M. vorm. morgens nachts 上午 凌晨 清晨 早上 오전 午前 ص ق.ظ. π.μ. Π.Μ. ÖÖ fm dop. de.
    ap. vm. PG SA priekšp. priešpiet пр.об. पूर्वाह्न לפנה״צ ก่อนเที่ยง
"""
_AFTERNOON_TABLE = """
    p.m. P.M. nachm. abends 下午 晚上 오후 午後 م ب.ظ. μ.μ. Μ.Μ. ÖS em odp. du.
    ip. nm. PTG CH pēcp. popiet сл.об. अपराह्न אחה״צ หลังเที่ยง
"""
_MORNING, _AFTERNOON = _MORNING_TABLE.split(), _AFTERNOON_TABLE.split()
_NOON = ["中午", "mittags"]


def _letters(marker: str) -> str:
    return re.sub(r"[.\s]", "", marker)


def _marker_pattern(marker: str) -> str:
    spaced = marker[:-1].replace(".", r"\.?\s?")
    return spaced + (r"\.?" if marker[-1] == "." else marker[-1])


MARKER_PATTERN = "|".join(map(_marker_pattern, _NOON + _AFTERNOON + _MORNING))
_NOON_LETTERS = frozenset(map(_letters, _NOON))
_MORNING_LETTERS = frozenset(map(_letters, _MORNING))


@functools.lru_cache(maxsize=1024)
def hour_of_day(hour: int, marker: str) -> int:
    """12:xx AM → 0, 1:xx PM → 13; a value that no 12-hour clock shows is taken as it stands."""
    if hour > 12 or not marker:
        return 0 if hour == 24 else hour
    if _letters(marker) in _NOON_LETTERS:
        return hour if hour >= 10 else hour + 12
    if _letters(marker) in _MORNING_LETTERS:
        return hour % 12
    return hour % 12 + 12  # Japanese clocks show 午後0:08 for eight past noon
