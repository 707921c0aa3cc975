"""Run the scripts the way a user does: in this process where that is enough, else as a command."""

import functools
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from talklikeme.errors import run_script


@dataclass(frozen=True)
class Outcome:
    """What the user sees."""

    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("error: ")]


def call(
    main: Callable[..., Any], argv: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> Outcome:
    """Call a script's main as its `python script.py` would, and catch what it says."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        run_script(functools.partial(main, argv))
    said = capsys.readouterr()
    return Outcome(int(left.value.code or 0), said.out, said.err)


def command(script: str, *argv: str, **options: Any) -> Outcome:
    """Run `python script.py argv…` in a process of its own."""
    done = subprocess.run(
        [sys.executable, f"{script}.py", *argv], capture_output=True, text=True, **options
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
