"""From a conversation to my next bubbles: what every channel calls, and nothing of the channels.

Importing this module, and serving with CTranslate2, costs neither torch nor transformers.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from talklikeme import runs
from talklikeme.bare_tokenizer import has_bare_tokenizer, load_bare_tokenizer
from talklikeme.choosing import HOLE, Candidate, fill_holes, rank, weigh
from talklikeme.engines import Engine
from talklikeme.engines.conversion import UnknownArchitectureError, ensure_converted
from talklikeme.errors import RunError
from talklikeme.facts import Choice, ModelFacts, read_choice, read_facts, read_friends
from talklikeme.options import ComputeType, EngineName
from talklikeme.sampling import Sampling
from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn

__all__ = ["Asked", "EngineReplier", "ModelFacts", "Replier", "Turn", "load_replier"]

logger = logging.getLogger(__name__)

NOTHING_TO_SAY = HOLE
GENERATION_FILE = "generation_config.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation that waits for my next turn, and with whom it is, where that is known."""

    turns: Sequence[Turn]
    friend: str | None = None


class Replier(Protocol):
    """Answers a conversation."""

    @property
    def facts(self) -> ModelFacts:
        """What the model is."""

    def reply(self, turns: Sequence[Turn], friend: str | None = None) -> list[str]:
        """My next bubbles after these turns, oldest first; at least one, none empty.

        `friend` says whom I answer; a name that the model does not know changes nothing. Safe to call
        from several threads. `turns` may be empty or end with a turn of mine.
        """


class BatchReplier(Replier, Protocol):
    """Answers several conversations at once, in less time than one after the other."""

    def reply_all(self, asked: Sequence[Asked]) -> list[list[str]]:
        """My next bubbles in each."""


class EngineReplier:
    """Encodes a conversation, lets an engine draw several replies, and says the best of them."""

    def __init__(
        self,
        engine: Engine,
        encoder: ChatEncoder,
        sampling: Sampling,
        facts: ModelFacts,
        choice: Choice | None = None,
    ) -> None:
        self.engine = engine
        self.choice = choice or Choice()
        self.encoder = encoder
        self._sampling = sampling
        self._facts = facts

    @property
    def facts(self) -> ModelFacts:
        """What the model is."""
        return self._facts

    def reply(self, turns: Sequence[Turn], friend: str | None = None) -> list[str]:
        """My next bubbles; the limit of tokens saved with the model bounds them."""
        return self.reply_all([Asked(turns, friend)])[0]

    def reply_all(self, asked: Sequence[Asked]) -> list[list[str]]:
        """My next bubbles in each conversation, all drawn and weighed in one batch."""
        return [
            fill_holes(found[0].bubbles) if found else [NOTHING_TO_SAY]
            for found in self.consider_all(asked)
        ]

    def consider(self, turns: Sequence[Turn], friend: str | None = None) -> list[Candidate]:
        """What could be said, best first; nothing if no reply that was drawn has any text."""
        return self.consider_all([Asked(turns, friend)])[0]

    def consider_all(self, asked: Sequence[Asked]) -> list[list[Candidate]]:
        """The same for several conversations."""
        contexts = [self.encoder.encode_context(one.turns, one.friend) for one in asked]
        drawn = self.engine.draw(contexts, self.choice.choosing.draws, self._sampling)
        talks = [one.turns for one in asked]
        weighed = weigh(self.engine, self.encoder, contexts, drawn, talks)
        return [rank(found, self.choice.choosing, self.choice.shapes) for found in weighed]


def load_replier(
    folder: Path,
    *,
    temperature: float | None = None,
    top_p: float | None = None,
    engine: EngineName = "auto",
    compute_type: ComputeType = "int8",
    penalty: float | None = None,
) -> EngineReplier:
    """Load out/model; what is not given is as it was trained and tuned.

    Raises RunError if it is missing or not whole.
    """
    facts, limits, redaction = read_facts(runs.need(folder, "finetune"))
    trained = read_sampling(folder)
    sampling = Sampling(
        trained.temperature if temperature is None else temperature,
        trained.top_p if top_p is None else top_p,
    )
    choice = read_choice(folder)
    if penalty is not None:
        choice = replace(choice, choosing=replace(choice.choosing, penalty=penalty))
    friends = read_friends(folder)
    if engine != "transformers" and has_bare_tokenizer(folder):
        encoder = ChatEncoder(load_bare_tokenizer(folder), limits, redaction, friends)
        try:
            return EngineReplier(
                _open_fast(folder, encoder, compute_type), encoder, sampling, facts, choice
            )
        except UnknownArchitectureError as error:
            if engine == "ctranslate2":
                raise
            logger.warning("%s; answering with transformers, some ten times slower", error)
    elif engine == "ctranslate2":
        raise RunError(f"--engine ctranslate2: {folder} has no tokenizer.json. Use transformers")

    from talklikeme.tokenizer import load_tokenizer

    encoder = ChatEncoder(load_tokenizer(folder), limits, redaction, friends)
    return EngineReplier(_open_reference(folder, encoder), encoder, sampling, facts, choice)


def _open_fast(folder: Path, encoder: ChatEncoder, compute_type: ComputeType) -> Engine:
    from talklikeme.engines.ct2 import CTranslate2Engine

    return CTranslate2Engine(ensure_converted(folder, compute_type), encoder, compute_type)


def _open_reference(folder: Path, encoder: ChatEncoder) -> Engine:
    from talklikeme.engines.reference import TransformersEngine
    from talklikeme.model import load_model

    return TransformersEngine(load_model(folder), encoder)


def read_sampling(folder: Path) -> Sampling:
    """How the model was meant to be drawn from; raises RunError if generation_config.json is broken."""
    path = folder / GENERATION_FILE
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        draws = saved.get("do_sample", False)
        temperature = float(saved.get("temperature") or 1.0) if draws else 0.0
        return Sampling(temperature, float(saved.get("top_p") or 1.0))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise RunError(
            f"{path}: not readable ({type(error).__name__}). Run python finetune.py again"
        ) from None
