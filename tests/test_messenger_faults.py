"""Killed with SIGKILL at every point of a message's life: none lost, none doubled, all in order.

benchmarks/messenger_faults.py does the same many times for both databases and writes docs/messenger.md's table.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault_driver import run
from tests.fault_service import POINTS
from tests.postgres import postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(name="server")
def server_fixture() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_loses_and_doubles_nothing(point: str, tmp_path: Path) -> None:
    check(point, f"sqlite:///{tmp_path}/state.db", kills=2)


@pytest.mark.parametrize(
    "point", ["after the commit, before the 200", "after the answer, before it is noted"]
)
def test_nor_with_postgresql(point: str, server: str) -> None:
    check(point, server, kills=2)


def check(point: str, store: str, kills: int) -> None:
    result = run(point, kills, store)
    assert result.kills == kills
    assert result.accepted > 50
    assert (result.lost, result.doubled, result.disordered, result.strays) == (0, 0, 0, [])
    # Only requests that were cut off leave nobody to tell whether they arrived: those of the eight
    # conversations that a kill can find on their way, wherever its own message is.
    assert result.ambiguous <= kills * 8
