"""Trained starts: nothing that they know is lost, what they lack is learned, mistakes are one line."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, EncoderDecoderModel, PreTrainedModel

from talklikeme.errors import ConfigError, RunError
from talklikeme.extension import Extension, read_pieces
from talklikeme.finetuning import finetune, is_trained
from talklikeme.generation import build_generation_config, draw_replies
from talklikeme.inputs import Inputs, load_inputs
from talklikeme.model import open_model
from talklikeme.options import FinetuneOptions
from talklikeme.replies import load_replier
from talklikeme.sampling import Sampling
from talklikeme.starts import vocabulary_size
from tests.checkpoints import (
    FORMAL,
    KINDS,
    extend_for,
    make_checkpoint,
    save_quietly,
    write_python_tokenizer,
)
from tests.models import make_inputs, tiny

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]

CHAT = ["lol", "haha lol", "whats up lol", "lol 😂", "haha", "whats up"] * 3


@pytest.fixture(scope="module", params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint in base/, pairs, and the checkpoint's tokenizer extended."""
    folder = tmp_path_factory.mktemp(request.param)
    make_inputs(folder, pairs=48)
    extend_for(make_checkpoint(request.param, folder / "base"), folder, CHAT)
    return folder


def options_of(world: Path, **more: Any) -> FinetuneOptions:
    return tiny(world, start=str(world / "base"), **more)


def opened(options: FinetuneOptions) -> tuple[PreTrainedModel, Inputs]:
    inputs = load_inputs(options)
    extension = read_pieces(options.tokenizer_folder)
    return open_model(options, inputs.encoder, inputs.tokenizer, extension).eval(), inputs


def extension_of(world: Path) -> Extension:
    extension = read_pieces(world / "tokenizer")
    assert extension is not None
    return extension


def tables(model: PreTrainedModel) -> list[torch.Tensor]:
    """Every embedding, output layer and bias with one row a token."""
    parts = [model.encoder, model.decoder] if isinstance(model, EncoderDecoderModel) else [model]
    found = []
    for part in parts:
        said = part.get_output_embeddings()
        found += [part.get_input_embeddings().weight]
        found += [said.weight] if said is not None else []
        found += [said.bias] if getattr(said, "bias", None) is not None else []
        if getattr(part, "final_logits_bias", None) is not None:
            found += [part.final_logits_bias[0]]
    return [table.detach() for table in found]


def test_each_new_row_is_the_mean_of_its_pieces(world: Path) -> None:
    model, inputs = opened(options_of(world))
    extension = extension_of(world)
    lol = inputs.tokenizer.get_vocab()[inputs.tokenizer.tokenize(" lol")[-1]]
    assert len(extension.pieces[lol]) > 1
    for table in tables(model):
        assert len(table) == vocabulary_size(inputs.tokenizer)
        for new, pieces in extension.pieces.items():
            torch.testing.assert_close(table[new], table[pieces].mean(0))


def test_what_it_knew_it_still_knows(world: Path) -> None:
    model, _ = opened(options_of(world))
    before = AutoModelForSeq2SeqLM.from_pretrained(world / "base").eval()
    tokenizer = AutoTokenizer.from_pretrained(world / "base")
    ids = tokenizer(FORMAL[0], return_tensors="pt").input_ids
    start = torch.full((1, 1), before.config.decoder_start_token_id)
    known = extension_of(world).base_size
    with torch.no_grad():
        old = before(input_ids=ids, decoder_input_ids=torch.cat([start, ids], 1)).logits
        new = model(input_ids=ids, decoder_input_ids=torch.cat([start, ids], 1)).logits
    torch.testing.assert_close(new[..., :known], old[..., :known])


def test_what_is_tied_stays_tied_and_what_is_not_does_not(world: Path, tmp_path: Path) -> None:
    """Resizing ties flan-t5's output layer to its input, because T5Config always says so (trap 2)."""
    model, _ = opened(options_of(world))
    is_flan = model.config.model_type == "t5"
    said = model.get_output_embeddings().weight
    parts = model.decoder if isinstance(model, EncoderDecoderModel) else model
    read = getattr(parts.get_decoder(), "embed_tokens", parts.get_input_embeddings())
    assert (said is read.weight) == (not is_flan)

    save_quietly(model, tmp_path)
    again = AutoModelForSeq2SeqLM.from_pretrained(tmp_path).eval()
    for mine, loaded in zip(tables(model), tables(again), strict=True):
        assert torch.equal(mine, loaded)
    assert again.config.model_type != "t5" or again.config.scale_decoder_outputs is False


