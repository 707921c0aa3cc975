"""The dates of Facebook's and Instagram's HTML pages, in the language of the account.

Follows ../shared/formats.md §3 and §4.3: "Mar 06, 2023 6:26 pm", "Freitag, 4. Oktober 2013 um
22:05", "2013. október 4., 22:05". A word such as "listopada" is October in Croatian and November
in Polish, so all stamps of an export are shown to `DateReader.learn` before the first is parsed.

Not supported: two-digit years and the Persian calendar.
"""

import functools
import re
import unicodedata
from collections import Counter
from datetime import date, datetime, time
from typing import Final, NamedTuple

from babel import Locale

from talklikeme.exports.items import DateOrder
from talklikeme.messages import Precision

_ENGLISH: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
# Facebook's languages, the widest spread first: they win where a word is in several.
_CODES: Final = (
    "de es fr pt it nl sv nb da nn fi pl cs sk sl hr bs sr sr_Latn ru uk be bg mk ro hu lt lv et el "
    "tr az ca gl eu id ms fil vi th ko ja zh zh_Hant ar he fa ur hi bn mr ta te gu kn ml pa ne sq is "
    "ga cy af sw ka hy kk uz mn km my lo si"
)
_LOCALES: Final = tuple(_CODES.split())
# What stands between date and time; it tells the language where the month does not.
_FILLERS: Final = {
    "at": "en", "um": "de", "a": "es", "la": "ro", "las": "es", "de": "es", "alle": "it", "ore": "it",
    "om": "nl", "às": "pt", "à": "fr", "kl": "sv", "den": "sv", "kello": "fi", "klo": "fi",
    "o": "pl", "v": "cs", "ob": "sl", "u": "hr", "у": "sr", "в": "ru", "г": "ru", "m": "lt", "d": "lt",
}  # fmt: skip
_LEET: Final = str.maketrans("013457", "oieast")
_BUDDHIST_OFFSET: Final = 543

_TIME = re.compile(
    r"(?<![\d.:])(\d{1,2})(?:\s?[:h]\s?|\.)(\d{2})(?:[:.](\d{2}))?(?!\d|[.:]\d)\s*([ap]\.?\s?m\b\.?)?"
)
_CJK = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_NUMERIC = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_GAPS = re.compile(r"[\s,،@()]+")
_STAMP_LIKE = re.compile(r"(?=.*\d{4})(?=.*\d{1,2}[:.h]\s?\d{2}).{8,80}", re.DOTALL)


class Stamp(NamedTuple):
    """A wall-clock time and how finely it is given."""

    wall: datetime
    precision: Precision


class _Day(NamedTuple):
    """What stands around the time in a stamp."""

    date: date | None
    is_pm: bool | None


def looks_like_stamp(text: str) -> bool:
    """Whether a text holds a year and a time of day and is short enough for a stamp."""
    return bool(_STAMP_LIKE.fullmatch(text))


class DateReader:
    """Reads the stamps of one export, whose language shows in all of them together."""

    def __init__(self, date_order: DateOrder) -> None:
        self._is_month_first = date_order == "month-first"
        self._is_order_open = date_order == "auto"
        self._words: set[str] = set()
        self._days: dict[tuple[str, str], _Day] = {}
        self._languages: Counter[str] | None = None

    def learn(self, stamp: str) -> None:
        """Take a stamp's words as evidence of the language."""
        if (parts := _take_apart(stamp)) and parts[0] not in self._days:
            self._days[parts[0]] = _Day(None, None)
            text = " ".join(parts[0])
            self._words.update(_words(text))
            self._languages = None
            numeric = _NUMERIC.search(text) if self._is_order_open else None
            if numeric and int(numeric[1]) <= 12 < int(numeric[2]):
                self._is_month_first = True

    def parse(self, stamp: str) -> Stamp | None:
        """The local time that a stamp tells, or None where it tells none."""
        parts = _take_apart(stamp)
        if parts is None:
            return None
        around, (hour, minute, second, period) = parts
        if self._languages is None:
            self._days.clear()
            self._languages = self._rank_languages()
        if around not in self._days:
            self._days[around] = self._parse_day(*around)
        day, is_pm = self._days[around]
        if day is None:
            return None
        if period:
            is_pm = period[0] == "p"
        try:
            clock = time(_hour(int(hour), is_pm), int(minute), int(second or 0))
        except ValueError:
            return None
        return Stamp(datetime.combine(day, clock), "s" if second else "min")

    def _rank_languages(self) -> Counter[str]:
        if self._words <= _english_words():
            return Counter(["en"])
        return Counter(locale for word in self._words for locale in _locales_of(word))

    def _parse_day(self, before: str, after: str) -> _Day:
        is_pm, before, after = _take_period(before, after)
        text = f"{before} {after}"
        if found := _CJK.search(text):
            return _Day(_date(*map(int, found.groups())), is_pm)
        if found := _NUMERIC.search(text):
            return _Day(self._order([int(number) for number in found.groups()]), is_pm)
        numbers: list[str] = []
        words: list[str] = []
        for token in _tokens(text):
            (numbers if token.isdecimal() else words).append(token)
        found_numbers = [int(number) for number in numbers if len(number) <= 4]
        months = [month for word in words if (month := self._month(word))]
        if not months:
            return _Day(self._order(found_numbers), is_pm)
        year = next((number for number in found_numbers if number > 999), 0)
        day = next((number for number in found_numbers if 0 < number < 32), 0)
        # Names of days stand before names of months, and "mar" is Tuesday and March in Spanish.
        return _Day(_date(year, months[-1], day), is_pm)

    def _order(self, numbers: list[int]) -> date | None:
        """Three numbers without a word: the year is first or last, the day before the month."""
        if len(numbers) != 3:
            return None
        if numbers[0] > 999:
            return _date(*numbers)
        first, second, year = numbers
        is_month_first = self._is_month_first and first <= 12
        if is_month_first or second > 12:
            return _date(year, first, second)
        return _date(year, second, first)

    def _month(self, word: str) -> int | None:
        """The month that a word names, in the language that most words of the export are of."""
        if (month := _english_month(word)) or word in _english_words():
            return month
        if any(char.isdigit() for char in word):
            return _english_month(word.translate(_LEET))
        languages = self._languages or Counter()
        meanings = _months_of(word)
        best = max(
            meanings, key=lambda locale: (languages[locale], -_LOCALES.index(locale)), default=""
        )
        return meanings.get(best)


