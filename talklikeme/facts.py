"""Beside the weights: talklikeme.json (what a friend may know, and limits) and friends.json.

friends.json says which friend has which token: the one file of a model folder that holds names, so
that a model can be given away without it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from talklikeme.errors import RunError
from talklikeme.privacy import RedactionSettings

FACTS_FILE = "talklikeme.json"
FRIENDS_FILE = "friends.json"  # private: names


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


def write_friends(folder: Path, friends: Mapping[str, str]) -> None:
    """Write friends.json, name → token, readable by its owner only; nothing if nobody has a token."""
    if not friends:
        return
    path = folder / FRIENDS_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps(dict(friends), ensure_ascii=False, indent=1), encoding="utf-8")


def read_friends(folder: Path) -> dict[str, str]:
    """Read friends.json; empty if there is none. Raises RunError if it is broken."""
    path = folder / FRIENDS_FILE
    try:
        friends = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path}: not readable ({type(error).__name__}). Run python finetune.py again, or delete it"
        ) from None
    return {str(name): str(token) for name, token in friends.items()}
