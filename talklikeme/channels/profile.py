"""What a page shows before anybody has written: greeting, Get Started, ice breakers, menu; and what it hears of.

developers.facebook.com, "Messenger Profile API". Setting it is idempotent: only what differs is sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from talklikeme.channels.rules import GET_STARTED, START_ANEW, TALK_TO_HUMAN
from talklikeme.channels.watchdog import FIELDS, read_subscription
from talklikeme.errors import ChannelError

GREETING: Final = "Talk to a bot that learned to write like me."
OPENERS: Final = ("whats up?", "how are you?", "tell me something")  # at most four
PROFILE: Final[Mapping[str, Any]] = {
    "greeting": [{"locale": "default", "text": GREETING}],
    "get_started": {"payload": GET_STARTED},
    "ice_breakers": [
        {
            "locale": "default",
            "call_to_actions": [{"question": text, "payload": "OPENER"} for text in OPENERS],
        }
    ],
    "persistent_menu": [
        {
            "locale": "default",
            "composer_input_disabled": False,
            "call_to_actions": [
                {"type": "postback", "title": "Start anew", "payload": START_ANEW},
                {"type": "postback", "title": "Talk to a human", "payload": TALK_TO_HUMAN},
            ],
        }
    ],
}


class Graph(Protocol):
    """Reads and writes documents of the Graph API."""

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        """A document, or None."""

    def post(self, path: str, document: Mapping[str, Any]) -> str:
        """Write one; returns why it was refused, "" if it was not."""


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that is not as it should be; what it is now is None where it is not set."""

    name: str
    now: Any
    wanted: Any


def read_page_id(graph: Graph) -> str:
    """The page that the token is for; raises ChannelError if it is good for none."""
    found = graph.get("me", {"fields": "id"})
    page = str((found or {}).get("id", ""))
    if not page.isdigit():
        raise ChannelError(
            "MESSENGER_PAGE_TOKEN: the Graph API does not take it, or cannot be reached. Make a new one in "
            "Messenger > API setup"
        )
    return page


def find_changes(graph: Graph, page: str) -> list[Change]:
    """What `apply_changes` would do; raises ChannelError if the profile cannot be read."""
    found = graph.get("me/messenger_profile", {"fields": ",".join(PROFILE)})
    data = (found or {}).get("data")
    if not isinstance(data, list):
        raise ChannelError("the page's profile cannot be read: the token needs pages_messaging")
    now = dict(data[0]) if data and isinstance(data[0], dict) else {}
    changes = [
        Change(name, now.get(name), wanted)
        for name, wanted in PROFILE.items()
        if now.get(name) != wanted
    ]
    missing = read_subscription(graph, page, FIELDS)
    if not missing.is_known or missing.missing:
        changes.append(Change("subscribed_fields", list(missing.missing), list(FIELDS)))
    return changes


def apply_changes(graph: Graph, page: str, changes: list[Change]) -> None:
    """Set what differs; raises ChannelError for what is refused."""
    for change in changes:
        if change.name == "subscribed_fields":
            refused = graph.post(f"{page}/subscribed_apps", {"subscribed_fields": ",".join(FIELDS)})
        else:
            refused = graph.post("me/messenger_profile", {change.name: change.wanted})
        if refused:
            raise ChannelError(f"{change.name}: refused by the Graph API ({refused})")


def describe(change: Change) -> str:
    """A line or two for the terminal."""
    if change.now is None or change.name == "subscribed_fields":
        return f"+ {change.name}: {_short(change.wanted)}"
    return f"- {change.name}: {_short(change.now)}\n+ {change.name}: {_short(change.wanted)}"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
