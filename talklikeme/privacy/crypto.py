"""Addresses of Bitcoin (base58 and bech32, checksum verified) and of Ethereum and its kin."""

import re
from collections.abc import Iterator

from talklikeme.privacy.checks import is_base58_address, is_bech32_address
from talklikeme.privacy.findings import Span
from talklikeme.privacy.words import NOT_AFTER, NOT_BEFORE

_BASE58 = re.compile(NOT_BEFORE + r"[13][1-9A-HJ-NP-Za-km-z]{25,34}" + NOT_AFTER)
_BECH32 = re.compile(NOT_BEFORE + r"(?:bc1|BC1)[0-9A-Za-z]{11,87}" + NOT_AFTER)
_ETHEREUM = re.compile(NOT_BEFORE + r"0x[0-9a-fA-F]{40}" + NOT_AFTER)


def find_crypto(text: str) -> Iterator[Span]:
    """Yield the addresses; a hash of another length or with a wrong checksum is left alone."""
    if len(text) < 26:
        return
    for match in _BASE58.finditer(text):
        if is_base58_address(match[0]):
            yield Span(*match.span(), "crypto")
    for match in _BECH32.finditer(text):
        if is_bech32_address(match[0]):
            yield Span(*match.span(), "crypto")
    for match in _ETHEREUM.finditer(text):
        yield Span(*match.span(), "crypto")
