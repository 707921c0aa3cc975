"""The recipe experiments: every architecture learns within its budget, and results make a table."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset, DatasetDict

from benchmarks import recipes
from benchmarks.recipe_data import Material, encode_slice, encoder_for, plan_steps, tokenizer_for
from benchmarks.recipe_list import BASELINE, RECIPES, Recipe, Settings
from benchmarks.recipe_models import Cost, build, count_operations
from benchmarks.recipe_results import append_run, has_run, read_runs, tabulate
from talklikeme.batching import ROWS
from talklikeme.chat_trainer import ChatTrainer
from talklikeme.control import ME
from tests.models import make_pairs

# torch's DataLoader and schedulers, upstream
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]

TINY: dict[str, Any] = {
    "d_model": 32,
    "d_ff": 48,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "head_width": 16,
    "vocabulary": 320,
    "batch_tokens": 512,
    "max_context_tokens": 24,
    "max_reply_tokens": 12,
    "learning_rate": 1e-2,
}
BUDGET = 1e9  # operations; about twenty steps
KINDS: dict[str, dict[str, Any]] = {
    "t5": {"architecture": "t5"},
    "one embedding": {"shared_embeddings": True},
    "untied": {"tied": False},
    "bart": {"architecture": "bart"},
    "t5gemma": {},
    "adamw": {"optimizer": "adamw_torch_fused", "weight_decay": 0.01},
    "adafactor": {"optimizer": "adafactor", "weight_decay": 0.01},
}


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    def sourced(count: int, start: int = 0) -> Any:
        rows = make_pairs(count, start)
        sources = ["one" if row % 2 else "two" for row in range(count)]
        return rows.remove_columns("source").add_column("source", sources)

    pairs = DatasetDict({"train": sourced(400), "validation": sourced(20, 400)})
    return Material(pairs, "0", tmp_path_factory.mktemp("work"))


def model_of(settings: Settings, material: Material) -> Any:
    tokenizer = tokenizer_for(material, settings.vocabulary)
    encoder = encoder_for(tokenizer, settings)
    return build(settings, recipes._options(settings, 0), encoder, len(tokenizer)), encoder


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_recipe_learns_within_its_budget(kind: str, material: Material) -> None:
    run = recipes.run_recipe(Recipe(kind, TINY | KINDS[kind]), material, BUDGET, seed=0)

    assert run["train_loss"] < run["first_loss"] - 0.3
    assert BUDGET <= run["operations_spent"] < 1.15 * BUDGET
    assert set(run["corpora"]) == {"one", "two"}
    assert run["bits_per_byte"] == pytest.approx(sum(run["corpora"].values()) / 2)
    assert json.loads(json.dumps(run)) == run


@pytest.mark.parametrize("kind", ["t5", "bart", "t5gemma"])
def test_a_token_costs_six_operations_for_each_weight_it_goes_through(
    kind: str, material: Material
) -> None:
    settings = Recipe(kind, TINY | KINDS[kind]).settings
    model, _ = model_of(settings, material)
    square, feed = 32 * 32, 3 * 32 * 48  # BART's two matrices are as large as the three gated ones
    assert count_operations(model) == Cost(
        context_token=6 * (2 * (4 * square + feed) + 2 * square),
        reply_token=6 * (6 * square + feed + model.config.vocab_size * 32),
    )


def test_the_trainer_takes_the_very_batches_that_were_counted(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    step = ChatTrainer.training_step

    def watched(self: Any, model: Any, inputs: Any, *more: Any) -> Any:
        seen.extend(inputs[ROWS].tolist())
        return step(self, model, inputs, *more)

    monkeypatch.setattr(ChatTrainer, "training_step", watched)
    settings = Recipe("t5", TINY).settings
    model, encoder = model_of(settings, material)
    tokenizer = tokenizer_for(material, settings.vocabulary)
    cost = count_operations(model)
    data = encode_slice(material, encoder, settings, cost, BUDGET, rows=60)  # several epochs
    steps, spent = plan_steps(data, cost, settings.batch_tokens, 3, BUDGET)
    recipes.train_model(model, tokenizer, data, settings, steps, 3)

    rows = [data[row] for row in seen]
    contexts, replies = (sum(len(row[name]) for row in rows) for name in ("input_ids", "labels"))
    assert contexts * cost.context_token + replies * cost.reply_token == spent


def test_untied_means_an_output_layer_of_its_own(material: Material) -> None:
    t5 = TINY | {"architecture": "t5"}
    tied, _ = model_of(Recipe("t5", t5).settings, material)
    own, _ = model_of(Recipe("t5", t5 | {"tied": False}).settings, material)
    more = own.num_parameters() - tied.num_parameters()
    assert more == own.config.vocab_size * own.config.d_model
    ids = torch.tensor([[5, 6, 1]])
    with torch.no_grad():
        first, second = (model(input_ids=ids, labels=ids).logits.std() for model in (tied, own))
    assert float(second) == pytest.approx(float(first), rel=0.5)  # logits are still scaled


@pytest.mark.parametrize("kind", ["bart", "t5gemma"])
def test_the_decoder_sees_its_first_token_and_no_later_one(kind: str, material: Material) -> None:
    model, encoder = model_of(Recipe(kind, TINY | KINDS[kind]).settings, material)
    model.eval()
    context, reply = torch.tensor([[9, 8, 1]]), torch.tensor([[7, 8, 9]])
    with torch.no_grad():
        whole = model(input_ids=context, labels=reply).logits
        again = model(input_ids=context, labels=torch.tensor([[7, 8, 3]])).logits
        start = torch.full((1, 1), model.config.decoder_start_token_id)
        other = model(input_ids=context, decoder_input_ids=torch.cat([start + 1, reply[:, :-1]], 1))
    assert model.config.decoder_start_token_id == encoder.end_id
    torch.testing.assert_close(whole, again)
    assert not torch.allclose(whole[:, 1], other.logits[:, 1])


def test_a_share_of_the_contexts_is_taken_away(material: Material) -> None:
    settings = Recipe("t5", TINY | {"context_dropped": 0.3, "shuffled_share": 0.0}).settings
    model, encoder = model_of(settings, material)
    data = encode_slice(material, encoder, settings, count_operations(model), BUDGET, rows=400)
    empty = sum(ids == [encoder.end_id] for ids in data["input_ids"])
    assert 90 < empty < 150


def test_a_share_of_the_contexts_is_the_replys_words(material: Material) -> None:
    settings = Recipe("t5", TINY | {"shuffled_share": 0.3}).settings
    model, encoder = model_of(settings, material)
    data = encode_slice(material, encoder, settings, count_operations(model), BUDGET, rows=400)
    me = tokenizer_for(material, settings.vocabulary).convert_tokens_to_ids(ME)
    mine = sum(ids[0] == me for ids in data["input_ids"])
    assert 90 < mine < 150


def test_queries_may_learn_at_the_full_rate_for_comparison(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: dict[bool, set[float]] = {}

    def watched(trainer: ChatTrainer, resume: Any) -> None:
        rates[slow] = {group["lr"] for group in trainer.create_optimizer().param_groups}
        trainer.state.log_history = [{"loss": 1.0}]

    monkeypatch.setattr(recipes, "train", watched)
    for slow in (True, False):
        settings = Recipe("t5", TINY | {"architecture": "t5", "slow_queries": slow}).settings
        model, encoder = model_of(settings, material)
        tokenizer = tokenizer_for(material, settings.vocabulary)
        data = encode_slice(material, encoder, settings, count_operations(model), BUDGET, rows=60)
        recipes.train_model(model, tokenizer, data, settings, 1, 0)
    assert rates == {True: {1e-2, 1e-2 * 16**-0.5}, False: {1e-2}}


def test_what_follows_is_what_was_answered(material: Material, tmp_path: Path) -> None:
    said = ["a", "b", "c", "d", "e"]
    rows = [
        {"prompt": [{"role": "user", "content": said[n]}], "conversation": "x" if n < 3 else "y",
         "completion": [{"role": "assistant", "content": said[n + 1]}]}
        for n in range(4)
    ]  # fmt: skip
    talk = Material(DatasetDict({"train": Dataset.from_list(rows)}), "0", tmp_path)
    chained = [[(t["role"][0], t["content"]) for t in talk.chain(n, 2)] for n in range(4)]
    assert chained == [
        [("a", "b"), ("u", "c"), ("a", "d")],
        [("a", "c"), ("u", "d")],
        [("a", "d")],
        [("a", "e")],
    ]
    settings = Recipe("t5", TINY | {"follow_turns": 1}).settings
    model, encoder = model_of(settings, talk_of_many(tmp_path))
    data = encode_slice(talk_of_many(tmp_path), encoder, settings, count_operations(model), 1e9, 30)
    assert {ids.count(encoder.end_id) for ids in data["labels"]} == {1, 2}


def talk_of_many(work: Path) -> Material:
    """Conversations of six turns, each turn but the first a row."""
    rows = make_pairs(1).to_list()
    made = []
    for talk in range(20):
        for turn in range(5):
            asked = [{"role": "user", "content": f"lol {talk} {turn}"}]
            reply = [{"role": "assistant", "content": f"lol {talk} {turn + 1}"}]
            made.append(rows[0] | {"prompt": asked, "completion": reply, "conversation": str(talk)})
    return Material(DatasetDict({"train": Dataset.from_list(made)}), "many", work)


def test_every_recipe_changes_what_its_name_says_and_names_are_unique() -> None:
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES)
    settings = [recipe.settings for recipe in RECIPES]
    assert all(one not in settings[:place] for place, one in enumerate(settings))


def test_shares_are_a_partition_and_unknown_names_are_refused() -> None:
    halves = recipes.choose(None, "1/2") + recipes.choose(None, "2/2")
    assert sorted(one.name for one in halves) == sorted(one.name for one in RECIPES)
    with pytest.raises(SystemExit, match="no such recipe"):
        recipes.choose(["basline"], "1/1")
    with pytest.raises(SystemExit, match="K/N"):
        recipes.choose(None, "3/2")


def example(name: str, bits: float, seed: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "changes": {}, "operations": 6e13, "seed": seed, "steps": 900,
        "parameters": 10_500_000, "train_loss": 4.0, "wall_seconds": 600.0, "cpu_seconds": 590.0,
        "bits_per_byte": bits, "corpora": {"one": bits - 0.1, "two": bits + 0.1},
    } | more  # fmt: skip


def test_results_survive_a_kill_and_tell_what_is_done(tmp_path: Path) -> None:
    path = tmp_path / "results" / "runs.jsonl"
    append_run(path, example(BASELINE, 2.0))
    append_run(path, example("layers 8+3", 1.9))
    with path.open("a", encoding="utf-8") as out:
        out.write('{"name": "cut o')
    runs = read_runs(path)
    assert [run["name"] for run in runs] == [BASELINE, "layers 8+3"]
    assert has_run(runs, BASELINE, 6e13, 0)
    assert not has_run(runs, BASELINE, 6e13, 1)
    assert not has_run(runs, BASELINE, 5e11, 0)


def test_the_table_compares_with_the_baseline_and_shows_what_failed() -> None:
    text = tabulate(
        [
            example("layers 8+3", 1.95),
            example(BASELINE, 2.0, listening=0.1),
            example(BASELINE, 2.02, seed=1, listening=0.2),
            {"name": "rate 8e-3", "operations": 6e13, "seed": 0, "failed": "step 7: no number"},
        ]
    )
    assert "### 6e13 operations a recipe" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows[2] == "| baseline | 2.010 | 0 | 0.150 | 2 | 10.5 | 900 | 4.000 | 600 | 590 |"
    assert rows[3].startswith("| layers 8+3 | 1.950 | -0.060 | – | 1 |")
    assert "| rate 8e-3 | failed: step 7: no number |" in text
    assert "from 2.000 to 2.020" in text
    assert "| layers 8+3 | 1.850 | 2.050 |" in text
