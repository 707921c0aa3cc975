"""Every YAML in configs/ is valid for every script: a run is a file that cannot rot."""

from pathlib import Path

import pytest

from talklikeme.config import SCRIPTS, parse
from talklikeme.options import AppOptions, FinetuneOptions, PrepareOptions, TokenizerOptions

TYPES = dict(
    zip(SCRIPTS, [PrepareOptions, TokenizerOptions, FinetuneOptions, AppOptions], strict=True)
)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("path", sorted(Path("configs").glob("*.yaml")), ids=str)
def test_config_parses_against_the_real_options(path: Path, script: str) -> None:
    options = parse(TYPES[script], script, "", [str(path)])
    assert options.config == path


def test_there_are_configs() -> None:
    assert Path("configs/tiny.yaml").exists()