_Time = tuple[str, str, str | None, str | None]


def _take_apart(stamp: str) -> tuple[tuple[str, str], _Time] | None:
    """What stands before and after the last time of day, and that time."""
    text = stamp.casefold()
    if not text.isascii():
        text = _DIRECTION_MARKS.sub("", text)
    times = list(_TIME.finditer(text))
    if not times:
        return None
    found = times[-1]
    return (text[: found.start()], text[found.end() :]), (found[1], found[2], found[3], found[4])


def _hour(hour: int, is_pm: bool | None) -> int:
    if is_pm is None or hour > 12:
        return hour
    return hour % 12 + (12 if is_pm else 0)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return (
            date(year - _BUDDHIST_OFFSET if 2400 < year < 2700 else year, month, day)
            if year > 1900
            else None
        )
    except ValueError:
        return None


def _plain(word: str) -> str:
    """A word without dots and apostrophes, so that "févr." and "ม.ค." meet what Babel has."""
    return re.sub(r"[.'’׳]", "", unicodedata.normalize("NFC", word)).casefold()


def _tokens(text: str) -> list[str]:
    return [token for raw in _GAPS.split(text) if (token := _plain(raw))]


def _words(text: str) -> set[str]:
    return {token for token in _tokens(text) if not token.isdecimal()}


@functools.cache
def _english_month(word: str) -> int | None:
    if len(word) < 3:
        return None
    return next((n for n, name in enumerate(_ENGLISH, 1) if name.startswith(word)), None)


@functools.cache
def _english_words() -> frozenset[str]:
    days = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
    return frozenset({"at", "am", "pm", *days, *_ENGLISH, *(name[:3] for name in _ENGLISH), "sept"})


@functools.cache
def _vocabulary() -> dict[str, dict[str, int]]:
    """Each language's names of months with their numbers, and of days with 0."""
    languages = {}
    for name in _LOCALES:
        locale = Locale.parse(name)
        words = {word: 0 for word, language in _FILLERS.items() if language == name}
        for context, width in (("format", "wide"), ("format", "abbreviated"), ("stand-alone", "wide"),
                               ("stand-alone", "abbreviated")):  # fmt: skip
            days = locale.days[context][width].values()
            words.update(dict.fromkeys(map(_plain, days), 0))
        for context, width in (("format", "abbreviated"), ("stand-alone", "abbreviated"),
                               ("stand-alone", "wide"), ("format", "wide")):  # fmt: skip
            months = locale.months[context][width].items()
            named = {_plain(month): number for number, month in months}
            words.update({word: n for word, n in named.items() if not word[:1].isdecimal()})
        languages[name] = words
    return languages


@functools.cache
def _locales_of(word: str) -> tuple[str, ...]:
    return tuple(name for name, words in _vocabulary().items() if word in words)


@functools.cache
def _months_of(word: str) -> dict[str, int]:
    """What month a word is in each language: a whole name, else the beginning of one."""
    if word in _FILLERS:
        return {}
    exact = {name: month for name, words in _vocabulary().items() if (month := words.get(word))}
    if exact or any(word in words for words in _vocabulary().values()) or len(word) < 3:
        return exact
    found = {}
    for name, words in _vocabulary().items():
        months = {month for full, month in words.items() if month and full.startswith(word)}
        if len(months) == 1:
            found[name] = months.pop()
    if not found and word.startswith("ב"):  # Hebrew writes "in" onto the month
        return _months_of(word[1:])
    return found


@functools.cache
def _periods() -> dict[str, bool]:
    """The halves of the day in all languages, longest first: "odp" before "o"."""
    names = {"am": False, "pm": True}
    for name in _LOCALES:
        day = Locale.parse(name).day_periods["format"]
        for width in day.values():
            names.update(
                {
                    re.sub(r"\s", "", _plain(width[key])): key == "pm"
                    for key in ("am", "pm")
                    if key in width
                }
            )
    return dict(sorted(names.items(), key=lambda item: -len(item[0])))


def _take_period(before: str, after: str) -> tuple[bool | None, str, str]:
    """Whether it is afternoon, where the stamp says so, and the rest of it."""
    squashed = re.sub(r"\s", "", _plain(after))
    if squashed and (is_pm := _periods().get(squashed)) is not None:
        return is_pm, before, ""
    last = _plain(_GAPS.split(before.strip())[-1])
    if last and not last.isascii() and (is_pm := _periods().get(last)) is not None:
        return is_pm, before.strip()[: -len(last)], after
    return None, before, after
