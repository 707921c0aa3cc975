"""Every YAML in configs/ is valid for every script: a run is a file that cannot rot."""

from pathlib import Path

import pytest

from talklikeme.config import SECTIONS, parse
from talklikeme.options import (
    AppOptions,
    BasePairsOptions,
    FinetuneOptions,
    PrepareOptions,
    TokenizerOptions,
)

OPTIONS = [BasePairsOptions, PrepareOptions, TokenizerOptions, FinetuneOptions, AppOptions]
TYPES = dict(zip(SECTIONS, OPTIONS, strict=True))


@pytest.mark.parametrize("script", SECTIONS)
@pytest.mark.parametrize("path", sorted(Path("configs").glob("*.yaml")), ids=str)
def test_config_parses_against_the_real_options(path: Path, script: str) -> None:
    options = parse(TYPES[script], script, "", [str(path)])
    assert options.config == path


def test_there_is_a_config_for_every_start() -> None:
    starts = {
        path.stem: parse(FinetuneOptions, "finetune", "", [str(path)]).start
        for path in Path("configs").glob("*.yaml")
    }
    assert starts == {
        "base": "scratch-t5gemma",
        "base-more": "models/base",
        "tiny": "scratch-t5",
        "me": "models/base" if Path("models/base").exists() else "scratch-t5",
        "scratch-t5": "scratch-t5",
        "scratch-bert2bert": "scratch-bert2bert",
        "flan-t5-small": "google/flan-t5-small",
        "blenderbot-small": "facebook/blenderbot_small-90M",
    }


@pytest.mark.parametrize("path", sorted(Path("configs").glob("*.yaml")), ids=str)
def test_a_model_and_the_tokenizer_made_for_it_go_together(path: Path) -> None:
    """What is trained from a model extends that model's tokenizer; what is not has one of its own."""
    start = parse(FinetuneOptions, "finetune", "", [str(path)]).start
    extended = parse(TokenizerOptions, "train_tokenizer", "", [str(path)]).extend
    assert extended == (None if start.startswith("scratch-") else start)
