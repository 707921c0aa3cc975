"""Messenger and Instagram: the same signature, the same envelope, the same Send API."""

from collections.abc import Mapping

from talklikeme.channels.graph import GraphClient
from talklikeme.channels.messenger_events import is_signed, parse_events
from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.events import Event


class MetaAdapter(GraphClient):
    """A page, and an Instagram account that is connected with it (talklikeme/channels/adapter.py)."""

    def __init__(self, settings: MessengerSettings) -> None:
        super().__init__(settings)
        self._secrets = settings.app_secrets
        self._channels = settings.channels

    def verify(self, body: bytes, headers: Mapping[str, str]) -> list[Event] | None:
        """The events of a webhook, or None if none of the app secrets signed it."""
        if not is_signed(body, headers.get("x-hub-signature-256", ""), self._secrets):
            return None
        return parse_events(body, self._channels)
