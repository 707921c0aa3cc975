"""Text to ids: nothing is lost, nothing becomes control, training and chat see the same."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from talklikeme.control import FRIEND, ME, SPECIAL_TOKENS
from talklikeme.errors import ConfigError, RunError
from talklikeme.facts import Limits
from talklikeme.privacy import RedactionSettings
from talklikeme.tokenizer import load_tokenizer, train_tokenizer
from talklikeme.tokens import ChatEncoder, spell
from talklikeme.turns import Turn

CORPUS = [
    "lol what",
    "haha no way",
    "whats up lol",
    "lollipop",
    "see you at 8 :)",
    "naïve café 😂😂",
] * 5
ROOMY = Limits(context_turns=4, max_context_tokens=64, max_reply_tokens=32)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return train_tokenizer(map(spell, CORPUS), vocab_size=400, min_frequency=2)


@pytest.fixture(scope="module")
def encoder(tokenizer: PreTrainedTokenizerBase) -> ChatEncoder:
    return ChatEncoder(tokenizer, ROOMY)


def pieces(encoder: ChatEncoder, tokenizer: PreTrainedTokenizerBase, turns: list[Turn]) -> str:
    return "|".join(tokenizer.convert_ids_to_tokens(encoder.encode_context(turns))).replace(
        "Ġ", "_"
    )


def friend(text: str) -> Turn:
    return {"role": "user", "content": text}


def me(text: str) -> Turn:
    return {"role": "assistant", "content": text}


def test_a_conversation_is_spelled_as_documented(
    encoder: ChatEncoder, tokenizer: PreTrainedTokenizerBase
) -> None:
    turns = [friend("lol"), friend("what"), me("lol")]
    assert pieces(encoder, tokenizer, turns) == "<friend>|_lol|<bubble>|_what|<me>|_lol|</s>"
    assert pieces(encoder, tokenizer, []) == "</s>"


def test_lol_is_one_token_at_the_start_and_inside(tokenizer: PreTrainedTokenizerBase) -> None:
    assert tokenizer.tokenize(spell("lol what lol")) == ["Ġlol", "Ġwhat", "Ġlol"]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text())
def test_any_unicode_comes_back(text: str) -> None:
    tokenizer = train_tokenizer([" a"], vocab_size=300, min_frequency=2) if not CACHE else CACHE[0]
    CACHE[:] = [tokenizer]
    assert tokenizer.decode(tokenizer(text, split_special_tokens=True)["input_ids"]) == text


CACHE: list[PreTrainedTokenizerBase] = []


@pytest.mark.parametrize("special", SPECIAL_TOKENS)
def test_a_friend_who_types_a_special_token_only_types_text(
    encoder: ChatEncoder, special: str
) -> None:
    ids = encoder.encode_context([friend(f"what is {special}?")])
    control = {encoder.pad_id, encoder.end_id, encoder.bubble_id, *encoder.context_only_ids}

    assert control & set(ids[1:-1]) == set()  # the first opens the turn, the last ends the context
    assert encoder.decode_reply(encoder.encode_reply([f"say {special}"])) == [f"say {special}"]


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=8), max_size=3))
def test_a_reply_comes_back_bubble_by_bubble(bubbles: list[str]) -> None:
    from talklikeme.messages import clean_text

    encoder = ChatEncoder(
        train_tokenizer(map(spell, CORPUS), vocab_size=400, min_frequency=2)
        if not CACHE
        else CACHE[0],
        Limits(context_turns=4, max_context_tokens=64, max_reply_tokens=1000),
    )
    said = [text for text in map(clean_text, bubbles) if text.replace("\ufffd", "").strip()]
    said = [clean_text(text.replace("\ufffd", "")) for text in said]
    assert encoder.decode_reply(encoder.encode_reply(bubbles)) == [text for text in said if text]


def test_only_the_last_turns_are_seen(tokenizer: PreTrainedTokenizerBase) -> None:
    short = ChatEncoder(
        tokenizer, Limits(context_turns=2, max_context_tokens=64, max_reply_tokens=8)
    )
    talk = [friend("lol"), me("haha"), friend("what"), friend("no way")]
    assert short.encode_context(talk) == short.encode_context(talk[1:])
    assert short.encode_context(talk) != short.encode_context(talk[2:])


@pytest.mark.parametrize(
    "turns", [[friend("lol what " * 400)], [friend("x")] * 400, [friend("a" * 9999), me("b")]]
)
def test_a_context_never_outgrows_its_limit(encoder: ChatEncoder, turns: list[Turn]) -> None:
    ids = encoder.encode_context(turns)
    assert 2 < len(ids) <= ROOMY.max_context_tokens
    assert ids[-1] == encoder.end_id


def test_the_end_of_an_endless_message_is_what_counts(encoder: ChatEncoder) -> None:
    ids = encoder.encode_context([friend("haha " * 500 + "whats up")])
    assert encoder.decode_reply(ids)[0].endswith("haha whats up")
    assert len(ids) == ROOMY.max_context_tokens


def test_a_reply_too_long_loses_whole_bubbles_and_never_ends_in_the_middle(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    tight = ChatEncoder(
        tokenizer, Limits(context_turns=1, max_context_tokens=8, max_reply_tokens=6)
    )
    assert tight.decode_reply(tight.encode_reply(["lol", "what", "haha no way"])) == ["lol", "what"]
    assert tight.encode_reply(["lol", "what", "haha no way"])[-1] == tight.end_id
    cut = tight.encode_reply(["lol what " * 9])
    assert len(cut) == 6
    assert cut[-1] != tight.end_id


def test_a_completion_is_the_reply_and_what_follows_stands_behind_its_end(
    encoder: ChatEncoder, tokenizer: PreTrainedTokenizerBase
) -> None:
    told = [me("lol"), me("what"), friend("no way"), me("haha")]
    ids = encoder.encode_completion(told)
    reply = encoder.encode_reply(["lol", "what"])
    assert encoder.encode_completion(told[:2]) == reply
    assert ids[: len(reply)] == reply
    assert encoder.decode_reply(ids) == ["lol", "what"]  # chat stops at the first end
    marks = [token for token in tokenizer.convert_ids_to_tokens(ids) if token in (FRIEND, ME)]
    assert marks == [FRIEND, ME]
    assert ids.count(encoder.end_id) == 3


def test_nothing_follows_a_reply_that_was_cut(tokenizer: PreTrainedTokenizerBase) -> None:
    tight = ChatEncoder(
        tokenizer, Limits(context_turns=1, max_context_tokens=8, max_reply_tokens=6)
    )
    told = [me("lol what " * 9), friend("what")]
    assert tight.encode_completion(told) == tight.encode_reply(["lol what " * 9])


def test_a_placeholder_is_one_token_and_no_control(
    encoder: ChatEncoder, tokenizer: PreTrainedTokenizerBase
) -> None:
    assert tokenizer.tokenize(spell("see <url> lol")).count("<url>") == 1
    assert encoder.decode_reply(encoder.encode_reply(["see <url>, lol"])) == ["see <url>, lol"]


def test_what_a_friend_pastes_is_seen_as_in_training(tokenizer: PreTrainedTokenizerBase) -> None:
    encoder = ChatEncoder(tokenizer, ROOMY, RedactionSettings())
    pasted = encoder.encode_context([friend("lol https://example.org/a?b=c what")])
    assert pasted == encoder.encode_context([friend("lol <url> what")])


def test_typed_and_exported_text_meet(encoder: ChatEncoder) -> None:
    assert encoder.encode_context([friend("cafe\u0301 ")]) == encoder.encode_context(
        [friend("\u200ecafé")]
    )


def test_plain_transformers_loads_it(tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    tokenizer.save_pretrained(str(tmp_path))
    loaded = AutoTokenizer.from_pretrained(str(tmp_path))

    assert loaded.tokenize(spell("lol 😂")) == tokenizer.tokenize(spell("lol 😂"))
    assert (loaded.pad_token, loaded.eos_token) == ("<pad>", "</s>")
    assert ChatEncoder(load_tokenizer(tmp_path), ROOMY).encode_context(
        [friend("<me>")]
    ) == ChatEncoder(tokenizer, ROOMY).encode_context([friend("<me>")])


def test_too_small_a_vocabulary_is_told() -> None:
    with pytest.raises(ConfigError, match="--vocab-size 100: needs at least 271"):
        train_tokenizer([], vocab_size=100, min_frequency=2)


def test_a_folder_that_is_no_tokenizer_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a tokenizer"):
        load_tokenizer(tmp_path)
