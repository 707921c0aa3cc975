"""Beside the weights: talklikeme.json (what a friend may know, limits, how to choose) and friends.json.

friends.json says which friend has which token: the one file of a model folder that holds names, so
that a model can be given away without it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from talklikeme.errors import RunError
from talklikeme.privacy import RedactionSettings
from talklikeme.sampling import Choosing

FACTS_FILE = "talklikeme.json"
FRIENDS_FILE = "friends.json"  # private: names
_CHOICE = "choice"


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
        values.pop(_CHOICE, None)
        settings = RedactionSettings(**redaction) if redaction else None
        return ModelFacts(**values), limits, settings
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from None


def write_choice(folder: Path, choice: Choice) -> None:
    """Put it into the talklikeme.json that is there."""
    path = folder / FACTS_FILE
    values = json.loads(path.read_text(encoding="utf-8")) | {_CHOICE: asdict(choice)}
    path.write_text(json.dumps(values, indent=1), encoding="utf-8")


def read_choice(folder: Path) -> Choice:
    """How the model's replies are chosen; as any model's where talklikeme.tune has not run.

    Raises RunError if talklikeme.json is missing or broken.
    """
    path = folder / FACTS_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8")).get(_CHOICE, {})
        return Choice(Choosing(**values.get("choosing", {})), dict(values.get("shapes", {})))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> RunError:
    return RunError(f"{path}: not readable ({type(error).__name__}). Run python finetune.py again")


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
