"""Pairs as a `datasets.DatasetDict` in TRL's conversational prompt-completion format.

`prompt` and `completion` are lists of {"role", "content"}; see design.md §2 for all columns.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from datasets import Dataset, DatasetDict, Features, List, Value, load_from_disk

from talklikeme.errors import RunError
from talklikeme.pairs import Pair

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


def build_dataset(pairs: Iterable[Pair]) -> DatasetDict:
    """All pairs, split; built in memory because datasets' caches return stale rows (#7448)."""
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for pair in pairs:
        rows[pair.split].append(_to_row(pair))
    return DatasetDict({split: rows_to_dataset(rows[split]) for split in SPLITS})


def rows_to_dataset(rows: Sequence[dict[str, Any]]) -> Dataset:
    """Rows with the columns of FEATURES as a Dataset; there may be none."""
    columns = {name: [row.get(name) for row in rows] for name in FEATURES}
    return Dataset.from_dict(columns, features=FEATURES)


def _to_row(pair: Pair) -> dict[str, Any]:
    first = pair.reply[0]
    delay = pair.reply_delay
    return {
        "prompt": pair.prompt_turns,
        "completion": pair.reply_turns,
        "platform": first.platform,
        "conversation": first.conversation_id,
        "friend": _friend(pair),
        "session": pair.session,
        "sent_at": pair.sent_at,
        "reply_delay_s": None if delay is None else delay.total_seconds(),
        "source": f"{ONE_SIDED}{first.source_file}" if first.one_sided else first.source_file,
    }


def _friend(pair: Pair) -> str | None:
    """Whom I answered; for an opener, the title of the chat."""
    for message in reversed(pair.prompt):
        if not message.is_me:
            return message.sender_name
    return pair.reply[0].conversation_title


def save_dataset(data: DatasetDict, folder: Path) -> None:
    """Save for load_from_disk; a split without rows needs a shard too, or it cannot be loaded."""
    data.save_to_disk(str(folder), num_shards=dict.fromkeys(data, 1))


def fingerprint(pairs: Iterable[Pair]) -> str:
    """A hash of what the model will see: tells the later stages whether the pairs have changed."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps([pair.split, pair.prompt_turns, pair.reply_turns]).encode())
    return digest.hexdigest()[:16]


def write_readable(pairs: Sequence[Pair], path: Path) -> None:
    """The pairs for a person's eyes: one after the other, the friend's lines and mine."""
    with path.open("w", encoding="utf-8") as out:
        for pair in pairs:
            lines = [_readable(turn["role"], turn["content"]) for turn in pair.prompt_turns]
            lines += [_readable("reply", turn["content"]) for turn in pair.reply_turns]
            out.write("\n".join(lines) + "\n\n")


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
