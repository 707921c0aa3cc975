"""What a training left to watch: the answers of its sample board, step by step, and its curves.

samples.jsonl holds one row a prompt and step: {"step", "prompt", "reply", "real"}, the turns of the
prompt, the bubbles of the reply as drawn, and what I really answered where the prompt is from a chat.
Importing this module costs nothing; reading curves costs TensorBoard's reader.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from talklikeme.journal import read_rows
from talklikeme.turns import Turn

if TYPE_CHECKING:
    from talklikeme.curves import Curves

BOARD: Final = "samples.jsonl"
LOGS: Final = "logs"  # TensorBoard's event files


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said at one step, and what I said where that is known."""

    prompt: Sequence[Turn]
    reply: Sequence[str]
    real: Sequence[str]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A training as it went, or as it goes: a training folder is gone when its model is written."""

    answers: Mapping[int, Sequence[Answer]]  # step → one a question, the same order at every step
    curves: "Curves" = field(default_factory=dict)
    is_under_way: bool = False

    @property
    def steps(self) -> list[int]:
        """When the questions were asked."""
        return sorted(self.answers)


def read_lesson(training: Path, model: Path) -> Lesson | None:
    """The training that is under way, or else the one that made the model; None if there is no board.

    Read anew only where a file has changed: pages ask every few seconds, and at each move of a slider.
    """
    return _read_lesson(training, model, tuple(map(_stamp, (training, model))))


@lru_cache(maxsize=4)
def _read_lesson(training: Path, model: Path, _: object) -> Lesson | None:
    for folder, is_under_way in ((training, True), (model, False)):
        if answers := _read_board(folder / BOARD):
            from talklikeme.curves import read_curves

            logs = folder / LOGS
            return Lesson(answers, read_curves(logs) if logs.is_dir() else {}, is_under_way)
    return None


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells whether board or curves have changed: their files, with time and size of each."""
    stats = []
    for path in sorted([folder / BOARD, *(folder / LOGS).glob("*")]):
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            stats.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(stats)


def _read_board(path: Path) -> dict[int, list[Answer]]:
    answers: dict[int, list[Answer]] = {}
    for row in read_rows(path):
        answer = Answer(row["prompt"], row["reply"], row["real"])
        answers.setdefault(row["step"], []).append(answer)
    return answers
