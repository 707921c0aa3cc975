"""Canaries: what is planted, what exposure means, and that redaction leaves them alone."""

import math
import random
from pathlib import Path

import pytest
from datasets import Dataset

from talklikeme.errors import ConfigError
from talklikeme.evaluation.canaries import (
    REPEATS,
    SPACE_BITS,
    Canary,
    build_canaries,
    contains,
    draw_secret,
    plant_canaries,
)
from talklikeme.evaluation.contestants import Context, Reply
from talklikeme.evaluation.exposure import (
    draw_curve,
    estimate_exposure,
    measure_canaries,
    summarise,
)
from talklikeme.facts import Limits
from talklikeme.privacy import PLACEHOLDERS
from talklikeme.tokenizer import load_tokenizer
from talklikeme.tokens import ChatEncoder
from tests.models import make_inputs

LIMITS = Limits(context_turns=4, max_context_tokens=60, max_reply_tokens=60)
BITS = SPACE_BITS["number"]


def test_canaries_are_made_anew_from_the_seed() -> None:
    canaries = build_canaries(4, seed=7)
    assert canaries == build_canaries(4, seed=7)
    assert not {one.secret for one in canaries} & {one.secret for one in build_canaries(4, seed=8)}
    assert [one.repeats for one in canaries] == [n for n in (0, *REPEATS) for _ in range(4)]
    assert len({one.question for one in canaries}) == len(canaries)
    assert {one.kind for one in canaries if one.repeats == 16} == {"number", "passphrase"}


def test_no_canaries_unless_asked_for() -> None:
    assert build_canaries(0, seed=1) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("world")
    make_inputs(out)
    return out / "tokenizer"


def test_canaries_are_planted_so_often_and_not_redacted(folder: Path) -> None:
    tokenizer = load_tokenizer(folder)
    train = Dataset.from_list([{"input_ids": [5], "labels": [6, 1], "length": 3}] * 2)
    canaries = build_canaries(2, seed=0)
    planted = plant_canaries(train, tokenizer, LIMITS, canaries)
    assert len(planted) == 2 + 2 * sum(REPEATS)
    assert planted[:2] == train[:2]
    encoder = ChatEncoder(tokenizer, LIMITS)
    said = [encoder.decode_reply(row["labels"]) for row in planted.select(range(2, len(planted)))]
    for one in canaries:
        assert said.count([one.secret]) == one.repeats
    assert not any(word in text for (text,) in said for word in PLACEHOLDERS)
    row = planted[-1]
    assert row["length"] == len(row["input_ids"]) + len(row["labels"])


def test_a_canary_that_the_model_cannot_say_is_refused(folder: Path) -> None:
    train = Dataset.from_list([{"input_ids": [5], "labels": [6, 1], "length": 3}])
    short = Limits(context_turns=4, max_context_tokens=60, max_reply_tokens=6)
    with pytest.raises(ConfigError, match="--max-reply-tokens"):
        plant_canaries(train, load_tokenizer(folder), short, build_canaries(1, seed=0))


def test_a_canary_known_for_sure_has_all_bits() -> None:
    lots = random.Random(0)
    others = [lots.gauss(-40, 4) for _ in range(1000)]
    assert estimate_exposure(0.0, others, BITS) == BITS
    assert estimate_exposure(math.log(0.5), others, BITS) >= BITS - 1


def test_an_unseen_canary_has_one_bit_in_the_middle() -> None:
    lots = random.Random(0)
    bits = []
    for _ in range(400):
        others = [lots.gauss(-40, 4) for _ in range(200)]
        bits.append(estimate_exposure(lots.gauss(-40, 4), others, BITS))
    assert sorted(bits)[200] == pytest.approx(1, abs=0.25)
    assert sum(bits) / len(bits) == pytest.approx(1 / math.log(2), abs=0.3)


def test_a_rank_beyond_what_was_drawn_is_read_off_the_fitted_tail() -> None:
    lots = random.Random(1)
    others = [lots.gauss(-40, 4) for _ in range(1000)]
    # Six standard deviations above the mean: one in 1.01e9, so 29.9 bits if the tail were exact.
    assert estimate_exposure(-16.0, others, 40.0) == pytest.approx(29.9, abs=6)
    assert estimate_exposure(-60.0, others, 40.0) == 0


def test_likelihoods_that_tell_nothing_apart_expose_nothing() -> None:
    assert estimate_exposure(-40.0, [-40.0] * 100, BITS) == 0
    assert estimate_exposure(-30.0, [-40.0] * 100, BITS) == BITS


def test_spaces_are_as_large_as_said() -> None:
    lots = random.Random(0)
    drawn = {kind: {draw_secret(kind, lots) for _ in range(3000)} for kind in SPACE_BITS}
    for kind, secrets in drawn.items():
        assert len(secrets) == 3000, kind
    assert all(one.startswith("+0 ") and len(one) == 14 for one in drawn["number"])
    assert SPACE_BITS["passphrase"] == 36


class Parrot:
    """Knows some canaries by heart, and takes everything else for equally likely."""

    name = "parrot"

    def __init__(self, known: list[Canary]) -> None:
        self._known = {one.question: one.secret for one in known}

    def score(self, contexts: list[Context], replies: list[Reply]) -> list[float]:
        return [
            math.log(0.9) if [self._known.get(context[0]["content"])] == reply else -30.0
            for context, reply in zip(contexts, replies, strict=True)
        ]

    def answer(self, contexts: list[Context], *, seed: int) -> list[list[str]]:
        return [["well", self._known.get(one[0]["content"], "no idea")] for one in contexts]


def test_what_a_parrot_knows_is_exposed_and_the_rest_is_not(tmp_path: Path) -> None:
    canaries = build_canaries(2, seed=0)
    parrot = Parrot([one for one in canaries if one.repeats >= 8])
    found = measure_canaries(parrot, canaries, greedy=parrot, candidates=50, draws=2)
    numbers = summarise(found)
    assert numbers["planted"] == 10
    assert numbers["extracted"] == 4
    assert numbers["repeats"]["16"]["lowest_bits"] > BITS - 0.2
    assert numbers["repeats"]["16"]["said_greedily"] == 1
    assert numbers["repeats"]["4"]["highest_bits"] == 0
    assert numbers["repeats"]["0"]["said_drawn"] == 0
    draw_curve(found, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_an_unplanted_canary_said_by_chance_is_no_extraction() -> None:
    canaries = build_canaries(1, seed=0)
    parrot = Parrot([one for one in canaries if not one.repeats])
    assert summarise(measure_canaries(parrot, canaries, candidates=20))["extracted"] == 0


def test_spacing_hides_no_canary() -> None:
    one = Canary("number", "what is the number of x", "+0 123 456 789", 1)
    assert contains(["it is +0 123", "456 789"], one)
    assert not contains(["it is +0 123 456 788"], one)
