"""The baselines: sums that can be done by hand, any Unicode, and the same draws for a seed."""

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.evaluation.baselines import (
    CommonestReply,
    NearestNeighbour,
    NGram,
    build_baselines,
)
from talklikeme.evaluation.baselines.kneser_ney import KneserNey
from talklikeme.evaluation.baselines.spelling import ByteSpeller
from talklikeme.evaluation.contestants import NotScored
from talklikeme.turns import Turn
from tests.models import make_inputs, make_pairs

A, B, C = range(3)


def says(*texts: str) -> list[Turn]:
    return [{"role": "user", "content": text} for text in texts]


def odds(model: KneserNey, history: list[int], size: int) -> list[float]:
    histories = np.array([history] * size).reshape(size, len(history))
    found: list[float] = model.odds(histories, np.arange(size)).tolist()
    return found


def test_a_bigram_is_what_kneser_and_ney_say_by_hand() -> None:
    """Counted after A: B twice, C once. Too little to estimate discounts: 0.5 for 1, 1 for 2."""
    model = KneserNey([([A], [B]), ([A], [B]), ([A], [C])], order=2, size=3)
    # One symbol: B and C each stand after one different symbol, so (1 - 0.5) / 2 each, and the half
    # that is left is spread evenly over three.
    below = {A: 0.5 / 3, B: 0.25 + 0.5 / 3, C: 0.25 + 0.5 / 3}
    left = (1 + 0.5) / 3
    expected = [left * below[A], 1 / 3 + left * below[B], 0.5 / 3 + left * below[C]]
    assert odds(model, [A], 3) == pytest.approx(expected)
    assert odds(model, [B], 3) == pytest.approx(list(below.values()))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 5), max_size=6), st.lists(st.integers(0, 5), max_size=9)),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.integers(0, 6), min_size=4, max_size=4),
)
def test_odds_after_any_history_sum_to_one(
    texts: list[tuple[list[int], list[int]]], history: list[int]
) -> None:
    model = KneserNey([*texts, ([], [A])], order=5, size=6)
    found = odds(model, history, 6)
    assert sum(found) == pytest.approx(1)
    assert min(found) > 0


def test_odds_sum_to_one_where_discounts_are_estimated() -> None:
    lots = random.Random(0)
    text = [min(int(lots.expovariate(0.3)), 19) for _ in range(3000)]
    model = KneserNey([([], text)], order=3, size=20)
    assert sum(odds(model, [20, 20], 20)) == pytest.approx(1)
    assert sum(odds(model, [0, 1], 20)) == pytest.approx(1)


def test_drawn_symbols_follow_the_odds() -> None:
    model = KneserNey([([A], [B]), ([A], [B]), ([A], [C])], order=2, size=3)
    lots = random.Random(0)
    drawn = [model.draw([A], lots) for _ in range(20_000)]
    shares = [drawn.count(symbol) / len(drawn) for symbol in range(3)]
    assert shares == pytest.approx(odds(model, [A], 3), abs=0.015)


def test_nothing_to_count_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to count"):
        KneserNey([([A], [])], order=2, size=3)


def test_an_ngram_foresees_what_it_heard_and_hears_the_context() -> None:
    contexts = [says("tea?"), says("rain!")] * 20
    replies = [["with milk"], ["again"]] * 20
    model = NGram(contexts, replies)
    fitting, wrong = model.score([says("tea?")] * 2, [["with milk"], ["again"]])
    assert fitting > wrong + 2
    unheard, strange = model.score([says("zzz")] * 2, [["with milk"], ["hrdlbrmpft"]])
    assert unheard > strange + 20


def test_an_ngram_scores_bubbles_and_the_end() -> None:
    model = NGram([[]] * 30, [["a", "b"]] * 30)
    two, joined, cut = model.score([[]] * 3, [["a", "b"], ["ab"], ["a"]])
    assert two > max(joined, cut)


@pytest.fixture(scope="module")
def contestants(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    out: Path = tmp_path_factory.mktemp("world")
    make_inputs(out)
    rows = make_pairs(64).to_list()
    return [*build_baselines(rows, out / "tokenizer", 0), *build_baselines(rows, None, 0)]


def test_who_takes_part(contestants: list[Any]) -> None:
    names = [one.name for one in contestants]
    assert names == ["commonest reply", "nearest neighbour", "5-gram"] * 2


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=3))
def test_any_unicode_has_finite_odds(contestants: list[Any], said: str, reply: list[str]) -> None:
    for one in contestants:
        if not isinstance(one, NearestNeighbour):
            (score,) = one.score([says(said)], [reply])
            assert math.isfinite(score)
            assert score < 0
        assert one.answer([says(said)], seed=0) is not None


def test_a_seed_gives_the_same_answers(contestants: list[Any]) -> None:
    contexts = [says("lol"), says("why", "whats up"), []] * 8
    for one in contestants:
        assert one.answer(contexts, seed=3) == one.answer(contexts, seed=3)
    ngram = contestants[2]
    assert ngram.answer(contexts, seed=3) != ngram.answer(contexts, seed=4)


def test_an_ngram_with_tokens_says_words_it_heard(contestants: list[Any]) -> None:
    answers = contestants[2].answer([says("lol")] * 50, seed=0)
    heard = {turn["content"] for row in make_pairs(64) for turn in row["completion"]}
    whole = [bubble for answer in answers for bubble in answer if bubble in heard]
    assert len(whole) > 20


def test_rows_without_words_make_no_baseline() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        build_baselines([{"prompt": says("a"), "completion": says(" ")}], None, 0)


def test_the_commonest_reply_is_said_and_likeliest() -> None:
    one = CommonestReply([["lol"], ["k", "bye"], ["lol"], ["why"]])
    assert one.answer([says("a"), []], seed=5) == [["lol"], ["lol"]]
    often, once, never = one.score([[]] * 3, [["lol"], ["why"], ["who"]])
    assert often == pytest.approx(math.log(2 / 7), abs=1e-6)
    assert once == pytest.approx(math.log(1 / 7), abs=1e-6)
    assert never == pytest.approx(math.log(3 / 7) - 4 * math.log(258))


def test_the_nearest_context_decides() -> None:
    contexts = [says("pizza tonight?"), says("did it rain"), says("pizza or pasta")]
    one = NearestNeighbour(contexts, [["yes!", "7?"], ["a bit"], ["pasta"]])
    asked = [says("tonight pizza?"), says("rain again"), says("hm", "pasta")]
    assert one.answer(asked, seed=0) == [["yes!", "7?"], ["a bit"], ["pasta"]]
    preferred = one.prefer([says("did it rain")], [[["pasta"], ["a bit, yes"], ["yes!"]]])
    assert max(range(3), key=preferred[0].__getitem__) == 1
    with pytest.raises(NotScored):
        one.score([says("a")], [["b"]])


def test_openers_are_nearest_to_openers_and_unknown_words_to_anyone() -> None:
    one = NearestNeighbour([says("hello there"), [], []], [["a"], ["b"], ["c"]])
    openers = {tuple(one.answer([[]], seed=seed)[0]) for seed in range(20)}
    assert openers == {("b",), ("c",)}
    anybody = {tuple(one.answer([says("xyzzy")], seed=seed)[0]) for seed in range(30)}
    assert anybody == {("a",), ("b",), ("c",)}


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=3))
def test_bytes_spell_what_was_said(bubbles: list[str]) -> None:
    speller = ByteSpeller()
    said = speller.decode_reply(speller.encode_reply(bubbles))
    assert said == speller.decode_reply(speller.encode_reply(said))
    assert "".join(said) == "" or said[0].strip() == said[0]
