"""Without transformers the tokenizer gives the same ids, texts and roles."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from talklikeme.bare_tokenizer import BareTokenizer, has_bare_tokenizer, load_bare_tokenizer
from talklikeme.errors import RunError
from talklikeme.facts import Limits
from talklikeme.tokens import ChatEncoder

BASE = Path("models/base")
THEIRS = AutoTokenizer.from_pretrained(str(BASE))
OURS = load_bare_tokenizer(BASE)
LIMITS = Limits(context_turns=4, max_context_tokens=64, max_reply_tokens=48)


def plain(text: str, tokenizer: object) -> list[int]:
    assert callable(tokenizer)
    found = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return list(found)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.text() | st.sampled_from([" lol </s> <friend> <pad>", " 😂😂 <url> :P", " a\u0301 \n\n x"])
)
def test_every_text_has_the_same_ids_and_comes_back_alike(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert plain(text, OURS) == plain(text, THEIRS)
    ids = plain(text, THEIRS)
    assert OURS.decode(ids) == THEIRS.decode(ids, clean_up_tokenization_spaces=False)


def test_roles_and_vocabulary_are_the_same() -> None:
    for role in ("pad_token_id", "eos_token_id", "bos_token_id"):
        assert getattr(OURS, role) == getattr(THEIRS, role)
    assert OURS.get_vocab() == THEIRS.get_vocab()
    assert len(OURS) == len(THEIRS)
    assert set(THEIRS.all_special_ids) <= set(OURS.all_special_ids)


def test_an_encoder_made_of_it_is_the_same() -> None:
    bare, whole = ChatEncoder(OURS, LIMITS), ChatEncoder(THEIRS, LIMITS)
    for name in ("silent_ids", "space_ids", "context_only_ids"):
        assert getattr(bare, name) == getattr(whole, name)


def test_roles_as_transformers_4_saved_them() -> None:
    told = {"eos_token": {"content": "</s>", "lstrip": False}, "pad_token": "<pad>"}
    one = BareTokenizer(OURS._tokenizer, told)
    assert (one.eos_token_id, one.pad_token_id, one.bos_token_id) == (1, 0, None)


def test_a_broken_one_is_told_in_a_line(tmp_path: Path) -> None:
    assert not has_bare_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    (tmp_path / "tokenizer_config.json").write_text("{}")
    with pytest.raises(RunError, match="cannot be read"):
        load_bare_tokenizer(tmp_path)
