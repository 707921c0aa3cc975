"""An existing tokenizer that learns my words: new tokens behind its own, everything else as before.

What can be done depends on the kind of the base:

    byte-level BPE (BART, GPT-2, ours)    words and emoji              extension_bpe
    Unigram (T5, Pegasus, mBART)          words, emoji, characters     extension_unigram
    anything else (WordPiece, Python's)   only the control tokens      said in Extension.note

Each new token knows its pieces, the old tokens that it replaces: its embedding starts as their mean
(as in Gee et al. 2022, "Fast Vocabulary Transfer"). They stand in extension.json beside the tokenizer.
"""

import copy
import json
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from talklikeme import extension_bpe, extension_unigram
from talklikeme.control import BUBBLE, END, FRIEND, ME, PAD
from talklikeme.errors import RunError
from talklikeme.extension_words import EMOJI, choose_forms
from talklikeme.privacy import PLACEHOLDERS

EXTENSION_FILE = "extension.json"
NEW_TOKENS = 500
LEAST_USES = 5  # a word said less often would hardly train its embedding

# What a token that no text spells starts as: the mean of the pieces of these words.
_MEANING = {
    PAD: ".",
    END: ".",
    FRIEND: "friend",
    ME: "me",
    BUBBLE: ".",
    "<card>": "card number",
    "<crypto>": "wallet address",
    "<email>": "email address",
    "<iban>": "account number",
    "<id>": "number",
    "<ip>": "address",
    "<phone>": "phone number",
    "<place>": "street address",
    "<secret>": "password",
    "<url>": "link",
}


@dataclass(frozen=True)
class Extension:
    """What a tokenizer has beyond its base: new id → the base's ids that it stands for."""

    base: str  # a folder or a Hub name
    base_size: int
    pieces: Mapping[int, list[int]]
    note: str = ""  # what could not be added, and why


def extend_tokenizer(
    base: PreTrainedTokenizerBase,
    texts: Iterable[str],
    *,
    most_new: int = NEW_TOKENS,
    min_count: int = LEAST_USES,
    always: Sequence[str] = (),
    name: str = "",
) -> tuple[PreTrainedTokenizerBase, Extension]:
    """Add the words and emoji that `base` splits, and our control tokens and placeholders.

    `texts` are mine, as talklikeme.tokens spells them; the words of `always` come first, whoever says
    them; `name` is where the base comes from. Text without the new forms keeps its tokens.
    """
    base = _plain(base)
    forms = _choose(base, texts, always, most_new, min_count)
    tokenizer, ids, note = _add_forms(base, forms)
    size = len(base)
    ids |= _add_controls(tokenizer)
    pieces = {number: _find_pieces(base, form) for form, number in ids.items()}
    return tokenizer, Extension(name or base.name_or_path, size, pieces, note)


