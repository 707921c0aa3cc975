"""Replies by CTranslate2: no torch, weights in int8 or float32, one thread a batch.

Settings as measured (docs/replies.md): one thread for each of several workers, since threads fight
over such small matrices; and always a top-k, without which nucleus sampling sorts the vocabulary at every
token.
"""

import json
import os
import random
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import ctranslate2

from talklikeme.engines import Drawn, Ids
from talklikeme.options import ComputeType
from talklikeme.sampling import TOP_K, Sampling
from talklikeme.tokens import ChatEncoder

VOCABULARY: Final = "shared_vocabulary.json"
_CHUNK: Final = 32  # contexts a worker takes at once


class CTranslate2Engine:
    """A converted model."""

    def __init__(
        self,
        folder: Path,
        encoder: ChatEncoder,
        compute_type: ComputeType,
        *,
        seed: int | None = None,
    ) -> None:
        """With a seed there is one worker, since each draws lots of its own: the same calls, the same replies."""
        self._encoder = encoder
        if seed is not None:
            ctranslate2.set_random_seed(seed)  # of the threads that begin from now on
        self._translator = ctranslate2.Translator(
            str(folder),
            device="cpu",
            compute_type=compute_type,
            inter_threads=(os.cpu_count() or 1) if seed is None else 1,
            intra_threads=1,
        )
        self._tokens: list[str] = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
        self._ids = {token: number for number, token in enumerate(self._tokens)}
        self._lots = random.Random(seed)

    def draw(self, contexts: Sequence[Ids], draws: int, sampling: Sampling) -> list[list[Drawn]]:
        """`draws` replies to each context."""
        found = self._translator.translate_batch(
            [self._spell(self._say_something(context)) for context in contexts],
            max_batch_size=_CHUNK,
            beam_size=1,
            num_hypotheses=draws if sampling.temperature > 0 else 1,
            max_input_length=0,
            max_decoding_length=self._encoder.limits.max_reply_tokens,
            suppress_sequences=self._suppressed,
            return_scores=True,
            length_penalty=0,  # or the scores are those of a token
            **_options(sampling),
        )
        return [self._shuffle(one.hypotheses, one.scores) for one in found]

    def _shuffle(self, hypotheses: Sequence[Sequence[str]], scores: Sequence[float]) -> list[Drawn]:
        """CTranslate2 gives the likeliest first: whoever took that would say "lol" to everybody."""
        drawn = [
            Drawn(self._read(reply), score) for reply, score in zip(hypotheses, scores, strict=True)
        ]
        self._lots.shuffle(drawn)
        return drawn

    def score(self, contexts: Sequence[Ids], replies: Sequence[Ids]) -> list[float]:
        """log P(reply | context) in nats."""
        end = self._encoder.end_id
        ended = [bool(reply) and reply[-1] == end for reply in replies]
        said = [
            reply[:-1] if is_ended else reply
            for reply, is_ended in zip(replies, ended, strict=True)
        ]
        found = self._translator.score_batch(
            list(map(self._spell, contexts)),
            list(map(self._spell, said)),
            max_batch_size=_CHUNK,
            max_input_length=0,
        )
        # The last number is the end's, which CTranslate2 adds to every reply.
        return [
            float(sum(one.log_probs if is_ended else one.log_probs[:-1]))
            for one, is_ended in zip(found, ended, strict=True)
        ]

    def _say_something(self, context: Ids) -> Ids:
        """CTranslate2 answers a context of nothing but the end with nothing: a friend looks at me."""
        is_empty = list(context) == [self._encoder.end_id]
        return [self._encoder.friend_id, *context] if is_empty else context

    @cached_property
    def _suppressed(self) -> list[list[str]]:
        return [[self._tokens[token]] for token in self._encoder.context_only_ids]

    def _spell(self, ids: Ids) -> list[str]:
        return [self._tokens[number] for number in ids]

    def _read(self, tokens: Sequence[str]) -> Ids:
        return [self._ids[token] for token in tokens]


def _options(sampling: Sampling) -> dict[str, Any]:
    if sampling.temperature <= 0:
        return {"sampling_topk": 1}
    return {
        "sampling_topk": TOP_K,
        "sampling_topp": sampling.top_p,
        "sampling_temperature": sampling.temperature,
    }
