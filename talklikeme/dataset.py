"""Pairs as a `datasets.DatasetDict` in TRL's conversational prompt-completion format."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets import Dataset, DatasetDict, Features, load_from_disk

from talklikeme.errors import RunError
from talklikeme.rows import show_row
from talklikeme.schema import ROW_SCHEMA

FEATURES = Features.from_arrow_schema(ROW_SCHEMA)


def rows_to_dataset(rows: Sequence[dict[str, Any]]) -> Dataset:
    """Rows with the columns of FEATURES as a Dataset; there may be none."""
    columns = {name: [row.get(name) for row in rows] for name in FEATURES}
    return Dataset.from_dict(columns, features=FEATURES)


def save_dataset(data: DatasetDict, folder: Path) -> None:
    """Save for load_from_disk; a split without rows needs a shard too, or it cannot be loaded."""
    data.save_to_disk(str(folder), num_shards=dict.fromkeys(data, 1))


def save_parts(parts: Mapping[str, Sequence[Path]], folder: Path) -> None:
    """Save the rows that PartWriter put away, split by split, for load_from_disk.

    The rows are copied as they lie: through a Dataset all of them would be mapped into memory.
    """
    joined = {split: folder / f"{split}.arrow" for split in parts}
    for split, paths in parts.items():
        _join(paths, joined[split])
    save_dataset(DatasetDict({split: _no_rows(joined[split]) for split in parts}), folder)
    for split, rows in joined.items():
        (stored,) = (folder / split).glob("*.arrow")
        rows.replace(stored)


def _no_rows(rows: Path) -> Dataset:
    """An empty Dataset under the name of these rows: `map` caches its results under it."""
    empty = rows_to_dataset([])
    return Dataset(empty.data, info=empty.info, fingerprint=_hash([rows]))


def _join(paths: Sequence[Path], joined: Path) -> None:
    schema = FEATURES.arrow_schema
    with pa.OSFile(str(joined), "wb") as sink, pa.ipc.new_stream(sink, schema) as out:
        for path in paths:
            with pa.OSFile(str(path)) as part:
                for batch in pa.ipc.open_stream(part):
                    out.write_batch(batch.replace_schema_metadata(schema.metadata))


def fingerprint(folder: Path) -> str:
    """A hash of the saved rows: tells the later stages whether the pairs have changed."""
    return _hash(sorted(folder.glob("*/*.arrow")))


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
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