def _plain(base: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """A copy of the base: its pieces must not change while new ones are added."""
    spec = _spec(base)
    if spec is None:
        return copy.deepcopy(base)
    backend = Tokenizer.from_str(json.dumps(spec))
    return _wrap(base, extension_bpe.drop_prefix(backend))


def _spec(base: PreTrainedTokenizerBase) -> dict[str, Any] | None:
    """The base's tokenizer.json; None if it is written in Python."""
    backend = getattr(base, "backend_tokenizer", None)
    return json.loads(backend.to_str()) if isinstance(backend, Tokenizer) else None


def _choose(
    base: PreTrainedTokenizerBase,
    texts: Iterable[str],
    always: Sequence[str],
    most_new: int,
    min_count: int,
) -> list[str]:
    """The forms that deserve a token and have none."""

    def count_pieces(form: str) -> int:
        ids = base(form, add_special_tokens=False)["input_ids"]
        return len(ids) + (base.unk_token_id is not None and base.unk_token_id in ids)

    first = [f" {word}" for word in always if count_pieces(f" {word}") > 1]
    more = choose_forms(texts, count_pieces, most_new=most_new, min_count=min_count)
    return list(dict.fromkeys([*first, *more]))[:most_new]


def _add_forms(
    base: PreTrainedTokenizerBase, forms: Sequence[str]
) -> tuple[PreTrainedTokenizerBase, dict[str, int], str]:
    """A tokenizer with the new forms, their ids, and what there is to say about it."""
    spec = _spec(base)
    if spec is None:
        why = "it is not in the format of the tokenizers library"
        return copy.deepcopy(base), {}, _only_controls(why)
    backend = Tokenizer.from_str(json.dumps(spec))
    if not (extension_bpe.is_byte_level(spec) or extension_unigram.is_unigram(spec)):
        return _wrap(base, backend), {}, _only_controls(f"it is a {spec['model']['type']} model")

    if extension_bpe.is_byte_level(spec):
        grown, ids = extension_bpe.add_forms(backend, forms)
        return _wrap(base, grown), ids, ""
    symbols = [sign for sign in string.punctuation if base.unk_token_id in base.encode(sign)]
    grown, ids = extension_unigram.add_pieces(backend, [*forms, *symbols], PLACEHOLDERS)
    return _wrap(base, grown), ids, ""


def _only_controls(why: str) -> str:
    return f"Only control tokens were added, no words: {why}"


def _wrap(base: PreTrainedTokenizerBase, backend: Tokenizer) -> PreTrainedTokenizerBase:
    """The plain class, which takes tokenizer.json as it is; a model's own class would rebuild it."""
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        **base.special_tokens_map,
        extra_special_tokens=list(base.extra_special_tokens),
        model_max_length=base.model_max_length,
        padding_side=base.padding_side,
        truncation_side=base.truncation_side,
        model_input_names=base.model_input_names,
        clean_up_tokenization_spaces=False,
    )


def _add_controls(tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Add our control tokens and placeholders, as far as they are missing; returns their ids."""
    known = tokenizer.get_vocab()
    missing = {
        name: token
        for name, token in (("pad_token", PAD), ("eos_token", END))
        if getattr(tokenizer, name) is None
    }
    extra = [*tokenizer.extra_special_tokens]
    extra += [token for token in (FRIEND, ME, BUBBLE) if token not in extra]
    tokenizer.add_special_tokens({**missing, "extra_special_tokens": extra})
    words = [word for word in PLACEHOLDERS if word not in known]
    tokenizer.add_tokens([AddedToken(word, normalized=False, special=False) for word in words])
    now = tokenizer.get_vocab()
    return {token: now[token] for token in _MEANING if token in now and token not in known}


def _find_pieces(base: PreTrainedTokenizerBase, form: str) -> list[int]:
    """The base's ids that a new token starts from: its own, or those of words for what has none."""
    if form in _MEANING:
        form = f" {_MEANING[form]}"
    ids: list[int] = base(form, add_special_tokens=False)["input_ids"]
    unknown = base.unk_token_id
    if unknown not in ids:
        return ids
    signs = [sign for sign in form if EMOJI.fullmatch(sign) or sign in string.punctuation]
    names = [unicodedata.name(sign, "sign").lower() for sign in signs]
    named: list[int] = base(" " + " ".join(names), add_special_tokens=False)["input_ids"]
    return [number for number in named or ids if number != unknown] or ids


def write_pieces(folder: Path, extension: Extension) -> None:
    """Write extension.json beside a tokenizer."""
    values: dict[str, Any] = {
        "base": extension.base,
        "base_size": extension.base_size,
        "pieces": {str(number): pieces for number, pieces in extension.pieces.items()},
        "note": extension.note,
    }
    (folder / EXTENSION_FILE).write_text(json.dumps(values, indent=1), encoding="utf-8")


def read_pieces(folder: Path) -> Extension | None:
    """Read extension.json; None if this tokenizer extends no other. Raises RunError if it is broken."""
    path = folder / EXTENSION_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        pieces = {int(number): list(ids) for number, ids in values["pieces"].items()}
        return Extension(values["base"], int(values["base_size"]), pieces, values.get("note", ""))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{path}: not readable ({type(error).__name__}). Run python train_tokenizer.py again"
        ) from None
