"""Draw replies from a model: the sample board of training and the chat both come here."""

import copy
from collections.abc import Sequence

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
)

from talklikeme.sampling import TOP_K, Sampling
from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn


def build_generation_config(
    encoder: ChatEncoder, sampling: Sampling, start_id: int | None = None
) -> GenerationConfig:
    """What is saved as generation_config.json; `start_id` opens a reply (default: padding, as in T5)."""
    draws = sampling.temperature > 0
    return GenerationConfig(
        do_sample=draws,
        **(
            {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": TOP_K}
            if draws
            else {}
        ),
        max_new_tokens=encoder.limits.max_reply_tokens,
        pad_token_id=encoder.pad_id,
        eos_token_id=encoder.end_id,
        decoder_start_token_id=encoder.pad_id if start_id is None else start_id,
        suppress_tokens=encoder.context_only_ids,
    )


class NotSilent(LogitsProcessor):
    """Keeps a reply from being white space alone, as `begin_suppress_tokens` would, but for "+1".

    What has no token with a space before it is a lone space and then the token (`space_ids`): that
    space may open a reply, and what follows it may not be silent.
    """

    def __init__(self, encoder: ChatEncoder) -> None:
        self._spaces = torch.tensor(encoder.space_ids, dtype=torch.long)
        self._silent = torch.tensor(encoder.silent_ids, dtype=torch.long)
        first = set(encoder.silent_ids) - set(encoder.space_ids)
        self._never_first = torch.tensor(sorted(first), dtype=torch.long)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """`input_ids` (rows x said) begin with the start token; scores are rows x vocabulary."""
        said = input_ids.shape[1] - 1
        if said == 0:
            return scores.index_fill(1, self._never_first.to(scores.device), -torch.inf)
        if said == 1:
            spaced = torch.isin(input_ids[:, 1], self._spaces.to(input_ids.device))
            spoken = scores.index_fill(1, self._silent.to(scores.device), -torch.inf)
            return torch.where(spaced[:, None], spoken, scores)
        return scores


@torch.no_grad()  # not inference_mode: FSDP2 fills the same tensors again in training
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
    Where the config has `begin_suppress_tokens`, no reply is silent; NotSilent takes their place.
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
    processors = LogitsProcessorList([NotSilent(encoder)] if several.begin_suppress_tokens else [])
    several.begin_suppress_tokens = None
    said = model.generate(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        generation_config=several,
        logits_processor=processors,
    )
    return [encoder.decode_reply(row[1:]) for row in said.tolist()]  # the first is the start token
