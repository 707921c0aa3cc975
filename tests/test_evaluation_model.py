"""A trained model under evaluation: its scores are the model's, whole replies count, files appear."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import DatasetDict
from transformers import PreTrainedModel

from talklikeme.errors import RunError
from talklikeme.evaluation.__main__ import main
from talklikeme.evaluation.judging import judge, judge_after_training
from talklikeme.evaluation.neural import ModelContestant, load_contestant
from talklikeme.evaluation.running import Plan, evaluate
from talklikeme.evaluation.served import load_served
from talklikeme.evaluation.table import describe, to_markdown
from talklikeme.facts import Choice, Limits, read_nature, write_nature
from talklikeme.finetuning import finetune
from talklikeme.generation import build_generation_config
from talklikeme.inputs import load_inputs
from talklikeme.model import open_model
from talklikeme.sampling import FIRST, Choosing, Sampling
from talklikeme.tokenizer import load_tokenizer
from talklikeme.tokens import ChatEncoder
from tests.models import make_inputs, make_pairs, tiny
from tests.scripts import call
from tests.test_evaluation import Fake, Oracle, friend

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]

LIMITS = Limits(context_turns=3, max_context_tokens=24, max_reply_tokens=12)
CONTEXTS = [[friend("whats up")], [], [friend("lol"), friend("no way " * 30)], [friend("k")]]
REPLIES = [["nothing much", "lol"], ["see you"], ["haha " * 40, "why"], ["😂"]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    make_inputs(out)
    return out


def contestant(world: Path, start: str = "scratch-t5", **options: Any) -> ModelContestant:
    """An untrained model with big weights, so that its odds are far from even."""
    tokenizer = load_tokenizer(world / "tokenizer")
    encoder = ChatEncoder(tokenizer, LIMITS)
    torch.manual_seed(0)
    model = open_model(tiny(world, start=start, dropout=0.3), encoder, tokenizer, None)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    config = build_generation_config(
        encoder, Sampling(0.9, 0.9), model.config.decoder_start_token_id
    )
    return ModelContestant(model, encoder, config, **options)


def plain_score(one: ModelContestant, context: list[Any], reply: list[str]) -> float:
    """The same through the model's own call, one reply, one token after the other."""
    model: PreTrainedModel = one._model.eval()
    ids = torch.tensor([one._encoder.encode_context(context)])
    labels = one._whole.encode_reply(reply)
    said = [model.config.decoder_start_token_id]
    total = 0.0
    with torch.inference_mode():
        for token in labels:
            logits = model(input_ids=ids, decoder_input_ids=torch.tensor([said])).logits[0, -1]
            total += float(torch.log_softmax(logits.double(), dim=-1)[token])
            said.append(token)
    return total


@pytest.mark.parametrize("start", ["scratch-t5", "scratch-t5gemma", "scratch-bert2bert"])
def test_a_score_is_the_sum_over_tokens_that_transformers_gives(world: Path, start: str) -> None:
    one = contestant(world, start)
    # BERT has learned places for no more than max_reply_tokens
    fits = [0, 1, 3] if start == "scratch-bert2bert" else [0, 1, 2, 3]
    contexts, replies = [CONTEXTS[row] for row in fits], [REPLIES[row] for row in fits]
    plain = [plain_score(one, *pair) for pair in zip(contexts, replies, strict=True)]
    assert one.score(contexts, replies) == pytest.approx(plain, rel=1e-5, abs=1e-4)
    assert all(-1e4 < score < 0 for score in one.score(CONTEXTS, REPLIES))


def test_a_long_reply_is_scored_to_its_end(world: Path) -> None:
    one = contestant(world)
    assert len(one._encoder.encode_reply(REPLIES[2])) == LIMITS.max_reply_tokens  # cut in training
    long, longer = one.score([CONTEXTS[0]] * 2, [REPLIES[2], [*REPLIES[2], "and one bubble more"]])
    assert longer < long < one.score([CONTEXTS[0]], [["haha"]])[0]