def test_dropout_is_the_starts_own_unless_the_options_say(world: Path) -> None:
    def draws_differ(**more: Any) -> bool:
        model, inputs = opened(options_of(world, **more))
        model.train()
        ids = torch.tensor([inputs.encoder.encode_context([{"role": "user", "content": "lol"}])])
        first, second = (model(input_ids=ids, decoder_input_ids=ids).logits for _ in range(2))
        return not torch.equal(first, second)

    assert not draws_differ()  # these checkpoints have none
    assert draws_differ(dropout=0.25)


def test_special_ids_are_settled_where_training_and_generate_look(world: Path) -> None:
    model, inputs = opened(options_of(world))
    own_start = AutoModelForSeq2SeqLM.from_pretrained(world / "base").config.decoder_start_token_id
    for config in (model.config, model.generation_config):
        assert config.pad_token_id == inputs.tokenizer.pad_token_id
        assert config.eos_token_id == inputs.tokenizer.eos_token_id
        assert config.decoder_start_token_id == own_start
        assert getattr(config, "forced_bos_token_id", None) is None
        assert getattr(config, "forced_eos_token_id", None) is None
    labels = torch.tensor([[7, 8, inputs.encoder.end_id]])
    shifted = model.prepare_decoder_input_ids_from_labels(labels=labels)
    assert shifted.tolist() == [[own_start, 7, 8]]


def test_a_reply_holds_text_bubbles_and_the_end_and_no_other_special_token(world: Path) -> None:
    model, inputs = opened(options_of(world))
    config = build_generation_config(inputs.encoder, Sampling(2.0, 1.0))
    never = set(inputs.tokenizer.all_special_ids) - {
        inputs.encoder.end_id,
        inputs.encoder.bubble_id,
    }
    seen: list[list[int]] = []
    decode = inputs.encoder.decode_reply
    inputs.encoder.decode_reply = lambda ids: seen.append(list(ids)) or decode(seen[-1])  # type: ignore[method-assign, func-returns-value]
    torch.manual_seed(0)
    draw_replies(model, inputs.encoder, [[{"role": "user", "content": "lol"}]], config, draws=50)

    assert len(seen) == 50
    end = inputs.encoder.end_id
    texts = [row[: row.index(end)] if end in row else row for row in seen]
    assert not never & {token for text in texts for token in text}


@pytest.mark.slow
@pytest.mark.parametrize("lora_rank", [0, 4])
def test_from_a_checkpoint_to_a_bot(world: Path, lora_rank: int) -> None:
    if lora_rank and world.name.startswith("bert2bert"):
        return  # refused: tests/test_lora.py
    rate = 0.03 if lora_rank else 0.01
    more = {"max_steps": 30, "learning_rate": rate, "eval_steps": 10, "sample_steps": 30}
    options = options_of(world, fresh=True, lora_rank=lora_rank, **more)
    numbers = finetune(options, load_inputs(options))
    assert numbers.last_loss is not None
    assert numbers.first_loss is not None
    assert numbers.last_loss < numbers.first_loss - 0.3

    model = AutoModelForSeq2SeqLM.from_pretrained(world / "model")
    tokenizer = AutoTokenizer.from_pretrained(world / "model")
    ids = tokenizer("<friend> whats up", return_tensors="pt", add_special_tokens=False).input_ids
    said = model.generate(ids)
    own_start = AutoModelForSeq2SeqLM.from_pretrained(world / "base").config.decoder_start_token_id
    assert said[0, 0] == own_start
    assert said.shape[1] > 1
    assert not [name for name in model.state_dict() if "lora" in name]
    assert load_replier(world / "model").reply([{"role": "user", "content": "whats up"}])
    if isinstance(model, EncoderDecoderModel):
        assert EncoderDecoderModel.from_pretrained(world / "model").num_parameters()


