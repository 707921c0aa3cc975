"""How a finding is shown to its owner: enough to recognise it, too little to use it."""

import re

from talklikeme.privacy.findings import Kind

_DOT = "•"
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_LONGEST = 40


def mask(kind: Kind, value: str) -> str:
    """Blot out a value: "+49 171 3920012" becomes "+49 1•• •••••12"."""
    if kind == "secret":
        return _DOT * 6  # even the length of a password tells something
    if kind == "url":
        return re.sub(r"(?s)^((?:[a-z]+://)?).*", rf"\1{_DOT * 3}", value, flags=re.IGNORECASE)
    if kind == "crypto":
        return value[:3] + _DOT * 3
    first, last = _kept(kind, value)
    return _blot(value, first, last)[:_LONGEST]


def _kept(kind: Kind, value: str) -> tuple[int, int]:
    """How many letters and digits stay at the start and at the end."""
    if kind == "phone":
        return (3 if value.startswith("+") else 1), 2
    return {"card": (0, 2), "iban": (2, 2), "email": (1, 0), "ip": (1, 0)}.get(kind, (0, 0))


def _blot(value: str, first: int, last: int) -> str:
    places = [match.start() for match in _LETTER_OR_DIGIT.finditer(value)]
    if 2 * (first + last) > len(places):
        first = last = 0
    kept = set(places[:first]) | set(places[len(places) - last :])
    hidden = set(places) - kept
    return "".join(_DOT if at in hidden else letter for at, letter in enumerate(value))
