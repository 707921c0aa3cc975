"""In a rush steps leave one by one, in order; otherwise nobody waits."""

import pytest

from talklikeme.channels.turnstile import Turnstile


class Clock:
    """Time that passes only when it is told to; what one thread sleeps holds up no other."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []


@pytest.fixture(name="clock")
def clock_fixture() -> Clock:
    return Clock()


def turnstile(clock: Clock, is_rush: bool) -> Turnstile:
    return Turnstile(lambda: is_rush, lambda: clock.now, clock.sleeps.append)


def test_without_a_rush_nobody_waits(clock: Clock) -> None:
    gate = turnstile(clock, is_rush=False)
    for _ in range(5):
        gate.wait()
    assert sum(clock.sleeps) == 0


def test_in_a_rush_ten_a_second_pass_in_the_order_in_which_they_came(clock: Clock) -> None:
    gate = turnstile(clock, is_rush=True)
    for _ in range(20):
        gate.wait()
    assert clock.sleeps == pytest.approx([0.1 * place for place in range(20)])


def test_who_comes_later_waits_only_for_what_is_left_and_saves_nothing_up(clock: Clock) -> None:
    gate = turnstile(clock, is_rush=True)
    gate.wait()
    clock.now += 0.07
    gate.wait()
    clock.now += 60
    gate.wait()
    gate.wait()
    assert clock.sleeps == pytest.approx([0, 0.03, 0, 0.1])
