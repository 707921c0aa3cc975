"""How fast replies come: CTranslate2 beside transformers' generate, same weights, in one run.

python benchmarks/reply_speed.py models/base              # writes docs/replies.md
python benchmarks/reply_speed.py out/model --rounds 3     # a quick look; --no-write prints only

Every engine runs in a process of its own, which tells its memory and how long the first reply took
from the start of the process. All answer the same conversation with the same settings, alone on one
thread and in a crowd through the desk on all; the greedy replies are the same tokens.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.reply_crowd import FRIENDS, measure_crowd, read_bandwidth, weights_a_token
from benchmarks.tables import processor, table, write_block
from talklikeme.answering import EngineReplier
from talklikeme.turns import Turn

ENGINES: Final = {
    "transformers, float32": ("transformers", "float32"),
    "CTranslate2, float32": ("ctranslate2", "float32"),
    "CTranslate2, int8": ("ctranslate2", "int8"),
}
REFERENCE: Final = next(iter(ENGINES))
PAGE: Final = ROOT / "docs" / "replies.md"
TALK: Final = ("hey", "hi!", "how was your day? mine was long", "ok i guess", "what are you up to")
BATCHES: Final = (1, 8, 32)
BEST_OF: Final = 8
CROWD_ANSWERS: Final = 4  # of each friend


def main() -> None:
    """Measure all engines, or one as the child of a measurement."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=20, help="calls of each kind; medians count")
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("--child", choices=ENGINES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.model, given.child, given.rounds)))
        return
    found = {name: run_child(given.model, name, given.rounds) for name in ENGINES}
    speeds, crowd = tabulate(found, given.model), tabulate_crowd(found)
    print(f"{speeds}\n\n{crowd}")
    if not given.no_write:
        write_block(PAGE, "table", speeds)
        write_block(PAGE, "crowd", crowd)


def run_child(model: Path, name: str, rounds: int) -> dict[str, Any]:
    """One engine in a fresh process; converting, which happens once a model, is not counted."""
    from talklikeme.engines.conversion import ensure_converted

    engine, compute_type = ENGINES[name]
    if engine == "ctranslate2":
        ensure_converted(model, "int8" if compute_type == "int8" else "float32")
    command = [sys.executable, __file__, str(model), "--rounds", str(rounds), "--child", name]
    environment = os.environ | {"BEGUN": str(time.time()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    numbers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return numbers


def measure(model: Path, name: str, rounds: int) -> dict[str, Any]:
    """Seconds of the first reply since the process was started, medians of calls, memory."""
    from talklikeme.replies import load_replier
    from talklikeme.sampling import Sampling

    engine, compute_type = ENGINES[name]
    if engine == "transformers":
        import torch

        torch.set_num_threads(1)
    replier = load_replier(model, engine=engine, compute_type=compute_type)  # type: ignore[arg-type]
    turns = [
        {"role": ("user", "assistant")[place % 2], "content": text}
        for place, text in enumerate(TALK)
    ]
    replier.reply(turns)  # type: ignore[arg-type]
    first = time.time() - float(os.environ["BEGUN"])
    context = replier.encoder.encode_context(turns)  # type: ignore[arg-type]
    sure, free = Sampling(0.0, 1.0), Sampling(0.7, 0.9)
    calls: dict[str, Callable[[], Any]] = {
        f"{size}": lambda size=size: replier.engine.draw([context] * size, 1, free)
        for size in BATCHES
    }
    assert replier.nature.choice.choosing.draws == BEST_OF
    calls["best"] = lambda: replier.consider(turns)  # type: ignore[arg-type]
    calls["greedy"] = lambda: replier.engine.draw([context], 1, sure)
    times: dict[str, list[float]] = {kind: [] for kind in calls}
    for _ in range(rounds):
        for kind, call in calls.items():
            began = time.perf_counter()
            call()
            times[kind].append(time.perf_counter() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    drawn = replier.engine.draw([context], 64, free)[0]
    return {
        "first": first,
        "memory": memory,
        "times": {kind: statistics.median(values) for kind, values in times.items()},
        "tokens": statistics.mean(len(one.ids) + 1 for one in drawn),
        "crowd": measure_crowds(replier, turns, engine),  # type: ignore[arg-type]
    }


def measure_crowds(
    replier: EngineReplier, turns: Sequence[Turn], engine: str
) -> dict[int, dict[str, float]]:
    """Numbers of friends → how they fared; CTranslate2 has a worker a core, torch a thread a core."""
    if engine == "transformers":
        import torch

        torch.set_num_threads(os.cpu_count() or 1)
    return {
        friends: asdict(measure_crowd(replier, turns, friends, CROWD_ANSWERS))
        for friends in FRIENDS
    }


def tabulate(found: dict[str, dict[str, Any]], model: Path) -> str:
    """Milliseconds, and how many times as fast as the reference."""
    from talklikeme.facts import read_nature

    head = [
        "engine, one thread",
        "first reply since start, s",
        "memory, MB",
        "one reply, greedy, ms",
    ]
    head += [
        "one reply, drawn",
        f"best of {BEST_OF}, weighed",
        *(f"{size} friends at once" for size in BATCHES[1:]),
    ]
    kinds = ["greedy", "1", "best", *map(str, BATCHES[1:])]
    rows = []
    for name, one in found.items():
        cells = [f"{one['first']:.1f}", f"{one['memory']:,.0f}"]
        for kind in kinds:
            gain = found[REFERENCE]["times"][kind] / one["times"][kind]
            ratio = "" if name == REFERENCE else f" ({gain:.1f}×)"
            cells.append(f"{1000 * one['times'][kind]:,.0f}{ratio}")
        rows.append([name, *cells])
    millions = read_nature(model).facts.parameters / 1e6
    about = f"A model of {millions:.1f} million parameters, {processor()}; medians."
    return f"{table(head, rows)}\n\n{about} {tell_limit(found, model)}"


def tell_limit(found: dict[str, dict[str, Any]], model: Path) -> str:
    """How far the fastest engine is from reading its weights from memory once a token."""
    weights, bandwidth = weights_a_token(model), read_bandwidth()
    name, one = list(found.items())[-1]
    took = one["times"]["1"] / one["tokens"]
    limit = weights / bandwidth  # a byte a weight
    return (
        f"A token of a reply goes through {weights / 1e6:.1f} million weights. Read from memory once a token, "
        f"at the {bandwidth / 1e9:.0f} GB/s that one core reaches here, they take {1e6 * limit:.0f} µs in "
        f"int8; {name} takes {1e6 * took:.0f} µs a token, reading the conversation included."
    )


def tabulate_crowd(found: dict[str, dict[str, Any]]) -> str:
    """Replies a second and waits of friends who all ask at once."""
    head = ["engine, all cores"]
    for friends in FRIENDS:
        head += [f"{friends} friend{'s' if friends > 1 else ''}: replies/s", "median ms", "p95 ms"]
    rows = []
    for name, one in found.items():
        cells = []
        for friends in FRIENDS:
            load, slow = (each["crowd"][str(friends)] for each in (one, found[REFERENCE]))
            ratio = "" if name == REFERENCE else f" ({load['rate'] / slow['rate']:.1f}×)"
            cells.append(f"{load['rate']:.1f}{ratio}")
            cells += [f"{1000 * load['median']:,.0f}", f"{1000 * load['late']:,.0f}"]
        rows.append([name, *cells])
    return table(head, rows)


if __name__ == "__main__":
    main()
