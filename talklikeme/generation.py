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


def build_generation_config(encoder: ChatEncoder, sampling: Sampling) -> GenerationConfig:
    """What is saved as generation_config.json beside the weights."""
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
        decoder_start_token_id=encoder.pad_id,
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
) -> list[list[str]]:
    """`draws` replies a context, each a list of bubbles, possibly empty: contexts x draws in order."""
    encoded = [encoder.encode_context(turns) for turns in contexts]
    width = max(map(len, encoded))
    ids = torch.tensor([row + [encoder.pad_id] * (width - len(row)) for row in encoded])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in encoded])
    several = copy.deepcopy(config)
    several.num_return_sequences = draws
    said = model.generate(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        generation_config=several,
    )
    return [encoder.decode_reply(row[1:]) for row in said.tolist()]  # the first is the start token
