"""Pairs as a `datasets.DatasetDict` in TRL's conversational prompt-completion format."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict, Features, concatenate_datasets, load_from_disk

from talklikeme.errors import RunError
from talklikeme.rows import show_row
from talklikeme.schema import ROW_SCHEMA

ONE_SIDED = (
    "own messages only: "  # before the source of openers from Tinder, Discord's package, tweets
)

FEATURES = Features.from_arrow_schema(ROW_SCHEMA)


def rows_to_dataset(rows: Sequence[dict[str, Any]]) -> Dataset:
    """Rows with the columns of FEATURES as a Dataset; there may be none."""
    columns = {name: [row.get(name) for row in rows] for name in FEATURES}
    return Dataset.from_dict(columns, features=FEATURES)


def save_dataset(data: DatasetDict, folder: Path) -> None:
    """Save for load_from_disk; a split without rows needs a shard too, or it cannot be loaded."""
    data.save_to_disk(str(folder), num_shards=dict.fromkeys(data, 1))


def gather(parts: Sequence[Path]) -> Dataset:
    """The rows that PartWriter put away, mapped from disk and not read into memory."""
    if not parts:
        return rows_to_dataset([])
    return concatenate_datasets([Dataset.from_file(str(part)) for part in parts])


def fingerprint(folder: Path) -> str:
    """A hash of the saved rows: tells the later stages whether the pairs have changed."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*/*.arrow")):
        with path.open("rb") as stored:
            digest.update(hashlib.file_digest(stored, "sha256").digest())
    return digest.hexdigest()[:16]


def write_readable(data: DatasetDict, path: Path) -> None:
    """The pairs for a person's eyes: one after the other, the friend's lines and mine."""
    with path.open("w", encoding="utf-8") as out:
        for split in data:
            columns = data[split].select_columns(["prompt", "completion"]).with_format("arrow")
            for table in columns.iter(batch_size=1000):  # rows one by one cost ten times as much
                out.writelines(map(show_row, table.to_pylist()))


def load_pairs(folder: Path) -> DatasetDict:
    """Load out/pairs; raises RunError if it is not such a dataset."""
    try:
        pairs = load_from_disk(str(folder))
    except (FileNotFoundError, ValueError, OSError) as error:
        raise RunError(
            f"{folder}: not a whole dataset ({type(error).__name__}). Run python prepare_data.py again"
        ) from None
    if not isinstance(pairs, DatasetDict) or "prompt" not in pairs["train"].column_names:
        raise RunError(f"{folder}: not a dataset of pairs. Run python prepare_data.py again")
    return pairs
