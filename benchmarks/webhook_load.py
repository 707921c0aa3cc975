"""How many events a second the webhook takes, while replies are made, and how late its 200s are.

python benchmarks/webhook_load.py                     # a minute each for SQLite and PostgreSQL
python benchmarks/webhook_load.py --seconds 600 --rate 100 --at-once --block soak   # what memory does

The service is a process of its own (tests/fault_service.py: a model that answers at once), the generator an
asyncio client in this one, with the Graph API beside it; all on this machine. Open loop: --rate events a second
come at random times, as friends write, whether or not the last had its 200, and each is timed from the moment
at which it was due (Tene, "How NOT to Measure Latency", 2015: a client that waits hides the slow ones).
"""

import argparse
import asyncio
import itertools
import random
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psutil

from benchmarks.messenger_faults import DATABASES, open_store
from benchmarks.tables import processor, write_block
from tests.fake_graph import FakeGraph
from tests.fault_driver import Service
from tests.messenger_kit import PATH, event, page_body, sign

PAGE: Final = ROOT / "docs" / "messenger.md"
QUARTERS: Final = 4


def main() -> None:
    """Measure, and write the block."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=300, help="events a second")
    parser.add_argument("--clients", type=int, default=128, help="connections")
    parser.add_argument("--friends", type=int, default=500)
    parser.add_argument(
        "--block", choices=("load", "soak"), default="load", help="of docs/messenger.md"
    )
    parser.add_argument("--at-once", action="store_true", help="both databases at the same time")
    given = parser.parse_args()
    with ProcessPoolExecutor(len(DATABASES) if given.at_once else 1) as processes:
        rows = list(processes.map(measure, DATABASES, repeat(given)))
    head = "| database | events/s | p50, ms | p99, ms | slowest, ms | replies/s meanwhile | MB, from begin to end |\n|---|---|---|---|---|---|---|"
    manner = "both at once" if given.at_once else "one after the other"
    note = f"{given.seconds:.0f} s each, {manner}, {given.rate:.0f} events/s due, {given.friends} friends. `benchmarks/webhook_load.py`, {processor()}."
    write_block(PAGE, given.block, "\n".join([head, *rows, "", note]))


def measure(database: str, given: argparse.Namespace) -> str:
    """One database, as a row of the table."""
    with open_store(database) as store, FakeGraph() as graph:
        service = Service(store, graph.url).start()
        try:
            process = psutil.Process(service.pid)
            asyncio.run(load(service.port, 3, given, "warm"))
            said, began = len(graph.messages), time.monotonic()
            times, memory = asyncio.run(load_watched(service.port, process, given))
            took = time.monotonic() - began
            said = len(graph.messages) - said
        finally:
            service.stop()
    cuts = statistics.quantiles(times, n=100)
    row = [
        database,
        f"{len(times) / took:,.0f}",
        f"{1000 * cuts[49]:.0f}",
        f"{1000 * cuts[98]:.0f}",
    ]
    row += [
        f"{1000 * max(times):.0f}",
        f"{said / 2 / took:,.0f}",
        " → ".join(f"{one:.0f}" for one in memory),
    ]
    print(row, flush=True)
    return "| " + " | ".join(row) + " |"


async def load_watched(
    port: int, process: psutil.Process, given: argparse.Namespace
) -> tuple[list[float], list[float]]:
    """What load tells, and the service's megabytes at the begin, after each quarter and at the end."""

    async def watch() -> list[float]:
        memory = [process.memory_info().rss / 1e6]
        for _ in range(QUARTERS):
            await asyncio.sleep(given.seconds / QUARTERS)
            memory.append(process.memory_info().rss / 1e6)
        return memory

    times, memory = await asyncio.gather(load(port, given.seconds, given, "load"), watch())
    return times, memory


async def load(port: int, seconds: float, given: argparse.Namespace, name: str) -> list[float]:
    """Seconds from when each post was due to its 200."""
    lots, times = random.Random(0), list[float]()
    began = time.monotonic()
    due = itertools.takewhile(
        lambda at: at < began + seconds,
        itertools.accumulate(
            (lots.expovariate(given.rate) for _ in itertools.count()), initial=began
        ),
    )
    numbered = enumerate(due)  # every connection takes the next

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, at in numbered:
            friend = str(10_000 + lots.randrange(given.friends))
            post = write_post(page_body(event("hi", f"m_{name}_{number}", friend)))
            await asyncio.sleep(at - time.monotonic())
            writer.write(post)
            status = await read_status(reader)
            times.append(time.monotonic() - at)
            assert status == 200, status
        writer.close()

    await asyncio.gather(*(send() for _ in range(given.clients)))
    return times


def write_post(body: bytes) -> bytes:
    """A signed request. By hand, for httpx needs more of a core for a request than the service does."""
    headers = {"Host": "localhost", "Content-Length": str(len(body))} | sign(body)
    lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def read_status(reader: asyncio.StreamReader) -> int:
    """The status of an answer, which is read to its end."""
    first, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().strip().lower().split("\r\n")
    fields = dict(header.split(": ", 1) for header in headers)
    await reader.readexactly(int(fields["content-length"]))
    return int(first.split()[1])


if __name__ == "__main__":
    main()