def test_a_tokenizer_in_python_goes_all_the_way(tmp_path: Path) -> None:
    """Blenderbot-small's has no tokenizer.json, and splits placeholders with the special tokens."""
    make_inputs(tmp_path, pairs=32)
    base = make_checkpoint("blenderbot-small", tmp_path / "base")
    write_python_tokenizer(base)
    extend_for(base, tmp_path, CHAT)
    options = options_of(tmp_path, max_steps=4)
    inputs = load_inputs(options)
    said = inputs.encoder.encode_reply(["see <url> lol </s>"])
    words = inputs.tokenizer.convert_ids_to_tokens(said)
    assert words[3:5] == ["<url>", "lol"]
    assert words.count("</s>") == 1
    finetune(options, inputs)
    assert load_replier(tmp_path / "model").reply([{"role": "user", "content": "lol"}])


def test_a_tokenizer_of_its_own_is_refused_with_the_command_to_run(
    world: Path, tmp_path: Path
) -> None:
    make_inputs(tmp_path)
    options = tiny(tmp_path, start=str(world / "base"))
    with pytest.raises(
        ConfigError, match=r"Run python train_tokenizer\.py --extend .*base --fresh"
    ):
        opened(options)


def test_more_tokens_than_it_has_positions_are_refused(world: Path) -> None:
    for option in ("max_context_tokens", "max_reply_tokens"):
        options = options_of(world, **{option: 65})
        if world.name.startswith("flan"):
            opened(options)  # T5 counts distances, not places
            continue
        flag = option.replace("_", "-")
        with pytest.raises(ConfigError, match=rf"--{flag} 65: .*base has 64 positions at most"):
            opened(options)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("someone/no-such-model", "no such folder, and not to be had from the Hub"),
        ("./nowhere", "no such folder, and not to be had from the Hub"),
        ("EMPTY", "has no tokenizer that can be loaded"),
        ("TOKENIZER", "is no encoder-decoder with safetensors weights"),
    ],
)
def test_a_start_that_cannot_be_had_is_one_line(tmp_path: Path, start: str, said: str) -> None:
    make_inputs(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {"EMPTY": tmp_path / "empty", "TOKENIZER": tmp_path / "tokenizer"}
    with pytest.raises(ConfigError, match=said) as refused:
        opened(tiny(tmp_path, start=str(places.get(start, start))))
    assert "\n" not in str(refused.value)


def test_options_that_contradict_the_start_are_refused(tmp_path: Path) -> None:
    make_inputs(tmp_path)
    with pytest.raises(ConfigError, match="--lora-rank 4: adapts a trained model"):
        opened(tiny(tmp_path, lora_rank=4))
    with pytest.raises(ConfigError, match="--init-embeddings: --start x has embeddings of its own"):
        opened(tiny(tmp_path, start="x", init_embeddings=True))
    with pytest.raises(ConfigError, match="--layer-decay: does nothing to adapters"):
        opened(tiny(tmp_path, start="x", lora_rank=4, layer_decay=0.9))


def test_other_weights_in_the_folder_are_another_run(tmp_path: Path) -> None:
    make_inputs(tmp_path, pairs=32)
    extend_for(make_checkpoint("bart", tmp_path / "base"), tmp_path)
    options = options_of(tmp_path, max_steps=2)
    finetune(options, load_inputs(options))
    assert is_trained(options, load_inputs(options).run)
    with (tmp_path / "base" / "model.safetensors").open("r+b") as weights:
        weights.seek(-4, 2)
        weights.write(b"\0\0\0\1")
    with pytest.raises(RunError, match="other start_weights"):
        is_trained(options, load_inputs(options).run)


def test_a_broken_extension_is_one_line(world: Path) -> None:
    options = options_of(world)
    inputs = load_inputs(options)
    wrong = Extension(str(world / "base"), 10, {5: [10_000]})
    with pytest.raises(RunError, match=r"extension\.json: names a piece"):
        open_model(options, inputs.encoder, inputs.tokenizer, wrong)
