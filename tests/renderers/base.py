"""A conversation, a dialect that writes it, and what that dialect cannot hold."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from talklikeme.exports import Reader, ReadSettings
from talklikeme.exports.items import DateOrder
from talklikeme.messages import clean_name, clean_text, name_key

ZONE = ZoneInfo("Europe/Berlin")
Precision = Literal["us", "ms", "s", "min", "no"]
Files = dict[str, bytes]

CONTROLS = "".join(map(chr, range(32))).translate({9: None, 10: None, 13: None})
NO_XML = CONTROLS + "\ufffe\uffff"  # XML 1.0 has no way to write them
_ODD_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_BLANKS = re.compile(r"[ \t\r\f]+")
_AROUND_BREAKS = re.compile(r" ?\n ?")


class Line(NamedTuple):
    """One message: who said what, and when in UTC."""

    who: int
    at: datetime
    text: str

    @property
    def wall(self) -> datetime:
        """What a clock in Berlin shows."""
        return self.at.astimezone(ZONE)

    @property
    def ms(self) -> int:
        """Milliseconds since 1970."""
        return int(self.at.timestamp()) * 1000 + self.at.microsecond // 1000


class Conversation(NamedTuple):
    """People, the owner first, and what they said, oldest first."""

    people: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """Everybody but the owner."""
        return self.people[1:]

    def name(self, line: Line) -> str:
        """Whose words these are."""
        return self.people[line.who]


@dataclass(frozen=True)
class Limits:
    """What a dialect cannot hold; each use says why."""

    precision: Precision = "ms"
    lines: bool = True  # a text may have several
    blanks: bool = True  # runs of spaces, and spaces around line ends, are kept
    lacks: str = ""  # characters that no text may have
    never: Callable[[str], Any] = staticmethod(lambda text: False)  # noqa: RUF009 - texts it confuses
    name_lacks: str = ""  # characters that no name may have
    people: int = 3
    is_one_sided: bool = False  # only the owner's messages
    is_owner_named: bool = True
    has_numbers: bool = False  # people are telephone numbers
    takes_turns: bool = False  # only who says two things is taken for a person
    breaks_off: bool = False  # the end is missing, and the user is told so
    filler: str = "ok"  # stands for texts that it cannot hold
    is_owner_stated: bool = True
    name_like: str = ".*"  # what every name has to look like
    owner_speaks: bool = False  # else nothing shows that the named owner is one of these people
    has_ties: bool = True  # messages of one time keep their order
    fewest: int = 1  # messages that it takes to be recognised
    date_order: DateOrder = "auto"

    def but(self, **changes: Any) -> "Limits":
        """The same limits with some changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Dialect:
    """One way to write a conversation, and who must read it."""

    name: str
    reader: Reader
    limits: Limits
    render: Callable[[Conversation], Files]

    @property
    def settings(self) -> ReadSettings:
        """What the user would have to say about the export."""
        return ReadSettings(ZONE, self.limits.date_order)

    def fit(self, chat: Conversation) -> Conversation:
        """The conversation as far as the dialect can hold it."""
        limits = self.limits
        people = _fit_names(chat.people[: limits.people], limits)
        if limits.has_numbers:
            people = tuple(f"+491701234{number}" for number in range(len(people)))
        lines = tuple(
            Line(
                0 if limits.is_one_sided else line.who % len(people),
                _fit_time(line.at, limits.precision),
                _fit_text(line.text, limits),
            )
            for line in chat.lines
        )
        lines += lines[-1:] * (limits.fewest - len(lines))
        if limits.owner_speaks:
            lines = (lines[0]._replace(who=0), *lines[1:])
        if not limits.has_ties:
            lines = _untie(lines, _TICKS[limits.precision])
        if limits.takes_turns:
            lines = tuple(line._replace(who=turn % 2) for turn, line in enumerate(lines))
        return Conversation(people, lines)

    def expected(self, chat: Conversation) -> list[tuple[str, str, datetime | None]]:
        """Text, sender and time of each message, as they must be read."""
        return [
            (
                clean_text(line.text),
                chat.name(line),
                None if self.limits.precision == "no" else line.at,
            )
            for line in chat.lines
        ]


_TICKS = {
    "us": timedelta(microseconds=1), "ms": timedelta(milliseconds=1), "s": timedelta(seconds=1),
    "min": timedelta(minutes=1), "no": timedelta(),
}  # fmt: skip


def _untie(lines: Iterable[Line], tick: timedelta) -> tuple[Line, ...]:
    """Each message later than the one before."""
    apart: list[Line] = []
    for line in lines:
        earliest = apart[-1].at + tick if apart else line.at
        apart.append(line._replace(at=max(line.at, earliest)))
    return tuple(apart)


def _fit_names(names: Iterable[str], limits: Limits) -> tuple[str, ...]:
    fitting: list[str] = []
    keys: set[str] = set()
    for number, name in enumerate(names):
        fit = re.sub(r"\s+", " ", clean_name(_without(name, limits.name_lacks + CONTROLS)))
        if not fit or name_key(fit) in keys or not re.fullmatch(limits.name_like, fit):
            fit = f"Person {'ABC'[number]}"
        keys.add(name_key(fit))
        fitting.append(fit)
    return tuple(fitting)


def _fit_time(at: datetime, precision: Precision) -> datetime:
    if precision == "us":
        return at
    if precision == "ms":
        return at.replace(microsecond=at.microsecond // 1000 * 1000)
    return at.replace(microsecond=0) if precision == "s" else at.replace(second=0, microsecond=0)


def _fit_text(text: str, limits: Limits) -> str:
    text = _without(text, limits.lacks)
    if not limits.lines:
        text = _ODD_BREAKS.sub(" ", text).replace("\n", " ")
    if not limits.blanks:
        text = _AROUND_BREAKS.sub("\n", _BLANKS.sub(" ", text.replace("\r\n", "\n")))
    clean = clean_text(text)
    is_confused = limits.never(clean) or limits.never(text)
    return limits.filler if not clean or is_confused else text


def _without(text: str, characters: str) -> str:
    return text.translate(dict.fromkeys(map(ord, characters), "x")) if characters else text


def as_json(value: Any, **options: Any) -> bytes:
    """UTF-8, as most apps write it."""
    return json.dumps(value, **({"ensure_ascii": False} | options)).encode()


def clock12(wall: datetime, *, pad: str = "") -> str:
    """The hour of a 12-hour clock."""
    return f"{wall.hour % 12 or 12:{pad}}"


def half(wall: datetime) -> str:
    """AM or PM, whatever the locale."""
    return "PM" if wall.hour >= 12 else "AM"


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
GERMAN_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
    "Oktober", "November", "Dezember",
)  # fmt: skip
GERMAN_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
