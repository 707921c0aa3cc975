"""Who answers lets pass who asks: in a rush of posts, replies go on one step at a time.

Python runs one thread at a time, so each reply that is worked on takes from the posts: Meta waits seconds for
its 200, a friend for a reply longer. A leaky bucket (Turner 1986), whose queue is the sleeping threads.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

_STEP_SECONDS: Final = 0.1  # between two steps in a rush


class Turnstile:
    """Holds up threads that come while `is_rush`, so that they leave one by one, in the order in which they came."""

    def __init__(
        self,
        is_rush: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._is_rush = is_rush
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._last = float("-inf")

    def wait(self) -> None:
        """Return at once if there is no rush, or when it is this thread's turn."""
        if not self._is_rush():
            return
        with self._lock:
            now = self._clock()
            turn = self._last = max(now, self._last + _STEP_SECONDS)
        self._sleep(turn - now)
