"""A saved tokenizer without transformers, whose import costs seconds: what serving needs of it.

The same names and the same ids as transformers' own class (tests/test_bare_tokenizer.py), so that
ChatEncoder takes either.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from talklikeme.errors import RunError

_WHOLE, _SETTINGS = "tokenizer.json", "tokenizer_config.json"
_ROLES = (
    "pad_token",
    "eos_token",
    "bos_token",
    "unk_token",
    "sep_token",
    "cls_token",
    "mask_token",
)


class BareTokenizer:
    """tokenizer.json, with the roles that tokenizer_config.json gives to some of its tokens."""

    is_fast = True

    def __init__(self, tokenizer: Tokenizer, settings: Mapping[str, Any]) -> None:
        self._tokenizer = tokenizer
        # Text that spells a control token is text.
        self._tokenizer.encode_special_tokens = True
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._roles = {role: self._find(settings.get(role)) for role in _ROLES}
        added = tokenizer.get_added_tokens_decoder()
        special = {number for number, token in added.items() if token.special}
        named = {number for number in self._roles.values() if number is not None}
        self.all_special_ids = sorted(special | named)

    def _find(self, token: Any) -> int | None:
        """The id of a token that is named by itself, or as transformers 4 saved it, in a mapping."""
        content = token.get("content") if isinstance(token, Mapping) else token
        return None if content is None else self._tokenizer.token_to_id(content)

    @property
    def pad_token_id(self) -> int:
        """The padding; raises ValueError if there is none."""
        return self._need("pad_token")

    @property
    def eos_token_id(self) -> int:
        """The end; raises ValueError if there is none."""
        return self._need("eos_token")

    @property
    def bos_token_id(self) -> int | None:
        """The beginning, which some bases have."""
        return self._roles["bos_token"]

    def _need(self, role: str) -> int:
        number = self._roles[role]
        if number is None:
            raise ValueError(f"the tokenizer has no {role}")
        return number

    def __len__(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def get_vocab(self) -> dict[str, int]:
        """Token → id."""
        return dict(self._tokenizer.get_vocab(with_added_tokens=True))

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        """The ids of a text, without any token around it."""
        return {"input_ids": self._tokenizer.encode(text, add_special_tokens=False).ids}

    def decode(self, ids: Sequence[int], **_: Any) -> str:
        """The text of ids, control tokens included."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=False))


def has_bare_tokenizer(folder: Path) -> bool:
    """Whether a model's tokenizer can be had without transformers: a few are in Python only."""
    return (folder / _WHOLE).is_file() and (folder / _SETTINGS).is_file()


def load_bare_tokenizer(folder: Path) -> BareTokenizer:
    """Load it; raises RunError if it is missing or broken."""
    try:
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        return BareTokenizer(Tokenizer.from_file(str(folder / _WHOLE)), settings)
    except Exception as error:  # tokenizers raises bare Exceptions
        raise RunError(
            f"{folder}: its tokenizer cannot be read ({type(error).__name__}). "
            "Run python finetune.py again"
        ) from None
