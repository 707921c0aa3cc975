"""The 2017 network as a contestant: what it reads, what it charges for, and that it learns."""

import itertools
import math
import time
from typing import Any

import pytest

from benchmarks.seed_network import (
    CHECK_STEPS,
    END,
    LONGEST,
    PAD,
    UNKNOWN,
    SeedNetwork,
    Words,
    encode_heard,
    train_seed_network,
    words_of,
)
from talklikeme.turns import Turn


def says(*texts: str) -> list[Turn]:
    return [{"role": "user", "content": text} for text in texts]


def row(asked: str, *answered: str) -> dict[str, Any]:
    return {
        "prompt": says(asked),
        "completion": [{"role": "assistant", "content": text} for text in answered],
    }


ROWS = [row("want tea?", "Yes!", "with milk"), row("is it raining", "no, not yet")] * 24


@pytest.fixture(scope="module")
def network() -> SeedNetwork:
    return train_seed_network(ROWS, [], 30, seed=0, most_steps=120)


def test_it_learns_to_answer_as_the_seed_spelled(network: SeedNetwork) -> None:
    assert network.steps == 120
    contexts = [says("want tea"), says("Is it RAINING?")]
    assert network.answer(contexts, seed=1) == [["yes with milk"], ["no not yet"]]


def test_the_context_decides_what_is_likely(network: SeedNetwork) -> None:
    fitting, other = network.score([says("want tea?")] * 2, [["yes with milk"], ["no not yet"]])
    assert -2 < fitting < 0
    assert other < fitting - 2


def test_case_marks_and_bubbles_cost_nothing(network: SeedNetwork) -> None:
    one, two = network.score([says("want tea?")] * 2, [["YES, with", "MILK!!"], ["yes with milk"]])
    assert one == pytest.approx(two)


def test_unknown_words_cost_their_letters(network: SeedNetwork) -> None:
    short, long = network.score([[]] * 2, [["yes zzzz"], ["yes zzzzé"]])
    assert short - long == pytest.approx(2 * math.log(257), abs=1e-4)


@pytest.mark.parametrize("reply", [[], ["?!"], ["😂🏽\x00"], ["yes " * 400], ["a\ud800b"]])
def test_any_reply_has_finite_odds(network: SeedNetwork, reply: list[str]) -> None:
    (score,) = network.score([says("é" * 50)], [reply])
    assert math.isfinite(score)
    assert score < 0


def test_a_seed_gives_the_same_network() -> None:
    scores = [
        train_seed_network(ROWS, ROWS[:2], 30, seed=seed, most_steps=3).score([[]], [["yes"]])
        for seed in (1, 1, 2)
    ]
    assert scores[0] == scores[1] != scores[2]


def test_time_is_a_limit() -> None:
    assert train_seed_network(ROWS, ROWS, 0.0, seed=0).steps == 0


def test_looks_at_validation_are_part_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    for validation in ([], ROWS[:2]):
        clock = itertools.count()  # a second passes whenever somebody asks for the time
        monkeypatch.setattr(time, "monotonic", lambda clock=clock: float(next(clock)))
        steps.append(train_seed_network(ROWS, validation, 250, seed=0).steps)
    looks = len(range(0, steps[1] + 1, CHECK_STEPS))
    # Each look asks twice; and the time of one more is left when training stops.
    assert steps[0] - steps[1] == 2 * looks + 1


def test_weights_that_foresaw_validation_best_are_kept() -> None:
    validation = [row("want tea?", "no, not yet"), row("is it raining", "Yes!", "with milk")]
    first, last = (
        train_seed_network(ROWS, rows, 30, seed=0, most_steps=150) for rows in (validation, [])
    )
    # The longer it learns ROWS, the less it expects the opposite.
    assert first.kept < last.kept == 150
    contexts, replies = [one["prompt"] for one in validation], [["no not yet"], ["yes with milk"]]
    assert sum(first.score(contexts, replies)) > sum(last.score(contexts, replies))


def test_without_overfitting_the_last_weights_are_kept() -> None:
    assert train_seed_network(ROWS, ROWS[:4], 30, seed=0, most_steps=130).kept == 130


def test_it_hears_the_last_burst_backwards() -> None:
    words = Words([["want", "tea", "or", "milk"]])
    context = [*says("milk"), Turn(role="assistant", content="or"), *says("want", "tea now")]
    heard = encode_heard([context], words)[0].tolist()
    want, tea = words.encode(["want", "tea"])
    assert heard == [PAD] * (LONGEST - 3) + [UNKNOWN, tea, want]


def test_only_marks_of_sentences_are_taken_out() -> None:
    assert words_of(["Well, OK...", "it's :) 3-4?"]) == ["well", "ok", "it's", ":)", "3-4"]
    assert Words([["a", "b"]]).decode([3, UNKNOWN, 4, END, 3]) == "a b"


def test_pairs_that_are_all_too_long_are_an_error() -> None:
    with pytest.raises(ValueError, match="fewer than 15"):
        train_seed_network([row("hi", "word " * 20)], [], 1, seed=0)
