"""What redaction finds and what it writes instead: the one list of placeholders."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Kind = Literal[
    "place", "url", "email", "iban", "crypto", "ip", "card", "id", "secret", "phone",
]  # fmt: skip

# Of two findings of one length the kind that comes first here is kept.
KINDS: tuple[Kind, ...] = get_args(Kind)
PLACEHOLDERS: tuple[str, ...] = tuple(f"<{kind}>" for kind in sorted(KINDS))


class Span(NamedTuple):
    """A stretch of a text and what it is."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something was replaced, in the original text; `masked` is all that is kept of it."""

    kind: Kind
    start: int
    end: int
    masked: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with placeholders, and what they stand for, in order."""

    text: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class RedactionSettings:
    """`region` ("DE", "US", …) is where phone numbers without a country code belong."""

    region: str = ""
    keep_hosts: bool = False
