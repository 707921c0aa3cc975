"""Take a friend out of pairs that were made already.

    python -m talklikeme.forget "Zoë Ruiz" --out out

Removes every pair in which the friend is answered or speaks, from all splits, and moves the messages in
the ledger to "forgotten friend". The tokenizer and the model have seen them: train both anew.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from talklikeme import runs
from talklikeme.errors import RunError, run_script
from talklikeme.heldout import IN_PROMPT, IN_REPLY
from talklikeme.messages import name_key
from talklikeme.rows import ONE_SIDED, speaker_of

FORGOTTEN = "forgotten friend"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m talklikeme.forget", description=__doc__)
    parser.add_argument("friend", nargs="+", help="name as in the `friend` column")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder that holds pairs/")
    given = parser.parse_args(argv)
    folder = runs.need(given.out / "pairs", "prepare_data")
    removed = forget({name_key(name) for name in given.friend}, folder)
    print(f"{folder}: {removed:,} pairs removed. Train tokenizer and model anew: --fresh")  # noqa: T201
    return 0


def forget(friends: set[str], folder: Path) -> int:
    """Remove the friends' pairs; returns how many, raises RunError if there are none."""
    from talklikeme import dataset

    pairs = dataset.load_pairs(folder)
    moved: Counter[tuple[str, str]] = Counter()
    kept = {}
    for split, rows in pairs.items():
        gone = [place for place, row in enumerate(rows) if involves(row, friends)]
        for row in rows.select(gone):
            moved.update(_fates_of(row))
        kept[split] = rows.select(sorted(set(range(len(rows))) - set(gone)))
    count = sum(map(len, pairs.values())) - sum(map(len, kept.values()))
    if not count:
        raise RunError(f"{folder}: nobody of that name. The names are in the `friend` column")
    run = runs.read_run(folder)
    ledger = json.loads((folder / "ledger.json").read_text(encoding="utf-8"))
    ledger["pairs"] = {split: len(rows) for split, rows in kept.items()}
    _move(ledger, moved)
    data = type(pairs)(kept)
    with runs.publish(folder) as draft:
        dataset.save_dataset(data, draft)
        dataset.write_readable(data, draft / "pairs.txt")
        text = json.dumps(ledger, indent=1, ensure_ascii=False)
        (draft / "ledger.json").write_text(text, encoding="utf-8")
        run["inputs"] = {"pairs": dataset.fingerprint(draft)}
        runs.write_run(draft, run)
    return count


def involves(row: Mapping[str, Any], friends: set[str]) -> bool:
    """Whether a pair answers one of the friends, or one of them speaks in its context."""
    if name_key(row["friend"] or "") in friends:
        return True
    return any(name_key(speaker_of(turn)) in friends for turn in row["prompt"])


def _fates_of(row: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """How many messages of a file leave with a pair: its reply, and what was said since my last."""
    file = row["source"].removeprefix(ONE_SIDED)
    asked = 0
    for turn in reversed(row["prompt"]):
        if turn["role"] != "user":
            break
        asked += 1
    return Counter({(file, IN_REPLY): len(row["completion"]), (file, IN_PROMPT): asked})


def _move(ledger: dict[str, Any], moved: Mapping[tuple[str, str], int]) -> None:
    for (file, fate), count in moved.items():
        fates = ledger["files"][file]["fates"]
        platform = ledger["platforms"][ledger["files"][file]["platform"]]
        count = min(count, fates.get(fate, 0))
        for sums in (fates, platform, ledger["total"]):
            sums[fate] = sums.get(fate, 0) - count
            sums[FORGOTTEN] = sums.get(FORGOTTEN, 0) + count


if __name__ == "__main__":
    run_script(main)
