"""Beside the weights: talklikeme.json (what a friend may know, and how to answer) and friends.json.

friends.json says which friend has which token: the one file of a model folder that holds names, so
that a model can be given away without it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from talklikeme.errors import RunError
from talklikeme.privacy import RedactionSettings
from talklikeme.rhythm import Rhythm
from talklikeme.sampling import Choosing

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


@dataclass(frozen=True, slots=True)
class Choice:
    """How its replies are chosen, and how often I write replies of each shape: what tuning found."""

    choosing: Choosing = field(default_factory=Choosing)
    shapes: Mapping[str, float] = field(default_factory=dict)  # shape (choosing.py) → share of 1


@dataclass(frozen=True, slots=True)
class Nature:
    """All that talklikeme.json says."""

    facts: ModelFacts
    limits: Limits
    redaction: RedactionSettings | None = None
    choice: Choice = field(default_factory=Choice)
    rhythm: Rhythm | None = None  # None: my messages had no times
    openers: tuple[str, ...] = ()  # how friends begin (openers.py)


def write_nature(folder: Path, nature: Nature) -> None:
    """Write talklikeme.json into a model folder."""
    values = asdict(nature)
    text = json.dumps(values.pop("facts") | values, indent=1)
    (folder / FACTS_FILE).write_text(text, encoding="utf-8")


def has_model(folder: Path) -> bool:
    """Whether finetune.py has written one there."""
    return (folder / FACTS_FILE).exists()


def read_nature(folder: Path) -> Nature:
    """Read talklikeme.json, also an older one with less in it; raises RunError if it is missing or broken."""
    path = folder / FACTS_FILE
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{path}: not readable ({type(error).__name__}). Run python finetune.py again"
        ) from None


def _parse(values: dict[str, Any]) -> Nature:
    choice, redaction, rhythm = (values.get(name) for name in ("choice", "redaction", "rhythm"))
    return Nature(
        ModelFacts(values["pairs"], values["parameters"]),
        Limits(**values["limits"]),
        RedactionSettings(**redaction) if redaction else None,
        Choice(Choosing(**choice["choosing"]), choice["shapes"]) if choice else Choice(),
        Rhythm(tuple(rhythm["delays"]), rhythm["typing"]) if rhythm else None,
        tuple(values.get("openers", ())),
    )


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
