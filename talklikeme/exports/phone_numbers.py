"""Phone numbers as people: one key for every spelling, and what the contacts are called.

Numbers come with and without their country ("+49 170 1234567", "0170 1234567"), so two of them are
the same person when their last eight digits agree (formats.md §8).
"""

import re
from typing import Final

from talklikeme.messages import clean_name, name_key

UNKNOWN: Final = "unknown"
_NUMBER = re.compile(r"[+\d\s().\-/*#]+", re.ASCII)
_NOT_DIGITS = re.compile(r"\D", re.ASCII)
_SHORTEST_NUMBER: Final = 7  # shorter ones are the numbers of services, and whole
_TAIL: Final = 8
_NO_ADDRESS: Final = {"", "null", "insert-address-token", "unknown"}


class PhoneBook:
    """The people of one phone; numbers with a country tell apart those that only end alike."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._whole: dict[str, str] = {}

    def key(self, address: str) -> str:
        """One key for all spellings of a number; senders with a name instead go by the name."""
        if (key := self._keys.get(address)) is None:
            key = self._keys[address] = self._build_key(clean_name(address))
        return key

    def _build_key(self, address: str) -> str:
        if address.casefold() in _NO_ADDRESS:
            return UNKNOWN
        digits = _NOT_DIGITS.sub("", address)
        if not digits or not _NUMBER.fullmatch(address):
            return name_key(address)
        if len(digits) < _SHORTEST_NUMBER:
            return digits
        tail = digits[-_TAIL:]
        if not address.startswith(("+", "00")):
            return tail
        whole = digits.removeprefix("00")
        return tail if self._whole.setdefault(tail, whole) == whole else whole


def split_addresses(raw: str | None) -> list[str]:
    """The addresses of a group, which old versions join by a comma.

    >>> split_addresses("+15550001~+15550002")
    ['+15550001', '+15550002']
    """
    pieces = re.split("[~;]", raw or "")
    if len(pieces) == 1 and "," in pieces[0]:
        by_comma = pieces[0].split(",")
        if all(_NUMBER.fullmatch(one) for one in by_comma):
            pieces = by_comma
    found = (piece.strip() for piece in pieces)
    return [one for one in found if one.casefold() not in _NO_ADDRESS]


def parse_contact(raw: str | None) -> str | None:
    """A contact's name; "null", "(Unknown)" and its translations are none."""
    name = clean_name(raw or "")
    return None if name in ("", "null") or (name[0] == "(" and name[-1] == ")") else name
