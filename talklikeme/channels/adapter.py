"""What a platform is to the service: a way in and a way out. A new platform is one file that has these.

Everything else (storing, order, answering, sending again) is the service's, and the same for all. Meta's
is meta.py, for Messenger and, where it is switched on, Instagram.
"""

from collections.abc import Mapping
from typing import Protocol

from talklikeme.channels.graph_errors import SendResult
from talklikeme.events import Event


class Adapter(Protocol):
    """Safe to call from several threads. None of it raises for what the platform or a stranger does."""

    def verify(self, body: bytes, headers: Mapping[str, str]) -> list[Event] | None:
        """The events of a webhook, or None if the platform did not sign it; headers have small names."""

    def send_text(self, account: str, friend: str, text: str, metadata: str) -> SendResult:
        """Send one bubble; `metadata` is what its echo will be known by."""

    def find_sent(self, account: str, friend: str, text: str, since_ms: int) -> str | None:
        """The id of a bubble that arrived, "" if it did not, None if nobody can tell."""

    def show_typing(self, account: str, friend: str) -> None:
        """Tell a friend that an answer is being written, if that works at the first try."""

    def pass_thread(self, account: str, friend: str) -> bool:
        """Give a conversation to a human; whether the platform took that."""

    def close(self) -> None:
        """Close the connections."""
