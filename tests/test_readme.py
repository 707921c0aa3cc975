"""README cannot rot: every command in it parses, every file it names is there."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from talklikeme.config import SCRIPTS, parse
from tests.test_configs import TYPES

README = Path("README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(
    r"^ {4}(?:accelerate launch --quiet|python) (\w+)\.py(.*?)(?: +#.*)?$", README, re.M
)


@pytest.mark.parametrize(("script", "argv"), COMMANDS, ids=lambda part: part)
def test_a_documented_command_is_understood(script: str, argv: str) -> None:
    parse(TYPES[script], script, "", shlex.split(argv))


def test_all_four_scripts_are_documented() -> None:
    assert {script for script, _ in COMMANDS} == set(SCRIPTS)


def test_its_tables_name_only_options_that_there_are() -> None:
    """The tables are a choice of the options (--help lists all), written by hand."""
    others = {"--help", "--config_file", "--quiet"}
    known = {
        f"--{field.name.replace('_', '-')}" for kind in TYPES.values() for field in fields(kind)
    }
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", README))
    assert {name.replace("--no-", "--") for name in named - others} <= known
    assert "--canaries" in named


def test_make_targets_and_files_that_it_names_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`make ([a-z-]+)`", README)) <= targets
    for name in re.findall(r"`((?:benchmarks|configs|docs|examples|talklikeme)/[\w./-]*)`", README):
        assert Path(name).exists(), name


def test_its_numbers_are_those_that_the_script_wrote() -> None:
    for block in ("exchange", "numbers"):
        written = README.partition(f"<!-- {block}:begin -->")[2].partition(f"<!-- {block}:end -->")[
            0
        ]
        assert "benchmarks/demo_run.py" in written
