"""Models from scratch and layer-wise rates: what transformers 5.23 gets wrong by itself is right here."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, EncoderDecoderModel, PreTrainedModel

from talklikeme.errors import ConfigError
from talklikeme.finetuning import _build, finetune
from talklikeme.inputs import load_inputs
from talklikeme.layer_decay import find_depths
from talklikeme.model import open_model
from talklikeme.options import FinetuneOptions
from talklikeme.replies import load_replier
from tests.checkpoints import KINDS, extend_for, make_checkpoint
from tests.models import make_inputs, tiny

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    make_inputs(tmp_path)
    return tmp_path


def opened(options: FinetuneOptions) -> PreTrainedModel:
    inputs = load_inputs(options)
    torch.manual_seed(options.seed)
    return open_model(options, inputs.encoder, inputs.tokenizer, None)


def test_t5_from_scratch_scales_its_logits_and_stays_tied(out: Path) -> None:
    """tie_word_embeddings=False would only make logits sqrt(d_model) times too large (trap 2)."""
    model = opened(tiny(out, d_model=64, dropout=0.0)).eval()
    assert model.config.scale_decoder_outputs
    assert model.lm_head.weight is model.shared.weight
    ids = torch.arange(5, 25)[None]
    logits = model(input_ids=ids, labels=ids).logits
    assert logits.std() < 2


@pytest.mark.parametrize("start", ["scratch-t5", "scratch-t5gemma", "scratch-bert2bert"])
def test_special_ids_are_on_config_and_generation_config(out: Path, start: str) -> None:
    """T5Config has no decoder_start_token_id of its own, EncoderDecoderModel none of the ids (traps 3, 6)."""
    options = tiny(out, start=start)
    encoder = load_inputs(options).encoder
    model = opened(options)
    for config in (model.config, model.generation_config):
        ids = (config.decoder_start_token_id, config.pad_token_id, config.eos_token_id)
        first = encoder.end_id if start == "scratch-t5gemma" else encoder.pad_id
        assert ids == (first, encoder.pad_id, encoder.end_id)


def test_bert2bert_trains_saves_loads_generates_and_answers(out: Path) -> None:
    options = tiny(out, start="scratch-bert2bert", max_steps=40, learning_rate=0.01, eval_steps=20)
    before = opened(options)
    numbers = finetune(options, load_inputs(options))
    assert numbers.last_loss is not None
    assert numbers.first_loss is not None
    assert numbers.last_loss < numbers.first_loss - 0.5

    after = load_file(out / "model" / "model.safetensors")
    learnt = {name for name, weight in before.named_parameters() if weight.requires_grad}
    assert {name for name in before.state_dict() if "pooler" in name}.isdisjoint(learnt)
    same = [
        name
        for name in learnt & after.keys()
        if torch.equal(after[name], before.state_dict()[name])
    ]
    assert [name for name in same if "token_type" not in name and "key.bias" not in name] == []

    for kind in (AutoModelForSeq2SeqLM, EncoderDecoderModel):
        model = kind.from_pretrained(out / "model").eval()
        tokenizer = AutoTokenizer.from_pretrained(out / "model")
        ids = tokenizer("<friend> whats up</s>", return_tensors="pt", add_special_tokens=False)
        assert model.generate(input_ids=ids.input_ids).shape[1] > 1
        for name, weight in after.items():
            assert torch.equal(model.state_dict()[name], weight)
    replier = load_replier(out / "model")
    assert replier.reply([{"role": "user", "content": "x" * 10_000}])  # within its positions
    assert "trained from nothing (bert2bert)" in (out / "model" / "README.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("start", ["scratch-t5", "scratch-t5gemma", "scratch-bert2bert"])
def test_word_vectors_become_the_embeddings_at_the_models_own_scale(
    out: Path, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import talklikeme.word_vectors

    options = tiny(out, start=start)
    random = opened(options).get_input_embeddings().weight.detach()
    vectors = 0.01 * torch.randn(len(random), 32)
    vectors[7] = 0  # a token that no text held
    monkeypatch.setattr(talklikeme.word_vectors, "load_rows", lambda folder, width: vectors)
    model = opened(tiny(out, start=start, init_embeddings=True))
    rows = model.get_input_embeddings().weight.detach()
    assert torch.cosine_similarity(rows[8:], vectors[8:]).min() > 0.999
    assert torch.equal(rows[7], random[7])
    assert rows.std() == pytest.approx(float(random.std()), rel=0.1)


@pytest.mark.parametrize("kind", [*KINDS, "scratch-t5", "scratch-t5gemma", "scratch-bert2bert"])
def test_each_layer_learns_more_slowly_than_the_one_above(tmp_path: Path, kind: str) -> None:
    make_inputs(tmp_path, pairs=16)
    start = kind
    if kind in KINDS:
        extend_for(make_checkpoint(kind, tmp_path / "base"), tmp_path)
        start = str(tmp_path / "base")
    options = tiny(tmp_path, start=start, encoder_layers=2, decoder_layers=2, layer_decay=0.5)
    (tmp_path / "training").mkdir()
    trainer, _ = _build(options, load_inputs(options))
    trainer.create_optimizer()
    rates = {
        id(weight): group["lr"]
        for group in trainer.optimizer.param_groups
        for weight in group["params"]
    }
    named = {
        name: rates[id(weight)]
        for name, weight in trainer.model.named_parameters()
        if weight.requires_grad and not name.endswith("Attention.q.weight")  # T5's are slower still
    }
    full = options.learning_rate
    for stack in ("encoder", "decoder"):
        for layer, expected in ((0, full / 2), (1, full)):
            found = {rate for name, rate in named.items() if _is_in(name, stack, layer)}
            assert found == {expected}, (stack, layer)
    assert rates[id(trainer.model.get_input_embeddings().weight)] == full / 4
    assert len(rates) == sum(weight.requires_grad for weight in trainer.model.parameters())


def _is_in(name: str, stack: str, layer: int) -> bool:
    whose = next((part for part in name.split(".") if part in {"encoder", "decoder"}), "")
    return (
        whose == stack and any(f".{kind}.{layer}." in f".{name}" for kind in ("block", "layers"))
    ) or (whose == stack and f"encoder.layer.{layer}." in name)


def test_depths_cover_every_weight(out: Path) -> None:
    model = opened(tiny(out))
    assert find_depths(model).keys() == {id(weight) for weight in model.parameters()}


def test_a_shape_that_cannot_be_is_told(out: Path) -> None:
    for start in ("scratch-t5", "scratch-t5gemma", "scratch-bert2bert"):
        with pytest.raises(ConfigError, match="--heads 5: must divide --d-model 32"):
            opened(tiny(out, start=start, heads=5))


def test_a_t5_whose_decoder_is_the_deeper_is_refused(out: Path) -> None:
    """Generating with it ends in an IndexError of transformers 5.23."""
    with pytest.raises(ConfigError, match=r"--decoder-layers 2: .* at most --encoder-layers, 1"):
        opened(tiny(out, encoder_layers=1, decoder_layers=2))
    assert opened(tiny(out, start="scratch-bert2bert", encoder_layers=1, decoder_layers=2))


def test_half_precision_on_a_cpu_is_refused_and_not_ignored(out: Path) -> None:
    """Trainer runs fp16=True on a CPU in float32 without a word (trap 5)."""
    options: Any = tiny(out, trainer={"fp16": True, "use_cpu": True})
    (out / "training").mkdir()
    with pytest.raises(ConfigError, match="fp16"):
        _build(options, load_inputs(options))
