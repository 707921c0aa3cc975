"""Who writes when: what came in is stored before what is being answered, however many answers wait."""

import threading
from pathlib import Path

from talklikeme.store.database import Database
from tests.messenger_kit import wait_for


def test_an_urgent_transaction_goes_before_those_that_wait(tmp_path: Path) -> None:
    wrote: list[str] = []
    begun = [threading.Event() for _ in range(8)]

    def write(name: str, *, is_urgent: bool) -> None:
        if not is_urgent:
            begun[int(name)].set()
        with database.write(is_urgent=is_urgent):
            wrote.append(name)

    with Database(f"sqlite:///{tmp_path}/state.db") as database:
        writers = [
            threading.Thread(target=write, args=(str(n),), kwargs={"is_urgent": False})
            for n in range(8)
        ]
        urgent = threading.Thread(target=write, args=("urgent",), kwargs={"is_urgent": True})
        with database.write(is_urgent=True):
            for writer in writers:
                writer.start()
            assert wait_for(lambda: all(one.is_set() for one in begun), 10)
            urgent.start()
            threading.Event().wait(0.2)  # until both of them stand before the lock
            assert not wrote
        for writer in (*writers, urgent):
            writer.join(10)
    assert sorted(wrote) == ["0", "1", "2", "3", "4", "5", "6", "7", "urgent"]
    assert wrote.index("urgent") <= 1
