"""T5's queries take smaller steps, so that attention stays soft and the decoder learns to listen."""

from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.optim import AdamW, Optimizer
from transformers import BartConfig, BartForConditionalGeneration, T5Config
from transformers import T5ForConditionalGeneration as T5

from talklikeme.optimizers import build_muon
from talklikeme.query_rate import slow_queries

WORDS, END = 60, 1


def small_t5() -> T5:
    shape = {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4}
    kinds = {"feed_forward_proj": "gated-gelu", "dropout_rate": 0.0}
    torch.manual_seed(0)
    return T5(
        T5Config(
            vocab_size=WORDS + 2, pad_token_id=0, decoder_start_token_id=0, eos_token_id=END,
            **shape, **kinds,
        )
    )  # fmt: skip


def adamw(model: Any, rate: float) -> Optimizer:
    return AdamW(model.parameters(), lr=rate, weight_decay=0.0)


def muon(model: Any, rate: float) -> Optimizer:
    return build_muon(model, learning_rate=rate, weight_decay=0.0)


def echo(rows: int) -> torch.Tensor:
    """Six words, drawn anew each time, so that only who reads the context can say them."""
    words = torch.randint(2, WORDS + 2, (rows, 6))
    return functional.pad(words, (0, 1), value=END)


@pytest.mark.parametrize("build", [adamw, muon])
def test_a_step_of_the_queries_is_that_of_the_keys_by_the_root_of_the_head(build: Any) -> None:
    model = small_t5()
    optimizer = build(model, 0.01)
    slow_queries(optimizer, model)
    attention = model.decoder.block[1].layer[1].EncDecAttention
    query, key = attention.q.weight.detach().clone(), attention.k.weight.detach().clone()
    ids = echo(4)
    model(input_ids=ids, labels=ids).loss.backward()
    optimizer.step()
    moved = [(now.detach() - was).square().mean().sqrt() for was, now in
             ((query, attention.q.weight), (key, attention.k.weight))]  # fmt: skip
    assert moved[0] / moved[1] == pytest.approx(16**-0.5, rel=0.2)


def test_every_weight_stays_in_one_group_with_the_rest_of_its_options() -> None:
    model = small_t5()
    optimizer = muon(model, 0.01)
    before = {id(w): group for group in optimizer.param_groups for w in group["params"]}
    slow_queries(optimizer, model)
    after = {id(w): group for group in optimizer.param_groups for w in group["params"]}
    assert before.keys() == after.keys()
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(after)
    differ = {k for w in after for k in before[w] if before[w][k] != after[w][k]}
    assert differ <= {"params", "lr"}


def test_scaled_attention_is_left_alone() -> None:
    shape = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
             "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}  # fmt: skip
    model = BartForConditionalGeneration(BartConfig(vocab_size=60, d_model=16, **shape))
    optimizer = adamw(model, 0.01)
    slow_queries(optimizer, model)
    assert len(optimizer.param_groups) == 1


@pytest.mark.slow
@pytest.mark.parametrize("build", [adamw, muon])
def test_the_decoder_learns_to_listen(build: Any) -> None:
    model = small_t5()
    optimizer = build(model, 0.003)
    slow_queries(optimizer, model)
    for _ in range(300):
        ids = echo(64)
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    ids = echo(64)
    with torch.no_grad():
        said = model(input_ids=ids, labels=ids).logits.argmax(-1)
    assert (said == ids).float().mean() > 0.7  # who hears nothing says one word in seven right
