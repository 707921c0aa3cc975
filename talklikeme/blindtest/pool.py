"""The rounds of a blind test. They quote chats, so none is shown before its owner approved it."""

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from talklikeme import runs
from talklikeme.errors import RunError
from talklikeme.turns import Turn

POOL_FILE: Final = Path("blindtest") / "pool.json"  # in out/


@dataclass(frozen=True, slots=True)
class Round:
    """What was said, what I answered and what the bot would have; None: its owner has not looked yet."""

    id: str
    context: Sequence[Turn]
    mine: Sequence[str]
    bots: Sequence[str]
    is_approved: bool | None = None


class Pool:
    """The rounds in a file of the owner's. Safe to use from several threads."""

    def __init__(self, path: Path, rounds: Sequence[Round]) -> None:
        self.path = path
        self._rounds = {one.id: one for one in rounds}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> "Pool":
        """Raises RunError if there is no such file or it is broken."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(path, [Round(**one) for one in values])
        except (OSError, ValueError, TypeError) as error:
            raise RunError(
                f"{path}: not readable ({type(error).__name__}). Make it with "
                "python -m talklikeme.blindtest draw"
            ) from None

    @property
    def rounds(self) -> list[Round]:
        """All of them, in their order."""
        with self._lock:
            return list(self._rounds.values())

    @property
    def approved(self) -> list[Round]:
        """Those that others may see."""
        return [one for one in self.rounds if one.is_approved]

    def decide(self, number: str, is_approved: bool | None) -> None:
        """Approve a round or refuse it, on the disk when it returns; KeyError if there is no such round."""
        with self._lock:
            self._rounds[number] = replace(self._rounds[number], is_approved=is_approved)
            self.write()

    def write(self) -> None:
        """Write the file, readable by its owner alone."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with runs.publish_file(self.path) as out:
            json.dump(
                [asdict(one) for one in self._rounds.values()], out, ensure_ascii=False, indent=1
            )
