"""The commands beside the four scripts: wrong use is one line, never a traceback."""

import importlib
import re
from collections.abc import Sequence

import pytest

from talklikeme.errors import ConfigError

WRONG: dict[str, Sequence[str]] = {
    "talklikeme.tune": ["model", "--limit", "0"],
    "talklikeme.chat": ["model", "--top-p", "1.5"],
    "talklikeme.evaluation.__main__": ["model", "--limit", "many"],
    "talklikeme.evaluation.leaks": ["model", "--seconds", "0"],
    "talklikeme.blindtest.__main__": ["draw", "out", "--rounds", "-3"],
    "talklikeme.messenger": ["send-test", "hi"],
    "talklikeme.feedback": ["export"],
    "talklikeme.forget": [],
    "talklikeme.hub": ["out/model"],
}


@pytest.mark.parametrize("module", WRONG)
def test_wrong_use_is_told_in_one_line_that_names_the_command(module: str) -> None:
    command = importlib.import_module(module)
    with pytest.raises(ConfigError) as raised:
        command.main(list(WRONG[module]))
    told = str(raised.value)
    assert "\n" not in told
    name = re.escape(module.removesuffix(".__main__"))
    assert re.search(rf"See python -m {name}\b.* --help$", told)


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--temperature", "-1"), ("--temperature", "warm"), ("--penalty", "2"), ("--budget-ms", "0")],
)
def test_a_number_that_makes_no_sense_is_named(flag: str, value: str) -> None:
    from talklikeme import chat

    with pytest.raises(ConfigError, match=f"{flag}: needs a number .*found '{value}'"):
        chat.main(["model", flag, value])
