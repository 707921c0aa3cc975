"""LoRA: only adapters and new rows learn; what is saved is a plain model that says the same."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM

from talklikeme.errors import ConfigError
from talklikeme.extension import read_pieces
from talklikeme.finetuning import finetune
from talklikeme.inputs import load_inputs
from talklikeme.lora import merge_adapters
from talklikeme.model import open_model
from tests.checkpoints import extend_for, make_checkpoint
from tests.models import make_inputs, tiny
from tests.test_starts import CHAT, tables

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]


@pytest.fixture(params=["flan-t5", "bart", "blenderbot-small"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    make_inputs(tmp_path, pairs=32)
    extend_for(make_checkpoint(request.param, tmp_path / "base"), tmp_path, CHAT)
    return tmp_path


def adapted(world: Path, **more: Any) -> Any:
    options = tiny(world, start=str(world / "base"), lora_rank=4, **more)
    inputs = load_inputs(options)
    extension = read_pieces(options.tokenizer_folder)
    torch.manual_seed(0)
    return open_model(options, inputs.encoder, inputs.tokenizer, extension)


def test_old_rows_stay_new_rows_learn_and_merging_changes_no_answer(world: Path) -> None:
    """In float64, because what float32 sums differ by hangs on the processor."""
    model = adapted(world).eval().double()
    extension = read_pieces(world / "tokenizer")
    assert extension is not None
    before = [table.clone() for table in tables(merge_adapters(adapted(world)).double())]
    new = sorted(extension.pieces)
    ids = torch.tensor([[*new[:4], 9, 10, 2]])
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.05, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        shifted = model.prepare_decoder_input_ids_from_labels(labels=ids)
        logits = model(input_ids=ids, decoder_input_ids=shifted).logits
        torch.nn.functional.cross_entropy(logits[0], ids[0]).backward()
        optimizer.step()
    with torch.no_grad():
        said = model(input_ids=ids, decoder_input_ids=ids).logits
        plain = merge_adapters(model)
        heard = plain(input_ids=ids, decoder_input_ids=ids).logits
    torch.testing.assert_close(heard, said, rtol=0, atol=1e-6)  # T5's softmax stays in float32

    for was, now in zip(before, tables(plain), strict=True):
        old = [token for token in range(len(was)) if token not in new]
        assert torch.equal(was[old], now[old])
        if was.dim() == 2:
            assert (was[new[:4]] != now[new[:4]]).all()
    is_tied = plain.get_output_embeddings().weight is plain.get_input_embeddings().weight
    assert is_tied == (plain.config.model_type != "t5")
    assert not [name for name in plain.state_dict() if "lora" in name or "token_adapter" in name]


def test_an_encoder_decoder_model_is_refused(tmp_path: Path) -> None:
    make_inputs(tmp_path, pairs=32)
    extend_for(make_checkpoint("bert2bert", tmp_path / "base"), tmp_path, CHAT)
    with pytest.raises(ConfigError, match="--lora-rank 4: not for an EncoderDecoderModel"):
        adapted(tmp_path)


@pytest.mark.slow
def test_the_best_adapters_are_those_that_are_saved(tmp_path: Path) -> None:
    """Early stopping loads the best checkpoint: adapters and the new tokens' rows with them."""
    make_inputs(tmp_path, pairs=32)
    extend_for(make_checkpoint("flan-t5", tmp_path / "base"), tmp_path, CHAT)
    more = {"max_steps": 200, "learning_rate": 0.2, "eval_steps": 5, "patience": 2}
    options = tiny(tmp_path, start=str(tmp_path / "base"), lora_rank=4, sample_steps=500, **more)
    inputs = load_inputs(options)
    numbers = finetune(options, inputs)
    assert numbers.steps < 200

    model = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "model").eval()
    nats = tokens = 0.0
    for pair in inputs.pairs["validation"]:
        context = torch.tensor([inputs.encoder.encode_context(pair["prompt"])])
        reply = inputs.encoder.encode_reply([turn["content"] for turn in pair["completion"]])
        with torch.no_grad():
            loss = model(input_ids=context, labels=torch.tensor([reply])).loss.item()
        nats, tokens = nats + loss * len(reply), tokens + len(reply)
    assert nats / tokens == pytest.approx(numbers.validation_loss, rel=1e-3)


@pytest.mark.slow
def test_a_stopped_training_goes_on_with_its_adapters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_inputs(tmp_path / "whole", pairs=32)
    base = make_checkpoint("flan-t5", tmp_path / "base")
    extend_for(base, tmp_path / "whole", CHAT)
    shutil.copytree(tmp_path / "whole", tmp_path / "stopped")
    more = {"max_steps": 12, "learning_rate": 0.03, "eval_steps": 4, "sample_steps": 6}
    whole = tiny(tmp_path / "whole", start=str(base), lora_rank=4, **more)
    stopped = tiny(tmp_path / "stopped", start=str(base), lora_rank=4, **more)

    inputs = load_inputs(stopped)
    with monkeypatch.context() as patched:
        patched.setattr("talklikeme.sample_board.draw_replies", interrupt_at_second_call())
        with pytest.raises(KeyboardInterrupt):
            finetune(stopped, inputs)
    assert (tmp_path / "stopped" / "training" / "checkpoint-4").exists()
    numbers = [finetune(options, load_inputs(options)) for options in (whole, stopped)]
    assert numbers[0].validation_loss == pytest.approx(numbers[1].validation_loss, rel=1e-6)
    assert numbers[0].last_loss == pytest.approx(numbers[1].last_loss, rel=1e-6)


def interrupt_at_second_call() -> Any:
    calls = []

    def draw(model: Any, encoder: Any, contexts: Any, *args: Any, **kwargs: Any) -> list[list[str]]:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return [[] for _ in contexts]

    return draw
