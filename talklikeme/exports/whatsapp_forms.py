"""What the headers of one WhatsApp export have in common, so that its next lines are found fast.

Follows ../shared/formats.md §16.3. The general pattern of `whatsapp_headers` is slow because it
knows all phones; a form knows one. It is made from a header that the general pattern has found
and finds nothing that the general pattern would read in another way.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from talklikeme.exports.whatsapp_dates import Shape, hour_of_day, parse_date

# AM and PM make two. More than these come from no phone, only from files made to cost time.
_MOST_PATTERNS = 8
_NUMBER = re.compile(r"\d+")
_STYLES = {"close": "bracket", "dash": "dash"}  # by the group that closes the header
_NEVER = re.compile(r"(?!)").match

Matcher = Callable[[str, int, int], re.Match[str] | None]


@dataclass(slots=True, eq=False)
class Form:
    """Headers that differ in their numbers only."""

    style: str
    shape: Shape
    before: str  # the marker of a 12-hour clock, before or after the time
    after: str
    has_seconds: bool
    match: Matcher = _NEVER  # with the groups "stamp" and "date"
    _times: dict[str, timedelta | None] = field(default_factory=dict)

    def time_of_day(self, text: str) -> timedelta | None:
        """What is left of a stamp behind its date, or None if no clock shows that."""
        if text not in self._times:
            self._times[text] = self._parse_time(text)
        return self._times[text]

    def _parse_time(self, text: str) -> timedelta | None:
        hour, minute, second = [*map(int, _NUMBER.findall(text)), 0][:3]
        hour = hour_of_day(hour, self.before or self.after)
        if hour > 23 or minute > 59 or second > 59:
            return None
        return timedelta(hours=hour, minutes=minute, seconds=second)


class Forms:
    """The forms of one file."""

    def __init__(self) -> None:
        self._forms: dict[tuple[str, Shape, str, str, bool, str], Form] = {}
        self._with_pattern: list[Form] = []

    def match(self, line: str, reach: int) -> tuple[Form, re.Match[str]] | None:
        """A known form that fits the line; where several do, they say the same."""
        for form in self._with_pattern:
            if found := form.match(line, 0, reach):
                return form, found
        return None

    def learn(self, found: re.Match[str]) -> Form:
        """The form of a header that the general pattern has found."""
        source = _pattern_like(found) if len(self._with_pattern) < _MOST_PATTERNS else ""
        before, after, second = found.group("ap0", "ap", "s")
        shape = parse_date(found["date"]).shape
        key = header_style(found), shape, before or "", after or "", bool(second), source
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = Form(*key[:5])
            if source:
                form.match = re.compile(source).match
                self._with_pattern.append(form)
        return form


def header_style(found: re.Match[str]) -> str:
    """Which kind of phone sets a stamp off in this way."""
    return _STYLES.get(found.lastgroup or "", "bare")


def _pattern_like(found: re.Match[str]) -> str:
    """The text of a header with its digits left open, or nothing where that could mislead.

    The general pattern treats all digits alike, reads each number as a whole and cannot read on
    behind "]", " -" or ":" with a space after it. Without them it can: a marker may follow.
    """
    if not (found["close"] or found["dash"] or found["colon"]) or not found[0][-1].isspace():
        return ""
    start, (date_start, date_end) = found.start(), found.span("date")
    stamp_end, end = found.end("stamp"), found.end()
    text = found.string
    date, time = text[date_start:date_end], text[date_end:stamp_end]
    return (
        f"{re.escape(text[start:date_start])}(?P<stamp>(?P<date>{_open_digits(date, 3)})"
        f"{_open_digits(time, 1)}){re.escape(text[stamp_end:end])}"
    )


def _open_digits(text: str, count: int) -> str:
    """Leave numbers open, the first ones also their length; years stay as long as they are."""
    parts: list[str] = []
    end = 0
    for place, number in enumerate(_NUMBER.finditer(text)):
        pattern = r"\d{4}" if len(number[0]) == 4 else r"\d\d?" if place < count else r"\d\d"
        parts += [re.escape(text[end : number.start()]), pattern]
        end = number.end()
    return "".join(parts) + re.escape(text[end:])
