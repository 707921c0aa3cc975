"""Who is trained from which start, with which config, in which folder: what benchmarks/people.py runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from talklikeme.errors import RunError

SCRATCH, BASE, MIX, EXTENSION = "scratch", "base", "base-mix", "base-extension"
CANARIES, BASELINES = "canaries", "baselines"
STARTS: Final = (SCRATCH, BASE, MIX, EXTENSION)
NAMES: Final = {
    SCRATCH: "scratch",
    BASE: "base",
    MIX: "base + mix",
    EXTENSION: "base + extension",
}

_CONFIGS: Final = Path(__file__).resolve().parent.parent / "configs"
_MINE, _FROM_NOTHING = _CONFIGS / "me.yaml", _CONFIGS / "scratch-t5.yaml"  # as everybody has them
_MIXED: Final = 0.3

# Of the base corpora those that are casual talk between people. fcc_gitter comes from the rooms of
# me_a and me_b, crd3 has a narrator, sgd and the other small ones are no chat.
_TALK: Final = (
    "self_dialogue",
    "irc_ubuntu.threads",
    "topical_chat",
    "duraspace_irc.threads",
    "synthetic_persona_chat",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What all runs share."""

    work: Path
    results: Path  # a record for each run
    base: Path = Path("models/base")
    base_data: Path = Path("/work/shared/data/base")
    limit: int = 1000
    seed: int = 0
    canaries: int = 4
    leak_replies: int = 1000
    finetune: Mapping[str, Any] = field(default_factory=dict)  # instead of the recipe's


@dataclass(frozen=True, slots=True)
class Run:
    """One person from one start; also CANARIES, the recipe of EXTENSION with canaries planted."""

    person: str
    start: str
    pairs: Path

    def folder(self, settings: Settings) -> Path:
        """Where it works."""
        return settings.work / self.person / self.start

    def model(self, settings: Settings) -> Path:
        """The model that it makes."""
        return self.folder(settings) / "model"

    def record(self, settings: Settings) -> Path:
        """What is known of it."""
        return record_path(settings.results, self.person, self.start)


def record_path(results: Path, person: str, start: str) -> Path:
    """The record of a person's run."""
    return results / f"{person}.{start}.json"


def build_config(run: Run, settings: Settings) -> dict[str, Any]:
    """What its commands read, without `out`: the config for everybody's own chats, one thing changed."""
    mine = _read(_MINE)
    tokenizer, finetune = mine["train_tokenizer"], mine["finetune"]
    base = str(settings.base)
    if run.start == SCRATCH:
        friends = {"friend_tokens": finetune["friend_tokens"]}
        scratch = _read(_FROM_NOTHING)
        tokenizer, finetune = scratch["train_tokenizer"], scratch["finetune"] | friends
    else:
        tokenizer, finetune = tokenizer | {"extend": base}, finetune | {"start": base}
    if run.start in (BASE, MIX):
        tokenizer["new_tokens"] = 0
    if run.start == MIX:
        finetune["mix"] = {"share": _MIXED, "corpora": find_corpora(settings.base_data)}
    if run.start == CANARIES:
        finetune["canaries"] = settings.canaries
    return {
        "seed": settings.seed,
        "train_tokenizer": tokenizer,
        "finetune": finetune | settings.finetune,
    }


def _read(config: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    return found


def find_corpora(base_data: Path) -> list[str]:
    """What is mixed in: the casual ones of the base corpora, or the folder itself if it is a dataset."""
    if (base_data / "dataset_dict.json").exists():
        return [str(base_data)]
    found = [str(path) for name in _TALK if (path := base_data / f"{name}.jsonl.xz").exists()]
    if not found:
        raise RunError(
            f"{base_data}: no {_TALK[0]}.jsonl.xz …, and no dataset of pairs. Pass --base-data"
        )
    return found
