"""What must not be trained on is replaced before anything is trained.

`redact(text, settings)` replaces phone numbers, e-mail addresses, payment cards, IBANs, national
ids, IP addresses, crypto addresses, passwords and codes, links, and street addresses by the
placeholders of `PLACEHOLDERS`, which become special tokens. `RedactionReport` counts them.
`Pseudonyms(names, seed)` replaces friends' names, where that is wished, by invented ones.

Everything is rules: fast, the same every time, explainable, and blind to what has no shape, such
as "I live in the blue house behind the church". docs/privacy.md has the measured scores.

One module per family of kinds (`phones`, `payments`, `ids`, `network`, `crypto`, `passwords`,
`places`), `detectors` calls those that `gates` lets, `redaction` settles overlaps and writes the
result.

Unsupported: names of people who are not friends, usernames and handles, MAC addresses, licence
plates, driving licences, account numbers that are no IBAN, wallets other than Bitcoin's and
Ethereum's, dates of birth, towns by themselves, addresses in scripts other than Latin, passwords
that are plain words after "is", seed phrases, and anything in pictures or voice messages.
"""

from talklikeme.privacy.findings import (
    KINDS,
    PLACEHOLDERS,
    Finding,
    Kind,
    Redacted,
    RedactionSettings,
)
from talklikeme.privacy.pseudonyms import Pseudonyms
from talklikeme.privacy.redaction import is_redacted_away, redact
from talklikeme.privacy.report import RedactionReport

__all__ = [
    "KINDS",
    "PLACEHOLDERS",
    "Finding",
    "Kind",
    "Pseudonyms",
    "Redacted",
    "RedactionReport",
    "RedactionSettings",
    "is_redacted_away",
    "redact",
]
