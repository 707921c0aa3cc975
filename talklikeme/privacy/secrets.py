"""What redaction found, kept as keyed hashes: enough to know a secret again, too little to read it.

prepare_data.py writes them beside the pairs, readable by their owner only; evaluation/leaks.py looks
whether a model says one of them. BLAKE2b with a random key (RFC 7693), one a run of prepare_data.py.
Whoever has the file can still try out all numbers of a country: it must not leave the machine, and
nothing of talklikeme uploads it.
"""

import hashlib
import json
import os
import re
import secrets
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from talklikeme.errors import RunError
from talklikeme.privacy.findings import KINDS, Finding, RedactionSettings

SECRETS_FILE = "secrets.json"
_SIZE = 16
_PRIVATE = 0o600

_NOT_ALNUM = re.compile(r"[\W_]+")
_NOT_DIGIT = re.compile(r"\D+")
_LINK_HEAD = re.compile(r"^(?:[a-z]+://)?(?:www\.)?")
_AROUND = ".,;:!?\"'()[]"  # signs that belong to the sentence more often than to the secret
_NUMBERS = {"card", "iban", "id", "phone"}  # however they are grouped
# "+49 171 3920012" and "0171 3920012" are one number: the end tells them apart well enough.
_PHONE_DIGITS = 9

# What a reply says without the words that announce a secret ("pin", "call") is compared too, where
# it is too long to be chance.
LONG_ENOUGH = 8
_WORD = re.compile(r"\S+")
_DIGIT_RUN = re.compile(r"\+?\d(?:[ ()/.\-]{0,2}\d){7,}")


def normalise(text: str, kind: str) -> str:
    """What two spellings of one secret have in common."""
    text = unicodedata.normalize("NFKC", text).casefold().strip()
    if kind == "phone":
        return _NOT_DIGIT.sub("", text)[-_PHONE_DIGITS:]
    if kind in _NUMBERS:
        return _NOT_ALNUM.sub("", text)
    if kind == "url":
        return _LINK_HEAD.sub("", text).rstrip("/")
    return " ".join(text.split()).strip(_AROUND)


def new_key() -> bytes:
    """A random key for the hashes of one run."""
    return secrets.token_bytes(_SIZE)


@dataclass
class SecretHashes:
    """A set of secrets, as hashes by kind; those with one key can be merged."""

    key: bytes = field(default_factory=new_key)
    settings: RedactionSettings = field(default_factory=RedactionSettings)
    digests: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __len__(self) -> int:
        return sum(map(len, self.digests.values()))

    def add(self, text: str, kind: str) -> None:
        """Take in one secret; the text itself is forgotten."""
        self.digests[kind].add(self._digest(text, kind))

    def add_findings(self, text: str, findings: Iterable[Finding]) -> None:
        """Take in what redaction found in a text."""
        for finding in findings:
            self.add(text[finding.start : finding.end], finding.kind)

    def merge(self, other: "SecretHashes") -> None:
        """Take in those of another process; raises ValueError if its key is another."""
        if other.key != self.key:
            raise ValueError("hashes with different keys cannot be compared")
        for kind, digests in other.digests.items():
            self.digests[kind] |= digests

    def knows(self, text: str, kind: str) -> bool:
        """Whether this very secret was found."""
        return self._digest(text, kind) in self.digests.get(kind, ())

    def kinds_in(self, text: str, findings: Iterable[Finding]) -> dict[str, str]:
        """The known secrets that a text says: each one's hash and kind.

        `findings` are what redaction finds in it; long words and numbers count without it too.
        """
        said = [(text[found.start : found.end], found.kind) for found in findings]
        said += [(value, kind) for value in _long_values(text) for kind in KINDS]
        return {self._digest(value, kind): kind for value, kind in said if self.knows(value, kind)}

    def _digest(self, text: str, kind: str) -> str:
        value = f"{kind}\0{normalise(text, kind)}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(value, digest_size=_SIZE, key=self.key).hexdigest()

    def write(self, folder: Path) -> None:
        """Write secrets.json, readable by its owner only."""
        values = {
            "key": self.key.hex(),
            "settings": asdict(self.settings),
            "digests": {kind: sorted(found) for kind, found in sorted(self.digests.items())},
        }
        path = folder / SECRETS_FILE
        path.unlink(missing_ok=True)  # an older file might be open to others
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(values, out)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read secrets.json of a folder; None if there is none; raises RunError if it is broken."""
        path = folder / SECRETS_FILE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            settings = RedactionSettings(**values["settings"])
            digests = {kind: set(found) for kind, found in values["digests"].items()}
            return cls(bytes.fromhex(values["key"]), settings, defaultdict(set, digests))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RunError(
                f"{path}: not readable ({type(error).__name__}). Run python prepare_data.py again"
            ) from None


def _long_values(text: str) -> Iterator[str]:
    """Words, and digits with signs between them, that are too long to be met by chance."""
    for found in (*_WORD.finditer(text), *_DIGIT_RUN.finditer(text)):
        value = found[0].strip(_AROUND)
        if len(_NOT_ALNUM.sub("", value)) >= LONG_ENOUGH:
            yield value
