"""Draw replies from a model: the sample board of training and the chat both come here."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import GenerationConfig, PreTrainedModel

from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn: nucleus sampling (Holtzman et al. 2020), or the likeliest at 0."""

    temperature: float
    top_p: float


def build_generation_config(
    encoder: ChatEncoder, sampling: Sampling, start_id: int | None = None
) -> GenerationConfig:
    """What is saved as generation_config.json; `start_id` opens a reply (default: padding, as in T5)."""
    draws = sampling.temperature > 0
    return GenerationConfig(
        do_sample=draws,
        **(
            {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
            if draws
            else {}
        ),
        max_new_tokens=encoder.limits.max_reply_tokens,
        pad_token_id=encoder.pad_id,
        eos_token_id=encoder.end_id,
        decoder_start_token_id=encoder.pad_id if start_id is None else start_id,
        suppress_tokens=encoder.context_only_ids,
    )


@torch.inference_mode()
def draw_replies(
    model: PreTrainedModel,
    encoder: ChatEncoder,
    contexts: Sequence[Sequence[Turn]],
    config: GenerationConfig,
    *,
    draws: int = 1,
    friends: Sequence[str | None] | None = None,
) -> list[list[str]]:
    """`draws` replies a context, each a list of bubbles, possibly empty: contexts x draws in order.

    `friends` names who is answered in each context, for models that know their friends apart.
    """
    encoded = [
        encoder.encode_context(turns, friend)
        for turns, friend in zip(contexts, friends or [None] * len(contexts), strict=True)
    ]
    width = max(map(len, encoded))
    ids = torch.tensor([row + [encoder.pad_id] * (width - len(row)) for row in encoded])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in encoded])
    several = copy.deepcopy(config)
    several.num_return_sequences = draws
    if model.config.decoder_start_token_id is not None:  # BART and Blenderbot have their own
        several.decoder_start_token_id = model.config.decoder_start_token_id
    said = model.generate(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        generation_config=several,
    )
    return [encoder.decode_reply(row[1:]) for row in said.tolist()]  # the first is the start token
