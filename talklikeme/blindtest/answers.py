"""What testers picked, each on the disk before the next round is shown."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from talklikeme.journal import Journal, read_rows

ANSWERS_FILE: Final = "answers.jsonl"  # beside the pool


@dataclass(frozen=True, slots=True)
class Answer:
    """One pick; a sitting is one tester's ten rounds, a name what they want to be called."""

    sitting: str
    tester: str
    round: str
    is_right: bool
    at: int = 0  # seconds since 1970, UTC


def note_answer(journal: Journal, answer: Answer) -> None:
    """Keep one; raises OSError."""
    journal.add(asdict(answer) | {"at": round(time.time())})


def read_answers(path: Path) -> Sequence[Answer]:
    """All of them; of a round that somebody went back to, the first pick."""
    found: dict[tuple[str, str], Answer] = {}
    for row in read_rows(path):
        one = Answer(**row)
        found.setdefault((one.sitting, one.round), one)
    return list(found.values())