def test_a_decoder_with_few_places_reads_a_long_reply_in_windows(world: Path) -> None:
    one = contestant(world)
    whole = one.score(CONTEXTS, REPLIES)
    one._model.config.max_position_embeddings = 400
    assert one.score(CONTEXTS, REPLIES) == pytest.approx(whole, abs=1e-3)
    one._model.config.max_position_embeddings = 16
    windows = list(one._cut(0, 0, one._whole.encode_reply(REPLIES[2])))
    assert max(len(window.labels) for window in windows) == 16
    counted = [token for window in windows for token in window.labels[window.seen :]]
    assert counted == one._whole.encode_reply(REPLIES[2])
    assert one.score(CONTEXTS, REPLIES)[0] == pytest.approx(whole[0], abs=1e-3)  # fits: as before
    assert one.score(CONTEXTS, REPLIES)[2] == pytest.approx(whole[2], rel=0.5)


def test_scores_do_not_depend_on_who_else_is_in_the_batch(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = contestant(world)
    together = one.choose(CONTEXTS, [REPLIES] * 4)
    monkeypatch.setattr("talklikeme.evaluation.neural._LOGITS", {"cpu": 1})  # a reply a batch
    monkeypatch.setattr("talklikeme.evaluation.neural._CONTEXTS", 3)
    for row, alone in zip(together, one.choose(CONTEXTS, [REPLIES] * 4), strict=True):
        assert row == pytest.approx(alone, abs=1e-3)
    assert [row[place] for place, row in enumerate(together)] == pytest.approx(
        one.score(CONTEXTS, REPLIES), abs=1e-3
    )


def test_bf16_is_near_float32(world: Path) -> None:
    exact = contestant(world).score(CONTEXTS, REPLIES)
    rough = contestant(world, bf16=True).score(CONTEXTS, REPLIES)
    assert rough != exact
    assert rough == pytest.approx(exact, rel=0.03)


def test_answers_come_in_order_follow_the_seed_and_leave_torch_alone(world: Path) -> None:
    one = contestant(world)
    contexts = [*CONTEXTS] * 20
    state = torch.get_rng_state()
    answers = one.answer(contexts, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert len(answers) == 80
    assert answers == one.answer(contexts, seed=1)
    assert answers != one.answer(contexts, seed=2)
    assert all(answers)  # as in chat, nobody gets silence for an answer


def pairs(train: int, validation: int, test: int) -> DatasetDict:
    sizes = {"train": train, "validation": validation, "test": test}
    return DatasetDict({split: make_pairs(count, start=7) for split, count in sizes.items()})


def test_too_few_rows_are_told_with_the_numbers(world: Path, tmp_path: Path) -> None:
    told = judge(contestant(world), pairs(64, 5, 3), tmp_path, Plan(), quiet=True)
    assert told.lines == []
    assert "Only 3 held-out pairs: nothing is measured on fewer than 20" in to_markdown(told)
    assert (
        json.loads((tmp_path / "evaluation.json").read_text("utf-8"))["evaluation"]["lines"] == {}
    )
    assert list(tmp_path.glob("*.png")) == []


def test_without_a_test_split_validation_judges_and_says_so() -> None:
    told = evaluate([Fake()], pairs(64, 40, 0), Plan(), quiet=True)
    assert told.split == "validation"
    assert told.held_out == 40
    assert any("test split is empty" in note for note in told.notes)


def test_what_cannot_be_measured_is_told_and_the_rest_is() -> None:
    """The tiny world has too few different replies for 20 candidates."""
    data = pairs(64, 0, 100)
    data["test"] = data["test"].map(lambda row: {"completion": row["completion"][:1]})
    told = evaluate([Fake(), Oracle()], data, Plan(scored=50, sampled=30), quiet=True)
    assert any("needs 20 different replies, held-out has 10" in note for note in told.notes)
    assert (told.scored, told.chosen, told.sampled) == (50, 0, 30)
    unscored, oracle = told.line("fake"), told.line("oracle")
    assert (unscored.bits, unscored.choice) == (None, None)
    assert unscored.life is not None
    assert unscored.life.distinct_1 == pytest.approx(1 / 30)
    assert oracle.bits is not None


def test_a_style_without_friends_is_not_judged() -> None:
    data = pairs(64, 0, 40).map(lambda row: {"prompt": []})
    told = evaluate([Fake()], data, Plan(), quiet=True)
    assert any("64 replies of mine and 0 of friends" in note for note in told.notes)
    assert told.line("fake").auc is None


def test_a_mistake_while_judging_does_not_cost_the_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("talklikeme.evaluation.judging.make_baselines", lambda *_: [])

    class Broken(Fake):
        def answer(self, contexts: Any, *, seed: int) -> list[list[str]]:
            raise ZeroDivisionError

    assert judge_after_training(Broken(), pairs(64, 0, 40), tmp_path, seed=0) == ""
    assert "not judged (ZeroDivisionError)" in caplog.text


@pytest.mark.slow
def test_finetune_ends_with_a_verdict_and_the_command_gives_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_inputs(tmp_path, pairs=200)
    data = pairs(200, 8, 60)
    data.save_to_disk(str(tmp_path / "other"))
    for split in data:
        stored = tmp_path / "pairs" / split
        for path in stored.iterdir():
            path.unlink()
        for path in (tmp_path / "other" / split).iterdir():
            path.rename(stored / path.name)
    options = tiny(tmp_path, max_steps=8)
    finetune(options, load_inputs(options))
    model = tmp_path / "model"
    first = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))

    assert {"training", "evaluation"} <= set(first)
    assert first["evaluation"]["notes"] == []
    lines = first["evaluation"]["lines"]
    assert list(lines)[:4] == ["me", "me, from train", "my friends", "this model"]
    assert "5-gram" in lines
    ours = lines["this model"]
    assert 0 < ours["bits_per_byte"]["low"] < ours["bits_per_byte"]["value"] < 16
    assert 0 <= ours["hits_at_1"]["value"] <= 1
    assert set(ours["distances"]) == {
        "length", "bubbles", "case", "punctuation", "emoji", "slang"
    }  # fmt: skip
    assert len(list(model.glob("evaluation_*.png"))) == 3
    for name in ("evaluation.md", "README.md"):
        assert "bits per byte" in (model / name).read_text(encoding="utf-8")

    ran = call(main, [str(model), "--limit", "1000"], capsys)
    assert ran.code == 0
    assert "Does it know what I would say?" in ran.out
    again = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    assert again["training"] == first["training"]
    same = again["evaluation"]["lines"]["this model"]["bits_per_byte"]
    assert same == pytest.approx(ours["bits_per_byte"], abs=1e-3)
    judges_what_friends_read(model)


