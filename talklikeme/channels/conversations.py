"""What was said lately with whom, in memory and bounded; a long silence starts anew."""

import time
from collections import OrderedDict
from collections.abc import Callable

from talklikeme.turns import Turn

_MOST_TURNS = 20
_MOST_CONVERSATIONS = 1000


class Conversations:
    """The last turns of each conversation; the least recent one makes room for a new one."""

    def __init__(
        self, session_gap_minutes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._gap = 60.0 * session_gap_minutes
        self._clock = clock
        self._turns: OrderedDict[tuple[str, str], tuple[float, list[Turn]]] = OrderedDict()

    def add(self, key: tuple[str, str], turn: Turn) -> list[Turn]:
        """Add a turn and return the conversation with it, oldest first."""
        now = self._clock()
        last, turns = self._turns.pop(key, (now, []))
        kept = turns if now - last <= self._gap else []
        updated = [*kept, turn][-_MOST_TURNS:]
        self._turns[key] = (now, updated)
        if len(self._turns) > _MOST_CONVERSATIONS:
            self._turns.popitem(last=False)
        return list(updated)

    def forget(self, key: tuple[str, str]) -> None:
        """All that was said in a conversation."""
        self._turns.pop(key, None)
