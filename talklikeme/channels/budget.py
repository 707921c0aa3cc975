"""How often a page asks the platform for something, whatever waits: what would be too often comes later.

developers.facebook.com, "Graph API, rate limits": 300 messages a second for a page, 2 looks at its conversations.
Kept in this process alone: several share a page's limit if each has its part.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import cast

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem


class Budget:
    """So many a second for each page, in any second (a sliding window). Safe to ask from several threads."""

    def __init__(self, a_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        rate = Rate(a_second, Duration.SECOND)
        self._buckets: dict[str, InMemoryBucket] = defaultdict(lambda: InMemoryBucket([rate]))

    def take(self, page: str) -> float:
        """0 if it may be done now, and is counted; else the seconds after which to ask again."""
        with self._lock:
            bucket, now = self._buckets[page], round(1000 * self._clock())
            bucket.leak(now)
            item = RateItem(page, now)
            return 0.0 if bucket.put(item) else cast(int, bucket.waiting(item)) / 1000
