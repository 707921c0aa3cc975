"""Public dialogue becomes pairs: whole windows in one split, nothing twice, nobody's threads."""

import json
import lzma
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from talklikeme import base_pairs
from talklikeme.dataset import load_pairs
from talklikeme.errors import ConfigError
from talklikeme.options import BasePairsOptions

Turns = Sequence[tuple[str, str]]


def write_corpus(folder: Path, name: str, dialogues: Iterable[Turns]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with lzma.open(folder / name, "wt", encoding="utf-8") as out:
        for number, turns in enumerate(dialogues):
            out.write(json.dumps({"id": str(number), "turns": turns}) + "\n")


def chat(number: int, turns: int = 6) -> Turns:
    return [("AB"[place % 2], f"{number} says {place}") for place in range(turns)]


def make(folder: Path, **options: object) -> dict[str, list[dict[str, object]]]:
    given = {"corpora": folder / "base", "out": folder / "out", "held_out": 10} | options
    base_pairs.write_pairs(BasePairsOptions(**given))
    pairs = load_pairs(folder / "out" / "pairs")
    return {split: pairs[split].to_list() for split in pairs}


def reply(row: dict[str, object]) -> str:
    return " / ".join(turn["content"] for turn in row["completion"])


def test_every_reply_comes_once_and_a_dialogue_stays_in_one_split(tmp_path: Path) -> None:
    write_corpus(tmp_path / "base", "talk.jsonl.xz", [chat(number) for number in range(60)])
    rows = make(tmp_path, take={"talk": 1})
    said = [reply(row) for split in rows.values() for row in split]
    assert sorted(said) == sorted(text for n in range(60) for _, text in chat(n)[1:])
    homes = [{row["conversation"] for row in split} for split in rows.values()]
    assert all(homes)
    assert not homes[0] & homes[1]
    assert not homes[0] & homes[2]


def test_the_speaker_of_the_last_turn_is_me_and_bubbles_are_kept(tmp_path: Path) -> None:
    turns = [("A", "hi"), ("B", "yo"), ("A", "how are you"), ("B", "fine\nand you?")]
    write_corpus(tmp_path / "base", "talk.threads.jsonl.xz", [turns])
    rows = make(tmp_path, take={"talk": 1}, opener_share=0, context_turns=1)["train"]
    (last,) = [row for row in rows if len(row["completion"]) == 2]
    assert last["completion"] == [
        {"role": "assistant", "content": "fine"},
        {"role": "assistant", "content": "and you?"},
    ]
    assert last["prompt"] == [{"role": "user", "content": "how are you"}]


def test_train_has_contexts_of_every_length_and_the_held_out_rows_whole_ones(
    tmp_path: Path,
) -> None:
    write_corpus(tmp_path / "base", "talk.jsonl.xz", [chat(n, turns=12) for n in range(80)])
    rows = make(tmp_path, take={"talk": 1}, context_turns=3, opener_share=0.2)
    assert {len(row["prompt"]) for row in rows["train"]} == {0, 1, 2, 3}
    late = [row for row in rows["test"] if not reply(row).endswith((" 1", " 2"))]
    assert {len(row["prompt"]) for row in late} == {3}


def test_a_thread_that_shares_a_message_with_the_people_judged_is_left_out(tmp_path: Path) -> None:
    theirs = [("A", "hello"), ("B", "I broke the Build again"), ("A", "lol")]
    mine = {"friend": "Zo", "turns": [{"from": "me", "text": "i broke the build AGAIN"}]}
    write_corpus(tmp_path / "base", "room.threads.jsonl.xz", [theirs, chat(1), chat(2)])
    (tmp_path / "me.jsonl").write_text(json.dumps(mine), encoding="utf-8")
    rows = make(tmp_path, take={"room": 1}, leave_out=(tmp_path / "me.jsonl",))
    said = [reply(row) for split in rows.values() for row in split]
    assert len(said) == 10
    assert "lol" not in said


def test_shares_narrators_and_repeats(tmp_path: Path) -> None:
    write_corpus(tmp_path / "base", "small.jsonl.xz", [chat(n) for n in range(50)])
    write_corpus(tmp_path / "base", "large.jsonl.xz", [chat(1000 + n) for n in range(200)])
    story = [("A", "go on"), ("MATT", "the cave opens " * 12), ("A", "run"), ("MATT", "You run.")]
    write_corpus(tmp_path / "base", "game.jsonl.xz", [story])
    take = {"small": 2, "large": 0.25, "game": 1}
    rows = make(tmp_path, take=take, narrators=("MATT",))["train"]
    count = {name: sum(row["source"] == name for row in rows) for name in take}
    held_out = 50 * 5 - count["small"] // 2
    assert count["small"] % 2 == 0
    assert 0 < held_out < 60
    assert 150 < count["large"] < 350
    assert [reply(row) for row in rows if row["source"] == "game"] == ["run", "You run."]


def test_secrets_are_redacted(tmp_path: Path) -> None:
    turns = [("A", "your mail?"), ("B", "it is ann.lee@example.org")]
    write_corpus(tmp_path / "base", "talk.jsonl.xz", [turns])
    (row,) = make(tmp_path, take={"talk": 1})["train"]
    assert reply(row) == "it is <email>"


@pytest.mark.parametrize(
    ("take", "what"),
    [({}, "names no corpus"), ({"tolk": 1}, "no corpus tolk. There: talk")],
)
def test_mistakes_are_told_in_a_line(tmp_path: Path, take: dict[str, float], what: str) -> None:
    write_corpus(tmp_path / "base", "talk.jsonl.xz", [chat(1)])
    with pytest.raises(ConfigError, match=what):
        make(tmp_path, take=take)
    assert not (tmp_path / "out" / "pairs").exists()
