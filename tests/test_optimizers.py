"""Muon takes the hidden matrices, AdamW the rest, and both stop and go on as one."""

import copy

import torch
from torch import nn
from transformers import T5Config, T5ForConditionalGeneration

from talklikeme.layer_decay import split_groups
from talklikeme.optimizers import MuonAdamW, build_muon


def tiny_t5() -> T5ForConditionalGeneration:
    shape = {"d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 2}
    config = T5Config(
        vocab_size=32, dropout_rate=0.0, pad_token_id=0, decoder_start_token_id=0, **shape
    )
    return T5ForConditionalGeneration(config)


def build(model: nn.Module) -> MuonAdamW:
    return build_muon(model, learning_rate=0.01, weight_decay=0.1)


def learn(model: nn.Module, optimizer: MuonAdamW, steps: int) -> list[float]:
    losses = []
    for step in range(steps):
        context = torch.tensor([[5 + step % 3, 9, 1], [8, 4 + step % 2, 1]])
        loss = model(input_ids=context, labels=context).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def test_embeddings_and_norms_are_adamws() -> None:
    model = tiny_t5()
    matrices, *others = (group["params"] for group in build(model).param_groups)
    assert all(weight.ndim == 2 and weight is not model.shared.weight for weight in matrices)
    assert any(weight is model.shared.weight for group in others for weight in group)
    assert sum(map(len, [matrices, *others])) == len(list(model.parameters()))


def test_it_learns_and_a_reloaded_state_goes_on_to_the_bit() -> None:
    torch.manual_seed(0)
    model = tiny_t5()
    optimizer = build(model)
    first = learn(model, optimizer, 6)
    assert first[-1] < first[0]
    again = tiny_t5()
    again.load_state_dict(model.state_dict())
    resumed = build(again)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert learn(model, optimizer, 3) == learn(again, resumed, 3)
    assert all(map(torch.equal, model.parameters(), again.parameters()))


def test_schedulers_and_layer_decay_reach_both() -> None:
    model = tiny_t5()
    optimizer = build(model)
    split_groups(optimizer, model, 0.5)
    rates = {group["lr"] for group in optimizer.param_groups}
    assert len(rates) > 1
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    before = [weight.clone() for weight in model.parameters()]
    learn(model, optimizer, 1)
    assert all(map(torch.equal, before, model.parameters()))


def test_frozen_weights_stay() -> None:
    model = tiny_t5()
    frozen = model.encoder.block[0].layer[0].SelfAttention.q.weight.requires_grad_(False)
    before = frozen.clone()
    learn(model, build(model), 2)
    assert torch.equal(before, frozen)
