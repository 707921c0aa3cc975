"""Phone numbers, international and as dialled at home; Google's `phonenumbers` has the last word.

Candidates are runs of digits with the separators of the world's phone numbers. What is left to
judge is what else looks so: dates, prices, scores, order numbers.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from talklikeme.privacy.findings import RedactionSettings, Span
from talklikeme.privacy.words import NOT_AFTER, before, says_phone

_GATE = re.compile(r"\d(?:[^\d\n]{0,4}\d){6}")
_SEPARATOR = r"[ \u00a0\u202f().\-/\u2010-\u2013]"
_RUN = re.compile(
    r"(?<![0-9A-Za-z_\u00aa-\u058f#$€£¥@&=%])(?<!\d[.,:/-])(?<![A-Za-z]-)"
    rf"(?:\+ ?)?\(?\d(?:{_SEPARATOR}{{0,3}}+\d)*+" + NOT_AFTER
)
_CHUNK = re.compile(r"[^ \u00a0\u202f]+")
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-./])(?:0?[1-9]|[12]\d|3[01])\2(?:19|20)\d\d)(?!\d)"
)
_AMOUNT_AFTER = re.compile(
    r"(?i)[.,]\d|\s?(?:[€$£¥%°]|(?:eur|usd|euros?|dollars?|kr|mio|people|views|subs|steps|followers?"
    r"|habitantes|km|min|kg|mal|stück)\b)"
)
_NO_PHONE = re.compile(  # decimals, dates, and two numbers with a stroke between
    r"\d{1,3}\.\d{5,}|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|\d{1,2}/\d{4}/\d{1,2}"
    r"|[^0(][^/]*/.*"
)
_MONEY_BEFORE = re.compile(r"(?i)(?:[$€£¥]|\b(?:rs|usd|eur|inr|kr))\.?\s?$")
_NANP = {"US", "CA", "PR", "DO", "JM", "TT", "BS", "BB"}
_NANP_SHAPE = re.compile(r"(?:1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{4}")
_NANP_LOOSE = re.compile(r"(?:1[ .-]?)?\(?\d{3}[). -]{0,2}\d{3}[ .-]?\d{4}")
_NANP_SHORT = re.compile(r"[2-9]\d\d[-. ]\d{4}")
_ELSEWHERE = ("DE", "GB", "FR", "US", "NL", "ES", "IT", "AU", "BR", "IN", "MX", "PL", "TR")
_LONGEST_WINDOW = 7


def find_phones(text: str, settings: RedactionSettings) -> Iterator[Span]:
    """Yield the phone numbers of a text, for a reader at home in the settings' region."""
    if not _GATE.search(text):
        return
    plain = _DATE.sub(lambda match: "x" * len(match[0]), text)
    for run in _RUN.finditer(plain):
        if sum(map(str.isdigit, run[0])) >= 7:
            yield from _split_run(plain, run.start(), run.end(), settings)


def _split_run(text: str, start: int, end: int, settings: RedactionSettings) -> Iterator[Span]:
    """A run is one number, or several things with spaces between."""
    if _is_phone(text, start, end, settings):
        yield _span(text, start, end)
        return
    chunks = [match.span() for match in _CHUNK.finditer(text, start, end)]
    first = 0
    while first < len(chunks):
        step = 1
        for last in range(min(len(chunks), first + _LONGEST_WINDOW) - 1, first - 1, -1):
            window = chunks[first][0], chunks[last][1]
            if not _stands_alone(text[window[0] : window[1]], settings.region):
                continue
            if _is_phone(text, *window, settings):
                yield _span(text, *window)
                step = last - first + 1
                break
        first += step


def _stands_alone(raw: str, region: str) -> bool:
    """Whether a part of a longer row of numbers looks by itself like a phone number."""
    is_zero = raw[0] == "0" and (raw.startswith("00") or _dials_zero(region))
    return is_zero or raw[0] in "+(" or bool(_NANP_SHAPE.fullmatch(raw))


def _span(text: str, start: int, end: int) -> Span:
    if text[start] == "(" and ")" not in text[start:end]:
        start += 1
    return Span(start, end, "phone")


def _is_phone(text: str, start: int, end: int, settings: RedactionSettings) -> bool:
    raw = text[start:end]
    digits = "".join(str(int(letter)) for letter in raw if letter.isdigit())
    if not 7 <= len(digits) <= 17 or len(set(digits)) < 3:
        return False
    if raw[0] == "+" or digits.startswith("00"):
        return _is_international(raw, digits)
    if _AMOUNT_AFTER.match(text, end) or _MONEY_BEFORE.search(before(text, start)):
        return False
    if len(digits) > 12 or _NO_PHONE.fullmatch(raw):
        return False
    if not _is_national(raw, digits, True, settings.region):  # quicker than the words before it
        return False
    said = says_phone(text, start)
    return bool(said) or (said is None and _is_national(raw, digits, False, settings.region))


def _is_international(raw: str, digits: str) -> bool:
    is_possible, is_valid = _look_up("+" + (digits if raw[0] == "+" else digits[2:]), "")
    if digits.endswith("000000"):
        return False
    # Numbers reserved for films are possible and not valid; so are ranges that are very new.
    return is_valid or (is_possible and raw[0] == "+" and len(digits) >= 10)


def _is_national(raw: str, digits: str, is_said: bool, region: str) -> bool:
    if any(len(chunk) == 1 for chunk in re.findall(r"\d+", raw)[1:]):
        return False  # scores and lottery numbers
    if _NANP_SHAPE.fullmatch(raw):
        return _look_up(digits, "US")[1]
    if region in _NANP:
        if _NANP_SHORT.fullmatch(raw):
            return is_said or digits.startswith("555")
        if not _NANP_LOOSE.fullmatch(raw):
            return False
    if region and _is_at_home(raw, digits, is_said, region):
        return True
    if digits[0] != "0" or not (is_said or (not region and len(digits) >= 10)):
        return False
    return any(_look_up(digits, other)[1] for other in _ELSEWHERE)


def _is_at_home(raw: str, digits: str, is_said: bool, region: str) -> bool:
    is_possible, is_valid = _look_up(digits, region)
    has_zero, wants_zero = digits[0] == "0", _dials_zero(region)
    if not is_possible or (wants_zero and not has_zero and not is_said):
        return False
    if is_valid:
        return is_said or has_zero or len(digits) >= 10 or (len(digits) == 9 and raw != digits)
    return has_zero and len(digits) >= 10 and (is_said or wants_zero)


def _dials_zero(region: str) -> bool:
    """Whether numbers at home begin with a 0, so that a long one that does is most likely one."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region) if region else None
    return metadata is not None and metadata.national_prefix == "0"


@lru_cache(maxsize=4096)  # a candidate is asked about twice, and a chat repeats its numbers
def _look_up(digits: str, region: str) -> tuple[bool, bool]:
    """Whether a number is possible, by its length, and valid, by the ranges in use."""
    try:
        number = phonenumbers.parse(digits, region or None)
    except phonenumbers.NumberParseException:
        return False, False
    is_possible = phonenumbers.is_possible_number(number)
    return is_possible, is_possible and phonenumbers.is_valid_number(number)
