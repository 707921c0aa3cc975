"""An extended tokenizer: my words and emoji are one token, and nothing else has changed."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from talklikeme.control import BUBBLE, FRIEND, ME
from talklikeme.errors import RunError
from talklikeme.extension import Extension, extend_tokenizer, read_pieces, write_pieces
from talklikeme.extension_words import choose_forms
from talklikeme.facts import Limits
from talklikeme.privacy import PLACEHOLDERS
from talklikeme.tokenizer import load_tokenizer, train_tokenizer
from talklikeme.tokens import ChatEncoder, spell
from tests.bases import FORMAL, blenderbot_small, byte_bpe, unigram, word_piece

MINE = [
    *["lol what", "haha b4 8", "shudn't 😂", "wiki 😂😂😂", "LOL!!😂😂", "gr8 👍🏽"] * 10,
    *["rarely", "said"],
]
TEXTS = [spell(text) for text in MINE]
ROOMY = Limits(context_turns=4, max_context_tokens=200, max_reply_tokens=100)

Make = Callable[[], PreTrainedTokenizerBase]
BYTE_BPES: dict[str, Make] = {
    "bart": byte_bpe,
    "blenderbot": lambda: byte_bpe(prefix=True),
    "ours": lambda: train_tokenizer(FORMAL, vocab_size=600, min_frequency=2),
    "extended": lambda: extend_tokenizer(byte_bpe(), [" yo!!🎉🎉 2nite"] * 9)[0],
}
WORD_BASES = BYTE_BPES | {"t5": unigram}


@pytest.fixture(scope="module", params=WORD_BASES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def base(kind: str) -> PreTrainedTokenizerBase:
    return WORD_BASES[kind]()


@pytest.fixture(scope="module")
def both(base: PreTrainedTokenizerBase) -> tuple[PreTrainedTokenizerBase, Extension]:
    return extend_tokenizer(base, TEXTS, name="models/base")


def ids_of(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False, split_special_tokens=True)[
        "input_ids"
    ]
    return ids


def unfold(ids: list[int], extension: Extension) -> list[int]:
    """The ids that the base would have."""
    return [old for number in ids for old in extension.pieces.get(number, [number])]


def other_texts() -> list[str]:
    """Thousands of texts that hold no new form, many with its letters inside."""
    cores = {word for text in FORMAL for word in text.split()}
    cores |= {"lollipop", "lolz", "trollol", "b4u", "ab4", "xhaha", "wikis", "gr8er", "Lol"}
    cores |= {"shudn'ts", "lo", "ol", "l", "4", "b", "8", "ha", "hah", "'t", "LO"}
    heads, tails = (
        ["", "(", "x ", "\n", "I  "],
        ["", ".", " ok", "!! ", "'s", "\n\n", " 🙂", "👩‍👩‍👧🇩🇪"],
    )
    return [f" {head}{core}{tail}" for head, core, tail in product(heads, cores, tails)]


def test_my_words_are_one_token_at_the_start_and_inside(
    both: tuple[PreTrainedTokenizerBase, Extension],
) -> None:
    tokenizer, extension = both
    for word in ("lol", "b4", "haha", "wiki", "gr8", "shudn't"):
        (alone,) = ids_of(tokenizer, spell(word))
        assert ids_of(tokenizer, spell(f"I {word} you")).count(alone) == 1
        assert ids_of(tokenizer, spell(f"{word}, {word}")).count(alone) == 2
        assert ids_of(tokenizer, spell(f"I {word}"))[-1] == alone
        assert alone in extension.pieces
    assert len(ids_of(tokenizer, " rarely")) > 1


def test_lol_does_not_split_lollipop(
    base: PreTrainedTokenizerBase, both: tuple[PreTrainedTokenizerBase, Extension]
) -> None:
    (lol,) = ids_of(both[0], " lol")
    assert lol not in ids_of(both[0], " lollipop")
    assert ids_of(both[0], " a lollipop, lollipops") == ids_of(base, " a lollipop, lollipops")


def test_everything_else_has_the_tokens_that_it_had(
    kind: str,
    base: PreTrainedTokenizerBase,
    both: tuple[PreTrainedTokenizerBase, Extension],
) -> None:
    tokenizer, extension = both
    texts = other_texts()
    assert len(texts) > 2000
    if kind == "t5":  # what T5 cannot spell becomes new pieces; where it cut words, cuts may go
        texts = [text for text in texts if base.unk_token_id not in ids_of(base, text)]
        assert len(texts) > 1000
        assert [
            t for t in texts if unfold(ids_of(tokenizer, t), extension) != ids_of(base, t)
        ] == []
    else:
        assert [t for t in texts if ids_of(tokenizer, t) != ids_of(base, t)] == []


def test_a_word_that_the_base_cuts_off_is_still_the_word(
    base: PreTrainedTokenizerBase, both: tuple[PreTrainedTokenizerBase, Extension]
) -> None:
    (lol,) = ids_of(both[0], " lol")
    for text in (" lol's", " lol9", " lol_", " lol!!"):
        assert ids_of(both[0], text)[0] == lol
        assert ids_of(base, text)[: len(both[1].pieces[lol])] == both[1].pieces[lol]


def test_an_emoji_is_one_token_inside_any_run(
    both: tuple[PreTrainedTokenizerBase, Extension],
) -> None:
    tokenizer, _ = both
    laugh = ids_of(tokenizer, " x😂")[-1]
    assert tokenizer.decode([laugh]) == "😂"
    two = ids_of(tokenizer, "!!😂😂")[-1]
    assert tokenizer.decode([two]) == "😂😂"
    assert {two, laugh} <= set(ids_of(tokenizer, " haha!!😂😂😂."))
    assert ids_of(tokenizer, " x😂😂😂😂.")[-3:-1] == [two, two]
    assert laugh not in ids_of(tokenizer, " 😂\u200d🔥")


@pytest.mark.parametrize("name", BYTE_BPES)
def test_any_text_comes_back(name: str) -> None:
    tokenizer, _ = extend_tokenizer(BYTE_BPES[name](), TEXTS)
    texts = [*TEXTS, *other_texts(), " see <url>, lol", " 😂😂😂😂 x😂y", " <me> </s> <bubble>"]
    back = tokenizer.batch_decode([ids_of(tokenizer, text) for text in texts])
    assert [(a, b) for a, b in zip(texts, back, strict=True) if a != b] == []


def test_what_t5_cannot_spell_comes_back_too() -> None:
    encoder = ChatEncoder(extend_tokenizer(unigram(), TEXTS)[0], ROOMY)
    for text in ("lol 😂😂", "I <3 ~you~ {x}", "see <url>, b4 <phone>!", "</s>, <me> <extra_id_0>"):
        assert encoder.decode_reply(encoder.encode_reply([text])) == [text]


def test_a_new_token_knows_its_pieces(
    base: PreTrainedTokenizerBase, both: tuple[PreTrainedTokenizerBase, Extension]
) -> None:
    tokenizer, extension = both
    ids = set(tokenizer.get_vocab().values())
    assert ids == set(range(len(tokenizer)))
    assert extension.base_size == len(base)
    assert set(range(len(base), len(tokenizer))) <= set(extension.pieces)
    assert all(0 <= old < len(base) for olds in extension.pieces.values() for old in olds)
    assert all(extension.pieces.values())
    (lol,) = ids_of(tokenizer, " lol")
    assert extension.pieces[lol] == ids_of(base, " lol")
    if FRIEND not in base.get_vocab():
        friend = tokenizer.convert_tokens_to_ids(FRIEND)
        assert extension.pieces[friend] == ids_of(base, " friend")


def test_pieces_of_an_emoji_that_the_base_lacks_are_those_of_its_name() -> None:
    base = unigram()
    tokenizer, extension = extend_tokenizer(base, TEXTS)
    (laugh,) = ids_of(tokenizer, " 😂")[-1:]
    assert base.unk_token_id not in extension.pieces[laugh]
    assert base.decode(extension.pieces[laugh]) == "face with tears of joy"


def test_auto_tokenizer_loads_it_beside_any_model(
    both: tuple[PreTrainedTokenizerBase, Extension], tmp_path: Path
) -> None:
    tokenizer, extension = both
    tokenizer.save_pretrained(tmp_path)
    write_pieces(tmp_path, extension)
    for model in ("t5", "bart", "blenderbot", "encoder-decoder"):
        config = {"model_type": model}
        (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        loaded = AutoTokenizer.from_pretrained(tmp_path)
        for text in (" lol what b4", " haha!!😂😂 <me> </s> <url>"):
            assert ids_of(loaded, text) == ids_of(tokenizer, text)
        assert (loaded.pad_token, loaded.eos_token) == (tokenizer.pad_token, tokenizer.eos_token)
    assert load_tokenizer(tmp_path).all_special_tokens == tokenizer.all_special_tokens
    assert read_pieces(tmp_path) == extension


@pytest.mark.parametrize("name", [*WORD_BASES, "bert", "blenderbot-small"])
def test_every_base_has_our_control_tokens(name: str, tmp_path: Path) -> None:
    own = {"bert": word_piece, "blenderbot-small": lambda: blenderbot_small(tmp_path)}
    base = (WORD_BASES | own)[name]()
    tokenizer, extension = extend_tokenizer(base, TEXTS)
    assert ("no words" in extension.note) == (name in own)
    saved = tmp_path / "saved"
    tokenizer.save_pretrained(saved)
    encoder = ChatEncoder(load_tokenizer(saved), ROOMY)
    loaded = AutoTokenizer.from_pretrained(saved)
    control = [loaded.convert_tokens_to_ids(token) for token in (FRIEND, ME, BUBBLE)]
    assert len({*control, loaded.pad_token_id, loaded.eos_token_id, loaded.unk_token_id}) >= 5
    assert encoder.encode_reply(["lol", "what"]).count(control[2]) == 1
    typed = encoder.encode_reply(["<friend> <me> <bubble>"])
    assert not set(typed[:-1]) & {*control, loaded.eos_token_id}
    for placeholder in PLACEHOLDERS:
        number = loaded.get_vocab()[placeholder]
        assert number in extension.pieces or placeholder in base.get_vocab()
        if name != "blenderbot-small":  # Python's tokenizers spell every added token out
            assert ids_of(loaded, f"see {placeholder}")[-1] == number


def test_the_base_is_left_as_it_was(base: PreTrainedTokenizerBase) -> None:
    before = base.backend_tokenizer.to_str()
    extend_tokenizer(base, TEXTS)
    assert base.backend_tokenizer.to_str() == before


def test_the_words_that_save_most_come_first_and_no_more_than_asked() -> None:
    forms = choose_forms(TEXTS, lambda form: len(form), most_new=3, min_count=5)
    assert forms[0] == " shudn't"
    assert len(forms) == 3
    assert choose_forms(TEXTS, lambda form: 1, most_new=3, min_count=5) == []
    tokenizer, extension = extend_tokenizer(byte_bpe(), TEXTS, most_new=2, always=["LOL"])
    assert len(ids_of(tokenizer, " LOL")) == 1
    assert len(extension.pieces) == 2 + 3 + len(PLACEHOLDERS)


def test_a_contraction_that_every_base_knows_stays_cut() -> None:
    tokenizer, _ = extend_tokenizer(byte_bpe(), [" Don't it's"] * 50)
    assert len(tokenizer) == len(byte_bpe()) + 3 + len(PLACEHOLDERS)


def test_a_broken_list_of_pieces_is_told(tmp_path: Path) -> None:
    assert read_pieces(tmp_path) is None
    (tmp_path / "extension.json").write_text('{"base": ', encoding="utf-8")
    with pytest.raises(RunError, match=r"extension.json: not readable .*train_tokenizer.py again"):
        read_pieces(tmp_path)
