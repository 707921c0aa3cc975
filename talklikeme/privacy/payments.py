"""Payment cards and IBANs: both carry a checksum, so that little else passes for one."""

import re
from collections.abc import Iterator

from talklikeme.privacy.checks import iban_length, is_card, is_iban
from talklikeme.privacy.findings import Span
from talklikeme.privacy.words import CARD, NOT_AFTER, NOT_BEFORE, NOT_PHONE, before

_CARD = re.compile(NOT_BEFORE + r"(?<![.,/+-])\d(?:[ -]?[0-9]){11,18}(?![ -]?\d)" + NOT_AFTER)
_IBAN = re.compile(
    rf"(?:{NOT_BEFORE}|(?<=iban)|(?<=IBAN))" + r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}"
)
_GROUPS = re.compile(
    NOT_BEFORE
    + r"(?<![.,/+-])(?<!\d[ ])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{4,5})(?!-\d)"
    + NOT_AFTER
)


def find_cards(text: str) -> Iterator[Span]:
    """Yield card numbers: an issuer's range and length, the checksum, groups as on a card."""
    for pattern in (_GROUPS, _CARD):
        for match in pattern.finditer(text):
            digits = re.sub(r"[ -]", "", match[0])
            if not digits.isascii() or not is_card(digits) or len(set(digits)) == 1:
                continue
            line = before(text, match.start())
            if CARD.search(line) or (pattern is _GROUPS and not NOT_PHONE.search(line)):
                yield Span(*match.span(), "card")


def find_ibans(text: str) -> Iterator[Span]:
    """Yield IBANs, cut at their country's length, so that the word behind does not belong."""
    for match in _IBAN.finditer(text):
        length = iban_length(match[0][:2])
        places = [at for at in range(*match.span()) if text[at].isalnum()][:length]
        if not length or len(places) < length:
            continue
        end = places[-1] + 1
        is_whole = end == len(text) or not (text[end].isascii() and text[end].isalnum())
        if is_whole and is_iban("".join(text[at] for at in places).upper()):
            yield Span(match.start(), end, "iban")
