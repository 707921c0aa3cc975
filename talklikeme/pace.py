"""A budget of time: fewer replies are drawn to choose from where all of them would come too late."""

import threading

_NEWEST = 0.3  # weight of the newest measurement


class Pace:
    """Learns what a draw costs, and tells how many fit; without a budget all do."""

    def __init__(self, budget_ms: float | None = None) -> None:
        self._budget = None if budget_ms is None else budget_ms / 1000
        self._cost = 0.0  # seconds a draw
        self._lock = threading.Lock()

    def allow(self, wanted: int, conversations: int) -> int:
        """How many draws each of so many conversations may have, at least one."""
        if self._budget is None or not self._cost:
            return wanted
        return max(1, min(wanted, int(self._budget / self._cost / conversations)))

    def note(self, draws: int, conversations: int, seconds: float) -> None:
        """What so many draws for each conversation took, choosing included."""
        found = seconds / (draws * conversations)
        with self._lock:
            self._cost += (found - self._cost) * (_NEWEST if self._cost else 1.0)
