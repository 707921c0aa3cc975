"""talklikeme.json beside the weights: what a friend may know of the model, and its limits."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from talklikeme.errors import RunError
from talklikeme.privacy import RedactionSettings

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


def write_facts(
    folder: Path, facts: ModelFacts, limits: Limits, redaction: RedactionSettings | None
) -> None:
    """Write talklikeme.json into a model folder."""
    values = asdict(facts) | {
        "limits": asdict(limits),
        "redaction": asdict(redaction) if redaction else None,
    }
    text = json.dumps(values, indent=1)
    (folder / FACTS_FILE).write_text(text, encoding="utf-8")


def read_facts(folder: Path) -> tuple[ModelFacts, Limits, RedactionSettings | None]:
    """Read talklikeme.json; raises RunError if it is missing or broken."""
    path = folder / FACTS_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        limits = Limits(**values.pop("limits"))
        redaction = values.pop("redaction")
        settings = RedactionSettings(**redaction) if redaction else None
        return ModelFacts(**values), limits, settings
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path}: not readable ({type(error).__name__}). Run python finetune.py again"
        ) from None
