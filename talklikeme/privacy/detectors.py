"""All detectors, each called only when the text could hold something for it."""

import re
from collections.abc import Callable, Iterator

from talklikeme.privacy.crypto import find_crypto
from talklikeme.privacy.findings import RedactionSettings, Span
from talklikeme.privacy.gates import (
    folded,
    is_plain,
    may_have_link,
    may_have_secret,
    may_spell_email,
)
from talklikeme.privacy.ids import find_ids
from talklikeme.privacy.network import find_emails, find_ips, find_links
from talklikeme.privacy.passwords import find_secrets
from talklikeme.privacy.payments import find_cards, find_ibans
from talklikeme.privacy.phones import find_phones
from talklikeme.privacy.places import find_places

_DIGIT = re.compile(r"\d")
_FOUR_DIGITS = re.compile(r"\d(?:\D*\d){3}")
_IN_NUMBERS: tuple[Callable[[str], Iterator[Span]], ...] = (
    find_ibans, find_crypto, find_ips, find_cards, find_ids,
)  # fmt: skip


def find_spans(text: str, settings: RedactionSettings) -> list[Span]:
    """Everything that any detector finds; findings may overlap."""
    small = folded(text)
    found: list[Span] = []
    if "@" in text or may_spell_email(small):
        found += find_emails(text, small)
    if is_plain(text):
        return found
    has_digit = _DIGIT.search(text) is not None
    if may_have_link(text):
        found += find_links(text, settings)
    if may_have_secret(text, small, has_digit):
        found += find_secrets(text)
    if has_digit or "///" in text:
        found += find_places(text)
    if has_digit and _FOUR_DIGITS.search(text):
        for detector in _IN_NUMBERS:
            found += detector(text)
        found += find_phones(text, settings)
    return found
