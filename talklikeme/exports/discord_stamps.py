"""The dates in DiscordChatExporter's text, CSV and oldest HTML files (formats.md §15.2).

They follow the exporter's settings of the time: "05-Jan-20 03:04 PM", "01/05/2020 3:04 PM", the
short format of any culture, ISO 8601 with up to seven digits of a second, unix seconds.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from talklikeme.exports.items import DateOrder
from talklikeme.exports.loose_values import parse_iso
from talklikeme.exports.times import LocalClock, from_epoch_ms
from talklikeme.exports.whatsapp_dates import (
    MARKER_PATTERN,
    DateOrders,
    Kin,
    Order,
    hour_of_day,
    parse_date,
    real_date,
)
from talklikeme.messages import Precision, TimeBasis

_TIME = (
    rf"(?:(?P<ap0>{MARKER_PATTERN}|AM|PM|am|pm)\s?)?(?P<h>\d{{1,2}})[:.](?P<mi>\d\d)"
    rf"(?:[:.](?P<s>\d\d))?(?:\s?(?P<ap>{MARKER_PATTERN}|AM|PM|am|pm))?"
)
_GAP = r"\.?,?\s(?:at\s|à\s|um\s|klo\s|kl\.?\s)?"
_NUMBERS = re.compile(
    rf"(?P<date>(?:\d{{4}}|\d{{1,2}})(?P<sep>[./-])\s?\d{{1,2}}(?P=sep)\s?(?:\d{{4}}|\d{{1,2}})){_GAP}{_TIME}"
)
_NAMED = re.compile(
    rf"(?P<d>\d{{1,2}})[-/. ](?P<mon>[A-Za-z]{{3,9}})\.?[-/., ](?P<y>\d{{4}}|\d\d){_GAP}{_TIME}"
)
_UNIX = re.compile(r"\d{9,10}|\d{12,13}")
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_LONGEST: Final = 40

Style = Literal["iso", "unix", "named", "numbers"]


@dataclass(frozen=True, slots=True)
class When:
    """A time as written: aware, or the exporter's wall clock."""

    time: datetime
    precision: Precision

    def to_utc(self, clock: LocalClock) -> tuple[datetime, TimeBasis]:
        """UTC, and how sure that is."""
        if self.time.tzinfo is None:
            return clock.to_utc(self.time), "local"
        is_utc = not self.time.utcoffset()
        return self.time.astimezone(UTC), "utc" if is_utc else "offset"


@functools.lru_cache(maxsize=65_536)
def stamp_style(text: str) -> Style | None:
    """How the stamp is written; None if it is none."""
    if len(text) > _LONGEST:
        return None
    if _UNIX.fullmatch(text):
        return "unix"
    if _NUMBERS.fullmatch(text):
        return "numbers"
    if _NAMED.fullmatch(text):
        return "named"
    return "iso" if "T" in text and parse_iso(text) else None


class Stamps:
    """All stamps of one file, read alike: which number is the day is decided for all of them."""

    def __init__(self, texts: Iterable[str], setting: DateOrder) -> None:
        self.is_doubtful = False
        by_kin: dict[Kin, list[str]] = {}
        for text in texts:
            if stamp_style(text) == "numbers" and (found := _NUMBERS.fullmatch(text)):
                marker = "PM" if found["ap"] or found["ap0"] else ""
                kin = Kin("discord", parse_date(found["date"]).shape, marker)
                by_kin.setdefault(kin, []).append(found["date"])
        self._orders = DateOrders(by_kin, setting)
        if not self._orders.is_settled:
            self._settle_by_habit(by_kin)

    def _settle_by_habit(self, by_kin: Iterable[Kin]) -> None:
        """The exporter's own format has AM and PM and the month first; others are cultures'."""
        for kin in by_kin:
            if kin.shape not in self._orders.by_shape:
                is_default = kin.shape.separator == "/" and bool(kin.marker)
                is_dotted = kin.shape.separator != "/"
                self._orders.by_shape[kin.shape] = "mdy" if is_default else "dmy"
                self.is_doubtful = self.is_doubtful or not (is_default or is_dotted)

    def read(self, text: str) -> When | None:
        """The time of a stamp, or None if no calendar has it."""
        style = stamp_style(text)
        if style == "numbers" and (found := _NUMBERS.fullmatch(text)):
            order = self._orders.by_shape.get(parse_date(found["date"]).shape, "dmy")
            return _read_numbers(found, order)
        if style == "named" and (found := _NAMED.fullmatch(text)):
            return _read_named(found)
        return _read_unix(text) if style == "unix" else _read_iso(text) if style else None


def _read_numbers(found: re.Match[str], order: Order) -> When | None:
    day = real_date(found["date"], order)
    return _with_time(day.year, day.month, day.day, found) if day else None


def _read_named(found: re.Match[str]) -> When | None:
    name = found["mon"][:3].lower()
    if name not in _MONTHS:
        return None
    year = int(found["y"])
    return _with_time(
        year + 2000 if year < 100 else year, _MONTHS.index(name) + 1, int(found["d"]), found
    )


def _with_time(year: int, month: int, day: int, found: re.Match[str]) -> When | None:
    marker = (found["ap"] or found["ap0"] or "").upper()
    hour = int(found["h"])
    if marker in ("AM", "PM"):
        hour = hour % 12 + (12 if marker == "PM" else 0) if hour <= 12 else hour
    else:
        hour = hour_of_day(hour, found["ap"] or found["ap0"] or "")
    try:
        time = datetime(year, month, day, hour, int(found["mi"]), int(found["s"] or 0))  # noqa: DTZ001 - wall clock
    except ValueError:
        return None
    return When(time, "s" if found["s"] else "min") if 1970 < year < 3000 else None


def _read_unix(text: str) -> When | None:
    is_seconds = len(text) <= 10
    try:
        return When(
            from_epoch_ms(int(text) * (1000 if is_seconds else 1)), "s" if is_seconds else "ms"
        )
    except ValueError:
        return None


def _read_iso(text: str) -> When | None:
    time = parse_iso(text)
    return When(time, "ms" if "." in text else "s") if time else None
