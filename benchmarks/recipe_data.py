"""What a recipe trains on and is judged by: a slice of the pairs, a tokenizer, held-out exchanges."""

import math
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from datasets import Dataset, DatasetDict
from transformers import PreTrainedTokenizerBase

from benchmarks.recipe_list import Settings
from benchmarks.recipe_models import Cost
from talklikeme.base_pairs import shuffle_words
from talklikeme.batching import BatchLimit, LengthBatches, lengths_of
from talklikeme.dataset import fingerprint, load_pairs
from talklikeme.evaluation.exchanges import Exchange, pick, read_exchanges
from talklikeme.facts import Limits
from talklikeme.tokenizer import load_tokenizer, texts_of, train_tokenizer
from talklikeme.tokens import ChatEncoder, spell
from talklikeme.training import encode_pairs

TOKENIZER_TEXTS: Final = 150_000
JUDGED_REPLIES: Final = 150  # of one corpus
SAMPLE: Final = 2_000  # rows that tell how many rows the budget needs
SPARE: Final = 1.05  # batches come by lot: a few rows more, so that hardly any comes twice
SLICE_SEED: Final = (
    0  # all recipes and seeds train on the same rows and are judged by the same replies
)


@dataclass(frozen=True)
class Material:
    """The pairs, and a folder to keep tokenizers in."""

    pairs: DatasetDict
    fingerprint: str
    work: Path

    @cached_property
    def order(self) -> list[int]:
        """The training rows in the order in which slices take them."""
        rows = list(range(len(self.pairs["train"])))
        random.Random(SLICE_SEED).shuffle(rows)
        return rows

    @cached_property
    def judged(self) -> dict[str, list[Exchange]]:
        """Validation exchanges of each corpus."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, source in enumerate(self.pairs["validation"]["source"]):
            places[str(source)].append(place)
        return {
            source: pick(self._exchanges(mine), JUDGED_REPLIES, SLICE_SEED)
            for source, mine in sorted(places.items())
        }

    def chain(self, place: int, follow_turns: int) -> list[dict[str, str]]:
        """The completion of a training row, and behind it those of the rows that answer it in turn."""
        train = self.pairs["train"]
        row = train[place]
        turns, last = list(row["completion"]), row["completion"]
        for next_place in range(place + 1, min(place + 1 + follow_turns, len(train))):
            after = train[next_place]
            asked = [turn["content"] for turn in after["prompt"][-len(last) :]]
            if asked != [turn["content"] for turn in last] or (
                after["conversation"] != row["conversation"]
            ):
                break
            role = "user" if turns[-1]["role"] == "assistant" else "assistant"
            last = after["completion"]
            turns += [{"role": role, "content": turn["content"]} for turn in last]
        return turns

    def _exchanges(self, places: list[int]) -> list[Exchange]:
        random.Random(SLICE_SEED).shuffle(places)
        few = sorted(places[: 2 * JUDGED_REPLIES])  # some have no text
        return read_exchanges(self.pairs["validation"].select(few))


def load_material(pairs: Path, work: Path) -> Material:
    """Open the pairs; raises RunError if they are none."""
    work.mkdir(parents=True, exist_ok=True)
    return Material(load_pairs(pairs), fingerprint(pairs), work)


def tokenizer_for(material: Material, vocabulary: int) -> PreTrainedTokenizerBase:
    """The tokenizer of that size, trained once; two processes may both train it, one is kept."""
    kept = material.work / f"tokenizer-{material.fingerprint}-{vocabulary}"
    if not kept.exists():
        rows = material.pairs["train"].select(material.order[:TOKENIZER_TEXTS])
        texts = [spell(text) for text in islice(texts_of(rows), TOKENIZER_TEXTS)]
        made = Path(tempfile.mkdtemp(dir=material.work))
        train_tokenizer(texts, vocab_size=vocabulary, min_frequency=2).save_pretrained(str(made))
        try:
            Path(made).rename(kept)
        except OSError:  # the other process was first
            shutil.rmtree(made)
    return load_tokenizer(kept)


def encoder_for(tokenizer: PreTrainedTokenizerBase, settings: Settings) -> ChatEncoder:
    """How the recipe's model reads and writes."""
    limits = Limits(settings.context_turns, settings.max_context_tokens, settings.max_reply_tokens)
    return ChatEncoder(tokenizer, limits)


def encode_slice(
    material: Material,
    encoder: ChatEncoder,
    settings: Settings,
    cost: Cost,
    operations: float,
    rows: int | None,
) -> Dataset:
    """The rows that the budget needs, or as many as said, encoded; at most all."""
    if rows is None:
        sample = _encode(material, encoder, settings, SAMPLE)
        rows = math.ceil(SPARE * operations / float(row_costs(sample, cost).mean()))
    return _encode(material, encoder, settings, rows)


def _encode(material: Material, encoder: ChatEncoder, settings: Settings, rows: int) -> Dataset:
    places = material.order[:rows]
    chosen = material.pairs["train"].select(places)
    lots = random.Random(SLICE_SEED)
    alone = [lots.random() < settings.context_dropped for _ in range(len(chosen))]
    shuffled = [lots.random() < settings.shuffled_share for _ in range(len(chosen))]

    def change(row: Mapping[str, Any], number: int) -> dict[str, Any]:
        changed: dict[str, Any] = {"prompt": [] if alone[number] else row["prompt"]}
        if shuffled[number]:
            lot = random.Random(f"{SLICE_SEED} {places[number]}")
            changed["prompt"] = shuffle_words(row["completion"], lot)
        if settings.follow_turns:
            changed["completion"] = material.chain(places[number], settings.follow_turns)
        return changed

    taken = chosen.map(
        change,
        with_indices=True,
        features=chosen.features,
        load_from_cache_file=False,
        keep_in_memory=True,
    )
    return encode_pairs(taken, encoder)


def row_costs(data: Dataset, cost: Cost) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Operations that one pass over each row takes: (rows)."""
    contexts = np.asarray(lengths_of(data, "input_ids"), dtype=np.float64)
    replies = np.asarray(lengths_of(data, "labels"), dtype=np.float64)
    return contexts * cost.context_token + replies * cost.reply_token


def plan_steps(
    data: Dataset, cost: Cost, batch_tokens: int, seed: int, operations: float
) -> tuple[int, float]:
    """How many of the Trainer's own batches spend the budget, and the operations that they take."""
    costs = row_costs(data, cost)
    batches = LengthBatches(
        lengths_of(data, "input_ids"),
        lengths_of(data, "labels"),
        BatchLimit(rows=len(data), tokens=batch_tokens),
        seed=seed,
    )
    spent, steps = 0.0, 0
    for epoch in count():
        batches.set_epoch(epoch)
        for rows in batches:
            spent += float(costs[rows].sum())
            steps += 1
            if spent >= operations:
                return steps, spent
    raise AssertionError("count() has no end")
