"""How many events a second the webhook takes, while replies are made, and how late its 200s are.

python benchmarks/webhook_load.py                     # a minute each for SQLite and PostgreSQL
python benchmarks/webhook_load.py --seconds 600       # a soak: memory at the start and at the end

The service is a process of its own (tests/fault_service.py: a model that answers at once), the generator an
asyncio client in this one, the Graph API a third; all on this machine. Closed loop: each of --clients sends the
next event when it has its 200.
"""

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx
import psutil

from benchmarks.messenger_faults import DATABASES, open_store
from benchmarks.tables import processor, write_block
from tests.fake_graph import FakeGraph
from tests.fault_driver import Service
from tests.messenger_kit import PATH, event, page_body, sign

PAGE: Final = ROOT / "docs" / "messenger.md"


def main() -> None:
    """Measure, and write the block."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--friends", type=int, default=500)
    given = parser.parse_args()
    rows = [measure(database, given) for database in DATABASES]
    head = "| database | events/s | p50, ms | p99, ms | slowest, ms | replies/s meanwhile | MB, begin → end |\n|---|---|---|---|---|---|---|"
    note = f"{given.seconds:.0f} s each, {given.clients} clients, {given.friends} friends. `benchmarks/webhook_load.py`, {processor()}."
    write_block(PAGE, "load", "\n".join([head, *rows, "", note]))


def measure(database: str, given: argparse.Namespace) -> str:
    """One database, as a row of the table."""
    with open_store(database) as store, FakeGraph() as graph:
        service = Service(store, graph.url).start()
        try:
            process = psutil.Process(service.pid)
            asyncio.run(load(service.port, 3, given, "warm"))
            before, said = process.memory_info().rss / 1e6, len(graph.messages)
            began = time.monotonic()
            times = asyncio.run(load(service.port, given.seconds, given, "load"))
            took = time.monotonic() - began
            after, said = process.memory_info().rss / 1e6, len(graph.messages) - said
        finally:
            service.stop()
    cuts = statistics.quantiles(times, n=100)
    row = [
        database,
        f"{len(times) / took:,.0f}",
        f"{1000 * cuts[49]:.0f}",
        f"{1000 * cuts[98]:.0f}",
    ]
    row += [f"{1000 * max(times):.0f}", f"{said / 2 / took:,.0f}", f"{before:.0f} → {after:.0f}"]
    print(row, flush=True)
    return "| " + " | ".join(row) + " |"


async def load(port: int, seconds: float, given: argparse.Namespace, name: str) -> list[float]:
    """Seconds from each post to its 200."""
    times: list[float] = []
    end = time.monotonic() + seconds

    async def send(number: int) -> None:
        count = 0
        async with httpx.AsyncClient(timeout=30) as client:
            while time.monotonic() < end:
                count += 1
                friend = str(10_000 + (number * 7919 + count) % given.friends)
                body = page_body(event("hi", f"m_{name}_{number}_{count}", friend))
                began = time.monotonic()
                answer = await client.post(
                    f"http://127.0.0.1:{port}{PATH}", content=body, headers=sign(body)
                )
                times.append(time.monotonic() - began)
                assert answer.status_code == 200, answer.status_code

    await asyncio.gather(*(send(number) for number in range(given.clients)))
    return times


if __name__ == "__main__":
    main()
