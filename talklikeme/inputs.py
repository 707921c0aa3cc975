"""What finetune.py goes on from: pairs, tokenizer, and the run that they and the options make."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import DatasetDict
from transformers import PreTrainedTokenizerBase

from talklikeme import runs
from talklikeme.dataset import load_pairs
from talklikeme.facts import Limits
from talklikeme.friends import add_friend_tokens, choose_friends
from talklikeme.mixing import identify, read_mix
from talklikeme.options import FinetuneOptions
from talklikeme.privacy import RedactionSettings
from talklikeme.starts import identify_start
from talklikeme.tokenizer import load_tokenizer
from talklikeme.tokens import ChatEncoder


@dataclass(frozen=True)
class Inputs:
    """What the earlier stages made."""

    pairs: DatasetDict
    tokenizer: PreTrainedTokenizerBase
    encoder: ChatEncoder
    run: dict[str, Any]


def load_inputs(options: FinetuneOptions) -> Inputs:
    """Load pairs and tokenizer; raises RunError naming the script that makes what is missing."""
    pairs_folder = runs.need(options.pairs_folder, "prepare_data")
    tokenizer_folder = runs.need(options.tokenizer_folder, "train_tokenizer")
    tokenizer = load_tokenizer(tokenizer_folder)
    prepared = runs.read_run(pairs_folder)["options"]
    redaction = None
    if prepared["redact"] == "on":
        redaction = RedactionSettings(prepared["region"], prepared["keep_hosts"])
    limits = Limits(
        context_turns=prepared["context_turns"],
        max_context_tokens=options.max_context_tokens,
        max_reply_tokens=options.max_reply_tokens,
    )
    run = runs.describe_run(
        options,
        "finetune",
        pairs=runs.pairs_identity(pairs_folder),
        tokenizer=_hash_tokenizer(tokenizer_folder),
        corpora=identify(read_mix(options.mix)) or None,
        start_weights=identify_start(options.start),
    )
    pairs = load_pairs(pairs_folder)
    friends = _choose_friends(options, pairs)
    add_friend_tokens(tokenizer, friends.values())
    return Inputs(pairs, tokenizer, ChatEncoder(tokenizer, limits, redaction, friends), run)


def _choose_friends(options: FinetuneOptions, pairs: DatasetDict) -> dict[str, str]:
    if not options.friend_tokens:
        return {}
    return choose_friends(pairs["train"]["friend"], options.friend_tokens, options.friend_min_pairs)


def _hash_tokenizer(folder: Path) -> str:
    """Of tokenizer.json, or of the files that stand for it where a tokenizer is in Python only."""
    whole = folder / "tokenizer.json"
    names = ("vocab.json", "merges.txt", "added_tokens.json")
    files = [whole] if whole.exists() else [path for n in names if (path := folder / n).exists()]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
