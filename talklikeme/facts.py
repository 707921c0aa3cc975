"""talklikeme.json beside the weights: what a friend may know of the model, and its limits."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from talklikeme.errors import RunError

FACTS_FILE = "talklikeme.json"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a conversation goes into the model; the same in training and chat."""

    context_turns: int
    max_context_tokens: int
    max_reply_tokens: int


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a friend may know: how much the model learned from, and how big it is."""

    pairs: int
    parameters: int


def write_facts(folder: Path, facts: ModelFacts, limits: Limits) -> None:
    """Write talklikeme.json into a model folder."""
    text = json.dumps(asdict(facts) | {"limits": asdict(limits)}, indent=1)
    (folder / FACTS_FILE).write_text(text, encoding="utf-8")


def read_facts(folder: Path) -> tuple[ModelFacts, Limits]:
    """Read talklikeme.json; raises RunError if it is missing or broken."""
    path = folder / FACTS_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        limits = Limits(**values.pop("limits"))
        return ModelFacts(**values), limits
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path}: not readable ({type(error).__name__}). Run python finetune.py again"
        ) from None
