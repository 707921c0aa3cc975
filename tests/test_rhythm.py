"""My rhythm: measured from my replies' delays, and pauses that nobody minds."""

import asyncio
import random
import time

import pytest

from talklikeme.pages.chat import say_in_rhythm
from talklikeme.rhythm import LONGEST_DELAY, LONGEST_TYPING, SLOWEST, Rhythm, measure_rhythm

HOUR = 3600.0


def test_a_fast_typist_pauses_less_than_a_slow_one() -> None:
    fast, slow = (
        measure_rhythm([(1 + pace * 20 * (1 + n % 3), ["x" * 20]) for n in range(40)])
        for pace in (0.05, 0.3)
    )
    assert fast
    assert slow
    assert fast.typing < slow.typing <= SLOWEST
    assert fast.delays[0] == pytest.approx(2.0)
    bubbles = ["hi", "x" * 10, "y" * 1000]
    pauses = fast.pauses(bubbles, random.Random(0))
    assert pauses[1] == pytest.approx(10 * fast.typing)
    assert pauses[2] == LONGEST_TYPING
    assert slow.pauses(bubbles, random.Random(0))[0] == LONGEST_DELAY


def test_nights_and_replies_without_times_tell_nothing() -> None:
    quick = [(2.0, ["lol"])] * 30
    assert measure_rhythm(quick) == measure_rhythm([*quick, (9 * HOUR, ["good morning"])] * 1)
    assert measure_rhythm([(None, ["lol"])] * 50) is None
    assert measure_rhythm(quick[:10]) is None


def test_bubbles_come_one_after_the_other_and_the_time_spent_counts() -> None:
    rhythm = Rhythm((0.2, 0.2), 0.01)

    async def collect(spent: float) -> tuple[list[list[str]], float]:
        began = time.monotonic()
        said = [list(so_far) async for so_far in say_in_rhythm(["a", "b" * 10], rhythm, spent)]
        return said, time.monotonic() - began

    said, took = asyncio.run(collect(spent=0.0))
    assert said == [["a"], ["a", "b" * 10]]
    assert took > 0.28
    assert asyncio.run(collect(spent=5.0))[1] < took - 0.1


def test_without_a_rhythm_all_comes_at_once() -> None:
    async def collect() -> list[list[str]]:
        return [list(so_far) async for so_far in say_in_rhythm(["a", "b"], None, 0.0)]

    assert asyncio.run(collect()) == [["a", "b"]]
