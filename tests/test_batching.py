"""Batches: little padding, never over the limit, every row once, the same for however many share."""

import itertools

import numpy as np
import pytest
from accelerate.data_loader import prepare_data_loader
from torch.utils.data import DataLoader

from talklikeme.batching import BatchLimit, LengthBatches, NumberedRows, lengths_of
from tests.models import make_pairs

RANDOM = np.random.default_rng(0)
CONTEXTS = RANDOM.integers(1, 64, 1000)
REPLIES = RANDOM.geometric(0.1, 1000).clip(1, 40)


def plan(limit: BatchLimit, *, epoch: int = 0, **options: object) -> list[list[int]]:
    batches = LengthBatches(CONTEXTS, REPLIES, limit, **({"seed": 0} | options))
    batches.set_epoch(epoch)
    return list(batches)


def size(batch: list[int]) -> int:
    """Tokens of a padded batch, contexts and replies."""
    return len(batch) * int(CONTEXTS[batch].max() + REPLIES[batch].max())


LIMITS = [BatchLimit(32), BatchLimit(1), BatchLimit(32, tokens=700), BatchLimit(32, tokens=103)]


@pytest.mark.parametrize("limit", LIMITS, ids=str)
@pytest.mark.parametrize("parts", [1, 2, 3, 8])
def test_every_row_comes_once_and_every_process_gets_as_many_batches(
    limit: BatchLimit, parts: int
) -> None:
    for epoch in range(3):
        batches = plan(limit, parts=parts, epoch=epoch)
        assert sorted(itertools.chain(*batches)) == list(range(1000))
        assert len(batches) % parts == 0
        assert len(batches) == len(LengthBatches(CONTEXTS, REPLIES, limit, seed=0, parts=parts))
        assert min(map(len, batches)) > 0


@pytest.mark.parametrize("parts", [1, 2, 8])
def test_no_batch_is_over_its_budget_and_few_tokens_are_padding(parts: int) -> None:
    batches = plan(BatchLimit(32, tokens=700), parts=parts)
    assert max(map(size, batches)) <= 700
    padded = sum(map(size, batches))
    assert 1 - (CONTEXTS.sum() + REPLIES.sum()) / padded < 0.2
    random = plan(BatchLimit(12), order="random")
    assert 1 - (CONTEXTS.sum() + REPLIES.sum()) / sum(map(size, random)) > 0.35


def test_epochs_differ_and_the_same_seed_and_epoch_are_the_same() -> None:
    limit = BatchLimit(32, tokens=700)
    first, second = plan(limit, epoch=0), plan(limit, epoch=1)
    assert plan(limit, epoch=1) == second
    assert plan(limit, seed=1) != first
    assert {frozenset(batch) for batch in first} != {frozenset(batch) for batch in second}
    assert [size(batch) for batch in first] != sorted(size(batch) for batch in first)


@pytest.mark.parametrize("limit", [BatchLimit(8), BatchLimit(8, tokens=500)], ids=str)
def test_an_update_has_the_same_rows_in_four_processes_as_in_four_accumulated_steps(
    limit: BatchLimit,
) -> None:
    """accelerate deals the batches out in turn; together they are what one process accumulates."""
    batches = plan(limit, parts=4)
    dealt = []
    for process in range(4):
        loader = DataLoader(
            range(1000), batch_sampler=LengthBatches(CONTEXTS, REPLIES, limit, seed=0, parts=4),
            collate_fn=list,
        )  # fmt: skip
        share = prepare_data_loader(loader, num_processes=4, process_index=process)
        dealt.append(list(share))
    assert [batch for update in zip(*dealt, strict=True) for batch in update] == batches


def test_rows_of_an_update_do_not_depend_on_the_number_of_parts() -> None:
    whole = plan(BatchLimit(8), parts=1)
    halves = plan(BatchLimit(4), parts=2)
    joined = [sorted(a + b) for a, b in zip(halves[::2], halves[1::2], strict=True)]
    assert joined == [sorted(batch) for batch in whole]


def test_a_rest_too_small_to_be_shared_goes_with_the_last_update() -> None:
    batches = list(LengthBatches([5] * 9, [5] * 9, BatchLimit(1), seed=0, parts=4))
    assert sorted(map(len, batches)) == [1] * 7 + [2]


def test_what_cannot_be_batched_is_told() -> None:
    with pytest.raises(ValueError, match="the longest pair has 103 tokens"):
        LengthBatches([63], [40], BatchLimit(8, tokens=100), seed=0)
    with pytest.raises(ValueError, match="2 pairs cannot be divided among 3 batches"):
        LengthBatches([1, 1], [1, 1], BatchLimit(8), seed=0, parts=3)


def test_strategies_keep_their_meaning() -> None:
    assert plan(BatchLimit(300), order="sequential") == [
        list(range(start, min(start + 300, 1000))) for start in range(0, 1000, 300)
    ]
    first, second = (
        plan(BatchLimit(300), order="random"),
        plan(BatchLimit(300), order="random", epoch=1),
    )
    assert first != second


def test_rows_know_their_number_and_lengths_are_counted_after_a_selection() -> None:
    rows = make_pairs(6).map(
        lambda row, number: {"input_ids": [1] * (number + 1), "labels": [2], "length": number},
        with_indices=True, keep_in_memory=True, load_from_cache_file=False,
    ).select([5, 0, 3])  # fmt: skip
    assert list(lengths_of(rows, "input_ids")) == [6, 1, 4]
    numbered = NumberedRows(rows)
    assert numbered.__getitems__([2, 0]) == [numbered[2], numbered[0]]
    assert [row["rows"] for row in numbered.__getitems__([2, 0])] == [2, 0]
