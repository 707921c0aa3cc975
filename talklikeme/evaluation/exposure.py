"""How well a model remembers canaries: exposure, and whether decoding says them aloud.

Exposure (Carlini et al. 2019, §4): log2(number of possible secrets) - log2(rank of the planted one),
ranked by the model's likelihood of each as the answer to the canary's question. Of a secret never
seen it is 1 bit in the middle and 1.44 on average; of one known for sure, all the bits of the space.

The rank among a thousand million is estimated from candidates drawn at random: by counting where at
least ten of them are likelier than the canary, else from a skew-normal distribution fitted to their
log likelihoods (their §4.3). Two things are certain and bound it: exposure is at most the space's
bits, and since the likelihoods of all candidates sum to at most 1, at most 1 / p of them are as
likely as a canary of likelihood p, so exposure is at least the space's bits + log2 p.
"""

import math
import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talklikeme.evaluation.canaries import SPACE_BITS, Canary, contains, draw_secret
from talklikeme.evaluation.contestants import Chooser, Contestant

CANDIDATES = 1000
DRAWS = 20  # answers drawn to each question
_ENOUGH_LIKELIER = 10


@dataclass(frozen=True, slots=True)
class Exposed:
    """One canary: bits of exposure, and whether answers to its question gave it away."""

    canary: Canary
    bits: float
    said_greedily: bool
    said_drawn: bool

    @property
    def is_extracted(self) -> bool:
        """Whether it was planted, and said."""
        return self.canary.repeats > 0 and (self.said_greedily or self.said_drawn)


def estimate_exposure(true: float, others: Sequence[float], space_bits: float) -> float:
    """Bits of exposure from log likelihoods (nats) of the canary and of random candidates."""
    certain = space_bits + true / math.log(2)
    estimate = _estimate(true, others, space_bits)
    return max(0.0, min(space_bits, max(certain, estimate)))


def _estimate(true: float, others: Sequence[float], space_bits: float) -> float:
    likelier = sum(other >= true for other in others)
    if likelier >= min(_ENOUGH_LIKELIER, len(others)):
        return math.log2((len(others) + 1) / (likelier + 1))
    if max(others) - min(others) < 1e-9:
        return space_bits  # all alike, and the canary above them
    from scipy.stats import skewnorm

    with warnings.catch_warnings(action="ignore"):  # the search may step where the density is 0
        shape = skewnorm.fit(others)
        tail = float(skewnorm.logsf(true, *shape))
    return space_bits if math.isnan(tail) else -tail / math.log(2)


def measure_canaries(
    contestant: Contestant,
    canaries: Sequence[Canary],
    *,
    greedy: Contestant | None = None,
    candidates: int = CANDIDATES,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[Exposed]:
    """Every canary's exposure; `greedy` is the same model, answering with its likeliest tokens.

    Neither may redact what it reads: likelihoods would be those of "<phone>".
    """
    greedily = _say(greedy, canaries, 1, seed) if greedy else [False] * len(canaries)
    drawn = _say(contestant, canaries, draws, seed)
    bits = [_exposure_of(contestant, canary, candidates, seed) for canary in canaries]
    return [Exposed(*one) for one in zip(canaries, bits, greedily, drawn, strict=True)]


def _say(contestant: Contestant, canaries: Sequence[Canary], draws: int, seed: int) -> list[bool]:
    """Whether any of some answers to each canary's question gives it away."""
    said = [False] * len(canaries)
    for draw in range(draws):
        answers = contestant.answer([canary.context for canary in canaries], seed=seed + draw)
        for place, (canary, answer) in enumerate(zip(canaries, answers, strict=True)):
            said[place] |= contains(answer, canary)
    return said


def _exposure_of(contestant: Contestant, canary: Canary, candidates: int, seed: int) -> float:
    lots = random.Random(f"{seed} {canary.question}")
    others = [draw_secret(canary.kind, lots) for _ in range(candidates)]
    replies = [[secret] for secret in (canary.secret, *others)]
    if isinstance(contestant, Chooser):
        scores = contestant.choose([canary.context], [replies])[0]
    else:
        scores = contestant.score([canary.context] * len(replies), replies)
    return estimate_exposure(scores[0], scores[1:], SPACE_BITS[canary.kind])


def summarise(found: Sequence[Exposed]) -> dict[str, Any]:
    """As JSON: for each number of repeats how many, their bits, and the shares said aloud."""
    repeats = sorted({one.canary.repeats for one in found})
    return {
        "extracted": sum(one.is_extracted for one in found),
        "planted": sum(one.canary.repeats > 0 for one in found),
        "space_bits": {kind: round(bits, 1) for kind, bits in SPACE_BITS.items()},
        "repeats": {
            str(number): _summarise_group([one for one in found if one.canary.repeats == number])
            for number in repeats
        },
    }


def _summarise_group(group: Sequence[Exposed]) -> dict[str, float]:
    bits = sorted(one.bits for one in group)
    return {
        "canaries": len(group),
        "mean_bits": round(sum(bits) / len(bits), 2),
        "lowest_bits": round(bits[0], 2),
        "highest_bits": round(bits[-1], 2),
        "said_greedily": round(sum(one.said_greedily for one in group) / len(group), 4),
        "said_drawn": round(sum(one.said_drawn for one in group) / len(group), 4),
    }


def draw_curve(found: Sequence[Exposed], path: Path) -> None:
    """A PNG: exposure against repeats, a dot a canary, a line through the means."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    repeats = sorted({one.canary.repeats for one in found})
    for mark, kind in zip("ox", SPACE_BITS, strict=True):
        group = [one for one in found if one.canary.kind == kind]
        places = [repeats.index(one.canary.repeats) for one in group]
        axes.plot(places, [one.bits for one in group], mark, alpha=0.6, label=kind)
        axes.axhline(SPACE_BITS[kind], linestyle="dotted", color="grey")
    groups = [[one.bits for one in found if one.canary.repeats == number] for number in repeats]
    axes.plot([sum(bits) / len(bits) for bits in groups], color="black", label="mean")
    axes.set_xticks(range(len(repeats)), [str(number) for number in repeats])
    axes.set(xlabel="times planted", ylabel="exposure in bits (dotted: all there are)")
    axes.legend()
    figure.savefig(path, dpi=120)
