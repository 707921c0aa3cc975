"""How fast the page stands, and how long twenty friends wait who write at the same time.

python benchmarks/page_speed.py out      # after make demo; a minute on a quiet machine

The start: from that of app.py to a first reply over HTTP, and its memory then. First paint: Chromium's own
first-contentful-paint in a fresh profile, and the moment in which one can type, from the request on. The
crowd: --friends sessions over Gradio's API, each sends its next message when it has its answer; the rhythm,
which waits on purpose, is off. All on this machine, the server a process of its own.
"""

import argparse
import asyncio
import json
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx
import psutil  # type: ignore[import-untyped]

from benchmarks.tables import processor, write_block

PAGE: Final = ROOT / "docs" / "browser.md"
MESSAGES: Final = ("whats up", "hi", "hey how are you", "what are you up to", "lol")


def main() -> None:
    """Measure, and write the block."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--friends", type=int, default=20)
    parser.add_argument("--paints", type=int, default=5)
    parser.add_argument("--starts", type=int, default=7)
    given = parser.parse_args()
    starts = [measure_start(given.out) for _ in range(given.starts)]
    with running_app(given.out) as (_, url):
        paints = list(measure_paints(url, given.paints))
        waits = asyncio.run(measure_crowd(url, given.friends))
    write_block(PAGE, "speed", render(paints, starts, waits, given.friends))


@contextmanager
def running_app(out: Path, *flags: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """app.py as people start it, and its address."""
    command = [sys.executable, "app.py", "configs/me.yaml", "--out", str(out), "--no-messenger"]
    process = subprocess.Popen(
        [*command, "--port", "0", *(flags or ("--no-rhythm",))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "app.py did not start"
        httpx.get(f"{found.group()}/healthz", timeout=30).raise_for_status()
        yield process, found.group()
    finally:
        process.terminate()
        process.wait(20)


def measure_start(out: Path) -> tuple[float, float]:
    """Seconds from the start of app.py to a first reply, and resident megabytes then."""
    began = time.perf_counter()
    with running_app(out) as (process, url):
        asyncio.run(measure_crowd(url, 1, MESSAGES[:1]))
        return time.perf_counter() - began, psutil.Process(process.pid).memory_info().rss / 1e6


def measure_paints(url: str, count: int) -> Iterator[tuple[float, float]]:
    """Seconds to the first paint and until one can type, a fresh profile each time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for _ in range(count):
            tab = browser.new_context().new_page()
            began = time.perf_counter()
            tab.goto(url)
            tab.get_by_test_id("textbox").last.wait_for()
            can_type = time.perf_counter() - began
            paint = tab.evaluate(
                "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            )
            yield paint / 1000, can_type
            tab.context.close()
        browser.close()


async def measure_crowd(url: str, friends: int, messages: Sequence[str] = MESSAGES) -> list[float]:
    """Seconds from each message to its first bubble."""
    limits = httpx.Limits(max_connections=2 * friends)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        waits = await asyncio.gather(*(_talk(client, str(n), messages) for n in range(friends)))
    return [one for ours in waits for one in ours]


async def _talk(client: httpx.AsyncClient, session: str, messages: Sequence[str]) -> list[float]:
    waits = []
    for text in messages:
        began = time.perf_counter()
        call: dict[str, Any] = {"data": [text, "anybody"], "session_hash": session}
        said = await client.post("/gradio_api/call/chat", json=call)
        async with client.stream(
            "GET", f"/gradio_api/call/chat/{said.json()['event_id']}"
        ) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: ") and json.loads(line[6:]):
                    waits.append(time.perf_counter() - began)
                    break
    return waits


def render(
    paints: Sequence[tuple[float, float]],
    starts: Sequence[tuple[float, float]],
    waits: Sequence[float],
    friends: int,
) -> str:
    """A table."""
    first, typing = zip(*paints, strict=True)
    seconds, memory = zip(*starts, strict=True)
    ordered = sorted(waits)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    rows = [
        (
            "from the start of app.py to a first reply, median",
            f"{statistics.median(seconds):.2f} s (goal 2)",
        ),
        ("its resident memory then, median", f"{statistics.median(memory):.0f} MB (goal 300)"),
        ("first paint, median", f"{statistics.median(first):.2f} s (goal 2)"),
        ("one can type, median", f"{statistics.median(typing):.2f} s"),
        (f"first bubble with {friends} chats at once, p50", f"{statistics.median(ordered):.2f} s"),
        (f"first bubble with {friends} chats at once, p95", f"{p95:.2f} s (goal 3)"),
        ("measured on", f"{processor()}, server, Chromium and crowd on its 2 cores"),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


if __name__ == "__main__":
    main()
