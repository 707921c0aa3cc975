"""What the style and life numbers are counted in: words, emoji, slang, the case and end of a bubble."""

from functools import cache
from importlib.resources import files
from typing import Literal

import regex

from talklikeme.report.words import split_chunk

Case = Literal["lower", "capital first", "all capitals", "no letter"]

_END = regex.compile(r"(\.{2,}|…|[.!?,;:)(]|\w|.)\s*$", regex.DOTALL)
_LETTER = regex.compile(r"\p{L}")
_PUNCTUATION = regex.compile(r"\p{P}")


@cache
def slang_terms() -> frozenset[str]:
    """The shipped list of words that texting uses and formal writing does not, in lower case."""
    text = files("talklikeme.data").joinpath("slang_core.txt").read_text(encoding="utf-8")
    return frozenset(line.strip().lower() for line in text.splitlines() if line.strip())


def count_emoji(text: str) -> int:
    """Emoji and smileys; a run of one ("😂😂😂", ":)))") counts once."""
    return sum(kind == "emoji" for chunk in text.split() for kind, _ in set(split_chunk(chunk)))


def slang_words(text: str) -> int:
    """How many words between spaces are slang, punctuation around them left aside."""
    terms = slang_terms()
    words = (word.strip(".,!?;:\"'()*…").lower() for word in text.split())
    return sum(word in terms for word in words)


def count_punctuation(text: str) -> int:
    """Characters of Unicode's category P."""
    return len(_PUNCTUATION.findall(text))


def case_of(bubble: str) -> Case:
    """How a bubble is written: its first letter, unless all of several are capitals."""
    letters = _LETTER.findall(bubble)
    if not letters:
        return "no letter"
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return "all capitals"
    return "capital first" if letters[0].isupper() else "lower"


def end_of(bubble: str) -> str:
    """How a bubble ends: "word", "emoji", "...", the mark itself, or "other"."""
    if count_emoji(bubble.split()[-1] if bubble.split() else ""):
        return "emoji"
    found = _END.search(bubble)
    mark = found[1] if found else ""
    if mark == "…" or (len(mark) > 1 and set(mark) == {"."}):
        return "..."
    if regex.fullmatch(r"\w", mark):
        return "word"
    return mark if mark and mark in ".!?,;:" else "other"
