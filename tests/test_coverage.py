"""The coverage report: its numbers are those that one counts by hand, and it is drawn and printed."""

import json
from pathlib import Path

import pytest
from PIL import Image
from transformers import AutoTokenizer

import train_tokenizer as script
from talklikeme.coverage import Sample, build_sample, find_costly_words, measure
from talklikeme.coverage_report import report
from talklikeme.dataset import load_pairs
from talklikeme.extension_words import read_slang
from talklikeme.tokenizer import train_tokenizer
from talklikeme.tokens import spell
from tests.bases import byte_bpe
from tests.models import make_inputs
from tests.scripts import call, snapshot


@pytest.fixture
def out(tmp_path: Path) -> Path:
    make_inputs(tmp_path)
    return tmp_path


def test_the_numbers_are_those_counted_by_hand() -> None:
    tokenizer = train_tokenizer([" lol what 😂😂", " ok"] * 20, vocab_size=400, min_frequency=2)
    assert [len(tokenizer.tokenize(text)) for text in (" lol", " what", " zq", " 😂")] == [
        1,
        1,
        3,
        1,
    ]
    held_out = [" lol what", " lol zq"]
    sample = Sample(held_out, [*held_out, " zq"], [], [" lol"] * 10 + [" idk"] * 9 + [" zq"] * 99)
    coverage = measure("mine", tokenizer, sample)
    assert coverage.pieces_per_word == (1 + 1 + 1 + 3) / 4
    assert coverage.bytes_per_token == (9 + 7) / 6
    assert coverage.unknown == 0
    assert sample.frequent_slang == ["lol"]
    assert coverage.frequent_slang_whole == 1
    whole = [word for word in read_slang() if len(tokenizer.tokenize(f" {word}")) == 1]
    assert coverage.slang_whole == len(whole) / 491
    assert (coverage.emoji_pieces, coverage.emoji_whole) == (None, None)
    assert [
        (one.word, one.uses, one.pieces, one.cost) for one in find_costly_words(tokenizer, sample)
    ] == [("zq", 2, 3, 4)]


def test_a_tokenizer_that_loses_text_does_not_look_cheap() -> None:
    from tests.bases import unigram

    sample = Sample([" 😂 you"], [" 😂 you"], [], [])
    coverage = measure("t5", unigram(), sample)
    assert coverage.unknown > 0
    assert coverage.emoji_whole == 0


def test_only_what_is_held_out_judges_and_only_train_teaches(out: Path) -> None:
    pairs = load_pairs(out / "pairs")
    sample = build_sample(pairs)
    mine = [spell(turn["content"]) for pair in pairs["validation"] for turn in pair["completion"]]
    assert list(sample.held_out)[: len(mine)] == mine
    assert len(sample.mine) == len(sample.held_out) + len(sample.my_train)
    assert len(sample.corpus) > len(sample.my_train)
    nothing = build_sample({"train": pairs["train"], "test": [], "validation": []})
    assert not nothing.is_held_out
    assert nothing.held_out == nothing.my_train


def test_frequent_slang_is_whole_even_where_a_small_vocabulary_splits_it() -> None:
    texts = [f" the whole story number {n} of things that they thought" for n in range(400)]
    texts += [" dunno"] * 11 + [" ain't b4 LMAO"] * 10
    tokenizer = train_tokenizer(texts, vocab_size=330, min_frequency=2)
    assert len(tokenizer) <= 330
    for word in ("dunno", "ain't", "b4", "LMAO"):
        assert len(tokenizer.tokenize(f" so {word} ok")) == 1 + len(tokenizer.tokenize(" so ok"))
    assert len(tokenizer.tokenize(" thought")) < 8  # most merges have stayed


def test_an_extended_tokenizer_is_made_and_reported_by_the_script(
    out: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    byte_bpe().save_pretrained(tmp_path / "base")
    before = snapshot(out / "tokenizer")
    argv = ["--out", str(out), "--extend", str(tmp_path / "base"), "--new-tokens", "4",
            "--compare", str(out / "tokenizer")]  # fmt: skip
    done = call(script.main, argv, capsys)
    assert (done.code, done.err) == (0, "")
    assert "440 tokens, 17 new ones" in done.out.replace(str(len(byte_bpe())), "440")
    assert "slang words that are one token" in done.out
    made = out / "tokenizer"
    names = {path.name for path in made.iterdir()}
    assert names >= {
        "tokenizer.json",
        "extension.json",
        "coverage.json",
        "coverage.png",
        "run.yaml",
    }
    report = json.loads((made / "coverage.json").read_text(encoding="utf-8"))
    shown = [one["name"] for one in report["tokenizers"]]
    assert shown == ["this one", str(tmp_path / "base"), str(out / "tokenizer")]
    ours, base = report["tokenizers"][:2]
    assert ours["bytes_per_token"] > base["bytes_per_token"]
    assert len(report["costly_words"]) <= 50
    with Image.open(made / "coverage.png") as picture:
        assert picture.width > 1000
    assert AutoTokenizer.from_pretrained(made).tokenize(" lol omg") == ["Ġlol", "Ġomg"]
    assert snapshot(made) != before


def test_the_picture_is_drawn_of_any_names_and_words(tmp_path: Path) -> None:
    texts = [" привет 你好吗 $x_1$ הַמַּמְלָכָה क्या"] * 3
    sample = Sample(texts, texts, texts, texts)
    tokenizers = {"this one": byte_bpe(), "a/$name$_of_你好/" + "x" * 40: byte_bpe()}
    assert len(report(tmp_path, tokenizers, sample)) == 2
    assert (tmp_path / "coverage.png").stat().st_size > 10_000


@pytest.mark.parametrize("flag", ["--extend", "--compare"])
def test_a_base_that_is_not_there_is_told_in_a_line(
    out: Path, capsys: pytest.CaptureFixture[str], flag: str, tmp_path: Path
) -> None:
    before = snapshot(out / "tokenizer")
    for name, why in (
        ("some/model", "not to be had from the Hub"),
        (str(tmp_path), "no tokenizer in"),
    ):
        done = call(script.main, ["--out", str(out), flag, name], capsys)
        assert (done.code, len(done.error_lines)) == (2, 1)
        assert f"{flag} {name}" in done.err
        assert why in done.err
    assert snapshot(out / "tokenizer") == before
