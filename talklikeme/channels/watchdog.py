"""Notices what nobody would: webhooks that stopped, a page that is unsubscribed, signatures that fail.

Meta unsubscribes a page after an hour of failures and says so to the developer's account alone. So the
subscription is compared with what is needed (GET /PAGE/subscribed_apps, "Webhooks for pages").
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

logger = logging.getLogger(__name__)

FIELDS: Final = (
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "message_deliveries",
    "message_reads",
    "messaging_handovers",
    "messaging_policy_enforcement",
    "response_feedback",
    "standby",
)
_NEEDED: Final = ("messages", "messaging_postbacks", "message_echoes")
EVERY_SECONDS: Final = 600.0


class Asks(Protocol):
    """What looks things up in the Graph API."""

    def get(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        """A document, or None."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whether the app hears of the page, and which of the needed fields are missing."""

    is_known: bool
    missing: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all that is needed comes in, as far as one can tell."""
        return not (self.is_known and self.missing)


def read_subscription(graph: Asks, page_id: str, fields: Iterable[str] = _NEEDED) -> Subscription:
    """Ask; not known if the API does not tell (that needs pages_manage_metadata)."""
    found = graph.get(f"{page_id}/subscribed_apps", {})
    if found is None or not isinstance(found.get("data"), list):
        return Subscription(is_known=False)
    apps = [app for app in found["data"] if isinstance(app, dict)]
    known = {
        name for app in apps for name in app.get("subscribed_fields", []) if isinstance(name, str)
    }
    return Subscription(True, tuple(name for name in fields if name not in known))


class Watchdog:
    """A thread that looks every ten minutes and tells what is wrong once, until it is right again."""

    def __init__(self, look: Callable[[], str], every: float = EVERY_SECONDS) -> None:
        """`look` returns what is wrong, "" if nothing is."""
        self._look = look
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self.trouble = ""

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                found = self._look()
            except Exception as error:
                found = f"not to be seen ({type(error).__name__})"
            if found and found != self.trouble:
                logger.error("Messenger: %s", found)
            self.trouble = found
