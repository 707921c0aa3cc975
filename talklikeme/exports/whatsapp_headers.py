"""The lines of a WhatsApp export on which messages begin: "[28.12.19, 21:43:05] Ann: …".

Follows ../shared/formats.md §16.2 and §16.3. iPhones write the stamp in brackets, Android before a
dash, very old iPhones before a bare colon; every other line continues the message before it.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from talklikeme.exports.whatsapp_dates import (
    MARKER_PATTERN,
    DateOrders,
    Kin,
    Shape,
    parse_date,
    wall_time,
)

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
_STYLES = {"close": "bracket", "dash": "dash"}  # by the group that closes the header


@dataclass(slots=True)
class Header:
    """A line that may begin a message."""

    line: int  # counted from 0
    found: re.Match[str]

    @property
    def style(self) -> str:
        """How the stamp is set off."""
        return header_style(self.found)

    @property
    def shape(self) -> Shape:
        """The shape of its date."""
        return parse_date(self.found["date"]).shape

    @property
    def rest(self) -> str:
        """What follows the stamp."""
        return self.found.string[self.found.end() :]


def match_header(line: str) -> re.Match[str] | None:
    """Match the stamp at the start of a line."""
    return _HEADER.match(line, 0, _HEADER_REACH)


def header_style(found: re.Match[str]) -> str:
    """Which kind of phone sets a stamp off in this way."""
    return _STYLES.get(found.lastgroup or "", "bare")


def find_candidates(lines: Sequence[str]) -> list[Header]:
    """All lines with a stamp in the style of most of them.

    An excerpt of another chat that somebody pasted mostly has another style, and stays text.
    """
    match = _HEADER.match
    headers = [
        Header(number, found)
        for number, line in enumerate(lines)
        if (found := match(line, 0, _HEADER_REACH))
    ]
    counts = Counter(map(attrgetter("style"), headers))
    if len(counts) < 2:
        return headers
    style = counts.most_common(1)[0][0]
    return [header for header in headers if header.style == style]


def dates_by_kin(headers: Sequence[Header]) -> dict[Kin, list[str]]:
    """The dates of each shape in file order, the shape of most lines first."""
    dates: dict[Shape, list[str]] = {}
    markers: dict[Shape, str] = {}
    for header in headers:
        text = header.found["date"]
        shape = parse_date(text).shape
        dates.setdefault(shape, []).append(text)
        if shape not in markers:
            markers[shape] = header.found["ap"] or header.found["ap0"] or ""
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
    return wall_time(header.found, orders.by_shape[header.shape])
