"""Files that the pages read: openers, journals, the sample board, tokens and their neighbours."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as Bytes
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import ByteLevel

from talklikeme.blindtest.answers import Answer
from talklikeme.blindtest.result import sum_up, sum_up_testers
from talklikeme.journal import Journal, read_rows
from talklikeme.lesson import read_lesson
from talklikeme.openers import USUAL, find_openers
from talklikeme.thumbs import note_thumb, read_thumbs
from talklikeme.vocabulary import Neighbourhood, find_learned, split_up


def opening(text: str, friend: str, *more: str) -> dict[str, object]:
    turns = [{"role": "user", "content": one} for one in (text, *more)]
    return {"prompt": turns, "friend": friend}


def test_only_what_several_friends_open_with_is_offered() -> None:
    rows = [opening("Yooo", friend) for friend in ("a", "b", "c")]
    rows += [opening("yooo", "d"), opening("Yooo", "a")]
    rows += [opening("meet me at 12 Elm Street", "a")] * 9  # one friend's, however often
    rows += [opening("call <phone>", friend) for friend in "abc"]
    rows += [opening("not first", friend, "second") for friend in "abc"]
    rows += [opening("x" * 41, friend) for friend in "abc"]
    assert find_openers(rows) == ("Yooo", *USUAL[:4])
    assert find_openers([]) == USUAL


def test_a_journal_loses_no_more_than_the_line_that_a_crash_cut_off(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state" / "x.jsonl")
    assert list(read_rows(journal.path)) == []
    journal.add({"a": "é"})
    journal.add({"a": 2})
    with journal.path.open("a") as out:
        out.write('{"a": 3')
    assert [row["a"] for row in read_rows(journal.path)] == ["é", 2]
    assert journal.path.stat().st_mode & 0o777 == 0o600


def test_the_last_thumb_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "thumbs.jsonl")
    for is_liked in (True, False):
        note_thumb(journal, [{"role": "user", "content": "hi"}], ["lol"], is_liked=is_liked)
    (row,) = read_thumbs(journal.path)
    assert row == {
        "prompt": [{"role": "user", "content": "hi"}],
        "completion": [{"role": "assistant", "content": "lol"}],
        "label": False,
    }


def test_a_training_under_way_comes_before_the_one_that_is_over(tmp_path: Path) -> None:
    training, model = tmp_path / "training", tmp_path / "model"
    assert read_lesson(training, model) is None
    row = {"prompt": [], "reply": ["old"], "real": []}
    Journal(model / "samples.jsonl").add({"step": 0} | row)
    over = read_lesson(training, model)
    assert over is not None
    assert (over.is_under_way, over.steps) == (False, [0])
    for step in (200, 0):
        Journal(training / "samples.jsonl").add({"step": step} | row | {"reply": [f"{step}"]})
    now = read_lesson(training, model)
    assert now is not None
    assert (now.is_under_way, now.steps, now.answers[200][0].reply) == (True, [0, 200], ["200"])


@pytest.mark.parametrize(
    ("right", "of", "verdict"),
    [
        (10, 10, "can tell the bot from the person"),
        (7, 10, "cannot be told from guessing"),
        (1, 10, "takes the bot for the person"),
    ],
)
def test_nothing_is_claimed_that_chance_explains(right: int, of: int, verdict: str) -> None:
    answers = [Answer("s", "Ada", f"r{n}", n < right) for n in range(of)]
    result = sum_up(answers)
    assert result is not None
    assert result.verdict == verdict
    assert result.low <= result.share <= result.high
    assert list(sum_up_testers([*answers, Answer("t", "", "r", True)])) == ["Ada", "somebody (t)"]
    assert sum_up([]) is None


def test_the_pieces_of_a_text_make_the_text() -> None:
    tokenizer = Tokenizer.from_file("models/base/tokenizer.json")
    for text in ("wyd tmrw 😂😂", "", "it's <b>", "שלום  x"):
        assert "".join(piece.text for piece in split_up(tokenizer, text)) == text


def test_neighbours_are_the_words_that_point_the_same_way() -> None:
    words = ["<unk>", "Ġcat", "Ġdog", "Ġcar", "Ġbus", "frag"]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer, tokenizer.decoder = ByteLevel(add_prefix_space=False), Bytes()
    vectors = np.array([[0, 0], [1, 0.1], [1, 0], [-1, 0.1], [-1, 0], [1, 0.05]], dtype=np.float32)
    near = Neighbourhood(tokenizer, vectors).near("cat")
    assert near[0].word == "dog"
    assert {one.word for one in near} == {"dog", "bus", "car"}  # "frag" begins no word
    assert near[0].cosine > 0.9 > 0 > near[2].cosine
    said = Neighbourhood(tokenizer, vectors, {"cat", "bus"}).near("cat")
    assert [one.word for one in said] == ["bus"]
    assert Neighbourhood(tokenizer, vectors).near(" ") == []


def test_words_are_shown_that_only_my_tokenizer_has_whole() -> None:
    shared = {"Ġlol": 0, "a": 1}
    mine = word_level({**shared, "Ġbcoz": 3, "Ġshudn't": 2, "ĠCLI": 4, "Ġ12": 5, "Ġu": 6})
    mine.add_special_tokens(["<friend:1>"])
    assert find_learned(mine, word_level(shared)) == ["shudn't", "bcoz"]
    assert find_learned(mine, mine) == []


def word_level(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="a"))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = Bytes()
    return tokenizer
