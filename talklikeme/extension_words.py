"""Which words and emoji of a person's texts deserve a token: counted here, added elsewhere.

Texts are spelled as talklikeme.tokens spells them: one space before. A form is the exact string that a
token shall stand for: " lol" (a word takes its space along), "😂", " 😂", "😂😂".
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files

import regex

LONGEST_WORD = 30
LONGEST_RUN = 3  # emoji in one token; longer runs are made of shorter ones

# Letters with digits and apostrophes inside: "b4", "ain't". At least one letter, a space before.
WORD = regex.compile(
    r"(?<= )(?=[\p{N}]*\p{L})[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*(?![\p{L}\p{M}\p{N}])"
)
_PICTURE = r"\p{Extended_Pictographic}(?<![©®™])\p{EMod}?\uFE0F?"
EMOJI = regex.compile(rf"\p{{RI}}\p{{RI}}|{_PICTURE}(?:\u200D{_PICTURE})*")
_RUN = regex.compile(rf" ?(?:{EMOJI.pattern})+")


@cache
def read_slang() -> tuple[str, ...]:
    """The terms of slang_core.txt, lower case, the most telling first."""
    text = (files("talklikeme") / "data" / "slang_core.txt").read_text(encoding="utf-8")
    return tuple(text.split())


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word comes, without its space, as it is written."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(WORD.findall(text))
    return counts


def count_emoji(texts: Iterable[str]) -> Counter[str]:
    """How often each emoji comes; skin tones and joined ones are their own."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(EMOJI.findall(text))
    return counts


def find_frequent_slang(words: Counter[str], least: int) -> list[str]:
    """Every spelling ("lol", "LOL") of a slang term that comes `least` times, the commonest first."""
    terms = set(read_slang())
    return [word for word, count in words.most_common() if count >= least and word.lower() in terms]


def choose_forms(
    texts: Iterable[str], count_pieces: Callable[[str], int], *, most_new: int, min_count: int
) -> list[str]:
    """The forms that come `min_count` times and that a tokenizer splits, at most `most_new`.

    Those that save the most tokens come first. A contraction that is only cut in two ("don't") stays
    so: every base has learned its halves.
    """
    savings = {}
    for form, count in _count_forms(list(texts)).items():
        if count >= min_count:
            halves = sum(form.count(sign) for sign in "'’")
            pieces = count_pieces(form)
            savings[form] = count * (pieces - 1) if pieces > 1 + halves else 0
    ranked = sorted((form for form in savings if savings[form] > 0), key=lambda f: (-savings[f], f))
    return ranked[:most_new]


def _count_forms(texts: Sequence[str]) -> Counter[str]:
    words = count_words(texts).items()
    forms = Counter({f" {word}": count for word, count in words if len(word) <= LONGEST_WORD})
    for text in texts:
        for run in _RUN.findall(text):
            forms.update(_cut_run(run))
    return forms


def _cut_run(run: str) -> list[str]:
    """A run of emoji → itself if it is short, and its emoji, the first one with its space."""
    emoji = EMOJI.findall(run)
    space = run[: len(run) - len(run.lstrip(" "))]
    short = [run] if 1 < len(emoji) <= LONGEST_RUN else []
    return [*short, space + emoji[0], *emoji[1:]]
