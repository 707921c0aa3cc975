"""Mixing: every known shape is read, my held-out rows stay mine, the same seed gives the same rows."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from talklikeme.corpora import CorpusSpec, open_corpus
from talklikeme.corpora.dialogue import Dialogue, build_row, candidates
from talklikeme.errors import ConfigError
from talklikeme.finetuning import _build, finetune
from talklikeme.inputs import load_inputs
from talklikeme.mixing import identify, mix_in, read_mix
from tests.models import make_inputs, make_pairs, tiny

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]

UBUNTU = """folder,dialogueID,date,from,to,text
3,1.tsv,2004-09-23T17:06:00.000Z,ann,,"hi, all"
3,1.tsv,2004-09-23T17:07:00.000Z,bob,ann,hello
3,2.tsv,2004-09-23T17:08:00.000Z,cyd,,anyone?
3,2.tsv,2004-09-23T17:09:00.000Z,ann,cyd,me
"""
TWEETS = """tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id
1,115712,True,x,@Shop my &amp; your box is late,2,
2,Shop,False,x,"@115712 sorry, which one?",3,1
3,115712,True,x,@Shop the red one,,2
"""
CORNELL_LINES = """L1 +++$+++ u0 +++$+++ m0 +++$+++ BIANCA +++$+++ Can we make this quick?
L2 +++$+++ u2 +++$+++ m0 +++$+++ CAMERON +++$+++ Well, I thought caf\xe9.
L3 +++$+++ u0 +++$+++ m0 +++$+++ BIANCA +++$+++\x20
"""


def write_base(path: Path, *dialogues: list[Any], packed: bool = False) -> Path:
    lines = [json.dumps({"id": str(n), "turns": turns}) for n, turns in enumerate(dialogues)]
    opener: Any = lzma.open if packed else open
    with opener(path, "wt", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    return path


def numbered(path: Path, count: int) -> Path:
    return write_base(path, *[[["A", f"ask {n}"], ["B", f"answer {n}"]] for n in range(count)])


def said(name: Path | str, **columns: str) -> list[list[tuple[str, str]]]:
    return [list(found.said) for found in open_corpus(CorpusSpec(str(name), columns))]


def test_base_files_are_read_in_both_forms(tmp_path: Path) -> None:
    named = [{"speaker": "A", "text": "hi"}, {"speaker": "B", "text": "yo"}]
    plain = write_base(tmp_path / "a.jsonl", named)
    threads = write_base(
        tmp_path / "b.threads.jsonl.xz", [["P1", "hi\nthere"], ["P2", "yo"]], packed=True
    )
    assert said(plain) == [[("A", "hi"), ("B", "yo")]]
    assert said(threads) == [[("P1", "hi"), ("P1", "there"), ("P2", "yo")]]
    assert len(said(tmp_path)) == 2  # a folder is all its files


def test_ubuntu_and_tweets_are_known_by_their_columns(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(UBUNTU, encoding="utf-8")
    (tmp_path / "t.csv").write_text(TWEETS, encoding="utf-8")
    assert said(tmp_path / "u.csv") == [
        [("ann", "hi, all"), ("bob", "hello")],
        [("cyd", "anyone?"), ("ann", "me")],
    ]
    assert said(tmp_path / "t.csv") == [
        [
            ("115712", "my & your box is late"),
            ("Shop", "sorry, which one?"),
            ("115712", "the red one"),
        ]
    ]


def test_cornell_is_read_from_its_folder_or_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "cornell movie-dialogs corpus"
    folder.mkdir()
    (folder / "movie_lines.txt").write_text(CORNELL_LINES, encoding="iso-8859-1")
    talk = "u0 +++$+++ u2 +++$+++ m0 +++$+++ ['L1', 'L2', 'L3']\n"
    (folder / "movie_conversations.txt").write_text(talk, encoding="iso-8859-1")
    found = said(tmp_path)
    assert found == said(folder / "movie_lines.txt")
    assert [who for who, _ in found[0]] == ["u0", "u2", "u0"]
    assert found[0][1][1].strip() == "Well, I thought café."


def test_datasets_on_disk_are_read_by_their_columns(tmp_path: Path) -> None:
    messages = [{"role": "system", "content": "be nice"}, {"role": "user", "content": "hi"},
                {"role": "assistant", "content": "yo"}]  # fmt: skip
    Dataset.from_list([{"messages": messages}]).save_to_disk(tmp_path / "chat")
    Dataset.from_list([{"dialog": ["hi", "yo", "ok"]}]).save_to_disk(tmp_path / "daily")
    DatasetDict({"train": make_pairs(2), "test": make_pairs(1)}).save_to_disk(tmp_path / "pairs")
    assert said(tmp_path / "chat") == [[("user", "hi"), ("assistant", "yo")]]
    assert said(tmp_path / "daily") == [[("0", "hi"), ("1", "yo"), ("0", "ok")]]
    pairs = list(open_corpus(CorpusSpec(str(tmp_path / "pairs"))))
    assert len(pairs) == 2  # its test rows are nobody's training rows
    assert all(pair.last_only for pair in pairs)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("a.jsonl", '{"id": 1, "turns": [["A"]]}\n', r"a\.jsonl:1: not dialogue. Needs lines like"),
        ("a.csv", "x,y\n1,2\n", "Needs the columns .* found x, y"),
        ("movie_lines.txt", "L1 +++$+++ u0\n", "movie_lines.txt:1: not Cornell .* found 2"),
        ("a.pdf", "", "unknown kind. Known: .jsonl, .csv"),
    ],
)
def test_what_does_not_fit_is_one_line(
    tmp_path: Path, file: str, content: str, message: str
) -> None:
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as refused:
        said(tmp_path / file)
    assert "\n" not in str(refused.value)


def test_what_cannot_be_had_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="someone/chat: no such file here, and not to be had"):
        said("someone/chat")
    with pytest.raises(ConfigError, match=r"base/x\.jsonl\.xz: no such file"):
        said("base/x.jsonl.xz")
    with pytest.raises(ConfigError, match="no dialogue in it"):
        said(tmp_path)
    Dataset.from_list([{"a": 1, "b": 2}]).save_to_disk(tmp_path / "odd")
    with pytest.raises(ConfigError, match="which column holds the dialogue\\? Found a, b"):
        said(tmp_path / "odd")


def test_every_turn_answers_those_before_it() -> None:
    talk = Dialogue([("A", "hi"), ("B", "yo"), ("B", "sup"), ("A", "x" * 500), ("C", "wow")])
    rows = [build_row(turns, 2) for turns in candidates(talk)]
    assert [[turn["content"] for turn in row["completion"]] for row in rows] == [
        ["yo", "sup"],
        ["wow"],
    ]
    assert [turn["role"] for turn in rows[1]["prompt"]] == ["user", "user", "user"]
    assert [turn["content"][:3] for turn in rows[1]["prompt"]] == ["yo", "sup", "xxx"]


def draw(corpora: list[Any], seed: int = 0, held_out: Any = (), **options: Any) -> Dataset:
    mix = read_mix({"corpora": [str(path) for path in corpora], **options})
    return mix_in(make_pairs(60), held_out, mix, context_turns=3, seed=seed)


def test_the_share_is_kept_and_the_draw_is_repeatable(tmp_path: Path) -> None:
    corpora = [numbered(tmp_path / "a.jsonl", 300), numbered(tmp_path / "b.jsonl", 300)]
    mixed = draw(corpora, share=0.25)
    assert len(mixed) == 80  # 20 of 80 rows are a quarter
    assert mixed[:60]["completion"] == make_pairs(60)["completion"]
    assert mixed["completion"] == draw(corpora, share=0.25)["completion"]
    assert mixed["completion"] != draw(corpora, share=0.25, seed=1)["completion"]
    assert set(mixed[60:]["friend"]) == {None}


def test_a_corpus_gives_no_more_than_its_most_and_from_all_its_length(tmp_path: Path) -> None:
    rows = draw([numbered(tmp_path / "a.jsonl", 1000)], share=0.5, most_rows=40)[60:]
    numbers = [int(turns[0]["content"].split()[1]) for turns in rows["completion"]]
    assert len(set(numbers)) == 40
    assert min(numbers) < 200
    assert max(numbers) > 800


def test_dialogue_that_holds_a_text_of_mine_kept_for_judging_is_left_out(tmp_path: Path) -> None:
    secret = "the quick brown fox jumps over my keyboard"
    leak = [["A", "why"], ["B", secret.upper()], ["A", "after the leak"]]
    corpus = write_base(tmp_path / "a.jsonl", leak, [["A", "hi"], ["B", "kept"]])
    held_out = [{"prompt": [], "completion": [{"role": "assistant", "content": secret}]}]
    mixed = draw([corpus], share=0.5, held_out=held_out)[60:]
    assert [turns[0]["content"] for turns in mixed["completion"]] == ["kept"]


def test_mistakes_in_the_mix_are_told() -> None:
    with pytest.raises(ConfigError, match=r"mix: no such option: shares\. Known: corpora, share"):
        read_mix({"shares": 1})
    with pytest.raises(ConfigError, match="mix: share: "):
        read_mix({"corpora": ["a"], "share": 2})
    with pytest.raises(ConfigError, match="mix: corpora: "):
        read_mix({"share": 0.1})
    with pytest.raises(ConfigError, match="a corpus needs name, and may have dialogue"):
        read_mix({"corpora": [{"path": "x"}]}).specs  # type: ignore[union-attr]  # noqa: B018
    assert read_mix({}) is None


def test_a_corpus_that_changed_is_another_run(tmp_path: Path) -> None:
    mix = read_mix({"corpora": [str(numbered(tmp_path / "a.jsonl", 2))]})
    before = identify(mix)
    numbered(tmp_path / "a.jsonl", 3)
    assert identify(mix) != before


def test_training_mixes_train_and_nothing_else_and_redacts(tmp_path: Path) -> None:
    make_inputs(tmp_path, pairs=32)
    corpus = write_base(
        tmp_path / "a.jsonl", *[[["A", "mail me"], ["B", "at joe.doe@example.org ok"]]] * 40
    )
    mix = {"corpora": [str(corpus)], "share": 0.5}
    options = tiny(tmp_path, max_steps=4, mix=mix, max_reply_tokens=40)
    inputs = load_inputs(options)
    (tmp_path / "training").mkdir()
    trainer, _ = _build(options, inputs)
    assert (len(trainer.train_dataset), len(trainer.eval_dataset)) == (64, 8)
    texts = [inputs.encoder.decode_reply(ids) for ids in trainer.train_dataset["labels"][32:]]
    assert texts == [["at <email> ok"]] * 32

    finetune(options, inputs)
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "32 pairs" in card
    assert str(tmp_path) not in card
