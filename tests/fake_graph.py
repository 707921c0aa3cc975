"""A Graph API on loopback that keeps the Send API's contract, records, and can be told to fail.

The contract is written down in developers.facebook.com, Messenger Platform, "Send API". A request
that breaks it is refused with code 100 and remembered in `violations`; tests assert that there
are none.
"""

import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

PAGE_TOKEN = "EAAplantedpagetoken"
APP_SECRET = "plantedappsecret"
_PATH = re.compile(r"/v\d+\.\d+/(\d+)/messages")
_SETTINGS = re.compile(
    r"/v\d+\.\d+/(me|me/messenger_profile|\d+/subscribed_apps|\d+/pass_thread_control)"
)
_TALKS = re.compile(r"/v\d+\.\d+/(\d+)/conversations")
_ACTIONS = {"mark_seen", "typing_on", "typing_off"}


def prove(secret: str) -> str:
    """The appsecret_proof of PAGE_TOKEN."""
    return hmac.new(secret.encode(), PAGE_TOKEN.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Answer:
    """One scripted answer of the API.

    `drop` closes the connection instead of answering, `slow` seconds pass first. `arrives` says whether the
    friend gets the message, whatever is answered; by default that is what a status of 200 says.
    """

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    slow: float = 0.0
    arrives: bool | None = None

    @property
    def has_arrived(self) -> bool:
        """Whether the friend has got it."""
        return self.arrives if self.arrives is not None else self.status == 200 and not self.drop


def refuse(code: int, subcode: int | None = None, *, status: int = 400) -> Answer:
    """An error as the API words it; the message repeats what a log must not show."""
    error = {"message": f"echoing {PAGE_TOKEN}", "type": "OAuthException", "code": code}
    error |= {"error_subcode": subcode} if subcode else {}
    return Answer(status, json.dumps({"error": error | {"fbtrace_id": "AbC1_d-2"}}).encode())


@dataclass(frozen=True)
class Call:
    """One request as it came in, and whether a friend got what was in it."""

    path: str
    page_id: str
    headers: dict[str, str]
    payload: dict[str, Any]
    message_id: str = ""
    has_arrived: bool = True
    at: float = field(default_factory=time.time)

    @property
    def friend(self) -> str:
        """To whom it goes."""
        return str(self.payload["recipient"]["id"])

    @property
    def text(self) -> str | None:
        """The bubble in it, None for a sender action."""
        return self.payload.get("message", {}).get("text")


class FakeGraph:
    """The server; `script` is used up by messages in order, `action_answer` answers every action."""

    def __init__(self, port: int = 0) -> None:
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self._numbers = count(1)
        self.script: deque[Answer] = deque()
        self.action_answer = Answer()
        self.proofs = {prove(APP_SECRET)}
        self.page, self.token = "1122334455", PAGE_TOKEN
        self.profile: dict[str, Any] = {}
        self.fields: list[str] = []
        self.settings_written = 0
        self.passed: list[tuple[str, str]] = []
        self.can_look_up = True  # whether the Conversations API answers
        self.lookups = 0
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.daemon_threads = True
        self._server.graph = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def number(self) -> str:
        """An id for a message."""
        return f"m_fake{next(self._numbers)}"

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def messages(self) -> list[Call]:
        """The requests that carried a text."""
        return [call for call in self.calls if call.text is not None]

    @property
    def actions(self) -> list[str]:
        """The sender actions, in order."""
        return [call.payload["sender_action"] for call in self.calls if call.text is None]

    def texts(self, recipient: str | None = None) -> list[str | None]:
        """The bubbles of all requests in order, all or one friend's."""
        return [call.text for call in self.messages if recipient in (None, call.friend)]

    def seen(self, friend: str) -> list[str | None]:
        """What a friend has got, in order."""
        return [call.text for call in self.messages if call.friend == friend and call.has_arrived]


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def find_violation(
    path: str, headers: dict[str, str], payload: object, proofs: Collection[str]
) -> str:
    """How a request breaks the contract; empty if it keeps it."""
    if not _PATH.fullmatch(path):
        return f"path {path}"
    if headers.get("authorization") != f"Bearer {PAGE_TOKEN}":
        return "no bearer token"
    if headers.get("content-type") != "application/json":
        return "not sent as JSON"
    if not isinstance(payload, dict) or set(payload.get("recipient", {})) != {"id"}:
        return "no recipient"
    if payload.pop("appsecret_proof", "") not in proofs:
        return "no proof"
    if "sender_action" in payload:
        fits = set(payload) == {"recipient", "sender_action"}
        return "" if fits and payload["sender_action"] in _ACTIONS else "sender_action"
    if set(payload) != {"recipient", "messaging_type", "message"}:
        return f"keys {sorted(payload)}"
    if not 0 < len(payload["message"].get("metadata", "")) < 1000:
        return "metadata"
    text = payload["message"].get("text")
    is_sound = isinstance(text, str) and 0 < len(text.encode("utf-16-le")) // 2 < 2000
    return "" if is_sound and payload["messaging_type"] == "RESPONSE" else "message"


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A caller that was killed breaks off in the middle: nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_POST(self) -> None:
        graph: FakeGraph = self.server.graph  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        payload = json.loads(body)
        if found := _SETTINGS.fullmatch(self.path):
            return self._set(found[1], headers, payload)
        if violation := find_violation(self.path, headers, payload, graph.proofs):
            graph.violations.append(violation)
            return self._answer(refuse(100), payload, "0")
        page_id = _PATH.fullmatch(self.path).group(1)  # type: ignore[union-attr]
        is_action = "sender_action" in payload
        scripted = graph.script.popleft() if graph.script and not is_action else Answer()
        answer = graph.action_answer if is_action else scripted
        call = Call(self.path, page_id, headers, payload, graph.number(), answer.has_arrived)
        graph.calls.append(call)
        time.sleep(answer.slow)
        return self._answer(answer, payload, page_id, call.message_id)

    def _set(self, what: str, headers: dict[str, str], payload: dict[str, Any]) -> None:
        """The profile of the page, or what the app hears of it."""
        graph: FakeGraph = self.server.graph  # type: ignore[attr-defined]
        has_proof = payload.pop("appsecret_proof", "") in graph.proofs
        if not has_proof or headers.get("authorization") != f"Bearer {graph.token}":
            return self._answer(refuse(190), {}, "0")
        graph.settings_written += 1
        if what == "me/messenger_profile":
            graph.profile |= payload
        elif what.endswith("pass_thread_control"):
            graph.passed.append((payload["recipient"]["id"], payload["target_app_id"]))
        else:
            graph.fields = payload["subscribed_fields"].split(",")
        return self._answer(Answer(body=b'{"success":true}'), {}, "0")

    def _tell(self, what: str, query: dict[str, str]) -> None:
        graph: FakeGraph = self.server.graph  # type: ignore[attr-defined]
        if self.headers.get("authorization") != f"Bearer {graph.token}":
            return self._answer(refuse(190), {}, "0")
        told: dict[str, Any] = {"data": [{"id": "1234", "subscribed_fields": graph.fields}]}
        if what == "me":
            told = {"id": graph.page}
        elif what == "me/messenger_profile":
            asked = query["fields"].split(",")
            told = {
                "data": [{name: graph.profile[name] for name in asked if name in graph.profile}]
            }
        return self._answer(Answer(body=json.dumps(told).encode()), {}, "0")

    def do_GET(self) -> None:
        """The Conversations API: what a page and a friend said to each other; and the page's settings."""
        graph: FakeGraph = self.server.graph  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if settings := _SETTINGS.fullmatch(parts.path):
            return self._tell(settings[1], query)
        headers = {name.lower(): value for name, value in self.headers.items()}
        found = _TALKS.fullmatch(parts.path)
        if not found or query.get("appsecret_proof") not in graph.proofs or "user_id" not in query:
            graph.violations.append(f"GET {parts.path}")
            return self._answer(refuse(100), {}, "0")
        if headers.get("authorization") != f"Bearer {PAGE_TOKEN}" or PAGE_TOKEN in self.path:
            graph.violations.append("no bearer token")
        graph.lookups += 1
        if not graph.can_look_up:
            return self._answer(refuse(2, status=500), {}, "0")
        said = [
            {
                "id": call.message_id,
                "message": call.text,
                "from": {"id": call.page_id},
                "created_time": f"{datetime.fromtimestamp(call.at, UTC):%Y-%m-%dT%H:%M:%S}+0000",
            }
            for call in graph.messages
            if call.has_arrived and (call.page_id, call.friend) == (found[1], query["user_id"])
        ]
        talk = {"data": [{"messages": {"data": said[::-1][:25]}}] if said else []}
        return self._answer(Answer(body=json.dumps(talk).encode()), {}, found[1])

    def _answer(
        self, answer: Answer, payload: dict[str, Any], page_id: str, message_id: str = ""
    ) -> None:
        if answer.drop:
            self.close_connection = True
            return
        body = answer.body if answer.body is not None else self._success(payload, message_id)
        self.send_response(answer.status)
        for name, value in (_usual_headers(page_id) | answer.headers).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _success(self, payload: dict[str, Any], message_id: str) -> bytes:
        answer = {"recipient_id": payload["recipient"]["id"]}
        if "message" in payload:
            answer["message_id"] = message_id
        return json.dumps(answer).encode()

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests read the records."""


def _usual_headers(page_id: str) -> dict[str, str]:
    usage = {"type": "messenger", "call_count": 1, "total_cputime": 1, "total_time": 1}
    usage["estimated_time_to_regain_access"] = 0
    return {
        "content-type": "application/json; charset=UTF-8",
        "x-business-use-case-usage": json.dumps({page_id: [usage]}),
        "facebook-api-version": "v25.0",
        "x-fb-trace-id": "FakeTraceId",
        "x-fb-request-id": "fake-request-id",
    }
