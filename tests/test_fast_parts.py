"""Faster parts compute what the original ones do, forwards and backwards, and save the same model."""

import copy
import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForSeq2SeqLM,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
    T5GemmaConfig,
    T5GemmaForConditionalGeneration,
    T5GemmaModuleConfig,
)

from talklikeme.fast_parts import (
    FastAttention,
    FastGated,
    FastGemmaGated,
    FastGemmaNorm,
    FastNorm,
    use_fast_parts,
)
from talklikeme.lora import add_adapters

pytestmark = pytest.mark.skipif(torch.accelerator.is_available(), reason="they are for a CPU")

IDS = torch.randint(2, 300, (5, 13), generator=torch.Generator().manual_seed(1))
LABELS = torch.randint(2, 300, (5, 7), generator=torch.Generator().manual_seed(2))
WHOLE = torch.ones_like(IDS)
PADDED = WHOLE.clone()
FAST = {"t5": {FastAttention, FastGated, FastNorm}, "t5gemma": {FastGemmaGated, FastGemmaNorm}}
PADDED[2, 9:] = PADDED[4, 3:] = 0


def build(**more: Any) -> PreTrainedModel:
    """A T5 of two kinds of layer, whose width is no power of four."""
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=300, d_model=48, d_kv=16, d_ff=96, num_layers=3, num_decoder_layers=2, num_heads=4,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
        **{"dropout_rate": 0.0, "feed_forward_proj": "gated-gelu"} | more,
    )  # fmt: skip
    return T5ForConditionalGeneration(config).train()


def build_gemma() -> PreTrainedModel:
    """A T5Gemma as it is trained from scratch, its norms' weights moved from where they begin."""
    torch.manual_seed(0)
    stack = T5GemmaModuleConfig(
        vocab_size=300, hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=3,
        num_key_value_heads=3, head_dim=16, query_pre_attn_scalar=16, layer_types=["full_attention"] * 2,
        attn_logit_softcapping=None, final_logit_softcapping=None, pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    config = T5GemmaConfig(
        encoder=stack, decoder=stack, vocab_size=300, dropout_rate=0.0, decoder_start_token_id=1
    )
    model = T5GemmaForConditionalGeneration(config).train()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.normal_(std=0.1)
    return model


def step(model: PreTrainedModel, mask: torch.Tensor, bf16: bool) -> dict[str, torch.Tensor]:
    """Logits and every gradient of one batch."""
    model.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        given = model(input_ids=IDS, attention_mask=mask, labels=LABELS, use_cache=False)
    given.loss.backward()
    slopes = {name: weight.grad for name, weight in model.named_parameters()}
    return {"logits": given.logits.detach().float()} | slopes


def logits_of(model: PreTrainedModel, ids: torch.Tensor, reply: torch.Tensor) -> torch.Tensor:
    """Without a gradient, the contexts padded."""
    with torch.no_grad():
        given: torch.Tensor = model(
            input_ids=ids, attention_mask=PADDED, decoder_input_ids=reply, use_cache=False
        ).logits
    return given


def distance(values: torch.Tensor, right: torch.Tensor) -> float:
    return float((values - right).norm() / right.norm())


def kinds(model: PreTrainedModel) -> set[type]:
    return {type(module) for module in model.modules()}


@pytest.mark.parametrize("mask", [WHOLE, PADDED], ids=["whole", "padded"])
@pytest.mark.parametrize("kind", ["t5", "t5gemma"])
def test_a_step_has_the_same_logits_and_gradients(mask: torch.Tensor, kind: str) -> None:
    model = build() if kind == "t5" else build_gemma()
    right = step(model, mask, bf16=False)
    rough = step(model, mask, bf16=True)
    use_fast_parts(model)
    assert kinds(model) >= FAST[kind]
    for name, values in step(model, mask, bf16=False).items():
        torch.testing.assert_close(values, right[name], rtol=1e-4, atol=1e-5, msg=name)
    for name, values in step(model, mask, bf16=True).items():  # no further off than autocast itself
        assert distance(values, right[name]) < 1.5 * distance(rough[name], right[name]) + 2e-3, name


def test_padding_is_not_seen_and_replies_are_not_seen_ahead() -> None:
    model = use_fast_parts(build()).eval()
    before = logits_of(model, IDS, LABELS)
    other, longer = IDS.clone(), LABELS.clone()
    other[PADDED == 0] = 7
    longer[:, 4:] = 9
    torch.testing.assert_close(logits_of(model, other, LABELS), before)
    torch.testing.assert_close(logits_of(model, IDS, longer)[:, :4], before[:, :4])
    assert not torch.allclose(logits_of(model, IDS, longer)[:, 4:], before[:, 4:])


def test_what_is_saved_and_what_is_generated_stay(tmp_path: Path) -> None:
    plain = build()
    fast = use_fast_parts(copy.deepcopy(plain))
    assert list(fast.state_dict()) == list(plain.state_dict())
    plain.save_pretrained(tmp_path / "plain")
    fast.save_pretrained(tmp_path / "fast")
    for name in ("model.safetensors", "config.json"):
        assert (tmp_path / "fast" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    opened = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "fast")
    assert not kinds(opened) & {FastAttention, FastGated, FastNorm}
    replies = [
        model.eval().generate(IDS, attention_mask=PADDED, max_new_tokens=8)
        for model in (plain, fast, copy.deepcopy(fast), opened)
    ]
    assert all(torch.equal(a, b) for a, b in itertools.pairwise(replies))


def test_dropout_reaches_the_attention_and_follows_the_seed() -> None:
    model = use_fast_parts(build(dropout_rate=0.3))
    attention = model.encoder.block[0].layer[0].SelfAttention
    values = torch.randn(2, 6, 48)

    def run(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return attention(values)[0].detach()

    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))
    attention.eval()
    assert torch.equal(run(1), run(2))


def test_adapters_keep_computing() -> None:
    """A product of joined weights would pass them by."""
    model = add_adapters(build(), 2, [])
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    right = logits_of(model.eval(), IDS, LABELS)
    use_fast_parts(model)
    assert not kinds(model) & {FastAttention, FastGated}
    torch.testing.assert_close(logits_of(model, IDS, LABELS), right, rtol=1e-4, atol=1e-4)
