"""Messenger's Send API, the little of it that a reply needs; the only module that knows httpx.

developers.facebook.com, Messenger Platform, "Send API"; errors: "Error codes".
"""

import re
from typing import Any

import httpx

from talklikeme.channels.messenger_settings import MessengerSettings
from talklikeme.messages import clean_text

LONGEST_TEXT = 1999  # "less than 2000 characters"; counted in UTF-16 units, the stricter reading
_CONNECT_RETRIES = 4  # httpx waits 0, 0.5, 1 and 2 s between them
_REPLY_TIMEOUT = httpx.Timeout(20, connect=5, pool=5)
_ACTION_TIMEOUT = httpx.Timeout(2)
_TRACE_ID = re.compile(r"[\w+/=-]{1,64}", re.ASCII)


class SendError(Exception):
    """The Send API did not take a message; says why without repeating anything of it."""


class GraphClient:
    """Sends on behalf of a page.

    Connections that could not be made are tried again by httpx. Nothing else is: once a request
    has left, the message may have arrived, and a friend who gets it twice takes the bot for broken.
    """

    def __init__(self, settings: MessengerSettings) -> None:
        self._replies = _open_client(settings, _REPLY_TIMEOUT, _CONNECT_RETRIES)
        self._actions = _open_client(settings, _ACTION_TIMEOUT, 0)

    def send_text(self, page_id: str, recipient_id: str, text: str) -> None:
        """Send one bubble, cut in several where it is longer than the API takes; raises SendError."""
        for part in split_text(text):
            payload = _address(recipient_id) | {
                "messaging_type": "RESPONSE",
                "message": {"text": part},
            }
            _post(self._replies, page_id, payload)

    def show_typing(self, page_id: str, recipient_id: str) -> None:
        """Mark the chat as seen and show the typing bubble, if that works at the first try."""
        try:
            for action in ("mark_seen", "typing_on"):
                _post(self._actions, page_id, _address(recipient_id) | {"sender_action": action})
        except SendError:
            pass  # decoration: a reply follows either way

    def close(self) -> None:
        """Close the connections."""
        self._replies.close()
        self._actions.close()


def split_text(text: str, limit: int = LONGEST_TEXT) -> list[str]:
    """Parts of at most `limit` UTF-16 units, cut at white space if there is any near the end."""
    rest = clean_text(text.replace("\0", ""))
    parts = []
    while rest:
        part = _longest_head(rest, limit)
        parts.append(part)
        rest = rest[len(part) :].strip()
    return parts


def _longest_head(text: str, limit: int) -> str:
    # "ignore" drops the first half of a surrogate pair that the limit cut in two
    head = text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
    if len(head) == len(text):
        return head
    space = max(head.rfind(" "), head.rfind("\n"))
    return head[:space] if space > len(head) // 2 else head


def _open_client(
    settings: MessengerSettings, timeout: httpx.Timeout, connect_retries: int
) -> httpx.Client:
    return httpx.Client(
        base_url=f"{settings.graph_base_url}/{settings.graph_version}/",
        headers={"Authorization": f"Bearer {settings.page_token}"},
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,  # the options alone decide where the token goes: no proxy, no .netrc
        transport=httpx.HTTPTransport(retries=connect_retries, trust_env=False),
    )


def _address(recipient_id: str) -> dict[str, Any]:
    return {"recipient": {"id": recipient_id}}


def _post(client: httpx.Client, page_id: str, payload: dict[str, Any]) -> None:
    try:
        response = client.post(f"{page_id}/messages", json=payload)
    except httpx.HTTPError as error:
        raise SendError(type(error).__name__) from None
    if not response.is_success:
        raise SendError(_describe_refusal(response))


def _describe_refusal(response: httpx.Response) -> str:
    """Status, code, subcode and trace id; Meta's own words may repeat a name or a token."""
    try:
        error = response.json()["error"]
        code, subcode = error.get("code"), error.get("error_subcode")
        trace = error.get("fbtrace_id")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"HTTP {response.status_code}"
    numbers = "/".join(str(number) for number in (code, subcode) if isinstance(number, int))
    if not (isinstance(trace, str) and _TRACE_ID.fullmatch(trace)):
        trace = "none"
    return f"HTTP {response.status_code}, code {numbers or 'none'}, fbtrace_id {trace}"
