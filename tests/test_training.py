"""Training: the loss is right, everything learns, a model folder is whole, other runs are refused."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from talklikeme.arguments import build_arguments
from talklikeme.errors import ConfigError, RunError
from talklikeme.fast_parts import ByteDropout, use_fast_parts
from talklikeme.finetuning import finetune, is_trained
from talklikeme.inputs import load_inputs
from talklikeme.openers import USUAL
from talklikeme.options import FinetuneOptions
from talklikeme.replies import load_replier
from talklikeme.scratch import build_model
from talklikeme.training import newest_checkpoint
from tests.models import make_inputs, tiny

# torch's TensorBoard writer and DataLoader, upstream
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    make_inputs(tmp_path)
    return tmp_path


def train(options: FinetuneOptions) -> Any:
    return finetune(options, load_inputs(options))


def board(out: Path) -> list[dict[str, Any]]:
    lines = (out / "model" / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_training_changes_every_parameter_and_lowers_the_loss(out: Path) -> None:
    options = tiny(out, max_steps=24, learning_rate=0.01, sample_steps=100)
    inputs = load_inputs(options)
    torch.manual_seed(options.seed)
    before = build_model(options, inputs.encoder, len(inputs.tokenizer)).state_dict()
    numbers = train(options)
    after = load_file(out / "model" / "model.safetensors")

    assert numbers.last_loss < numbers.first_loss - 1
    assert numbers.validation_loss < numbers.first_loss - 1
    assert numbers.tokens_per_second > 0
    assert [name for name in after if torch.equal(after[name], before[name])] == []


def test_plain_transformers_loads_the_model_folder(out: Path) -> None:
    train(tiny(out, max_steps=2))
    model = AutoModelForSeq2SeqLM.from_pretrained(out / "model")
    tokenizer = AutoTokenizer.from_pretrained(out / "model")

    ids = tokenizer("<friend> whats up</s>", return_tensors="pt", add_special_tokens=False)
    assert model.generate(**ids).shape[1] > 1
    names = {path.name for path in (out / "model").iterdir()}
    assert names >= {
        "run.yaml",
        "README.md",
        "evaluation.json",
        "generation_config.json",
        "samples.jsonl",
        "logs",
    }
    found = [path for kind in ("*.bin", "*.pt") for path in (out / "model").rglob(kind)]
    assert [path.parent.parent.name for path in found] == [
        "ctranslate2"
    ]  # its own format: no pickle
    assert not (out / "training").exists()


@pytest.mark.parametrize(("batch_size", "accumulation"), [(4, 2), (2, 4)])
def test_accumulated_gradients_are_those_of_the_whole_batch(
    out: Path, batch_size: int, accumulation: int
) -> None:
    """Trainer multiplies T5's loss by the accumulation steps (inference.md, trap 1)."""
    steps = {"max_steps": 3, "dropout": 0.0, "sample_steps": 100, "trainer": {"logging_steps": 1}}
    whole = train(tiny(out, batch_size=8, **steps))
    parts = train(
        tiny(out, batch_size=batch_size, gradient_accumulation=accumulation, fresh=True, **steps)
    )
    assert parts.first_loss == pytest.approx(whole.first_loss, rel=1e-4)
    assert parts.last_loss == pytest.approx(whole.last_loss, rel=1e-3)


def test_the_board_asks_the_same_at_every_step_and_does_not_disturb_training(out: Path) -> None:
    with_board = train(tiny(out, max_steps=10))
    rows = board(out)
    steps = sorted({row["step"] for row in rows})
    questions = [[row["prompt"] for row in rows if row["step"] == step] for step in steps]

    assert steps == [0, 4, 8, 10]  # and the last, whatever it is
    assert questions[0] == questions[1] == questions[2]
    assert [question[0]["content"] for question in questions[0]][: len(USUAL)] == list(USUAL)
    assert [row["real"] for row in rows if row["step"] == 0][len(USUAL) :] != []

    without = train(tiny(out, max_steps=10, sample_steps=100, fresh=True))
    assert without.validation_loss == with_board.validation_loss
    assert without.last_loss == with_board.last_loss


