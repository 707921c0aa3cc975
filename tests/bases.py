"""Tokenizers of the kinds that Hub models have, made here, as tests have no Hub."""

import json
import string
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    BlenderbotSmallTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    RobertaTokenizer,
    T5Tokenizer,
)

_SUBJECTS = ["I", "you", "we", "the doctor", "my neighbour", "nobody", "the whole class"]
_VERBS = ["would like", "reserved", "never ate", "painted", "is looking for", "sold", "described"]
_OBJECTS = ["a lollipop", "the restaurant", "two tickets", "an umbrella", "yesterday's paper",
            "some water", "a wikipedia page", "the branches", "thoughtful presents"]  # fmt: skip

FORMAL = [
    f" {subject} {verb} {thing}{end}"
    for subject in _SUBJECTS
    for verb in _VERBS
    for thing in _OBJECTS
    for end in (".", ", please!", "? Don't worry; it's fine (really).")
]


def byte_bpe(*, prefix: bool = False, size: int = 600) -> PreTrainedTokenizerBase:
    """BART's kind; with `prefix` Blenderbot-400M's."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(FORMAL, trainer)
    model = json.loads(backend.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return RobertaTokenizer(vocab=model["vocab"], merges=merges, add_prefix_space=prefix)


def unigram() -> PreTrainedTokenizerBase:
    """T5's kind: "<extra_id_0>" … are added tokens behind the pieces, and it knows no emoji."""
    backend = Tokenizer(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    specials = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=300,
        special_tokens=specials,
        unk_token="<unk>",
        initial_alphabet=list(string.ascii_letters + string.digits),
        show_progress=False,
    )
    backend.train_from_iterator(FORMAL, trainer)
    pieces = json.loads(backend.to_str())["model"]["vocab"]
    return T5Tokenizer(vocab=[(piece, score) for piece, score in pieces])


def word_piece() -> PreTrainedTokenizerBase:
    """BERT's kind."""
    backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=400, special_tokens=specials, show_progress=False
    )
    backend.train_from_iterator(FORMAL, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="[PAD]", eos_token="[SEP]", unk_token="[UNK]"
    )


def blenderbot_small(folder: Path) -> PreTrainedTokenizerBase:
    """Blenderbot-90M's own, which is written in Python and knows "@@" and "__end__"."""
    letters = string.ascii_lowercase + "<>.,"
    names = ["__null__", "__start__", "__end__", "__unk__", "__newln__"]
    entries = [*names, *letters, *(f"{letter}@@" for letter in letters), "lo@@", "lol"]
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    merges = "#version: 0.2\nl o\nlo l</w>\n"
    (folder / "merges.txt").write_text(merges, encoding="utf-8")
    return BlenderbotSmallTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
