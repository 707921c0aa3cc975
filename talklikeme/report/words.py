"""My most characteristic words and emoji against my friends'.

Ranked by the log-odds ratio with an informative Dirichlet prior, its z-score: Monroe, Colaresi and
Quinn, "Fightin' Words", Political Analysis 16(4), 2008, equations 16-22. The prior is what both sides
say together, so a word must differ by more than chance in that many words to be listed.

Slang and elongations stay as they are ("sooo", "gr8"). Left out: links, addresses, numbers, handles,
placeholders of redaction, and names of people in the chats. Not supported: languages written without
spaces are counted by the phrase.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import log, sqrt
from typing import Literal

import regex

from talklikeme.privacy import PLACEHOLDERS

PRIOR_WORDS = 1000.0  # weight of the prior
LEAST_USES = 5
SURE = 1.96  # two-sided 5 %, as in the paper
LONGEST_WORD = 30
_LONGEST_CHUNK = 100

# Hosts and paths, mail addresses, @handles, <placeholders> of redaction, commands of bots.
_NOT_WORDS = regex.compile(
    "|".join(PLACEHOLDERS)
    + r"|://|^www\.|\w\.\w[\w-]*/|@|^\W*<[a-z_ -]+>|^/\w|(?:\d\D*){3}|^[\w-]+(\.[\w-]+)+$"
)
_PICTURE = r"(?:\p{Extended_Pictographic}(?<![©®™‼⁉ℹ↔-↪▪-◾])[\uFE0F\U000E0020-\U000E007F]*\p{EMod}?\uFE0F?)"
# Drawn in colour only with U+FE0F behind it, which apps leave out or not as they like.
_PLAIN = regex.compile(r"(?!\p{Emoji_Presentation})[\p{Extended_Pictographic}0-9#*](?!\p{EMod})")
_TOKEN = regex.compile(
    rf"""
      (?P<emoji> {_PICTURE}(?:\u200D{_PICTURE})* | \p{{RI}}\p{{RI}} | [0-9#*]\uFE0F?\u20E3 )
    | (?P<smiley>
        (?<!\w) (?: [:;=]['’]?[-^o]?(?:[)(\]\[|*/\\]+|[DPpOo3]+(?!\w)) | [xX]D+(?!\w)
                  | </?3+ | \^[_.-]*\^ | -[_.]+- | [oO][_.][oO](?!\w) | T_T | ¯\\_\(ツ\)_/¯ )
      | (?<=\w) [:;=][-^]?[)(]+ )
    | (?P<word> \d? \p{{L}}[\p{{L}}\p{{M}}\u200C]* (?: \d[\p{{L}}\p{{M}}]* | ['’-][\p{{L}}\p{{M}}]+ )* )
    """,
    regex.VERBOSE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one side said: words, and emoji with smileys, each with its number."""

    words: Counter[str]
    emoji: Counter[str]


@dataclass(frozen=True, slots=True)
class Telling:
    """A word or emoji that one side uses more; uses of each side in 10,000 of its own."""

    token: str
    mine: float
    theirs: float
    z: float


def take_apart(chunks: Mapping[str, int], names: Collection[str] = ()) -> Spoken:
    """Chunks between spaces → words and emoji; a run of one emoji counts once."""
    words: Counter[str] = Counter()
    emoji: Counter[str] = Counter()
    for chunk, count in chunks.items():
        for kind, token in set(split_chunk(chunk)):
            if kind == "word":
                if token not in names and len(token) <= LONGEST_WORD:
                    words[token] += count
            else:
                emoji[token] += count
    return Spoken(words, emoji)


def split_chunk(chunk: str) -> Iterator[tuple[Literal["word", "emoji"], str]]:
    """The words (lower case), emoji and smileys in a chunk without spaces."""
    if chunk.isascii() and chunk.isalpha() and chunk.islower():  # most chunks are
        yield "word", chunk
        return
    if len(chunk) > _LONGEST_CHUNK or _NOT_WORDS.search(chunk):
        return
    for found in _TOKEN.finditer(chunk):
        token = found.group()
        if found.lastgroup == "word":
            yield "word", token.lower().replace("’", "'")
        elif found.lastgroup == "emoji":
            yield "emoji", _PLAIN.sub("\\g<0>\ufe0f", token.replace("\ufe0f", ""))
        else:
            yield "emoji", _one_mouth(token)


def _one_mouth(smiley: str) -> str:
    """ ":)))" and ":-)" are one smiley."""
    smiley = regex.sub(r"([^\^])\1+$", r"\1", smiley.replace("’", "'"))
    if smiley[0] in ":;=" and len(smiley) > 2 and smiley[1] in "-^o":
        smiley = smiley[0] + smiley[2:]
    return {":p": ":P", "=)": ":)", "=D": ":D", "=(": ":(", "xD": "XD"}.get(smiley, smiley)


def compare(mine: Counter[str], theirs: Counter[str]) -> list[Telling]:
    """Every token that surely tells the sides apart, my most telling first."""
    my_total, their_total = mine.total(), theirs.total()
    if not my_total or not their_total:
        return []
    both = my_total + their_total
    found = []
    for token in mine.keys() | theirs.keys():
        my_uses, their_uses = mine[token], theirs[token]
        if my_uses + their_uses < LEAST_USES:
            continue
        prior = PRIOR_WORDS * (my_uses + their_uses) / both
        z = _z_score(my_uses + prior, my_total, their_uses + prior, their_total)
        if abs(z) >= SURE:
            rates = 10_000 * my_uses / my_total, 10_000 * their_uses / their_total
            found.append(Telling(token, *rates, z))
    return sorted(found, key=lambda telling: (-telling.z, telling.token))


def _z_score(my_uses: float, my_total: int, their_uses: float, their_total: int) -> float:
    mine = log(my_uses / (my_total + PRIOR_WORDS - my_uses))
    theirs = log(their_uses / (their_total + PRIOR_WORDS - their_uses))
    return (mine - theirs) / sqrt(1 / my_uses + 1 / their_uses)
