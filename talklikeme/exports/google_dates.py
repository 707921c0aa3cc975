"""Dates that Google Takeout writes out in the language of the account (formats.md §7.3).

They are UTC. English is read at once; any other language is found by trying: the one whose month
and weekday fit the date. Unsupported: calendars other than the Gregorian and the Buddhist.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from babel import Locale

_ODD_SPACES = re.compile("[\u00a0\u202f\u2009]")
_MARKS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_ENGLISH = re.compile(
    r"\w+, (?:(?P<month>[A-Z]\w+) (?P<day>\d{1,2})|(?P<day2>\d{1,2}) (?P<month2>[A-Z]\w+)),? "
    r"(?P<year>\d{4}),?(?: at)? (?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?: (?P<half>[AaPp])\.?[Mm]\.?)? UTC"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("January", "February", "March", "April", "May", "June", "July", "August", "September",
         "October", "November", "December"), start=1,
    )
}  # fmt: skip
_TIME = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2})(?::|\.|[시時时点點] ?| (?:h|นาฬิกา|ໂມງ) )"
    r"(?P<minute>\d{1,2})(?::|\.|[분分] ?| (?:min|นาที|ນາທີ) )(?P<second>\d{1,2})(?!\d)"
)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_SMALL = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_EARLY: Final = ("am", "midnight", "night1", "night2", "morning1", "morning2")
_LATE: Final = ("pm", "noon", "afternoon1", "afternoon2", "evening1", "evening2")
_BUDDHIST_YEARS: Final = 543

# The languages of Google's account settings.
_LANGUAGES: Final = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "ja", "ko", "zh", "zh_Hant",
    "ar", "he", "fa", "hi", "bn", "ta", "te", "mr", "gu", "kn", "ml", "pa", "ur", "ne", "si", "th",
    "vi", "ms", "id", "fil", "sv", "da", "nb", "fi", "et", "lv", "lt", "is", "cs", "sk", "hu", "ro",
    "bg", "sr", "sr_Latn", "hr", "sl", "bs", "mk", "sq", "el", "be", "kk", "ky", "uz", "az", "hy",
    "ka", "mn", "km", "lo", "my", "am", "sw", "zu", "af", "ca", "eu", "gl", "cy", "ga", "fr_CA",
)  # fmt: skip


class DateReader:
    """Reads the dates of one export, remembering its language."""

    def __init__(self) -> None:
        self._language: _Language | None = None

    def read(self, text: str) -> datetime:
        """A written date → UTC; raises ValueError if no language makes sense of it."""
        text = _MARKS.sub("", _ODD_SPACES.sub(" ", text[:200]))
        found = _ENGLISH.fullmatch(text)
        if found and (month := _MONTHS.get(found["month"] or found["month2"])):
            hour = _to_24_hours(int(found["hour"]), (found["half"] or "").upper())
            day = int(found["day"] or found["day2"])
            clock = (hour, int(found["minute"]), int(found["second"]))
            return datetime(int(found["year"]), month, day, *clock, tzinfo=UTC)
        return self._read_foreign(_western_digits(unicodedata.normalize("NFC", text)))

    def _read_foreign(self, text: str) -> datetime:
        text = text.casefold()
        if self._language and (date := self._language.read(text)):
            return date
        loose: dict[datetime, _Language] = {}
        for language in _languages():
            date = language.read(text)
            if date and language.weekdays[date.weekday()] in text:
                self._language = language
                return date
            if date:
                loose[date] = language
        if len(loose) != 1:
            raise ValueError("no date in a known language")
        [(date, self._language)] = loose.items()
        return date


@dataclass(frozen=True, slots=True)
class _Language:
    """The words of dates in one language, folded."""

    months: tuple[tuple[str, int], ...]  # the longest first: "11月" holds "1月"
    weekdays: tuple[str, ...]  # from Monday
    weekdays_by_length: tuple[str, ...]
    early: tuple[str, ...]
    late: tuple[str, ...]

    def read(self, text: str) -> datetime | None:
        """The date in a folded text, if its month can be told."""
        time = _TIME.search(text)
        year = _YEAR.search(text)
        if not time or not year:
            return None
        half = self._half(text[: time.start()].rstrip(), text[time.end() :].lstrip(" 초秒"))
        hour = _to_24_hours(int(time["hour"]), half)
        rest = text[: time.start()] + " ; " + text[time.end() :]
        rest = rest.replace(year[0], " ", 1)
        for weekday in self.weekdays_by_length:
            rest = rest.replace(weekday, " ", 1)
        found = self._find_day(rest)
        if not found:
            return None
        number = int(year[0])
        try:
            return datetime(
                number - _BUDDHIST_YEARS if number > 2400 else number,
                *found, hour, int(time["minute"]), int(time["second"]), tzinfo=UTC,
            )  # fmt: skip
        except ValueError:
            return None

    def _half(self, before: str, after: str) -> str:
        """Which half of the day, by the word before or after the time."""
        if before.endswith(self.late) or after.startswith(self.late):
            return "P"
        return "A" if before.endswith(self.early) or after.startswith(self.early) else ""

    def _find_day(self, rest: str) -> tuple[int, int] | None:
        """Month and day: the month by its name, else two numbers after the year, as in Chinese."""
        for name, month in self.months:
            if name in rest:
                days = _SMALL.findall(rest.replace(name, " ", 1))
                return (month, int(days[0])) if days else None
        numbers = _SMALL.findall(rest) if any("月" in name for name, _ in self.months) else []
        return (int(numbers[0]), int(numbers[1])) if len(numbers) > 1 else None


@functools.cache
def _languages() -> tuple[_Language, ...]:
    """All languages; babel is loaded only when a date is not English."""
    from babel import Locale

    return tuple(_build_language(Locale.parse(code)) for code in _LANGUAGES)


def _build_language(locale: "Locale") -> _Language:
    months: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for month, name in locale.months[context]["wide"].items():
            months.setdefault(_fold(name), month)
    days = locale.days["format"]["wide"]
    weekdays = tuple(_fold(days[number]) for number in range(7))
    return _Language(
        months=tuple(sorted(months.items(), key=lambda one: -len(one[0]))),
        weekdays=weekdays,
        weekdays_by_length=tuple(sorted(weekdays, key=len, reverse=True)),
        early=("am", "a.m.", "a. m.", *_periods(locale, _EARLY)),
        late=("pm", "p.m.", "p. m.", *_periods(locale, _LATE)),
    )


def _periods(locale: "Locale", names: tuple[str, ...]) -> Iterator[str]:
    """What the language calls these parts of a day; one letter would be found anywhere."""
    for width in ("wide", "abbreviated"):
        words = locale.day_periods["format"].get(width, {})
        yield from (_fold(words[name]) for name in names if name in words)


def _fold(word: str) -> str:
    return unicodedata.normalize("NFC", _MARKS.sub("", _ODD_SPACES.sub(" ", word))).casefold()


def _to_24_hours(hour: int, half: str) -> int:
    if half == "P":
        return hour % 12 + 12 if hour <= 12 else hour
    return hour % 12 if half == "A" and hour <= 12 else hour


def _western_digits(text: str) -> str:
    return _FOREIGN_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
