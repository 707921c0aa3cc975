"""Scripts one after the other in a child process that outlives the page, and the app, that asked for them.

    python -m talklikeme.guide.errand FOLDER

runs what FOLDER/errand.json lists and writes down how it goes, so that whoever comes later sees it: after a
reload, and after a restart of app.py. The child has a session of its own; Ctrl-C in the app's terminal
does not reach it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]
import regex

from talklikeme import runs
from talklikeme.errors import PARTLY_READ, RunError

ROOT: Final = Path(__file__).resolve().parent.parent.parent  # where the scripts lie
_LIST, _STATE, _LOG = "errand.json", "state.json", "log.txt"
_TAIL: Final = 4_000  # bytes of the log that are looked at
_PERCENT: Final = regex.compile(r"\((\d{1,3})%\)")


@dataclass(frozen=True, slots=True)
class Step:
    """One script: what a person calls it, and its command."""

    name: str
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class Progress:
    """How an errand goes: which step it is at, and the last line that it said."""

    steps: Sequence[str]
    at: int  # as many as there are steps: all done
    is_running: bool
    line: str
    share: float | None  # of 1, of the step that runs
    failure: str  # the line that says what went wrong

    @property
    def is_done(self) -> bool:
        """Whether all steps ended well."""
        return self.at >= len(self.steps)


class Errand:
    """One at a time in a folder, which keeps its log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, steps: Sequence[Step]) -> None:
        """Begin; raises RunError if one is under way."""
        if (now := self.read()) and now.is_running:
            raise RunError("something is still running here. Wait for it, or stop it")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / _LOG).unlink(missing_ok=True)
        _write(self.folder / _LIST, [asdict(step) for step in steps])
        child = subprocess.Popen(
            [sys.executable, "-m", "talklikeme.guide.errand", str(self.folder.resolve())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _note(self.folder, child.pid, 0, "")
        # Whoever has ended is a zombie until its parent asks for it.
        threading.Thread(target=child.wait, name="errand", daemon=True).start()

    def read(self) -> Progress | None:
        """How it goes, or how the last one ended; None if there was none."""
        try:
            names = [step["name"] for step in json.loads((self.folder / _LIST).read_text("utf-8"))]
            state = json.loads((self.folder / _STATE).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        is_over = state["failure"] or state["at"] >= len(names)
        is_running = not is_over and _is_alive(state["pid"], state["born"])
        line = self._last_line()
        failure = state["failure"] or ("" if is_over or is_running else "It was stopped.")
        share = _PERCENT.search(line)
        return Progress(
            names, state["at"], is_running, line, int(share[1]) / 100 if share else None, failure
        )

    def stop(self) -> None:
        """End it; finetune.py goes on from its newest checkpoint the next time."""
        state = json.loads((self.folder / _STATE).read_text("utf-8"))
        if _is_alive(state["pid"], state["born"]):
            os.killpg(state["pid"], signal.SIGTERM)

    def forget(self) -> None:
        """As if there had been none; raises RunError while it runs."""
        if (now := self.read()) and now.is_running:
            raise RunError("it is still running. Stop it first")
        for name in (_LIST, _STATE, _LOG):
            (self.folder / name).unlink(missing_ok=True)

    def _last_line(self) -> str:
        try:
            with (self.folder / _LOG).open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - _TAIL))
                lines = log.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def run(folder: Path) -> None:
    """Be the child: run each step, stop at the first that fails."""
    steps = [Step(**one) for one in json.loads((folder / _LIST).read_text("utf-8"))]
    for at, step in enumerate(steps):
        _note(folder, os.getpid(), at, "")
        with (folder / _LOG).open("ab") as log:
            done = subprocess.run(
                step.command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        if done.returncode not in (0, PARTLY_READ):
            _note(folder, os.getpid(), at, _explain(folder, done.returncode))
            return
    _note(folder, os.getpid(), len(steps), "")


def _explain(folder: Path, code: int) -> str:
    line = Errand(folder)._last_line()
    if line.startswith("error: "):
        return line.removeprefix("error: ")
    return f"It ended with exit code {code}. All that it said stands in {folder / _LOG}"


def _note(folder: Path, pid: int, at: int, failure: str) -> None:
    try:
        born = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        born = 0.0
    _write(folder / _STATE, {"pid": pid, "born": born, "at": at, "failure": failure})


def _write(path: Path, value: object) -> None:
    with runs.publish_file(path) as out:
        json.dump(value, out, ensure_ascii=False, indent=1)


def _is_alive(pid: int, born: float) -> bool:
    """A later process may have the same number, but not the same birth."""
    try:
        process = psutil.Process(pid)
        is_same: bool = abs(process.create_time() - born) < 1
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    run(Path(sys.argv[1]))
