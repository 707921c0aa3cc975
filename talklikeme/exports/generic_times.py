"""Times as tables of unknown origin write them (formats.md §0.3, §20.1): numbers, ISO, mail, words.

A column is read as a whole, because 03/04/2024 does not say which number is the day; the rest of
the column mostly does. Month names are English only.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from talklikeme.exports.items import DateOrder
from talklikeme.exports.times import EPOCH, LocalClock
from talklikeme.exports.whatsapp_dates import (
    MARKER_PATTERN,
    DateOrders,
    Kin,
    Order,
    Shape,
    hour_of_day,
    parse_date,
    real_date,
)
from talklikeme.messages import Precision, TimeBasis

_MARKS = re.compile("[\u200e\u200f\ufeff\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile("[\u00a0\u202f\\s]+")
_EPOCH_NUMBER = re.compile(r"(\d{9,19})(?:\.(\d{1,9}))?")
# What fromisoformat does not take: a zone in letters or after a space, more than 6 decimals.
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,6})\d*)?)?"
    r" ?(UTC|GMT|Z|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE,
)
_CLOCK = (
    rf"(?:(?P<before>{MARKER_PATTERN})\s?)?(?P<h>\d{{1,2}})[:.](?P<m>\d\d)"
    rf"(?:[:.](?P<s>\d\d))?(?:[.,]\d+)?(?:\s?(?P<after>AM|PM|am|pm|{MARKER_PATTERN}))?"
    r"(?: (?P<zone>UTC|GMT|Z))?"
)
_SHORT_DATE = r"\d{1,2}(?P<sep2>[./-])\d{1,2}(?P=sep2)(?:\d{4}|\d\d)(?!\d)"
_NUMERIC = re.compile(
    rf"(?P<date>\d{{4}}(?P<sep>[./-])\d{{1,2}}(?P=sep)\d{{1,2}}(?!\d)|{_SHORT_DATE})(?:,? ?T?(?:at )?{_CLOCK})?"
)
_MONTHS: Final = "janfebmaraprmayjunjulaugsepoctnovdec"
_MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\.?"
_WORDED_END = rf"[, -]+(?P<year>\d{{4}}|\d\d)(?:,? (?:at )?{_CLOCK})?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
_WORDED = tuple(
    re.compile(_WEEKDAY + day_and_month + _WORDED_END, re.IGNORECASE)
    for day_and_month in (
        rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH}",
    )
)
_LONGEST = 80


class Stamp(NamedTuple):
    """A time as written: naive where no zone stands in it."""

    time: datetime
    precision: Precision

    def to_utc(self, clock: LocalClock) -> tuple[datetime, TimeBasis]:
        """UTC, and how sure it is."""
        if self.time.tzinfo is None:
            return clock.to_utc(self.time), "local"
        return self.time.astimezone(UTC), "utc" if self.time.tzinfo is UTC else "offset"


def tidy_stamp(text: str) -> str:
    """Without invisible marks, with plain single spaces."""
    if not text.isascii():
        text = _MARKS.sub("", text)
    return _SPACES.sub(" ", text[: 2 * _LONGEST]).strip()


@lru_cache(maxsize=65_536)  # a column is looked at before it is read
def parse_stamp(text: str) -> Stamp | None:
    """A time that can be read in one way only; None for all others."""
    text = tidy_stamp(text)
    if not text or len(text) > _LONGEST or not text.isascii():
        return None
    stamp = _parse_epoch(text) or _parse_iso(text) or _parse_worded(text) or _parse_mail(text)
    return stamp if stamp and 1970 <= stamp.time.year < 3000 else None


def _parse_epoch(text: str) -> Stamp | None:
    found = _EPOCH_NUMBER.fullmatch(text)
    if not found:
        return None
    number, decimals = int(found[1]), found[2] or ""
    if number < 100_000_000_000:
        micro = int(decimals[:6].ljust(6, "0"))
        precision: Precision = ("us" if len(decimals) > 3 else "ms") if decimals else "s"
        return _from_micro(number * 1_000_000 + micro, precision)
    if number < 100_000_000_000_000:
        return _from_micro(number * 1_000, "ms")
    return _from_micro(number if number < 100_000_000_000_000_000 else number // 1_000, "us")


def _from_micro(microseconds: int, precision: Precision) -> Stamp | None:
    try:
        return Stamp(EPOCH + timedelta(microseconds=microseconds), precision)
    except OverflowError:
        return None


def _parse_iso(text: str) -> Stamp | None:
    found = _ISO.fullmatch(text)
    if not found:
        return None
    day, clock, decimals, zone = found.groups()
    if clock is None:
        return _build_stamp(f"{day}", "", "day")
    time = f"{day}T{clock}"
    if decimals:
        time += "." + decimals.ljust(6, "0")
    precision: Precision = "s" if len(clock) > 5 else "min"
    if decimals:
        precision = "ms" if len(decimals) <= 3 else "us"
    return _build_stamp(time, zone or "", precision)


def _build_stamp(iso: str, zone: str, precision: Precision) -> Stamp | None:
    is_utc = zone.upper() in ("UTC", "GMT", "Z") or zone in ("+00:00", "+0000", "+00")
    try:
        time = datetime.fromisoformat(iso + ("" if is_utc else zone))
    except ValueError:
        return None
    return Stamp(time.replace(tzinfo=UTC) if is_utc else time, precision)


def _parse_worded(text: str) -> Stamp | None:
    for pattern in _WORDED:
        if found := pattern.fullmatch(text):
            month = _MONTHS.index(found["month"][:3].lower()) // 3 + 1
            year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
            return _wall_stamp(found, year, month, int(found["day"]))
    return None


def _parse_mail(text: str) -> Stamp | None:
    """RFC 2822, as mail programs and Tinder write it."""
    if text[0].isdecimal() or not text[-1].isalnum():
        return None  # it takes all sorts of numbers for a date
    try:
        time = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    is_utc = time.tzinfo is None or not time.utcoffset()
    return Stamp(time.replace(tzinfo=UTC) if is_utc else time, "s")


def _wall_stamp(found: re.Match[str], year: int, month: int, day: int) -> Stamp | None:
    hour, minute, second = (found[name] or "0" for name in "hms")
    try:
        time = datetime(  # noqa: DTZ001 - it has no zone; LocalClock adds it
            year,
            month,
            day,
            hour_of_day(int(hour), found["before"] or found["after"] or ""),
            int(minute),
            int(second),
        )
    except ValueError:
        return None
    precision: Precision = "s" if found["s"] else "min" if found["h"] else "day"
    return Stamp(time.replace(tzinfo=UTC) if found["zone"] else time, precision)


@dataclass(slots=True)
class StampColumn:
    """Reads the times of one column, after it has looked at all of them."""

    is_doubtful: bool
    _orders: dict[Shape, Order]
    _format: str | None = None

    def parse(self, text: str) -> Stamp | None:
        """The time meant by one field of the column."""
        if self._format is not None:
            return _parse_as_told(text, self._format)
        if stamp := parse_stamp(text):
            return stamp
        found = _NUMERIC.fullmatch(tidy_stamp(text))
        order = self._orders.get(parse_date(found["date"]).shape) if found else None
        day = real_date(found["date"], order) if found and order else None
        return _wall_stamp(found, day.year, day.month, day.day) if found and day else None


def _parse_as_told(text: str, told: str) -> Stamp | None:
    try:
        time = datetime.strptime(text.strip(), told)  # noqa: DTZ007 - LocalClock adds the zone
    except ValueError:
        return None
    if not 1970 <= time.year < 3000:
        return None
    has_seconds = any(code in told for code in ("%S", "%c", "%X", "%T"))
    return Stamp(time, "s" if has_seconds else "min")


def study_column(texts: Iterable[str], setting: DateOrder, told: str | None = None) -> StampColumn:
    """Decide the order of day, month and year from all fields of a column, in file order."""
    dates: dict[Shape, list[str]] = {}
    markers: dict[Shape, str] = {}
    for text, _ in groupby(texts):
        found = _NUMERIC.fullmatch(tidy_stamp(text))
        if found and parse_stamp(text) is None:
            shape = parse_date(found["date"]).shape
            dates.setdefault(shape, []).append(found["date"])
            markers.setdefault(shape, found["after"] or found["before"] or "")
    columns = {
        Kin("table", shape, markers[shape]): _oldest_first(days) for shape, days in dates.items()
    }
    orders = DateOrders(columns, setting)
    orders.settle_rest(_NOTHING_PROVED)
    return StampColumn(orders.is_doubtful, orders.by_shape, told)


def _oldest_first(days: list[str]) -> list[str]:
    """The column the way round in which it goes back in time less often, in its better order."""
    distinct = [day for day, _ in groupby(days)]
    back = min(_steps_back(distinct, order) for order in _ORDERS)
    distinct.reverse()
    return distinct if min(_steps_back(distinct, order) for order in _ORDERS) < back else days


def _steps_back(days: Sequence[str], order: Order) -> int:
    known = [day for text in days if (day := real_date(text, order))]
    return sum(later < earlier for earlier, later in pairwise(known)) + len(days) - len(known)


_ORDERS: Final[tuple[Order, ...]] = ("dmy", "mdy", "ymd")
_NOTHING_PROVED: Final[Counter[tuple[Kin, Order]]] = Counter()
