"""Scores of the redaction on tests/golden/privacy/labelled.tsv, for the tests and the docs."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from talklikeme.privacy import KINDS, RedactionSettings, redact

LABELLED = Path(__file__).parent / "golden" / "privacy" / "labelled.tsv"
_LABEL = re.compile(r"\[\[(\w+):(.*?)\]\](?!\])")
Span = tuple[str, int, int]


@dataclass(frozen=True)
class Sentence:
    """One line of the file: the plain text, and what is to be found in it."""

    half: str
    region: str
    text: str
    wanted: frozenset[Span]

    def found(self) -> frozenset[Span]:
        redacted = redact(self.text, RedactionSettings(region=self.region))
        return frozenset((f.kind, f.start, f.end) for f in redacted.findings)


@dataclass
class Scores:
    """Hits, misses and false alarms per kind; a hit has the exact span and kind."""

    hits: Counter[str] = field(default_factory=Counter)
    misses: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)

    def recall(self, kind: str) -> float:
        return self.hits[kind] / max(1, self.hits[kind] + self.misses[kind])

    def precision(self, kind: str) -> float:
        return self.hits[kind] / max(1, self.hits[kind] + self.alarms[kind])


def parse_label(marked: str) -> tuple[str, frozenset[Span]]:
    """Split "a [[ip:b]]" into its plain text and its labels."""
    text, wanted, done = "", set(), 0
    for match in _LABEL.finditer(marked):
        text += marked[done : match.start()]
        wanted.add((match[1], len(text), len(text) + len(match[2])))
        text += match[2]
        done = match.end()
    return text + marked[done:], frozenset(wanted)


def sentences() -> Iterator[Sentence]:
    for line in LABELLED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            half, region, marked = line.split("\t")
            yield Sentence(half, region.strip("-"), *parse_label(marked.replace("\\n", "\n")))


def score(half: str | None = None) -> Scores:
    """Scores of one half of the file, or of all of it."""
    scores = Scores()
    for sentence in sentences():
        if half in {None, sentence.half}:
            found = sentence.found()
            scores.hits.update(kind for kind, *_ in found & sentence.wanted)
            scores.misses.update(kind for kind, *_ in sentence.wanted - found)
            scores.alarms.update(kind for kind, *_ in found - sentence.wanted)
    return scores


def table() -> str:
    """A Markdown table: per kind the labelled number, and precision and recall of all and halves."""
    rows = [("all", score()), ("tuned", score("tuned")), ("held", score("held"))]
    rows.append(("fresh", score("fresh")))
    head = "".join(f" {name}: precision | recall |" for name, _ in rows)
    lines = [f"| kind | labelled |{head}", "| --- | ---: |" + " ---: | ---: |" * len(rows)]
    for kind in sorted(KINDS):
        wanted = rows[0][1].hits[kind] + rows[0][1].misses[kind]
        cells = "".join(f" {s.precision(kind):.3f} | {s.recall(kind):.3f} |" for _, s in rows)
        lines.append(f"| {kind} | {wanted} |{cells}")
    return "\n".join(lines)
