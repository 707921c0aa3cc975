"""From a conversation to my next bubbles: what every channel calls, and nothing of the channels.

Importing this module costs no torch; load_replier does.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from talklikeme import runs
from talklikeme.facts import ModelFacts, read_facts, read_friends
from talklikeme.turns import Turn

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel

    from talklikeme.tokens import ChatEncoder

__all__ = ["ModelFacts", "Replier", "Turn", "load_replier"]

DRAWS = 4  # replies drawn at once, so that one that decodes to nothing costs no second round
NOTHING_TO_SAY = "…"


class Replier(Protocol):
    """Answers a conversation."""

    @property
    def facts(self) -> ModelFacts:
        """What the model is."""

    def reply(self, turns: Sequence[Turn], friend: str | None = None) -> list[str]:
        """My next bubbles after these turns, oldest first; at least one, none empty.

        `friend` says whom I answer; a name that the model does not know changes nothing. Safe to call from several threads. `turns` may be empty or end with a turn of mine.
        """


class TransformersReplier:
    """The reference engine: transformers' own generate, one conversation at a time."""

    def __init__(
        self,
        model: "PreTrainedModel",
        encoder: "ChatEncoder",
        config: "GenerationConfig",
        facts: ModelFacts,
    ) -> None:
        self._model = model
        self._encoder = encoder
        self._config = config
        self._facts = facts
        self._lock = threading.Lock()
        self._config.begin_suppress_tokens = encoder.silent_ids

    @property
    def facts(self) -> ModelFacts:
        """What the model is."""
        return self._facts

    def reply(self, turns: Sequence[Turn], friend: str | None = None) -> list[str]:
        """My next bubbles; the limit of tokens saved with the model bounds them."""
        from talklikeme.generation import draw_replies

        draws = DRAWS if self._config.do_sample else 1
        with self._lock:
            drawn = draw_replies(
                self._model, self._encoder, [turns], self._config, draws=draws, friends=[friend]
            )
        return next(filter(None, drawn), [NOTHING_TO_SAY])


def load_replier(
    folder: Path, *, temperature: float | None = None, top_p: float | None = None
) -> TransformersReplier:
    """Load out/model; raises RunError if it is missing or not whole."""
    facts, limits, redaction = read_facts(runs.need(folder, "finetune"))

    from talklikeme.generation import Sampling, build_generation_config
    from talklikeme.model import load_model
    from talklikeme.tokenizer import load_tokenizer
    from talklikeme.tokens import ChatEncoder

    encoder = ChatEncoder(load_tokenizer(folder), limits, redaction, read_friends(folder))
    model = load_model(folder)
    trained = model.generation_config
    sampling = Sampling(
        (trained.temperature or 0.0) if temperature is None else temperature,
        (trained.top_p or 1.0) if top_p is None else top_p,
    )
    return TransformersReplier(
        model,
        encoder,
        build_generation_config(encoder, sampling, trained.decoder_start_token_id),
        facts,
    )
