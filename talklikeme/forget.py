"""Take a friend out of pairs that were made already.

    python -m talklikeme.forget "Zoë Ruiz" --out out

Removes every pair in which the friend is answered or speaks, from all splits, moves the messages in
the ledger to "forgotten friend", and makes report.html anew from the pairs that are left. Of a person
in people.yaml any identity will do. The tokenizer and the model have seen them: train both anew.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talklikeme import runs
from talklikeme.commands import Parser
from talklikeme.errors import RunError, run_script
from talklikeme.heldout import IN_PROMPT, IN_REPLY
from talklikeme.ledger import FORGOTTEN
from talklikeme.messages import name_key
from talklikeme.people import load_people
from talklikeme.privacy.secrets import SecretHashes
from talklikeme.reading import find_zone
from talklikeme.report.from_pairs import count_rows
from talklikeme.report.statistics import ChatStatistics
from talklikeme.report.writing import write_report
from talklikeme.rows import ONE_SIDED, is_from_group, last_burst, speaks

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

_NOTE = (
    "A friend was taken out of these pairs later. What follows was made from the pairs that are left: "
    "messages in no pair are missing in it, and groups have no names."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = Parser("python -m talklikeme.forget", __doc__)
    parser.add_argument("friend", nargs="+", help="name as in the `friend` column")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder that holds pairs/")
    given = parser.parse_args(argv)
    folder = runs.need(given.out / "pairs", "prepare_data")
    removed = forget(given.friend, folder)
    print(f"{folder}: {removed:,} pairs removed. Train tokenizer and model anew: --fresh")  # noqa: T201
    return 0


def forget(names: Sequence[str], folder: Path) -> int:
    """Remove the friends' pairs; returns how many, raises RunError if there are none."""
    from datasets import disable_progress_bars

    from talklikeme import dataset

    disable_progress_bars()
    pairs = dataset.load_pairs(folder)
    run = runs.read_run(folder)
    friends = _name_keys(names, run)
    known = {name_key(name or "") for rows in pairs.values() for name in rows.unique("friend")}
    sifted = {split: _sift(rows, friends, known) for split, rows in pairs.items()}
    removed = sum(one.removed for one in sifted.values())
    if not removed:
        raise RunError(f"{folder}: nobody of that name. The names are in the `friend` column")
    kept = type(pairs)({split: pairs[split].select(one.kept) for split, one in sifted.items()})
    ledger = json.loads((folder / "ledger.json").read_text(encoding="utf-8"))
    ledger["pairs"] = {split: len(rows) for split, rows in kept.items()}
    ledger.get("redaction", {})["examples"] = {}  # some are the friend's
    _move(ledger, sum((one.moved for one in sifted.values()), Counter()))
    with runs.publish(folder) as draft:
        dataset.save_dataset(kept, draft)
        dataset.write_readable(kept, draft / "pairs.txt")
        text = json.dumps(ledger, indent=1, ensure_ascii=False)
        (draft / "ledger.json").write_text(text, encoding="utf-8")
        write_report(draft, _count(kept, friends, run), ledger, _NOTE)
        if (secrets := SecretHashes.read(folder)) is not None:
            secrets.write(draft)
        run["inputs"] = {"pairs": dataset.fingerprint(draft)}
        runs.write_run(draft, run)
    return removed


def _name_keys(names: Iterable[str], run: Mapping[str, Any]) -> set[str]:
    """The names as given, and those of the persons in the people.yaml that the pairs were made with."""
    path = run.get("options", {}).get("people")
    people = load_people(Path(path) if path and Path(path).exists() else None)
    persons = {person for name in names for person in people.persons_called(name)}
    return {name_key(name) for name in (*names, *persons)}


@dataclass
class _Sifted:
    """What stays of a split, and where the messages of the rest stood."""

    kept: list[int] = field(default_factory=list)
    removed: int = 0
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)


def _sift(rows: "Dataset", friends: Set[str], known: Set[str]) -> _Sifted:
    sifted = _Sifted()
    for place, row in enumerate(_rows(rows)):
        if involves(row, friends, known):
            sifted.removed += 1
            sifted.moved.update(_fates_of(row))
        else:
            sifted.kept.append(place)
    return sifted


def _rows(rows: "Dataset") -> Iterator[dict[str, Any]]:
    for table in rows.with_format("arrow").iter(
        batch_size=1000
    ):  # one by one costs ten times as much
        yield from table.to_pylist()


def involves(row: Mapping[str, Any], friends: Set[str], known: Set[str]) -> bool:
    """Whether a pair answers one of the friends, or one of them speaks in its context."""
    if name_key(row["friend"] or "") in friends:
        return True
    return is_from_group(row) and any(speaks(turn, friends, known) for turn in row["prompt"])


def _count(pairs: "DatasetDict", friends: Set[str], run: Mapping[str, Any]) -> ChatStatistics:
    options = run.get("options", {})
    zone = find_zone(options.get("timezone"))
    rows = (row for split in pairs.values() for row in _rows(split))
    mine = {name_key(name) for name in options.get("me") or ()}
    return count_rows(rows, zone, friends | mine)


def _fates_of(row: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """How many messages of a file leave with a pair: its reply, and what was said since my last."""
    file = row["source"].removeprefix(ONE_SIDED)
    asked = len(last_burst(row["prompt"], of_one_speaker=False))
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
