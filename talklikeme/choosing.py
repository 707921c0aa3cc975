"""Which of several drawn replies to say: the first that is whole and new, or the one that answers best.

A model likes best what fits everything ("lol"). So a candidate counts by how likely it is after what was said,
less a share of how likely it is after nothing: log P(reply | context) - penalty * log P(reply | nothing),
a token (Li et al. 2016, "A Diversity-Promoting Objective Function", the anti-language-model form; there a
language model gives the second term, here the same model does, which learned it from openers). A choice by
likelihood alone would also drift to other lengths than mine: how often I write replies of such a shape counts too.

The best of eight would still be a commonplace far more often than I say one: several of eight draws are, and each
is likely. So what the model would say out of the blue once in three thousand times has to be better than the others by a
handicap, in nats a token; "lol" to a joke is.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from math import log
from typing import Final

from talklikeme.engines import Drawn, Engine, Ids
from talklikeme.privacy import PLACEHOLDERS
from talklikeme.sampling import Choosing
from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn

HOLE = "…"
REMEMBERED = 6  # turns back in which a reply must not have been said
_MOST_BUBBLES = 5
_CIRCLE: Final = re.compile(
    r"(?<!\S)(\S+(?: \S+){0,5}?)(?: \1){3}(?!\S)"
)  # up to six words, four times
_RARE = 1e-3  # the share of a shape that I never write
_COMMONPLACE = log(1 / 3000)  # log P(reply | nothing) from which a reply is one


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reply that could be said; likelihoods in nats, the end of the reply included."""

    bubbles: list[str]
    tokens: int
    given: float  # log P(reply | context)
    alone: float | None  # log P(reply | nothing), where it was asked for
    is_whole: bool  # it came to an end by itself
    is_stale: bool  # somebody has just said it
    has_holes: bool = (
        False  # it speaks of <phone> or <url>, which redaction left in what it learned
    )
    place: int = 0  # it was drawn as the first, second, …
    objection: str = ""  # why it must not be said (guard.py)

    @property
    def is_commonplace(self) -> bool:
        """Whether it would be said to nobody in particular; not known where `alone` is not."""
        return self.alone is not None and self.alone >= _COMMONPLACE

    @property
    def is_circling(self) -> bool:
        """Whether it says the same words again and again, as models do and people do not."""
        return _CIRCLE.search(" ".join(" ".join(self.bubbles).split())) is not None

    def score(self, penalty: float) -> float:
        """What it counts, a token; raises ValueError where `alone` is not known and matters."""
        if penalty and self.alone is None:
            raise ValueError("a penalty needs log P(reply | nothing)")
        return (self.given - penalty * (self.alone or 0.0)) / self.tokens

    def handicap(self, choosing: Choosing) -> float:
        """What it pays for being a commonplace, in nats a token."""
        return choosing.handicap if self.is_commonplace else 0.0


def shape_of(bubbles: Sequence[str]) -> str:
    """The number of bubbles, 5 for more, and the power of two that the number of characters reaches."""
    return f"{min(len(bubbles), _MOST_BUBBLES)}/{sum(map(len, bubbles)).bit_length()}"


def rank(
    candidates: Sequence[Candidate], choosing: Choosing, shapes: Mapping[str, float] | None = None
) -> list[Candidate]:
    """Best first, as they were drawn where there is no penalty.

    What has a hole, has just been said, goes in circles or was cut short comes behind all else. `shapes` are the shares of
    my replies that have a shape; without them all shapes are alike.
    """

    def cost(one: Candidate) -> float:
        if choosing.penalty is None:
            return one.place
        share = (shapes or {}).get(shape_of(one.bubbles), 0.0)
        worth = one.score(choosing.penalty) - one.handicap(choosing)
        return -worth - choosing.fit * log(max(share, _RARE))

    return sorted(
        candidates,
        key=lambda one: (
            one.has_holes,
            one.is_stale or one.is_circling,
            not one.is_whole,
            cost(one),
        ),
    )


def weigh(
    engine: Engine,
    encoder: ChatEncoder,
    drawn: Sequence[Sequence[Drawn]],
    talks: Sequence[Sequence[Turn]],
    *,
    compares: bool,
) -> list[list[Candidate]]:
    """For each of `talks`, the different replies among those drawn for it; empty ones are left out.

    `compares` says whether to find out how likely they are after nothing, all in one batch.
    """
    told = [_read(encoder, replies) for replies in drawn]
    different = list(dict.fromkeys(ids for replies in told for ids in replies))
    alone: dict[Ids, float] = {}
    if compares and different:
        nothing = [encoder.encode_context([])] * len(different)
        alone = dict(zip(different, engine.score(nothing, different), strict=True))
    longest = encoder.limits.max_reply_tokens
    return [
        [
            _build(ids, place, bubbles, given, alone.get(ids), longest, _lately(turns))
            for ids, (place, bubbles, given) in replies.items()
        ]
        for replies, turns in zip(told, talks, strict=True)
    ]


def _build(
    ids: Ids,
    place: int,
    bubbles: list[str],
    given: float,
    alone: float | None,
    longest: int,
    lately: Set[str],
) -> Candidate:
    return Candidate(
        bubbles=bubbles,
        tokens=len(ids),
        given=given,
        alone=alone,
        is_whole=len(ids) < longest,
        is_stale=any(_key(said) in lately for said in (bubbles, *([one] for one in bubbles))),
        has_holes=any(hole in bubble for hole in PLACEHOLDERS for bubble in bubbles),
        place=place,
    )


def _lately(turns: Sequence[Turn]) -> Set[str]:
    return {_key([turn["content"]]) for turn in turns[-REMEMBERED:]}


def fill_holes(bubbles: Sequence[str]) -> list[str]:
    """Bubbles as a friend may see them: "call <phone>" becomes "call …"."""
    filled = list(bubbles)
    for place in PLACEHOLDERS:
        filled = [one.replace(place, HOLE) for one in filled]
    return filled


def _read(
    encoder: ChatEncoder, drawn: Sequence[Drawn]
) -> dict[tuple[int, ...], tuple[int, list[str], float]]:
    """Ids with the end that the model gave them → where they were first drawn, bubbles, likelihood."""
    told: dict[tuple[int, ...], tuple[int, list[str], float]] = {}
    for place, one in enumerate(drawn):
        if bubbles := encoder.decode_reply(one.ids):
            is_cut = len(one.ids) >= encoder.limits.max_reply_tokens
            ids = (*one.ids, *([] if is_cut else [encoder.end_id]))
            told.setdefault(ids, (place, bubbles, one.given))
    return told


def _key(bubbles: Sequence[str]) -> str:
    """What makes two replies the same: letters and digits, or all of it where there are none."""
    text = " ".join(bubbles).casefold()
    return "".join(filter(str.isalnum, text)) or text.strip()
