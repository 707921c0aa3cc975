"""The Graph API, as much of it as the service needs; the only module that knows httpx.

developers.facebook.com, Messenger Platform, "Send API", "Conversations API"; how its answers are read is
graph_errors.py.
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Self

import httpx

from talklikeme.channels.graph_errors import Outcome, SendResult, read_answer
from talklikeme.channels.messenger_settings import MessengerSettings

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(
        logging.WARNING
    )  # at INFO they print URLs, and in them who a friend is

_REPLY_TIMEOUT: Final = httpx.Timeout(20, connect=5, pool=5)
_ACTION_TIMEOUT: Final = httpx.Timeout(2)
# Nothing of the request has left; the message has not arrived for sure.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_MESSAGES_LOOKED_AT: Final = 25
PAGE_INBOX: Final = "263902037430900"  # the app that a page's inbox is ("Conversation Routing")


class GraphClient:
    """Speaks for a page. Safe to call from several threads."""

    def __init__(self, settings: MessengerSettings) -> None:
        self._proof = prove(settings.page_token, settings.app_secrets[0])
        self._client = httpx.Client(
            base_url=f"{settings.graph_base_url}/{settings.graph_version}/",
            headers={"Authorization": f"Bearer {settings.page_token}"},
            timeout=_REPLY_TIMEOUT,
            follow_redirects=False,
            trust_env=False,  # the options alone decide where the token goes: no proxy, no .netrc
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
        )

    def send_text(self, account: str, friend: str, text: str, metadata: str) -> SendResult:
        """Send one bubble; `metadata` comes back in its echo. Never raises for what the API does."""
        payload = {
            "recipient": {"id": friend},
            "messaging_type": "RESPONSE",
            "message": {"text": text, "metadata": metadata},
        }
        try:
            answer = self._post(f"{account}/messages", payload, _REPLY_TIMEOUT)
        except _NOT_SENT as error:
            return SendResult(Outcome.RETRY, reason=type(error).__name__)
        except httpx.HTTPError as error:
            return SendResult(Outcome.UNKNOWN, reason=type(error).__name__)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return read_answer(answer.status_code, headers, answer.content)

    def show_typing(self, account: str, friend: str) -> None:
        """Mark the chat as seen and show the typing bubble, if that works at the first try."""
        for action in ("mark_seen", "typing_on"):
            payload = {"recipient": {"id": friend}, "sender_action": action}
            try:
                answer = self._post(f"{account}/messages", payload, _ACTION_TIMEOUT)
            except httpx.HTTPError:
                return  # decoration: a reply follows either way
            if not answer.is_success:
                return

    def pass_thread(self, account: str, friend: str) -> bool:
        """Give a conversation to the page's inbox, where a human reads it; whether that was taken."""
        document = {"recipient": {"id": friend}, "target_app_id": PAGE_INBOX}
        return not self.post(f"{account}/pass_thread_control", document)

    def find_sent(self, account: str, friend: str, text: str, since_ms: int) -> str | None:
        """The id of a message of the page with this text, "" if there is none, None if nobody can tell."""
        fields = f"messages.limit({_MESSAGES_LOOKED_AT}){{id,message,from,created_time}}"
        query = {"user_id": friend, "platform": "messenger", "fields": fields}
        found = self.get(f"{account}/conversations", query)
        if found is None:
            return None
        for talk in _dicts(found.get("data")):
            for message in _dicts(_dict(talk.get("messages")).get("data")):
                is_mine = str(_dict(message.get("from")).get("id")) == account
                if is_mine and message.get("message") == text and _time_ms(message) >= since_ms:
                    return str(message.get("id", ""))
        return ""

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        """A document, or None for anything else."""
        try:
            answer = self._client.get(path, params={**query, "appsecret_proof": self._proof})
            document = answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError, RecursionError):
            return None
        return document if isinstance(document, dict) else None

    def post(self, path: str, document: Mapping[str, Any]) -> str:
        """Write a document; returns why it was refused, "" if it was not."""
        try:
            answer = self._post(path, dict(document), _REPLY_TIMEOUT)
        except httpx.HTTPError as error:
            return type(error).__name__
        return (
            "" if answer.is_success else read_answer(answer.status_code, {}, answer.content).reason
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _post(self, path: str, payload: dict[str, Any], timeout: httpx.Timeout) -> httpx.Response:
        body = {**payload, "appsecret_proof": self._proof}
        return self._client.post(path, json=body, timeout=timeout)


def prove(token: str, secret: str) -> str:
    """appsecret_proof: that who holds the token knows the app's secret too (Graph API, "Securing calls")."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _time_ms(message: Mapping[str, Any]) -> int:
    """created_time has whole seconds: a message of the same second may be ours."""
    try:
        return round(datetime.fromisoformat(str(message["created_time"])).timestamp() * 1000) + 999
    except (KeyError, ValueError):
        return 0


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
