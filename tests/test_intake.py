"""Many webhooks, few commits; and nobody is told before the commit that holds their events."""

import asyncio
import contextlib
import threading
from collections.abc import Sequence

import pytest

from talklikeme.channels.intake import Intake
from talklikeme.events import Event, Kind
from talklikeme.store.database import StoreError


def event(key: str) -> Event:
    return Event("messenger", "1", "2", Kind.TEXT, key, text="hi")


def test_what_waits_is_stored_together_and_told_when_it_is() -> None:
    commits: list[list[str]] = []
    is_busy, may_go = threading.Event(), threading.Event()

    def store(events: Sequence[Event]) -> None:
        is_busy.set()
        assert may_go.wait(10)
        commits.append([one.key for one in events])

    intake = Intake(store)
    intake.start()
    first = intake.submit([event("0")])
    assert is_busy.wait(10)
    later = [intake.submit([event(f"{n}"), event(f"{n}b")]) for n in range(1, 6)]
    assert not any(one.done() for one in (first, *later))
    may_go.set()
    for one in (first, *later):
        one.result(10)
    intake.stop()
    assert commits[0] == ["0"]
    assert [key for commit in commits[1:] for key in commit] == [
        f"{n}{b}" for n in range(1, 6) for b in ("", "b")
    ]
    assert len(commits) == 2


def test_a_transaction_has_a_bound() -> None:
    sizes: list[int] = []
    may_go = threading.Event()

    def store(events: Sequence[Event]) -> None:
        assert may_go.wait(10)
        sizes.append(len(events))

    intake = Intake(store)
    intake.start()
    waiting = [intake.submit([event(f"{n} {m}") for m in range(300)]) for n in range(10)]
    may_go.set()
    for one in waiting:
        one.result(10)
    intake.stop()
    assert sum(sizes) == 3_000
    assert max(sizes) < 1_300


def test_what_could_not_be_stored_is_told_to_all_of_it_and_a_broken_one_breaks_no_other() -> None:
    may_go = threading.Event()

    def store(events: Sequence[Event]) -> None:
        assert may_go.wait(10)
        keys = {one.key for one in events}
        if "locked" in keys:
            raise StoreError("locked")
        if "broken" in keys:
            raise ValueError("broken")

    intake = Intake(store)
    intake.start()
    first = intake.submit([event("first")])
    broken, fine = intake.submit([event("broken")]), intake.submit([event("fine")])
    may_go.set()
    assert (first.result(10), fine.result(10)) == (None, None)
    with pytest.raises(ValueError, match="broken"):
        broken.result(10)
    with pytest.raises(StoreError):
        intake.submit([event("locked")]).result(10)
    intake.stop()


def test_who_stops_waiting_stops_nobody_else() -> None:
    stored: list[str] = []
    may_go = threading.Event()

    def store(events: Sequence[Event]) -> None:
        assert may_go.wait(10)
        stored.extend(one.key for one in events)

    async def wait_briefly(key: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await asyncio.wrap_future(intake.submit([event(key)]))

    intake = Intake(store)
    intake.start()
    asyncio.run(wait_briefly("in hand"))
    asyncio.run(wait_briefly("in the queue"))
    may_go.set()
    intake.submit([event("after")]).result(10)
    intake.stop()
    assert stored == ["in hand", "in the queue", "after"]
