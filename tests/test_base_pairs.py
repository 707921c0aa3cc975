"""Public dialogue becomes pairs: whole windows in one split, nothing twice, nobody's threads."""

import json
import lzma
from collections import Counter
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


def test_what_follows_is_learned_with_a_reply_and_every_turn_once(tmp_path: Path) -> None:
    write_corpus(tmp_path / "base", "talk.jsonl.xz", [chat(n, turns=14) for n in range(60)])
    rows = make(tmp_path, take={"talk": 1}, follow_turns=2, opener_share=0)
    learned = [turn["content"] for row in rows["train"] for turn in row["completion"]]
    homes = {row["conversation"] for row in rows["train"]}
    assert len(learned) == len(set(learned)) == 13 * len(homes)
    assert {len(row["completion"]) for row in rows["train"]} == {1, 2, 3}
    for row in rows["train"]:
        roles = [turn["role"] for turn in row["completion"]]
        assert roles == ["assistant", "user", "assistant"][: len(roles)]
        numbers = [int(turn["content"].split()[-1]) for turn in row["prompt"] + row["completion"]]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert {len(row["completion"]) for row in rows["test"]} == {1}


def test_a_corpus_taken_twice_is_cut_elsewhere_the_second_time(tmp_path: Path) -> None:
    write_corpus(tmp_path / "base", "talk.jsonl.xz", [chat(n, turns=30) for n in range(40)])
    rows = make(tmp_path, take={"talk": 2}, follow_turns=3)["train"]
    learned = Counter(turn["content"] for row in rows for turn in row["completion"])
    assert set(learned.values()) == {2}
    begun = Counter(row["completion"][0]["content"] for row in rows)
    assert sum(count == 1 for count in begun.values()) > 0.8 * len(begun)


def test_a_share_is_read_as_if_typed_on_a_phone_and_nothing_held_out(tmp_path: Path) -> None:
    talk = [
        [(who, f"I'm {text.capitalize()}.") for who, text in chat(n, turns=8)] for n in range(80)
    ]
    write_corpus(tmp_path / "base", "talk.jsonl.xz", talk)
    rows = make(tmp_path, take={"talk": 1}, casual={"talk": 0.5}, opener_share=0)
    kinds: dict[str, set[bool]] = {}
    for row in rows["train"]:
        texts = [turn["content"] for turn in row["prompt"] + row["completion"]]
        loose = {text == text.lower() and not text.endswith(".") for text in texts}
        kinds.setdefault(row["conversation"], set()).update(loose)
    assert all(len(kind) == 1 for kind in kinds.values())  # a person types one way
    assert 0.3 < sum(kind == {True} for kind in kinds.values()) / len(kinds) < 0.7
    assert all(reply(row).endswith(".") for row in rows["test"])


@pytest.mark.parametrize(
    ("written", "typed"), [("I'm fine.", "i'm fine"), ("Well...", "well..."), ("OK?", "ok?")]
)
def test_what_typing_on_a_phone_looks_like(written: str, typed: str) -> None:
    assert base_pairs.loosen(written) == typed


def test_nobody_learns_to_be_the_narrator_who_follows(tmp_path: Path) -> None:
    story = [
        ("A", "hi"),
        ("B", "go on"),
        ("MATT", "the cave opens " * 12),
        ("A", "run"),
        ("B", "ok"),
    ]
    write_corpus(tmp_path / "base", "game.jsonl.xz", [story])
    rows = make(tmp_path, take={"game": 1}, narrators=("MATT",), follow_turns=4)["train"]
    said = sorted(turn["content"] for row in rows for turn in row["completion"])
    assert said == ["go on", "ok", "run"]


def test_a_form_that_was_never_filled_in_is_neither_said_nor_heard(tmp_path: Path) -> None:
    turns = [("A", "Hi"), ("B", "Hello"), ("A", "I'm [user1]."), ("B", "ok"), ("A", "you?"),
             ("B", "[user 2's name] :)"), ("A", "[sic] lol"), ("B", "bye")]  # fmt: skip
    write_corpus(tmp_path / "base", "talk.jsonl.xz", [turns])
    rows = make(tmp_path, take={"talk": 1}, opener_share=0)["train"]
    assert [reply(row) for row in rows] == ["Hello", "you?", "bye"]
    heard = [turn["content"] for row in rows for turn in row["prompt"]]
    assert heard == ["Hi", "ok", "[sic] lol"]


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


def test_a_share_of_the_contexts_is_the_replys_own_words(tmp_path: Path) -> None:
    write_corpus(tmp_path / "base", "talk.jsonl.xz", [chat(number) for number in range(60)])
    rows = make(tmp_path, take={"talk": 1}, shuffled_share=0.5, opener_share=0, follow_turns=2)
    mine = [row for row in rows["train"] if row["prompt"][-1]["role"] == "assistant"]
    assert 0.35 < len(mine) / len(rows["train"]) < 0.65
    for row in mine:
        (prompt,) = row["prompt"]
        said = Counter(word for turn in row["completion"] for word in turn["content"].split())
        assert Counter(prompt["content"].split()) <= said
    assert any(row["prompt"][0]["content"] != reply(row) for row in mine)
    held_out = [row for split in ("validation", "test") for row in rows[split]]
    assert all(row["prompt"][-1]["role"] == "user" for row in held_out)
