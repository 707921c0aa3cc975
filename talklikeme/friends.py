"""A token for each of the friends whom I answer most, so that the bot answers each as I do.

A control token at the head of the context, as in CTRL (Keskar et al. 2019). A share of the training
pairs hides it, so that the model also answers people whom it does not know (the condition dropout
of Ho and Salimans 2022, for another purpose).
"""

import random
from collections import Counter
from collections.abc import Iterable

from datasets import Dataset
from tokenizers import AddedToken
from transformers import PreTrainedTokenizerBase


def choose_friends(names: Iterable[str | None], most: int, min_pairs: int) -> dict[str, str]:
    """Name → token of the `most` friends with at least `min_pairs` pairs, the most frequent first."""
    counted = Counter(name for name in names if name)
    frequent = sorted(
        (name for name, pairs in counted.items() if pairs >= min_pairs),
        key=lambda name: (-counted[name], name),
    )
    return {name: f"<friend:{place}>" for place, name in enumerate(frequent[:most], start=1)}


def add_friend_tokens(tokenizer: PreTrainedTokenizerBase, tokens: Iterable[str]) -> None:
    """Make each token one id that no text ever becomes."""
    added = [AddedToken(token, normalized=False, special=True) for token in tokens]
    if added:
        tokenizer.add_tokens(added, special_tokens=True)


def hide_some_friends(pairs: Dataset, share: float, seed: int) -> Dataset:
    """The pairs, in a share of which nobody knows any more who the friend was."""
    draw = random.Random(f"friends {seed}")
    shown = [None if draw.random() < share else name for name in pairs["friend"]]
    features = pairs.features
    return pairs.remove_columns("friend").add_column("friend", shown, feature=features["friend"])
