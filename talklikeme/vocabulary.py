"""A look into a tokenizer and into what a model makes of its tokens, for people: no torch, no transformers."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import regex
from numpy.typing import NDArray
from tokenizers import Tokenizer

_TABLES: Final = (
    "shared.weight",
    "model.decoder.embed_tokens.weight",
    "decoder.embed_tokens.weight",
)
_MOST_READ: Final = 20_000_000  # characters
_SHORTEST: Final = 2  # characters; shorter pieces mean nothing to a reader
_WORD: Final = regex.compile(r"\p{Ll}[\p{Ll}\p{M}'’]+")

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Piece:
    """A token as it stands in a text; several of one sign have its text once, then nothing."""

    text: str
    id: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A word that the model takes for similar; cosine from -1 to 1, direction in radians."""

    word: str
    cosine: float
    angle: float


def split_up(tokenizer: Tokenizer, text: str) -> list[Piece]:
    """The tokens of a text, by the places that they have in it."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    pieces, end = [], 0
    for number, (first, last) in zip(encoded.ids, encoded.offsets, strict=True):
        pieces.append(Piece(text[max(first, end) : last], number))
        end = max(end, last)
    return pieces


def find_learned(mine: Tokenizer, other: Tokenizer) -> list[str]:
    """Words in small letters that are one token of mine and none of the other's, the first learned first."""
    known = mine.get_vocab()
    learned = sorted(known.keys() - other.get_vocab().keys(), key=known.__getitem__)
    texts = (mine.decode([known[token]]).strip() for token in learned)  # nothing of a special token
    return [text for text in texts if _WORD.fullmatch(text)]


class Neighbourhood:
    """The words of a tokenizer and where a model puts them."""

    def __init__(
        self, tokenizer: Tokenizer, vectors: Vectors, said: Set[str] | None = None
    ) -> None:
        """`vectors` is (size of the vocabulary, width); of the tokens only words that are `said` count.

        What all vectors have in common is taken out of them, or everything is like everything (Mu and
        Viswanath 2018, "All-but-the-Top").
        """
        self._tokenizer = tokenizer
        centred = vectors - vectors.mean(axis=0)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        self._vectors = centred / np.maximum(lengths, 1e-9)
        words = _read_words(tokenizer, len(vectors))
        self._words = {
            number: word
            for number, word in words.items()
            if said is None or not word.isalpha() or word.casefold() in said
        }
        self._ids = np.array(list(self._words), dtype=np.int64)

    @classmethod
    def open(cls, folder: Path, chats: Path) -> Self | None:
        """Of a model folder, with the words of a text file; None if the model has no such table."""
        vectors = _read_vectors(folder / "model.safetensors")
        path = folder / "tokenizer.json"
        if vectors is None or not path.exists():
            return None
        said = _read_said(chats)
        return cls(Tokenizer.from_file(str(path)), vectors, said or None)

    def near(self, word: str, most: int = 12) -> list[Neighbour]:
        """The words most like one, the nearest first, and the two directions in which they differ most."""
        ids = [piece.id for piece in split_up(self._tokenizer, f" {word.strip()}")]
        if not word.strip() or not ids:
            return []
        centre = self._vectors[ids].mean(axis=0)
        centre /= max(float(np.linalg.norm(centre)), 1e-9)
        cosines = self._vectors[self._ids] @ centre
        found: dict[str, int] = {}
        for place in np.argsort(-cosines):
            name = self._words[int(self._ids[place])]
            if name.casefold() != word.strip().casefold() and name.casefold() not in found:
                found[name.casefold()] = int(place)
            if len(found) == most:
                break
        places = list(found.values())
        around = self._vectors[self._ids[places]] - centre
        angles = _flatten(around)
        return [
            Neighbour(self._words[int(self._ids[place])], float(cosines[place]), float(angle))
            for place, angle in zip(places, angles, strict=True)
        ]


def _flatten(vectors: Vectors) -> Vectors:
    """Directions in the plane of the two principal components."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.float32)
    _, _, axes = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    plane = (vectors - vectors.mean(axis=0)) @ axes[:2].T
    angles: Vectors = np.arctan2(plane[:, 1], plane[:, 0])
    return angles


def _read_words(tokenizer: Tokenizer, size: int) -> dict[int, str]:
    """The tokens that are words or emoji of their own, and begin one."""
    special = set(tokenizer.get_added_tokens_decoder())
    words = {}
    for number in range(min(size, tokenizer.get_vocab_size())):
        text = "" if number in special else tokenizer.decode([number], skip_special_tokens=False)
        word = text.strip()
        is_word = word.isalpha() and len(word) >= _SHORTEST and text != word
        is_picture = (
            bool(word) and "\ufffd" not in word and all(ord(sign) > 0x2190 for sign in word)
        )
        if is_word or is_picture:
            words[number] = word
    return words


def _read_said(path: Path) -> set[str]:
    """The words of a text that stand there more than once: a vocabulary has pieces that are none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as text:
            counted = Counter(regex.findall(r"\p{L}+", text.read(_MOST_READ).casefold()))
    except OSError:
        return set()
    return {word for word, uses in counted.items() if uses > 1}


def _read_vectors(path: Path) -> Vectors | None:
    """The embedding that the decoder reads, (vocabulary, width)."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as tensors:
            names: Sequence[str] = list(tensors.keys())
            name = next((name for name in _TABLES if name in names), None)
            found: Any = None if name is None else tensors.get_tensor(name)
    except (OSError, SafetensorError, TypeError):  # no such file, or numbers that numpy has not
        return None
    return None if found is None else np.asarray(found, dtype=np.float32)
