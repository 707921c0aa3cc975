"""Batches of pairs of like length, so that little of a batch is padding (the seed's "bucketing").

The rows of an epoch are sorted by the length of the reply into strips and by the length of the
context inside each strip, and cut into the rows of one update; updates come in random order. Sorting
by the sum of both lengths, as the Trainer's group_by_length would here, leaves 30 % padding on chats;
sorting by the two leaves 5 % (benchmarks/training_speed.py).

An update is cut first and then divided among processes and accumulation steps. So its rows are the
same however many share the work, and all follows from seed and epoch: a resumed run goes on with the
very rows that an unbroken one would see.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import torch
from datasets import Dataset
from torch.utils.data import Sampler

Order = Literal["group_by_length", "random", "sequential"]
Rows = npt.NDArray[np.int64]

ROWS = "rows"  # the row numbers of a batch, for the message about a loss that is no number
GRAIN = 2  # tokens; lengths that round up to the same count as equal and change places every epoch


@dataclass(frozen=True, slots=True)
class BatchLimit:
    """How large one batch of one process may be: so many rows, or so many tokens with padding."""

    rows: int
    tokens: int | None = None

    def fits(self, rows: int, width: int, parts: int) -> bool:
        """Whether so many rows, `width` tokens wide, may be divided among `parts` batches."""
        share = math.ceil(rows / parts)
        return share <= self.rows if self.tokens is None else share * width <= self.tokens


class LengthBatches(Sampler[list[int]]):
    """Row numbers of every batch of an epoch, for all processes; accelerate deals them out in turn.

    Every update has `parts` batches (processes times accumulation steps). So each process gets the
    same number of them, accelerate's `even_batches` finds nothing to repeat, and in an epoch every
    row comes exactly once. Where a rest of fewer rows than parts is left, the last update takes it in.
    Raises ValueError if there are fewer rows than parts, or a row that alone is over the limit.
    """

    def __init__(
        self,
        contexts: Sequence[int],
        replies: Sequence[int],
        limit: BatchLimit,
        *,
        seed: int,
        parts: int = 1,
        order: Order = "group_by_length",
    ) -> None:
        self._seed = seed
        self._parts = parts
        self._order = order
        self._epoch = 0
        lengths = np.array([contexts, replies], dtype=np.int64).T
        _check(lengths, limit, parts)
        if order == "group_by_length":
            lengths = np.minimum(-(-lengths // GRAIN) * GRAIN, lengths.max(axis=0))
        # Which lengths stand where is the same in every epoch, and so is the number of updates, which
        # the Trainer asks only once; rows of equal length change places.
        self._kinds = np.unique(lengths, axis=0, return_inverse=True)[1].reshape(-1)
        arranged = _arrange(lengths, limit, parts) if order == "group_by_length" else None
        self._slots = None if arranged is None else np.argsort(self._kinds[arranged], kind="stable")
        self._cuts = _cut(lengths if arranged is None else lengths[arranged], limit, parts)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose batches come next; the Trainer and accelerate call this."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Batches of an epoch, those of all processes together."""
        return (len(self._cuts) + 1) * self._parts

    def __iter__(self) -> Iterator[list[int]]:
        """The batches of the epoch that was set."""
        random = np.random.default_rng([self._seed, self._epoch])
        updates = np.split(self._ordered(random), self._cuts)
        turns = np.arange(len(updates))
        if self._order == "group_by_length":
            random.shuffle(turns)
        for turn in turns:
            yield from (part.tolist() for part in np.array_split(updates[turn], self._parts))

    def _ordered(self, random: np.random.Generator) -> Rows:
        rows = np.arange(len(self._kinds))
        if self._order != "sequential":
            random.shuffle(rows)
        if self._slots is None:
            return rows
        ordered = np.empty_like(rows)
        ordered[self._slots] = rows[np.argsort(self._kinds[rows], kind="stable")]
        return ordered


def _check(lengths: Rows, limit: BatchLimit, parts: int) -> None:
    rows, widest = len(lengths), int(lengths.sum(axis=1).max(initial=0))
    if rows < parts:
        raise ValueError(f"{rows} pairs cannot be divided among {parts} batches a step")
    if limit.tokens is not None and widest > limit.tokens:
        raise ValueError(f"the longest pair has {widest} tokens")


def _arrange(lengths: Rows, limit: BatchLimit, parts: int) -> Rows:
    """Rows in strips of like reply, by context inside each, up and down in turn.

    About as many strips as a strip has updates; half of that, because replies vary less.
    """
    mean = max(1.0, float(lengths.sum(axis=1).mean()))
    size = (limit.rows if limit.tokens is None else limit.tokens / mean) * parts
    strips = max(1, round(math.sqrt(len(lengths) / size) / 2))
    by_reply = np.lexsort((lengths[:, 0], lengths[:, 1]))
    pieces = []
    for number, strip in enumerate(np.array_split(by_reply, strips)):
        by_context = strip[np.lexsort((lengths[strip, 1], lengths[strip, 0]))]
        pieces.append(by_context[:: -1 if number % 2 else 1])
    return np.concatenate(pieces)


def _cut(lengths: Rows, limit: BatchLimit, parts: int) -> list[int]:
    """Where one update ends and the next begins: each as large as the limit allows."""
    total, start, cuts = len(lengths), 0, []
    while (end := _end_of_update(lengths, limit, parts, start)) < total:
        cuts.append(end)
        start = end
    return cuts


def _end_of_update(lengths: Rows, limit: BatchLimit, parts: int, start: int) -> int:
    total, end = len(lengths), start
    widest = np.zeros(2, dtype=np.int64)
    while end < total:
        widest = np.maximum(widest, lengths[end])
        if end - start >= parts and not limit.fits(end + 1 - start, int(widest.sum()), parts):
            break
        end += 1
    if 0 < total - end < parts:  # the rest is too small to be divided
        return total - parts if total - parts - start >= parts else total
    return end


def lengths_of(rows: Dataset, column: str) -> Sequence[int]:
    """How many ids each row has in a column, counted without making Python lists of them."""
    lists = rows.select_columns([column]).with_format("arrow")[:][column]
    counts: Sequence[int] = pc.list_value_length(lists).to_numpy()
    return counts


class NumberedRows(torch.utils.data.Dataset[dict[str, Any]]):
    """A dataset whose rows know their number."""

    def __init__(self, rows: Dataset) -> None:
        self._rows = rows.select_columns(["input_ids", "labels"])

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def __getitem__(self, number: int) -> dict[str, Any]:
        """One row with its number."""
        return {**self._rows[number], ROWS: number}

    def __getitems__(self, numbers: list[int]) -> list[dict[str, Any]]:
        """A batch in one go, as the DataLoader asks for it: row by row costs ten times as much."""
        columns = self._rows[numbers]
        return [
            {"input_ids": ids, "labels": labels, ROWS: number}
            for ids, labels, number in zip(
                columns["input_ids"], columns["labels"], numbers, strict=True
            )
        ]


class NumberedCollator:
    """Pads a batch of numbered rows and keeps their numbers beside it."""

    def __init__(self, collator: Any) -> None:
        self.padder = collator

    def __call__(self, rows: Sequence[dict[str, Any]]) -> Any:
        """The collator's batch, with the tensor `rows` (batch) of row numbers."""
        numbers = torch.tensor([row[ROWS] for row in rows])
        batch = self.padder([{k: v for k, v in row.items() if k != ROWS} for row in rows])
        batch[ROWS] = numbers
        return batch
