"""Word vectors: words used alike are neighbours, and every token has the row that is promised."""

import random
from pathlib import Path

import pytest
import torch

import train_tokenizer as script
from talklikeme.control import BUBBLE, FRIEND
from talklikeme.errors import RunError
from talklikeme.tokenizer import train_tokenizer
from talklikeme.word_vectors import (
    build_rows,
    find_neighbours,
    load_rows,
    save_rows,
    split_words,
    train_vectors,
)
from tests.models import make_inputs
from tests.scripts import call

_DICE = random.Random(0)
LAUGHS, FOODS = ["lol", "haha", "lmao", "😂"], ["pizza", "soup", "rice", "bread"]
TEXTS = [
    f" {_DICE.choice(LAUGHS)} so funny {_DICE.choice(LAUGHS)}" if n % 2 else
    f" eat {_DICE.choice(FOODS)} with {_DICE.choice(FOODS)} tonight"
    for n in range(600)
]  # fmt: skip


def test_words_are_taken_without_case_and_punctuation() -> None:
    assert split_words(" LOL, ain't b4 😂😂 :)") == ["lol", "ain't", "b4", "😂", "😂", ":)"]


def test_words_used_alike_are_neighbours_and_the_same_every_time() -> None:
    vectors = train_vectors(TEXTS, width=16, seed=0)
    assert set(find_neighbours(vectors, ["lol"], 3)["lol"]) <= {*LAUGHS, "so", "funny"}
    assert find_neighbours(vectors, ["never"]) == {}
    again = train_vectors(TEXTS, width=16, seed=0)
    assert (vectors["lol"] == again["lol"]).all()
    assert train_vectors([" rare words"], width=16, seed=0) is None


def test_a_token_has_its_words_row_and_control_has_none(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(TEXTS, vocab_size=400, min_frequency=2)
    vectors = train_vectors(TEXTS, width=16, seed=0)
    save_rows(build_rows(vectors, tokenizer), tmp_path)
    rows = load_rows(tmp_path, 16)
    assert rows.shape == (len(tokenizer), 16)
    assert rows.dtype == torch.float32

    def row(word: str) -> torch.Tensor:
        (number,) = tokenizer(f" {word}")["input_ids"]
        return rows[number]

    for word in ("lol", "pizza"):
        alike = torch.cosine_similarity(row(word), torch.tensor(vectors[word]), dim=0)
        assert alike > 0.999
    used = rows.ne(0).any(1)
    assert rows[used].std().item() == pytest.approx(1, abs=0.01)
    for token in (FRIEND, BUBBLE, tokenizer.pad_token, tokenizer.eos_token):
        assert not used[tokenizer.convert_tokens_to_ids(token)]


def test_rows_that_are_missing_or_of_another_width_are_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"not there\. .*--word-vectors-width 16"):
        load_rows(tmp_path, 16)
    save_rows(torch.ones(3, 8), tmp_path)
    with pytest.raises(RunError, match=r"holds 8 numbers a token, the model wants 16"):
        load_rows(tmp_path, 16)
    (tmp_path / "word_vectors.safetensors").write_bytes(b"no")
    with pytest.raises(RunError, match="not readable"):
        load_rows(tmp_path, 16)


def test_the_script_shows_neighbours_and_saves_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_inputs(tmp_path)
    argv = ["--out", str(tmp_path), "--word-vectors", "--word-vectors-width", "8"]
    done = call(script.main, argv, capsys)
    assert done.code == 0, done.err
    assert "near lol: " in done.out
    assert load_rows(tmp_path / "tokenizer", 8).shape[1] == 8
