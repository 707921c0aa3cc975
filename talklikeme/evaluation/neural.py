"""A trained encoder-decoder as a contestant: whole replies scored in batches, and drawn as in chat.

Contexts are read once, whatever the number of candidates; replies are batched by length, as many
tokens at a time as fit a fixed number of logits.
"""

import copy
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from torch.nn import functional
from transformers import GenerationConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from talklikeme.evaluation.contestants import Context, Reply
from talklikeme.evaluation.exchanges import friend_of
from talklikeme.facts import read_friends, read_nature
from talklikeme.generation import draw_replies
from talklikeme.model import load_model
from talklikeme.tokenizer import load_tokenizer
from talklikeme.tokens import ChatEncoder

Item = TypeVar("Item")

_IGNORED = -100
_CONTEXTS = 512  # whose encodings are held at a time
_ROWS = 256  # replies a batch at most
_DRAWN = 64  # replies drawn at a time
_LOGITS = {"cpu": 2**22, "cuda": 2**28}  # of one batch: 16 MB in float32, a quarter faster than 8


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of a reply that the decoder reads at once; the first `seen` ids are not scored."""

    job: int
    context: int
    start: int
    labels: list[int]
    seen: int


class ModelContestant:
    """Any transformers encoder-decoder with the encoder that it was trained with.

    Likelihoods are computed in float32, or with bf16 autocast, and summed in float64.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        encoder: ChatEncoder,
        config: GenerationConfig | None = None,
        *,
        name: str = "this model",
        bf16: bool = False,
    ) -> None:
        self.name = name
        self._model = model
        self._encoder = encoder
        self._whole = copy.copy(encoder)
        self._whole.limits = replace(encoder.limits, max_reply_tokens=sys.maxsize)
        self._config = copy.deepcopy(config or model.generation_config)
        self._config.begin_suppress_tokens = encoder.silent_ids  # as in chat
        self._bf16 = bf16

    def score(self, contexts: Sequence[Context], replies: Sequence[Reply]) -> list[float]:
        """Log likelihood of each reply, however long; the context is cut as in training."""
        rows = self.choose(contexts, [[reply] for reply in replies])
        return [row[0] for row in rows]

    @torch.inference_mode()
    def choose(
        self, contexts: Sequence[Context], candidates: Sequence[Sequence[Reply]]
    ) -> list[list[float]]:
        """Log likelihoods of several replies a context."""
        self._model.eval()
        rows: list[list[float]] = []
        for chunk in _chunks(list(zip(contexts, candidates, strict=True)), _CONTEXTS):
            with self._precision():
                states = self._read([context for context, _ in chunk])
                flat = self._score_windows(states, [replies for _, replies in chunk])
            numbers = iter(flat)
            rows += [[next(numbers) for _ in replies] for _, replies in chunk]
        return rows

    def answer(self, contexts: Sequence[Context], *, seed: int) -> list[list[str]]:
        """Replies as the model draws them, without any choice; none is empty by its first token."""
        self._model.eval()
        order = sorted(range(len(contexts)), key=lambda row: len(_spoken(contexts[row])))
        drawn: dict[int, list[str]] = {}
        with torch.random.fork_rng(), self._precision():
            torch.manual_seed(seed)
            for rows in _chunks(order, _DRAWN):
                asked = [contexts[row] for row in rows]
                friends = [friend_of(context) for context in asked]
                said = draw_replies(
                    self._model, self._encoder, asked, self._config, friends=friends
                )
                drawn |= dict(zip(rows, said, strict=True))
        return [drawn[row] for row in range(len(contexts))]

    def _precision(self) -> AbstractContextManager[object]:
        device: str = self._model.device.type
        context: AbstractContextManager[object] = torch.autocast(
            device, dtype=torch.bfloat16, enabled=self._bf16
        )
        return context

    def _read(self, contexts: Sequence[Context]) -> list[torch.Tensor]:
        """The encoder's states of each context: tokens x width."""
        ids = [self._encoder.encode_context(context, friend_of(context)) for context in contexts]
        order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
        states: list[torch.Tensor] = [torch.empty(0)] * len(ids)
        for rows in _chunks(order, _DRAWN):
            padded = _pad([ids[row] for row in rows], self._encoder.pad_id).to(self._model.device)
            mask = _mask([len(ids[row]) for row in rows]).to(self._model.device)
            read = self._model.get_encoder()(input_ids=padded, attention_mask=mask)
            for row, state in zip(rows, read.last_hidden_state, strict=True):
                states[row] = state[: len(ids[row])]
        return states

    def _score_windows(
        self, states: Sequence[torch.Tensor], candidates: Sequence[Sequence[Reply]]
    ) -> list[float]:
        """One number a candidate, all of the first context first."""
        jobs = [(row, reply) for row, replies in enumerate(candidates) for reply in replies]
        windows = [
            window
            for job, (row, reply) in enumerate(jobs)
            for window in self._cut(job, row, self._whole.encode_reply(reply))
        ]
        windows.sort(key=lambda one: (len(one.labels), len(states[one.context])))
        scores = [0.0] * len(jobs)
        for batch in self._batches(windows):
            for window, score in zip(batch, self._score_batch(states, batch), strict=True):
                scores[window.job] += score
        return scores

    def _cut(self, job: int, context: int, labels: list[int]) -> Iterator[_Window]:
        """One window; several that overlap by half where the decoder has a fixed number of places."""
        begin = _decoder_start(self._model)
        longest = _positions(self._model) or len(labels)
        yield _Window(job, context, begin, labels[:longest], 0)
        half = longest // 2
        for done in range(longest, len(labels), half):
            first = done - half
            yield _Window(job, context, labels[first - 1], labels[first : done + half], half)

    def _batches(self, windows: Sequence[_Window]) -> Iterator[list[_Window]]:
        room = _LOGITS.get(self._model.device.type, _LOGITS["cpu"])
        tokens = max(1, room // self._model.get_output_embeddings().weight.shape[0])
        batch: list[_Window] = []
        for window in windows:  # sorted: the newest is the longest
            if batch and (len(batch) == _ROWS or (len(batch) + 1) * len(window.labels) > tokens):
                yield batch
                batch = []
            batch.append(window)
        if batch:
            yield batch

    def _score_batch(self, states: Sequence[torch.Tensor], batch: Sequence[_Window]) -> list[float]:
        device = self._model.device
        read = [states[window.context] for window in batch]
        labels = _pad([window.labels for window in batch], _IGNORED)
        starts = torch.tensor([[window.start] for window in batch])
        inputs = torch.cat([starts, labels[:, :-1]], dim=1)
        said = self._model(
            encoder_outputs=BaseModelOutput(
                last_hidden_state=torch.nn.utils.rnn.pad_sequence(read, batch_first=True)
            ),
            attention_mask=_mask([len(state) for state in read]).to(device),
            decoder_input_ids=inputs.masked_fill(inputs == _IGNORED, self._encoder.pad_id).to(
                device
            ),
            use_cache=False,
        )
        for row, window in enumerate(batch):
            labels[row, : window.seen] = _IGNORED
        losses = functional.cross_entropy(
            said.logits.float().flatten(0, 1),
            labels.flatten().to(device),
            ignore_index=_IGNORED,
            reduction="none",
        )
        sums: list[float] = (-losses.view(labels.shape).double().sum(dim=1)).tolist()
        return sums


def load_contestant(
    folder: Path, *, name: str = "this model", bf16: bool = False
) -> ModelContestant:
    """A saved model folder as a contestant; raises RunError if it is missing or not whole."""
    return ModelContestant(*load_with_encoder(folder), name=name, bf16=bf16)


def load_with_encoder(folder: Path) -> tuple[PreTrainedModel, ChatEncoder]:
    """A saved model, on the GPU if there is one; raises RunError if it is missing or not whole."""
    nature = read_nature(folder)
    encoder = ChatEncoder(
        load_tokenizer(folder), nature.limits, nature.redaction, read_friends(folder)
    )
    model = load_model(folder)
    return (model.to("cuda") if torch.cuda.is_available() else model), encoder


def _chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _spoken(context: Context) -> str:
    return " ".join(turn["content"] for turn in context)


def _pad(rows: Sequence[Sequence[int]], filler: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows])


def _mask(lengths: Sequence[int]) -> torch.Tensor:
    return (torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]).long()


def _decoder_start(model: PreTrainedModel) -> int:
    start = model.config.decoder_start_token_id
    return int(model.generation_config.decoder_start_token_id if start is None else start)


def _positions(model: PreTrainedModel) -> int | None:
    """How many tokens the decoder can read, if it has learned positions (T5 has relative ones)."""
    config = getattr(model.config, "decoder", None) or model.config
    places = getattr(config, "max_position_embeddings", None)
    return int(places) if places else None
