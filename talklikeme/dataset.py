"""Pairs as a `datasets.DatasetDict` in TRL's conversational prompt-completion format.

`prompt` and `completion` are lists of {"role", "content"}; see design.md §2 for all columns.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from datasets import (
    Dataset,
    DatasetDict,
    Features,
    List,
    Value,
    concatenate_datasets,
    load_from_disk,
)

from talklikeme.errors import RunError

SPLITS: tuple[Literal["train", "validation", "test"], ...] = ("train", "validation", "test")

ONE_SIDED = (
    "own messages only: "  # before the source of openers from Tinder, Discord's package, tweets
)

_TURN = {"role": Value("string"), "content": Value("string")}
FEATURES = Features(
    {
        "prompt": List(_TURN),
        "completion": List(_TURN),
        "platform": Value("string"),
        "conversation": Value("string"),
        "friend": Value("string"),
        "session": Value("string"),
        "sent_at": Value("timestamp[us, tz=UTC]"),
        "reply_delay_s": Value("float64"),
        "source": Value("string"),
    }
)


def rows_to_dataset(rows: Sequence[dict[str, Any]]) -> Dataset:
    """Rows with the columns of FEATURES as a Dataset; there may be none."""
    columns = {name: [row.get(name) for row in rows] for name in FEATURES}
    return Dataset.from_dict(columns, features=FEATURES)


def save_dataset(data: DatasetDict, folder: Path) -> None:
    """Save for load_from_disk; a split without rows needs a shard too, or it cannot be loaded."""
    data.save_to_disk(str(folder), num_shards=dict.fromkeys(data, 1))


def gather(parts: Sequence[Path]) -> Dataset:
    """The rows that write_part put away, mapped from disk and not read into memory."""
    if not parts:
        return rows_to_dataset([])
    return concatenate_datasets([Dataset.from_file(str(part)) for part in parts])


def write_part(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Put rows away as an Arrow stream, the format of datasets' own files."""
    columns = {name: [row.get(name) for row in rows] for name in FEATURES}
    table = pa.Table.from_pydict(columns, schema=FEATURES.arrow_schema)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)


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
                out.writelines(map(_readable_pair, table.to_pylist()))


def _readable_pair(row: Mapping[str, Any]) -> str:
    lines = [_readable(turn["role"], turn["content"]) for turn in row["prompt"]]
    lines += [_readable("reply", turn["content"]) for turn in row["completion"]]
    return "\n".join(lines) + "\n\n"


def _readable(role: str, content: str) -> str:
    label = {"user": "them: ", "assistant": "me:   ", "reply": "ME>   "}[role]
    return label + content.replace("\n", "\n      ")


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
