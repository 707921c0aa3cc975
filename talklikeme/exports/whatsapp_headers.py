"""The lines of a WhatsApp export on which messages begin: "[28.12.19, 21:43:05] Ann: …".

Follows ../shared/formats.md §16.2 and §16.3. iPhones write the stamp in brackets, Android before a
dash, very old iPhones before a bare colon; every other line continues the message before it.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from talklikeme.exports.whatsapp_dates import (
    MARKER_PATTERN,
    DateOrders,
    Kin,
    Shape,
    real_date,
)
from talklikeme.exports.whatsapp_forms import Form, Forms

# No stamp is longer; looking no further keeps a line of 100 MB from costing anything.
_HEADER_REACH = 120

_MARKS = "[\u200e\u200f\ufeff\u202a-\u202e\u2066-\u2069]*"
_GAP = rf"{_MARKS}\s?{_MARKS}"
# Whichever number has four digits is the year; 06/2018/13 has been seen too.
_NUMBER = r"(?:\d{4}|\d{1,2})"
_DATE = rf"{_NUMBER}{_MARKS}(?P<sep>[./-]){_GAP}{_NUMBER}{_MARKS}(?P=sep){_GAP}{_NUMBER}(?!\d)"
# Words between date and time: Bulgarian's year sign, Finnish, Danish, French, Thai eras …
_WORD = r"(?:г\.|klo|kl\.|à|às|at|um|BE|พ\.ศ\.)"
_MARKER = rf"(?:{MARKER_PATTERN})"
_TIME = (
    rf"(?:(?P<ap0>{_MARKER})\s?)?{_MARKS}(?P<h>\d{{1,2}})(?:[:.]|\s?h\s?){_MARKS}(?P<mi>\d\d)"
    rf"(?:(?:[:.]|\s?min\s?){_MARKS}(?P<s>\d\d))?(?:\s?[sч]\b\.?)?{_MARKS}(?:\s?(?P<ap>{_MARKER}))?"
)
_STAMP = rf"(?P<date>{_DATE})\.?{_MARKS}(?:\s?г\.)?[,،]?{_MARKS}\s{{1,2}}{_MARKS}(?:{_WORD},?\s)?{_MARKS}{_TIME}"
_HEADER = re.compile(
    rf"{_MARKS}(?P<open>\[{_MARKS})?(?P<stamp>{_STAMP}){_MARKS}"
    rf"(?(open)(?P<close>\])(?:\s|$)|(?:\s(?P<dash>[-\u2013])(?:\s|$)|(?P<colon>:)?(?:\s|$)))"
)
_STARTS = frozenset("[\u200e\u200f\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Header(msgspec.Struct, frozen=True, gc=False):
    """A line that may begin a message; a Struct because millions are made."""

    line: int  # counted from 0
    form: Form
    stamp: str
    date: str
    rest: str  # what follows the stamp

    @property
    def style(self) -> str:
        """How the stamp is set off."""
        return self.form.style

    @property
    def shape(self) -> Shape:
        """The shape of its date."""
        return self.form.shape

    @property
    def time(self) -> str:
        """What the stamp says behind its date."""
        return self.stamp[len(self.date) :]


def match_header(line: str) -> re.Match[str] | None:
    """Match the stamp at the start of a line."""
    return _HEADER.match(line, 0, _HEADER_REACH)


def find_candidates(lines: Sequence[str]) -> list[Header]:
    """All lines with a stamp in the style of most of them.

    An excerpt of another chat that somebody pasted mostly has another style, and stays text.
    """
    headers = _find_headers(lines)
    counts = Counter(header.form for header in headers)
    styles: Counter[str] = Counter()
    for form, count in counts.items():
        styles[form.style] += count
    if len(styles) < 2:
        return headers
    style = styles.most_common(1)[0][0]
    return [header for header in headers if header.style == style]


def _find_headers(lines: Sequence[str]) -> list[Header]:
    """Match each line with the form of the header before it, then with all that are known."""
    forms = Forms()
    headers: list[Header] = []
    form: Form | None = None
    for number, line in enumerate(lines):
        found = form.match(line, 0, _HEADER_REACH) if form else None
        if found is None:
            start = line[:1]
            if not (start.isdecimal() or start in _STARTS):
                continue
            if fitting := forms.match(line, _HEADER_REACH):
                form, found = fitting
            elif found := match_header(line):
                form = forms.learn(found)
        if form and found:
            stamp, date = found.group("stamp", "date")
            headers.append(Header(number, form, stamp, date, line[found.end() :]))
    return headers


def dates_by_kin(headers: Sequence[Header]) -> dict[Kin, list[str]]:
    """The dates of each shape in file order, the shape of most lines first."""
    dates: dict[Shape, list[str]] = {}
    markers: dict[Shape, str] = {}
    for form, group in groupby(headers, key=lambda header: header.form):
        dates.setdefault(form.shape, []).extend([header.date for header in group])
        markers.setdefault(form.shape, form.after or form.before)
    by_size = sorted(dates, key=lambda shape: -len(dates[shape]))
    return {Kin(headers[0].style, shape, markers[shape]): dates[shape] for shape in by_size}


def drop_pasted(headers: list[Header], orders: DateOrders) -> list[Header]:
    """Leave out lone stamps of another shape that go back in time: they came with pasted text."""
    if len(orders.by_shape) < 2:
        return headers
    main = Counter(header.shape for header in headers).most_common(1)[0][0]
    kept: list[Header] = []
    for shape, group in groupby(headers, key=lambda header: header.shape):
        run = list(group)
        is_lone = shape != main and len(run) == 1
        if not (is_lone and kept and _goes_back(kept[-1], run[0], orders)):
            kept += run
    return kept


def _goes_back(before: Header, after: Header, orders: DateOrders) -> bool:
    earlier, later = when(before, orders), when(after, orders)
    return later is None or (earlier is not None and later < earlier)


def when(header: Header, orders: DateOrders) -> datetime | None:
    """The naive local time of a header, or None if its stamp is no real one."""
    day = real_date(header.date, orders.by_shape[header.shape])
    time = header.form.time_of_day(header.time)
    if day is None or time is None:
        return None
    return datetime(day.year, day.month, day.day) + time  # noqa: DTZ001 - a stamp has no zone
