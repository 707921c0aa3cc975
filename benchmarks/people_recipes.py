"""Who is trained from which start, with which config, in which folder: what benchmarks/people.py runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

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

# As configs/me.yaml has them.
_ALL: Final = {
    "max_context_tokens": 96,
    "max_reply_tokens": 48,
    "friend_tokens": 20,
    "epochs": 20,
    "batch_tokens": 2048,
    "eval_steps": 200,
    "sample_steps": 200,
}
_FROM_SCRATCH: Final = {
    "start": "scratch-t5",
    "d_model": 256,
    "d_ff": 512,
    "encoder_layers": 4,
    "decoder_layers": 2,
    "heads": 4,
    "learning_rate": 0.001,
}
_FROM_BASE: Final = {"learning_rate": 0.0003, "layer_decay": 0.8}
_VOCABULARY: Final = 8192
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
        return record_path(settings.work, self.person, self.start)


def record_path(work: Path, person: str, start: str) -> Path:
    """The record of a person's run."""
    return work / "results" / f"{person}.{start}.json"


def build_config(run: Run, settings: Settings) -> dict[str, Any]:
    """The YAML that all its commands read."""
    tokenizer: dict[str, Any] = {"vocab_size": _VOCABULARY}
    start: dict[str, Any] = dict(_FROM_SCRATCH)
    if run.start != SCRATCH:
        base = str(settings.base.resolve())
        tokenizer = {"extend": base}
        if run.start not in (EXTENSION, CANARIES):
            tokenizer["new_tokens"] = 0
        start = {"start": base, **_FROM_BASE}
    if run.start == MIX:
        start["mix"] = {"share": _MIXED, "corpora": find_corpora(settings.base_data)}
    if run.start == CANARIES:
        start["canaries"] = settings.canaries
    return {
        "out": str(run.folder(settings).resolve()),
        "seed": settings.seed,
        "train_tokenizer": tokenizer,
        "finetune": {**_ALL, **start, **settings.finetune},
    }


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