def test_the_board_is_logged_to_tensorboard(out: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(tiny(out, max_steps=4))
    events = EventAccumulator(str(out / "model" / "logs"))
    events.Reload()
    assert "sample board/text_summary" in events.Tags()["tensors"]
    assert "eval/loss" in events.Tags()["scalars"]


def test_early_stopping_keeps_the_best_model(out: Path) -> None:
    options = tiny(
        out, max_steps=400, learning_rate=0.05, eval_steps=5, patience=2, sample_steps=1000
    )
    numbers = train(options)
    assert numbers.steps < 400

    model = AutoModelForSeq2SeqLM.from_pretrained(out / "model").eval()
    inputs = load_inputs(options)
    losses = []
    for pair in inputs.pairs["validation"]:
        context = torch.tensor([inputs.encoder.encode_context(pair["prompt"])])
        reply = inputs.encoder.encode_reply([turn["content"] for turn in pair["completion"]])
        with torch.no_grad():
            losses.append(
                (model(input_ids=context, labels=torch.tensor([reply])).loss.item(), len(reply))
            )
    mean = sum(loss * size for loss, size in losses) / sum(size for _, size in losses)
    assert mean == pytest.approx(numbers.validation_loss, rel=1e-3)


def test_pairs_without_a_validation_split_train_all_the_same(tmp_path: Path) -> None:
    make_inputs(tmp_path, validation=0)
    assert train(tiny(tmp_path, max_steps=2)).validation_loss is None


def test_a_finished_run_is_not_repeated_and_another_one_is_refused(out: Path) -> None:
    options = tiny(out, max_steps=2)
    run = load_inputs(options).run
    assert not is_trained(options, run)
    train(options)
    assert is_trained(options, run)
    assert not is_trained(tiny(out, max_steps=2, fresh=True), run)

    other = tiny(out, max_steps=3)
    with pytest.raises(RunError, match=r"other max_steps \(2 → 3\). Pass --fresh .* or --out"):
        is_trained(other, load_inputs(other).run)
    make_inputs(out, pairs=72)
    with pytest.raises(RunError, match=r"other pairs \(64 pairs → 72 pairs\)"):
        is_trained(options, load_inputs(options).run)


def test_a_failed_training_leaves_the_earlier_model_whole(out: Path, monkeypatch: Any) -> None:
    train(tiny(out, max_steps=2))
    before = {path: path.read_bytes() for path in (out / "model").rglob("*") if path.is_file()}

    def interrupt(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("talklikeme.sample_board.draw_replies", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(tiny(out, max_steps=9, fresh=True))
    assert {
        path: path.read_bytes() for path in (out / "model").rglob("*") if path.is_file()
    } == before
    assert load_replier(out / "model").reply([])


def test_a_checkpoint_cut_short_is_passed_over(tmp_path: Path) -> None:
    for name, state in [
        ("checkpoint-9", "{}"),
        ("checkpoint-10", "{}"),
        ("checkpoint-11", '{"epoch"'),
    ]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "trainer_state.json").write_text(state, encoding="utf-8")
    (tmp_path / "checkpoint-12").mkdir()
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoint-10"


@pytest.mark.parametrize(
    ("trainer", "said"),
    [
        ({"no_such_option": 1}, "--trainer: .*no_such_option"),
        (
            {"train_sampling_strategy": "group_by_lenght"},
            "no such strategy. Known: group_by_length",
        ),
        ({"fp16": True}, "--trainer fp16: a CPU would compute in float32 all the same"),
        ({"output_dir": "elsewhere"}, "--trainer output_dir: training works in --out"),
    ],
    ids=str,
)
@pytest.mark.skipif(torch.accelerator.is_available(), reason="a GPU knows fp16")
def test_what_the_trainer_would_not_do_is_refused(
    out: Path, trainer: dict[str, Any], said: str
) -> None:
    """inference.md, traps 4 and 5: the Trainer takes the last three in silence."""
    with pytest.raises(ConfigError, match=said):
        build_arguments(tiny(out, trainer=trainer), out, validates=True)


def test_a_budget_that_no_order_by_length_can_keep_is_refused(out: Path) -> None:
    random = {"train_sampling_strategy": "random"}
    with pytest.raises(ConfigError, match=r"--batch-tokens: needs .*group_by_length, found random"):
        build_arguments(tiny(out, batch_tokens=99, trainer=random), out, validates=True)
    with pytest.raises(ConfigError, match=r"--batch-tokens 3: the longest pair has \d+ tokens"):
        train(tiny(out, batch_tokens=3))


def test_noise_that_would_not_reach_t5_is_refused(out: Path) -> None:
    """inference.md, trap 5."""
    with pytest.raises(ConfigError, match="neftune_noise_alpha: has no effect on T5"):
        train(tiny(out, trainer={"neftune_noise_alpha": 5}))


@pytest.mark.parametrize("name", ["wandb", "trackio", "no-such-tracker"])
def test_a_tracker_that_is_not_there_is_one_line(
    out: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for module in ("is_wandb_available", "is_trackio_available"):
        monkeypatch.setattr(f"transformers.integrations.integration_utils.{module}", lambda: False)
    with pytest.raises(ConfigError, match=f"--trainer report_to: .*{name}"):
        train(tiny(out, trainer={"report_to": name}))


def test_the_bar_shows_losses_and_time_left_and_no_python(
    out: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    train(tiny(out, max_steps=8))
    said = capsys.readouterr().err
    assert re.search(
        r"8/8 \[\d\d:\d\d<\d\d:\d\d, .*step/s, loss=\d\.\d+, validation=\d\.\d+\]", said
    )
    assert "{'loss'" not in said


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_batches_by_tokens_train_like_their_halves_accumulated(out: Path, precision: str) -> None:
    """Batches of different sizes: each token counts the same, whichever batch it is in."""
    steps = {"max_steps": 6, "dropout": 0.0, "sample_steps": 100, "precision": precision}
    steps["trainer"] = {"logging_steps": 1}
    whole = train(tiny(out, batch_size=12, **steps))
    parts = train(tiny(out, batch_size=4, gradient_accumulation=3, fresh=True, **steps))
    exact = {"float32": 1e-4, "bf16": 2e-2}[precision]
    assert parts.last_loss == pytest.approx(whole.last_loss, rel=exact)
    assert parts.validation_loss == pytest.approx(whole.validation_loss, rel=exact)
    budget = train(tiny(out, batch_tokens=150, fresh=True, **steps))
    assert budget.first_loss == pytest.approx(whole.first_loss, rel=0.05)


def test_the_faster_gelu_is_the_same_function(out: Path) -> None:
    inputs = load_inputs(tiny(out))
    torch.manual_seed(0)
    model = build_model(tiny(out), inputs.encoder, len(inputs.tokenizer)).eval()
    ids = torch.tensor([[7, 8, 9, 1]])
    with torch.no_grad():
        before = model(input_ids=ids, decoder_input_ids=ids).logits
        after = use_fast_parts(model)(input_ids=ids, decoder_input_ids=ids).logits
    assert any(isinstance(module, torch.nn.GELU) for module in model.modules())
    torch.testing.assert_close(after, before, rtol=1e-5, atol=1e-5)


def test_the_faster_dropout_drops_what_it_says_and_keeps_the_mean() -> None:
    layer = ByteDropout(0.1)
    values = torch.full((300, 1001), 2.0, requires_grad=True)
    torch.manual_seed(1)
    dropped = layer(values)
    assert (dropped == 0).float().mean().item() == pytest.approx(26 / 256, abs=0.003)
    assert dropped.mean().item() == pytest.approx(2.0, abs=0.01)
    assert 0 < (dropped[:, :-1] == 0).eq(dropped[:, 1:] == 0).float().mean() < 0.9  # no stripes
    dropped.sum().backward()
    assert values.grad is not None
    assert ((values.grad == 0) == (dropped == 0)).all()
    torch.manual_seed(1)
    assert torch.equal(layer(values), dropped)
    assert layer.eval()(values) is values


def test_mistakes_in_the_options_are_told(out: Path) -> None:
    with pytest.raises(ConfigError, match=r"--trainer: .*no_such_option"):
        build_arguments(tiny(out, trainer={"no_such_option": 1}), out, validates=True)
    with pytest.raises(ConfigError, match="--heads 5: must divide --d-model 32"):
        train(tiny(out, heads=5))
