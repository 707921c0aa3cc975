"""Kill the Messenger service at every point of a message's life, again and again, and count what friends got.

python benchmarks/messenger_faults.py                          # an hour or so; both databases; resumable
python benchmarks/messenger_faults.py --kills 3 --only sqlite   # a short trial
python benchmarks/messenger_faults.py --table                   # writes docs/messenger.md's block

Real processes, real SIGKILL, a Graph API on loopback; fifty friends write meanwhile (tests/fault_driver.py).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.tables import processor, write_block
from tests.fault_driver import run
from tests.fault_service import POINTS
from tests.postgres import postgres

PAGE: Final = ROOT / "docs" / "messenger.md"
RESULTS: Final = ROOT / "benchmarks" / "results" / "messenger_faults.jsonl"
DATABASES: Final = ("sqlite", "postgresql")


def main() -> None:
    """Do the runs that are not there yet, then write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--kills", type=int, default=25, help="at each point")
    parser.add_argument("--only", choices=DATABASES, nargs="+", default=DATABASES)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true", help="only write the table")
    given = parser.parse_args()
    if not given.table:
        for database in given.only:
            run_all(database, given.kills, given.results)
    write_block(PAGE, "faults", tabulate(read(given.results)))


def run_all(database: str, kills: int, results: Path) -> None:
    """Every point of one database."""
    done = {(one["database"], one["point"]) for one in read(results)}
    for seed, point in enumerate(POINTS):
        if (database, point) in done:
            continue
        with open_store(database) as store:
            found = asdict(run(point, kills, store, seed)) | {"database": database}
        results.parent.mkdir(parents=True, exist_ok=True)
        with results.open("a", encoding="utf-8") as out:
            out.write(json.dumps(found) + "\n")
        print(found, flush=True)


@contextmanager
def open_store(database: str) -> Iterator[str]:
    """The URL of an empty one."""
    if database == "postgresql":
        with postgres() as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/state.db"


def read(results: Path) -> list[dict[str, Any]]:
    """The runs so far."""
    if not results.exists():
        return []
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def tabulate(runs: list[dict[str, Any]]) -> str:
    """The fault table, and what it was measured on."""
    if not runs:
        return "Not measured yet."
    lines = [
        "| killed | database | kills | bubbles due | lost | doubled | out of order | nobody can tell |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in sorted(runs, key=lambda one: (list(POINTS).index(one["point"]), one["database"])):
        numbers = [
            one[name]
            for name in ("kills", "accepted", "lost", "doubled", "disordered", "ambiguous")
        ]
        lines.append(
            f"| {one['point']} | {one['database']} | "
            + " | ".join(f"{n:,}" for n in numbers)
            + " |"
        )
    lines += [
        "",
        "Two bubbles a message, fifty friends, a fifth of the messages delivered twice. *Nobody can tell*: cut off "
        "between a request and its answer, not found by the Conversations API, given up as the setting says; the rest "
        f"of such a reply goes out. `benchmarks/messenger_faults.py`, {processor()}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
