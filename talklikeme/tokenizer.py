"""A byte-level BPE tokenizer trained on the pairs: case, emoji and spelling are kept.

Sennrich et al. 2016 (BPE) on the bytes of Radford et al. 2019. It loads with AutoTokenizer and
gives any Unicode back as it was. Text becomes ids only through talklikeme.tokens. An existing
tokenizer is extended in talklikeme.extension.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from talklikeme.control import BUBBLE, END, FRIEND, ME, PAD, SPECIAL_TOKENS
from talklikeme.errors import ConfigError, RunError
from talklikeme.extension_bpe import add_forms, spell_bytes
from talklikeme.extension_words import count_words, find_frequent_slang
from talklikeme.privacy import PLACEHOLDERS

# What redaction leaves in texts is a word of its own, one token each, and no control.
WORDS = [AddedToken(word, normalized=False, special=False) for word in PLACEHOLDERS]

BYTES = 256
SLANG_USES = 10
SLANG_SHARE = 0.25  # of the merges at most: a vocabulary of a few hundred cannot hold all slang


def train_tokenizer(
    texts: Iterable[str], *, vocab_size: int, min_frequency: int
) -> PreTrainedTokenizerFast:
    """Train on texts as talklikeme.tokens spells them; raises ConfigError if bytes do not fit.

    Slang that comes SLANG_USES times is one token whatever the merges say; in a small vocabulary it
    takes the place of the last merges.
    """
    smallest = BYTES + len(SPECIAL_TOKENS) + len(WORDS)
    if vocab_size < smallest:
        raise ConfigError(
            f"--vocab-size {vocab_size}: needs at least {smallest}, one for every byte"
        )
    texts = list(texts)
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
    tokenizer = _keep_slang_whole(tokenizer, texts, vocab_size - len(WORDS))
    tokenizer.add_tokens(WORDS)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        extra_special_tokens=[FRIEND, ME, BUBBLE],
        clean_up_tokenization_spaces=False,
    )


def _keep_slang_whole(tokenizer: Tokenizer, texts: Sequence[str], most: int) -> Tokenizer:
    """Give frequent slang that the merges split an entry, in a vocabulary of at most `most`."""
    words = find_frequent_slang(count_words(texts), SLANG_USES)
    entries = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    merged = len(entries) - BYTES - len(SPECIAL_TOKENS)
    words = words[: int(merged * SLANG_SHARE)]

    def split_words(kept: int) -> list[str]:
        known = {entry for entry, _ in entries[:kept]}
        return [f" {word}" for word in words if spell_bytes(f" {word}") not in known]

    kept = len(entries)
    while kept + len(split_words(kept)) > most:
        kept -= 1
    split = split_words(kept)
    if not split:
        return tokenizer
    return add_forms(_drop_last(tokenizer, kept), split)[0]


def _drop_last(tokenizer: Tokenizer, kept: int) -> Tokenizer:
    """The BPE that stopped at `kept` entries: merges are learned one after the other."""
    spec = json.loads(tokenizer.to_str())
    model = spec["model"]
    model["vocab"] = {entry: number for entry, number in model["vocab"].items() if number < kept}
    model["merges"] = [
        (left, right) for left, right in model["merges"] if left + right in model["vocab"]
    ]
    return Tokenizer.from_str(json.dumps(spec))


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
    known = tokenizer.get_vocab()
    missing = [token for token in (FRIEND, ME, BUBBLE, *PLACEHOLDERS) if token not in known]
    named = {PAD: tokenizer.pad_token, END: tokenizer.eos_token}  # a base keeps its own spelling
    missing += [token for token, own in named.items() if own is None]
    if missing:
        raise RunError(
            f"{folder}: does not know {', '.join(missing)}. Run python train_tokenizer.py again"
        )
    return tokenizer


def open_tokenizer(name: str, flag: str) -> PreTrainedTokenizerBase:
    """Open any tokenizer: a folder of one, of a whole model, or a name on the Hub; raises ConfigError."""
    folder = Path(name)
    try:
        return AutoTokenizer.from_pretrained(
            name, local_files_only=folder.exists(), trust_remote_code=False
        )
    except Exception as error:  # transformers, huggingface_hub and json each raise their own kind
        where = "no tokenizer in this folder" if folder.exists() else "no such folder here, and not"
        where += "" if folder.exists() else " to be had from the Hub (offline, or no such name)"
        raise ConfigError(f"{flag} {name}: {where} ({type(error).__name__})") from None
