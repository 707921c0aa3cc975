"""How well a tokenizer covers the way a person writes: pieces per word, bytes per token, slang, emoji.

Measured on what the tokenizer was not trained on, my held-out messages, where nothing else is said.
Fewer pieces a word are cheaper and easier to learn from; bytes a token is how much text fits a context
(higher is better). `unknown` counts tokens that lose the text, for which a tokenizer else looks cheap.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from transformers import PreTrainedTokenizerBase

from talklikeme.extension_words import (
    LONGEST_WORD,
    count_emoji,
    count_words,
    find_frequent_slang,
    read_slang,
)
from talklikeme.tokenizer import SLANG_USES, texts_of
from talklikeme.tokens import spell

COSTLY_WORDS = 50
HELD_OUT = ("validation", "test")


@dataclass(frozen=True)
class Sample:
    """What to measure on, spelled as the tokenizer sees it.

    `held_out`: my messages of validation and test, or of train where none are held out; `mine`: all of
    mine; `my_train`: mine of train; `corpus`: everybody's of train. Only the last two teach.
    """

    held_out: Sequence[str]
    mine: Sequence[str]
    my_train: Sequence[str]
    corpus: Sequence[str]
    is_held_out: bool = True

    @cached_property
    def frequent_slang(self) -> list[str]:
        """Every spelling of a slang term that the corpus has at least SLANG_USES times."""
        return find_frequent_slang(count_words(self.corpus), SLANG_USES)

    @cached_property
    def emoji(self) -> Counter[str]:
        """The emoji of the corpus and of all my messages."""
        return count_emoji([*self.corpus, *self.mine])

    @cached_property
    def my_words(self) -> Counter[str]:
        """My words, train and held out."""
        return count_words(self.mine)


@dataclass(frozen=True)
class Coverage:
    """One tokenizer's numbers; None where there is nothing to measure on."""

    name: str
    size: int
    pieces_per_word: float | None
    bytes_per_token: float | None
    unknown: float | None  # share of the tokens of my held-out messages
    slang_pieces: float
    slang_whole: float  # share of slang_core that is one token
    frequent_slang_whole: float | None
    emoji_pieces: float | None  # each emoji as often as it comes
    emoji_whole: float | None


@dataclass(frozen=True)
class CostlyWord:
    """A word of mine that takes more than one token; cost: tokens beyond one, in all its uses."""

    word: str
    uses: int
    pieces: int
    cost: int


def build_sample(pairs: Mapping[str, Iterable[Mapping[str, Any]]]) -> Sample:
    """The texts of out/pairs, split by split."""
    mine = {split: list(_my_texts(pairs[split])) for split in pairs}
    held_out = [text for split in HELD_OUT for text in mine.get(split, [])]
    corpus = [spell(text) for text in texts_of(pairs["train"])]
    everything = [text for split in mine for text in mine[split]]
    return Sample(
        held_out or mine["train"], everything, mine["train"], corpus, is_held_out=bool(held_out)
    )


def _my_texts(pairs: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    return (spell(turn["content"]) for pair in pairs for turn in pair["completion"])


def measure(name: str, tokenizer: PreTrainedTokenizerBase, sample: Sample) -> Coverage:
    """One tokenizer on the sample."""
    ids = _encode(tokenizer, sample.held_out)
    tokens = sum(map(len, ids))
    words = sum(len(text.split()) for text in sample.held_out)
    size = sum(len(text.encode()) for text in sample.held_out)
    unknown = sum(line.count(tokenizer.unk_token_id) for line in ids)
    slang = Counter(read_slang())
    frequent = Counter(sample.frequent_slang)
    return Coverage(
        name=name,
        size=len(tokenizer),
        pieces_per_word=tokens / words if words else None,
        bytes_per_token=size / tokens if tokens else None,
        unknown=unknown / tokens if tokens else None,
        slang_pieces=_mean_pieces(tokenizer, slang) or 0.0,
        slang_whole=_share_whole(tokenizer, slang) or 0.0,
        frequent_slang_whole=_share_whole(tokenizer, frequent),
        emoji_pieces=_mean_pieces(tokenizer, sample.emoji, before=""),
        emoji_whole=_share_whole(tokenizer, sample.emoji, before=""),
    )


def find_costly_words(tokenizer: PreTrainedTokenizerBase, sample: Sample) -> list[CostlyWord]:
    """The words of mine that cost most tokens, the dearest first."""
    uses = sample.my_words
    pieces = _count_pieces(tokenizer, list(uses), " ")
    found = [
        CostlyWord(word, uses[word], count, uses[word] * (count - 1))
        for word, count in zip(uses, pieces, strict=True)
        if count > 1 and uses[word] > 1 and len(word) <= LONGEST_WORD  # no hashes and keys
    ]
    return sorted(found, key=lambda word: (-word.cost, word.word))[:COSTLY_WORDS]


def to_json(
    coverages: Sequence[Coverage], costly: Sequence[CostlyWord], sample: Sample
) -> dict[str, Any]:
    """What coverage.json holds."""
    return {
        "measured_on": {
            "messages": len(sample.held_out),
            "are_held_out": sample.is_held_out,
            "slang_terms": len(read_slang()),
            "frequent_slang": len(sample.frequent_slang),
            "frequent_slang_uses": SLANG_USES,
            "emoji": len(sample.emoji),
            "emoji_uses": sample.emoji.total(),
        },
        "tokenizers": [asdict(coverage) for coverage in coverages],
        "costly_words": [asdict(word) for word in costly],
    }


def _encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)
    ids: list[list[int]] = encoded["input_ids"]
    return ids


def _count_pieces(
    tokenizer: PreTrainedTokenizerBase, words: Sequence[str], before: str
) -> list[int]:
    """Tokens of each word as it stands in a sentence; one that the tokenizer loses counts as two."""
    lost = tokenizer.unk_token_id
    encoded = _encode(tokenizer, [before + word for word in words])
    return [len(ids) + (lost is not None and lost in ids) for ids in encoded]


def _mean_pieces(
    tokenizer: PreTrainedTokenizerBase, words: Counter[str], before: str = " "
) -> float | None:
    counts = _count_pieces(tokenizer, list(words), before)
    total = sum(count * words[word] for word, count in zip(words, counts, strict=True))
    return total / words.total() if words else None


def _share_whole(
    tokenizer: PreTrainedTokenizerBase, words: Counter[str], before: str = " "
) -> float | None:
    counts = _count_pieces(tokenizer, list(words), before)
    whole = sum(words[word] for word, count in zip(words, counts, strict=True) if count == 1)
    return whole / words.total() if words else None
