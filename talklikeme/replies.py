"""Opens a model folder as something that answers.

Importing this module, and serving with CTranslate2, costs neither torch nor transformers.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from talklikeme import runs
from talklikeme.answering import Asked, BatchReplier, EngineReplier, Memory, Replier
from talklikeme.bare_tokenizer import has_bare_tokenizer, load_bare_tokenizer
from talklikeme.engines import Engine
from talklikeme.engines.conversion import UnknownArchitectureError, ensure_converted
from talklikeme.errors import RunError
from talklikeme.facts import ModelFacts, Nature, read_friends, read_nature
from talklikeme.guard import StandardGuard
from talklikeme.options import ComputeType, EngineName
from talklikeme.pace import Pace
from talklikeme.sampling import Sampling
from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn

__all__ = [
    "Asked",
    "BatchReplier",
    "EngineReplier",
    "ModelFacts",
    "Replier",
    "Turn",
    "load_replier",
]

logger = logging.getLogger(__name__)

GENERATION_FILE = "generation_config.json"
BLENDED_PENALTY = 0.5  # where none is: what I said once has to answer to be said again


def load_replier(
    folder: Path,
    *,
    temperature: float | None = None,
    top_p: float | None = None,
    engine: EngineName = "auto",
    compute_type: ComputeType = "int8",
    penalty: float | None = None,
    budget_ms: float | None = None,
    blocked: Sequence[str] = (),
    memory: Memory | None = None,
    seed: int | None = None,
) -> EngineReplier:
    """Load out/model; what is not given is as it was trained and tuned.

    What `memory` recalls may be quoted. With a seed the same calls get the same replies, in more time. Raises
    RunError if something is missing or not whole.
    """
    nature = read_nature(runs.need(folder, "finetune"))
    trained = read_sampling(folder)
    sampling = Sampling(
        trained.temperature if temperature is None else temperature,
        trained.top_p if top_p is None else top_p,
    )
    if penalty is None and memory and nature.choice.choosing.penalty is None:
        penalty = BLENDED_PENALTY
    if penalty is not None:
        choosing = replace(nature.choice.choosing, penalty=penalty)
        nature = replace(nature, choice=replace(nature.choice, choosing=choosing))
    opened, encoder = _open(folder, nature, engine, compute_type, seed)
    return EngineReplier(
        opened,
        encoder,
        sampling,
        nature,
        guard=StandardGuard(blocked),
        pace=Pace(budget_ms),
        memory=memory,
    )


def _open(
    folder: Path,
    nature: Nature,
    engine: EngineName,
    compute_type: ComputeType,
    seed: int | None,
) -> tuple[Engine, ChatEncoder]:
    """The engine asked for, or the one that knows the model."""
    friends = read_friends(folder)
    if engine != "transformers" and has_bare_tokenizer(folder):
        tokenizer = load_bare_tokenizer(folder)
        encoder = ChatEncoder(tokenizer, nature.limits, nature.redaction, friends)
        try:
            return _open_fast(folder, encoder, compute_type, seed), encoder
        except UnknownArchitectureError as error:
            if engine == "ctranslate2":
                raise
            logger.warning("%s; answering with transformers, some ten times slower", error)
    elif engine == "ctranslate2":
        raise RunError(f"--engine ctranslate2: {folder} has no tokenizer.json. Use transformers")

    from talklikeme.tokenizer import load_tokenizer

    encoder = ChatEncoder(load_tokenizer(folder), nature.limits, nature.redaction, friends)
    return _open_reference(folder, encoder, seed), encoder


def _open_fast(
    folder: Path, encoder: ChatEncoder, compute_type: ComputeType, seed: int | None
) -> Engine:
    from talklikeme.engines.ct2 import CTranslate2Engine

    converted = ensure_converted(folder, compute_type)
    return CTranslate2Engine(converted, encoder, compute_type, seed=seed)


def _open_reference(folder: Path, encoder: ChatEncoder, seed: int | None) -> Engine:
    from talklikeme.engines.reference import TransformersEngine
    from talklikeme.model import load_model

    return TransformersEngine(load_model(folder), encoder, seed=seed)


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
