"""Replace what the detectors find, such that redacting the result again changes nothing."""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator

from talklikeme.privacy.detectors import find_spans
from talklikeme.privacy.findings import (
    KINDS,
    PLACEHOLDERS,
    Finding,
    Redacted,
    RedactionSettings,
    Span,
)
from talklikeme.privacy.masking import mask
from talklikeme.privacy.network import host_of

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_PLACEHOLDER = re.compile("|".join(PLACEHOLDERS))
_KEPT_HOST = re.compile(r"<url> ([^\s<>\"'/:]{1,253})(?<=\w)")
_MOST_ROUNDS = 8
_BETWEEN = r"[\s.,;/|+&!?()-]*"  # no colon: what is left of "<url> :)" is somebody's own
_NOTHING_ELSE = re.compile(
    rf"(?:{_BETWEEN}(?:<url> [\w-]+(?:\.[\w-]+)+|{'|'.join(PLACEHOLDERS)}))+{_BETWEEN}"
)


def redact(text: str, settings: RedactionSettings) -> Redacted:
    """Replace every finding by its placeholder.

    A replaced number may bring a word nearer to the next one, so the result is looked at again
    until nothing more is found; each round leaves less to find.
    """
    stretches = [(0, 0)]  # where a stretch of the original begins in the result, and in the text
    findings: list[Finding] = []
    result = text
    for _ in range(_MOST_ROUNDS):
        found = find_spans(result, settings)
        spans = choose(found, _protected(result, settings)) if found else found
        if not spans:
            break
        for start, end, kind in spans:
            at = _original(stretches, start)
            findings.append(Finding(kind, at, at + end - start, mask(kind, result[start:end])))
        result, stretches = _replace(result, spans, stretches, settings)
    if not findings:
        return Redacted(text)
    return Redacted(result, tuple(sorted(findings, key=lambda finding: finding.start)))


def is_redacted_away(text: str) -> bool:
    """Whether redaction left nothing of a text but placeholders (and hosts that were to be kept)."""
    return "<" in text and _NOTHING_ELSE.fullmatch(text) is not None


def choose(spans: Iterable[Span], protected: Iterable[tuple[int, int]] = ()) -> list[Span]:
    """Of overlapping findings keep the longest; of equally long ones the kind listed first."""
    taken = sorted(protected)
    order = sorted(set(spans), key=lambda span: (span.start - span.end, _RANK[span.kind], span))
    kept = []
    for span in order:
        if _is_free(taken, span):
            insort(taken, (span.start, span.end))
            kept.append(span)
    return sorted(kept)


def _is_free(taken: list[tuple[int, int]], span: Span) -> bool:
    at = bisect_left(taken, (span.end, -1))
    return span.start < span.end and (at == 0 or taken[at - 1][1] <= span.start)


def _protected(text: str, settings: RedactionSettings) -> Iterator[tuple[int, int]]:
    """What an earlier redaction left, or what looks just so, is never touched."""
    if "<" not in text:
        return
    hosts = {}
    if settings.keep_hosts:
        for match in _KEPT_HOST.finditer(text):
            if host_of(match[1]) == match[1]:
                hosts[match.start()] = match.end()
    for match in _PLACEHOLDER.finditer(text):
        yield match.start(), hosts.get(match.start(), match.end())


def _original(stretches: list[tuple[int, int]], at: int) -> int:
    in_result, in_text = stretches[bisect_right(stretches, (at, 1 << 62)) - 1]
    return in_text + at - in_result


def _replace(
    result: str, spans: list[Span], stretches: list[tuple[int, int]], settings: RedactionSettings
) -> tuple[str, list[tuple[int, int]]]:
    parts, moved = [], []
    done = length = next_stretch = 0
    for start, end, kind in [*spans, Span(len(result), len(result), "url")]:
        while next_stretch < len(stretches) and stretches[next_stretch][0] <= start:
            in_result, in_text = stretches[next_stretch]
            moved.append((in_result - done + length, in_text))
            next_stretch += 1
        parts.append(result[done:start])
        length += start - done
        if start < end:
            parts.append(_stand_in(kind, result[start:end], settings))
            length += len(parts[-1])
            moved.append((length, _original(stretches, end - 1) + 1))
        done = end
    return "".join(parts), moved


def _stand_in(kind: str, value: str, settings: RedactionSettings) -> str:
    host = host_of(value) if kind == "url" and settings.keep_hosts else ""
    return f"<{kind}> {host}" if host else f"<{kind}>"
