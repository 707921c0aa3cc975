"""Friends' tokens: the frequent ones get one, strangers none, training and chat see the same ids."""

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict, load_from_disk
from transformers import AutoTokenizer

from talklikeme import runs
from talklikeme.dataset import rows_to_dataset, save_dataset
from talklikeme.facts import read_friends
from talklikeme.finetuning import _build, finetune
from talklikeme.friends import choose_friends, hide_some_friends
from talklikeme.inputs import load_inputs
from talklikeme.options import FinetuneOptions
from talklikeme.replies import load_replier
from tests.models import make_inputs, tiny

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]

FRIENDS = ["Änne Zufall"] * 3 + ["Bob"] * 2 + ["Cyd", None]


def name_friends(pairs: Dataset) -> Dataset:
    rows = [row | {"friend": FRIENDS[n % len(FRIENDS)]} for n, row in enumerate(pairs)]
    return rows_to_dataset(rows)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    make_inputs(tmp_path, pairs=70)
    pairs = load_from_disk(str(tmp_path / "pairs"))
    named = DatasetDict({split: name_friends(pairs[split]) for split in pairs})
    run = runs.read_run(tmp_path / "pairs")
    with runs.publish(tmp_path / "pairs") as draft:
        save_dataset(named, draft)
        runs.write_run(draft, run)
    return tmp_path


def options_of(out: Path, **more: Any) -> FinetuneOptions:
    return tiny(out, **({"friend_tokens": 2, "friend_min_pairs": 20, "max_steps": 4} | more))


def friend(text: str) -> Any:
    return {"role": "user", "content": text}


def test_the_most_frequent_get_tokens_in_a_fixed_order() -> None:
    names = ["b", "a", "a", "b", "c", None, "d", "d", "d"]
    assert choose_friends(names, 3, 2) == {"d": "<friend:1>", "a": "<friend:2>", "b": "<friend:3>"}
    assert choose_friends(names, 1, 2) == {"d": "<friend:1>"}
    assert choose_friends(names, 9, 4) == {}


def test_a_friend_heads_the_context_and_a_stranger_does_not(out: Path) -> None:
    encoder = load_inputs(options_of(out)).encoder
    plain = encoder.encode_context([friend("lol")])
    known = encoder.encode_context([friend("lol")], "Bob")
    assert known[1:] == plain
    assert encoder.encode_context([], "Bob") == [known[0], encoder.end_id]
    assert encoder.encode_context([friend("lol")], " BOB ") == known
    for stranger in ("Cyd", "", None, "<friend:1>"):
        assert encoder.encode_context([friend("lol")], stranger) == plain
    long = encoder.encode_context([friend("lol what " * 99)], "Bob")
    assert (len(long), long[0]) == (encoder.limits.max_context_tokens, known[0])


def test_nobody_can_type_a_friends_token_and_the_bot_never_says_one(out: Path) -> None:
    encoder = load_inputs(options_of(out)).encoder
    token = encoder.encode_context([], "Bob")[0]
    assert token not in encoder.encode_context([friend("i am <friend:2> and <friend:1>")])
    assert token in encoder.context_only_ids
    assert encoder.decode_reply([token]) == []


def test_chat_reads_a_friends_message_exactly_as_training_did(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_of(out, friend_drop=0.0)
    inputs = load_inputs(options)
    finetune(options, inputs)
    (out / "training").mkdir()
    trained_on = _build(options, inputs)[0].train_dataset["input_ids"]
    replier = load_replier(out / "model", engine="transformers")
    seen: list[list[int]] = []

    def generate(input_ids: Any, **kwargs: Any) -> Any:
        seen.append(input_ids[0].tolist())
        return input_ids.new_full((8, 2), inputs.encoder.end_id)

    monkeypatch.setattr(replier.engine._model, "generate", generate)
    for pair in inputs.pairs["train"]:
        replier.reply(pair["prompt"], pair["friend"])
    assert seen == list(trained_on)
    assert len({ids[0] for ids in seen} & set(inputs.encoder._friend_ids.values())) == 2


def test_names_are_in_one_private_file_and_nowhere_else(out: Path) -> None:
    options = options_of(out)
    finetune(options, load_inputs(options))
    assert read_friends(out / "model") == {"Änne Zufall": "<friend:1>", "Bob": "<friend:2>"}
    assert (out / "model" / "friends.json").stat().st_mode & 0o077 == 0
    AutoTokenizer.from_pretrained(out / "model")
    for path in (out / "model").iterdir():
        if path.suffix in {".md", ".yaml", ".json"} and path.name != "friends.json":
            assert "Zufall" not in path.read_text(encoding="utf-8")
            assert json.dumps("Änne")[1:-1] not in path.read_text(encoding="utf-8")


def test_a_share_of_the_pairs_hides_the_friend_and_always_the_same() -> None:
    pairs = name_friends(rows_to_dataset([{"session": str(n)} for n in range(1000)]))
    hidden = hide_some_friends(pairs, 0.2, 7)
    lost = sum(a != b for a, b in zip(pairs["friend"], hidden["friend"], strict=True))
    assert lost == pytest.approx(0.2 * 6 / 7 * 1000, rel=0.2)
    assert hidden["friend"] == hide_some_friends(pairs, 0.2, 7)["friend"]
    assert hidden.features == pairs.features


def test_no_friends_no_tokens(out: Path) -> None:
    plain = load_inputs(options_of(out, friend_tokens=0))
    assert plain.encoder.friends == {}
    assert "<friend:1>" not in plain.tokenizer.get_vocab()