def judges_what_friends_read(model: Path) -> None:
    """Not what is drawn first, but what chat and app.py choose of it; a seed draws it again."""
    contexts = CONTEXTS * 8
    served = load_served(model)
    assert served.answer(contexts, seed=5) == load_served(model).answer(contexts, seed=5)
    assert served.answer(contexts, seed=5) != served.answer(contexts, seed=6)
    nature = read_nature(model)
    means = []
    for choosing in (FIRST, Choosing(16, penalty=0.0, handicap=0.0)):
        write_nature(model, replace(nature, choice=Choice(choosing)))
        replies = load_served(model).answer(contexts, seed=5)
        lengths = [sum(map(len, reply)) for reply in replies]
        means.append(sum(served.score(contexts, replies)) / sum(lengths))
    assert means[1] > means[0]  # the likeliest of sixteen


def test_no_evaluate_leaves_the_model_unjudged_and_is_no_other_run(tmp_path: Path) -> None:
    make_inputs(tmp_path)
    options = tiny(tmp_path, max_steps=1, evaluate=False)
    inputs = load_inputs(options)
    finetune(options, inputs)
    assert not (tmp_path / "model" / "evaluation.md").exists()
    assert load_inputs(tiny(tmp_path, max_steps=1)).run == inputs.run


def test_a_users_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = call(main, [str(tmp_path / "model")], capsys)
    assert missing.error_lines == [
        f"error: {tmp_path}/model: not there yet. Run python finetune.py first"
    ]
    wrong = call(main, [str(tmp_path), "--limit", "-3"], capsys)
    assert wrong.code == 2
    assert "needs a whole number above 0, found '-3'" in wrong.err
    with pytest.raises(RunError):
        load_contestant(tmp_path)


def test_tables_and_numbers_hold_no_text() -> None:
    told = evaluate([Fake()], pairs(64, 0, 60), Plan(), quiet=True)
    written = to_markdown(told) + json.dumps(told.to_json())
    for words in ("no way", "whats up", "nothing much"):
        assert words not in written
    assert "60 pairs of 60 sessions" in describe(told)
