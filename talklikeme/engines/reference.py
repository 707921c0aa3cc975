"""Replies by transformers' own `generate`: slow, and right by definition."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence
from transformers import LogitsProcessorList, PreTrainedModel
from transformers.models.bart.modeling_bart import shift_tokens_right

from talklikeme.engines import Drawn, Ids
from talklikeme.generation import NotSilent, build_generation_config
from talklikeme.loss import IGNORED
from talklikeme.sampling import Sampling
from talklikeme.tokens import ChatEncoder


class TransformersEngine:
    """A model as it was trained."""

    def __init__(
        self, model: PreTrainedModel, encoder: ChatEncoder, *, seed: int | None = None
    ) -> None:
        self._model = model
        self._encoder = encoder
        self._lock = threading.Lock()
        self._lots = None if seed is None else torch.Generator().manual_seed(seed)

    @torch.no_grad()
    def draw(self, contexts: Sequence[Ids], draws: int, sampling: Sampling) -> list[list[Drawn]]:
        """`draws` replies to each context."""
        start = self._model.config.decoder_start_token_id
        config = build_generation_config(self._encoder, sampling, start)
        draws = draws if config.do_sample else 1
        config.num_return_sequences = draws
        with self._lock, self._draw_lots():
            self._model.generation_config = config  # or what is saved with it fills the gaps
            said = self._model.generate(
                **self._pad(contexts),
                logits_processor=LogitsProcessorList([NotSilent(self._encoder)]),
            )
        replies = [self._cut(row[1:]) for row in said.tolist()]  # the first is the start token
        asked = [context for context in contexts for _ in range(draws)]
        scores = self.score(asked, replies)
        end = self._encoder.end_id
        drawn = [
            Drawn(reply[:-1] if reply[-1:] == [end] else reply, score)
            for reply, score in zip(replies, scores, strict=True)
        ]
        return [drawn[place : place + draws] for place in range(0, len(drawn), draws)]

    @torch.no_grad()
    def score(self, contexts: Sequence[Ids], replies: Sequence[Ids]) -> list[float]:
        """log P(reply | context) in nats."""
        if not replies:  # a memory that recalls nothing asks for none
            return []
        labels = pad_sequence(
            [torch.tensor(list(reply), dtype=torch.long) for reply in replies],
            batch_first=True,
            padding_value=IGNORED,
        )
        # Not `labels`: an EncoderDecoderModel warns at every call that its loss was another once.
        start = self._model.config.decoder_start_token_id
        asked = shift_tokens_right(labels, self._encoder.pad_id, start)
        with self._lock:
            logits = self._model(**self._pad(contexts), decoder_input_ids=asked).logits
        losses = cross_entropy(
            logits.float().transpose(1, 2), labels, ignore_index=IGNORED, reduction="none"
        )
        return [-float(loss) for loss in losses.sum(dim=1)]

    @contextmanager
    def _draw_lots(self) -> Iterator[None]:
        """`generate` draws by torch's own lots: they are mine meanwhile, where I have some."""
        if self._lots is None:
            yield
            return
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._lots.get_state())
            yield
            self._lots.set_state(torch.get_rng_state())

    def _pad(self, contexts: Sequence[Ids]) -> dict[str, torch.Tensor]:
        ids = pad_sequence(
            [torch.tensor(list(context)) for context in contexts],
            batch_first=True,
            padding_value=self._encoder.pad_id,
        )
        lengths = torch.tensor([len(context) for context in contexts])
        mask = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
        return {"input_ids": ids, "attention_mask": mask.long()}

    def _cut(self, ids: list[int]) -> list[int]:
        """Up to the end, which stays."""
        end = self._encoder.end_id
        return ids[: ids.index(end) + 1] if end in ids else ids
