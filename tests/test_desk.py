"""The one queue before the model: batches, room, turns among channels, and nobody waits for the gone."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from talklikeme.answering import say_best
from talklikeme.choosing import Candidate
from talklikeme.desk import BusyError, Desk
from talklikeme.replies import Asked, ModelFacts
from talklikeme.turns import Turn
from tests.fake_replier import candidate


def say(text: str) -> list[Turn]:
    return [{"role": "user", "content": text}]


class Slow:
    """Answers when it is let, and remembers its batches."""

    facts = ModelFacts(1, 1)

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.is_busy = threading.Event()
        self.may_go_on = threading.Event()

    def reply(self, turns: Sequence[Turn], friend: str | None = None) -> list[str]:
        return say_best(self.consider_all([Asked(turns, friend)])[0])

    def consider_all(self, asked: Sequence[Asked]) -> list[list[Candidate]]:
        texts = [one.turns[-1]["content"] for one in asked]
        self.batches.append(texts)
        self.is_busy.set()
        assert self.may_go_on.wait(20)
        if "crash" in texts:
            raise ValueError("planted")
        return [[candidate([f"re: {text}"])] for text in texts]


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def open_desk(slow: Slow) -> Iterator[Callable[..., Desk]]:
    """A desk whose model is busy with "first" until slow.may_go_on."""
    desks: list[Desk] = []

    def build(**settings: int) -> Desk:
        desk = Desk(slow, **settings)  # type: ignore[arg-type]
        desks.append(desk)
        desk.lane("browser")
        desk.submit("browser", Asked(say("first")))
        assert slow.is_busy.wait(20)
        return desk

    yield build
    slow.may_go_on.set()
    for desk in desks:
        desk.close()


def test_who_asks_meanwhile_is_answered_in_one_batch(
    slow: Slow, open_desk: Callable[..., Desk]
) -> None:
    lane = open_desk().lane("browser")

    async def ask_all() -> list[list[str]]:
        asked = [asyncio.ensure_future(lane.consider(say(str(number)))) for number in range(10)]
        threads = threading.active_count()
        await asyncio.sleep(0)
        assert threading.active_count() == threads  # nobody waits in a thread of their own
        slow.may_go_on.set()
        return [say_best(found) for found in await asyncio.gather(*asked)]

    assert asyncio.run(ask_all()) == [[f"re: {number}"] for number in range(10)]
    assert slow.batches == [["first"], [str(number) for number in range(10)]]


def test_a_busy_page_does_not_keep_messenger_waiting(
    slow: Slow, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk(most_at_once=4)
    messenger = desk.lane("messenger")
    crowd = [desk.submit("browser", Asked(say(f"b{number}"))) for number in range(20)]
    friend = desk.submit("messenger", Asked(say("m")))
    slow.may_go_on.set()
    assert say_best(friend.result(20)) == ["re: m"]
    assert messenger.reply(say("again")) == ["re: again"]
    assert "m" in slow.batches[1]
    assert [say_best(one.result(20)) for one in crowd] == [
        [f"re: b{number}"] for number in range(20)
    ]
    assert max(map(len, slow.batches)) == 4


def test_who_gives_up_costs_nothing(slow: Slow, open_desk: Callable[..., Desk]) -> None:
    desk = open_desk()
    lane = desk.lane("browser")

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await lane.consider(say("late"), timeout=0.05)

    asyncio.run(give_up())
    with pytest.raises(TimeoutError):
        lane.reply(say("late too"), timeout=0.05)
    slow.may_go_on.set()
    assert lane.reply(say("next")) == ["re: next"]
    assert slow.batches == [["first"], ["next"]]


def test_there_is_an_end_to_the_queue(slow: Slow, open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(most_waiting=3)
    waiting = [desk.submit("browser", Asked(say("x"))) for _ in range(3)]
    with pytest.raises(BusyError):
        desk.submit("browser", Asked(say("one more")))
    slow.may_go_on.set()
    assert [say_best(one.result(20)) for one in waiting] == [["re: x"]] * 3
    assert desk.lane("browser").reply(say("now")) == ["re: now"]


def test_one_that_breaks_the_model_does_not_take_its_neighbours_along(
    slow: Slow, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk()
    futures = [desk.submit("browser", Asked(say(text))) for text in ("a", "crash", "b")]
    slow.may_go_on.set()
    assert say_best(futures[0].result(20)) == ["re: a"]
    assert say_best(futures[2].result(20)) == ["re: b"]
    with pytest.raises(ValueError, match="planted"):
        futures[1].result(20)


def test_a_closed_desk_has_no_thread_left(slow: Slow, open_desk: Callable[..., Desk]) -> None:
    desk = open_desk()
    threading.Timer(0.2, slow.may_go_on.set).start()
    desk.close()
    assert "desk" not in {thread.name for thread in threading.enumerate()}


def test_a_closed_desk_keeps_nobody_waiting(slow: Slow, open_desk: Callable[..., Desk]) -> None:
    desk = open_desk()
    waiting = desk.submit("browser", Asked(say("x")))
    desk.close(patience=0.01)
    with pytest.raises(BusyError):
        waiting.result(20)
    with pytest.raises(BusyError):
        desk.submit("browser", Asked(say("y")))
