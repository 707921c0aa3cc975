"""What a section of the report is: a sentence, a picture and the numbers behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from talklikeme.report.charts import Picture

ME_AND_FRIENDS = ("me", "friends")  # colours
SIDES = (("me", "you"), ("friends", "your friends"))
_APPS = {
    "googlechat": "Google Chat",
    "imessage": "iMessage",
    "linkedin": "LinkedIn",
    "sms": "SMS",
    "twitter": "Twitter/X",
    "voice": "Google Voice",
    "whatsapp": "WhatsApp",
}


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers behind a picture; the first column names the row."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answer."""

    title: str
    says: str
    pictures: list[Picture]
    table: Table
    legend: Sequence[tuple[str, str]] = ()
    note: str = ""


def name_app(platform: str) -> str:
    """An app's name as it writes itself."""
    return _APPS.get(platform, platform.title())


def count_of(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("s" if number != 1 else "")
