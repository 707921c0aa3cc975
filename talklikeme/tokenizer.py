"""A byte-level BPE tokenizer trained on the pairs: case, emoji and spelling are kept.

Sennrich et al. 2016 (BPE) on the bytes of Radford et al. 2019. It loads with AutoTokenizer and
gives any Unicode back as it was. Text becomes ids only through talklikeme.tokens.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from talklikeme.errors import ConfigError, RunError
from talklikeme.privacy import PLACEHOLDERS

PAD = "<pad>"  # also the token that the decoder starts with, as in T5
END = "</s>"  # ends a context and a reply
FRIEND = "<friend>"  # the friend's next turn begins
ME = "<me>"  # my next turn begins
BUBBLE = "<bubble>"  # the same person sends another message
SPECIAL_TOKENS = (PAD, END, FRIEND, ME, BUBBLE)  # control: never made from text

# What redaction leaves in texts is a word of its own, one token each, and no control.
WORDS = [AddedToken(word, normalized=False, special=False) for word in PLACEHOLDERS]

BYTES = 256


def train_tokenizer(
    texts: Iterable[str], *, vocab_size: int, min_frequency: int
) -> PreTrainedTokenizerFast:
    """Train on texts as talklikeme.tokens spells them; raises ConfigError if bytes do not fit."""
    smallest = BYTES + len(SPECIAL_TOKENS) + len(WORDS)
    if vocab_size < smallest:
        raise ConfigError(
            f"--vocab-size {vocab_size}: needs at least {smallest}, one for every byte"
        )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(WORDS),
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens(WORDS)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        extra_special_tokens=[FRIEND, ME, BUBBLE],
        clean_up_tokenization_spaces=False,
    )


def texts_of(pairs: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every message of the pairs about once: what was said since my last turn, and my reply."""
    for pair in pairs:
        since = takewhile(lambda turn: turn["role"] == "user", reversed(pair["prompt"]))
        for turn in chain(since, pair["completion"]):
            yield turn["content"]


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load a tokenizer and check that it knows our special tokens; raises RunError."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError) as error:
        raise RunError(f"{folder}: not a tokenizer ({type(error).__name__})") from None
    needed = (*SPECIAL_TOKENS, *PLACEHOLDERS)
    missing = [token for token in needed if token not in tokenizer.get_vocab()]
    if missing:
        raise RunError(
            f"{folder}: does not know {', '.join(missing)}. Run python train_tokenizer.py again"
        )
    return tokenizer
