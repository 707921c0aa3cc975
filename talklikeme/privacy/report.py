"""What was redacted, counted and shown masked; the secrets themselves are never kept."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from talklikeme.privacy.findings import KINDS, Finding


class RedactionReport:
    """Counts per kind, and the first few different masked examples of each."""

    def __init__(self, examples: int = 5) -> None:
        self.counts: Counter[str] = Counter()
        self.texts = 0  # how many texts had something in them
        self._most = examples
        self._examples: dict[str, dict[str, None]] = {}

    def add(self, findings: Iterable[Finding]) -> None:
        """Take in what was found in one text."""
        found = 0
        for finding in findings:
            found += 1
            self.counts[finding.kind] += 1
            self._keep(finding.kind, finding.masked)
        self.texts += found > 0

    def merge(self, other: "RedactionReport") -> None:
        """Take in the report of another process."""
        self.counts += other.counts
        self.texts += other.texts
        for kind, examples in other._examples.items():
            for masked in examples:
                self._keep(kind, masked)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values, kinds in a fixed order."""
        kinds = [kind for kind in KINDS if self.counts[kind]]
        return {
            "texts": self.texts,
            "counts": {kind: self.counts[kind] for kind in kinds},
            "examples": {kind: list(self._examples.get(kind, ())) for kind in kinds},
        }

    def _keep(self, kind: str, masked: str) -> None:
        examples = self._examples.setdefault(kind, {})
        if len(examples) < self._most:
            examples[masked] = None
