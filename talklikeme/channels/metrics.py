"""What Prometheus may know of the service: counts and times; no text, no name, no id."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from talklikeme.store.figures import Figures

_ACCEPT: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
_REPLY: Final = (0.5, 1, 2, 5, 10, 30, 60, 300, 3600)


class Metrics:
    """One registry a service, so that two in a process do not count for each other."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.events = self._count("events", "Events stored", "kind")
        self.refused = self._count("refused_posts", "Webhook posts refused", "reason")
        self.sends = self._count("sends", "Bubbles sent, by what came of it", "outcome")
        self.dropped = self._count("unanswered", "Messages that got no reply", "reason")
        self._accept = self._time("accept_seconds", "From a post to its 200", _ACCEPT)
        self._reply = self._time(
            "reply_seconds", "From a message to its reply's first bubble", _REPLY
        )
        self._waiting = self._gauge("waiting_messages", "Messages without a reply")
        self._oldest = self._gauge("oldest_seconds", "Age of the message that waits longest")
        self._leaving = self._gauge("leaving_bubbles", "Bubbles not sent yet")
        self._silence = self._gauge("last_event_seconds", "Time since the last event")
        self._closed = self._gauge("page_closed", "1 while the page cannot send")

    def _count(self, name: str, told: str, label: str) -> Counter:
        return Counter(f"talklikeme_{name}", told, [label], registry=self._registry)

    def _time(self, name: str, told: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"talklikeme_{name}", told, buckets=buckets, registry=self._registry)

    def _gauge(self, name: str, told: str) -> Gauge:
        return Gauge(f"talklikeme_{name}", told, registry=self._registry)

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """Times a post."""
        with self._accept.time():
            yield

    def count_refused_signatures(self) -> float:
        """Posts that somebody else signed, since the start."""
        name = "talklikeme_refused_posts_total"
        return self._registry.get_sample_value(name, {"reason": "signature"}) or 0.0

    def replied(self, seconds: float) -> None:
        """A message got its first bubble."""
        self._reply.observe(max(0.0, seconds))

    def show(self, read: Callable[[], Figures], now: Callable[[], float] = time.time) -> bytes:
        """The text format of Prometheus."""
        figures, at = read(), now()
        self._waiting.set(figures.waiting)
        self._leaving.set(figures.leaving)
        self._oldest.set(at - figures.oldest_ms / 1000 if figures.oldest_ms else 0)
        self._silence.set(at - figures.last_event_ms / 1000 if figures.last_event_ms else 0)
        self._closed.set(bool(figures.closed))
        return generate_latest(self._registry)
