"""Word vectors of the chats, Word2Vec (Mikolov et al. 2013, skip-gram), as rows of an embedding.

The seed of this project trained its own word vectors, as pre-trained ones know no "lol". Words are
taken without case, so that a few thousand messages go further. word_vectors.safetensors holds one row
per token id: a token that is a word has the word's vector; one that is a part of words has the mean of
theirs, each as often as it comes; any other, control tokens too, has zeros: the model keeps what it
has for it. The other rows have a standard deviation of one: who copies them into a model scales them
to what its own embedding starts with.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from gensim.models import KeyedVectors, Word2Vec
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from talklikeme.errors import RunError
from talklikeme.extension_words import EMOJI, WORD

VECTORS_FILE = "word_vectors.safetensors"
ASKED = ("lol", "brb", "haha", "idk", "omg", "btw", "pls", "thx", "😂", ":)")
_TENSOR = "embedding"
_LEAST_USES = 5
_EPOCHS = 20
_WINDOW = 5
_WHOLE = 1e6  # a word's own token has its vector, not the mean with "lolz" and "loll"


def split_words(text: str) -> list[str]:
    """The words and emoji of a text, lower case."""
    return [found.lower() for part in text.split() for found in _split_part(part)]


def _split_part(part: str) -> list[str]:
    return WORD.findall(f" {part}") or EMOJI.findall(part) or [part]


def train_vectors(texts: Iterable[str], *, width: int, seed: int) -> KeyedVectors | None:
    """Train on texts, one thread for the same result every time; None if no word comes often."""
    sentences = [split_words(text) for text in texts]
    counts = Counter(word for sentence in sentences for word in sentence)
    if not any(count >= _LEAST_USES for count in counts.values()):
        return None
    model = Word2Vec(
        sentences,
        vector_size=width,
        window=_WINDOW,
        min_count=_LEAST_USES,
        sg=1,
        epochs=_EPOCHS,
        seed=seed,
        workers=1,
    )
    return model.wv


def find_neighbours(
    vectors: KeyedVectors, words: Sequence[str] = ASKED, count: int = 5
) -> dict[str, list[str]]:
    """The nearest words of those that occur."""
    return {
        word: [near for near, _ in vectors.most_similar(word, topn=count)]
        for word in words
        if word in vectors
    }


def build_rows(vectors: KeyedVectors, tokenizer: PreTrainedTokenizerBase) -> Tensor:
    """One row per token id, float32, shape (len(tokenizer), width)."""
    width = vectors.vector_size
    sums = np.zeros((len(tokenizer), width), dtype=np.float64)
    weights = np.zeros(len(tokenizer))
    words = list(vectors.index_to_key)
    for spell in (str, str.capitalize, str.upper):
        encoded = tokenizer([f" {spell(word)}" for word in words], add_special_tokens=False)
        for word, ids in zip(words, encoded["input_ids"], strict=True):
            uses = vectors.get_vecattr(word, "count")
            weight = float(uses) * (_WHOLE if len(ids) == 1 else 1.0)
            for number in set(ids):
                sums[number] += weight * vectors[word]
                weights[number] += weight
    found = weights > 0
    found[tokenizer.all_special_ids] = False
    rows = np.zeros_like(sums)
    if found.any():
        known = sums[found] / weights[found, None]
        rows[found] = known / max(known.std(), 1e-8)
    return torch.from_numpy(rows.astype(np.float32))


def save_rows(rows: Tensor, folder: Path) -> None:
    """Write word_vectors.safetensors."""
    save_file({_TENSOR: rows}, folder / VECTORS_FILE)


def load_rows(folder: Path, width: int) -> Tensor:
    """The rows of a tokenizer folder, float32 (tokens, width), standard deviation one.

    Raises RunError if there are none, or of another width.
    """
    path = folder / VECTORS_FILE
    hint = f"Run python train_tokenizer.py with --word-vectors --word-vectors-width {width}"
    if not path.exists():
        raise RunError(f"{path}: not there. {hint}")
    try:
        rows = load_file(path)[_TENSOR]
    except (OSError, KeyError, SafetensorError) as error:
        raise RunError(f"{path}: not readable ({type(error).__name__}). {hint}") from None
    if rows.shape[1] != width:
        raise RunError(
            f"{path}: holds {rows.shape[1]} numbers a token, the model wants {width}. {hint}"
        )
    return rows
