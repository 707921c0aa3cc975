"""A Graph API on loopback that keeps the Send API's contract, records, and can be told to fail.

The contract is written down in developers.facebook.com, Messenger Platform, "Send API". A request
that breaks it is refused with code 100 and remembered in `violations`; tests assert that there
are none.
"""

import json
import re
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PAGE_TOKEN = "EAAplantedpagetoken"
_PATH = re.compile(r"/v\d+\.\d+/(\d+)/messages")
_ACTIONS = {"mark_seen", "typing_on", "typing_off"}


@dataclass(frozen=True)
class Answer:
    """One scripted answer of the API; `drop` closes the connection instead of answering."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


def refuse(code: int, subcode: int | None = None, *, status: int = 400) -> Answer:
    """An error as the API words it; the message repeats what a log must not show."""
    error = {"message": f"echoing {PAGE_TOKEN}", "type": "OAuthException", "code": code}
    error |= {"error_subcode": subcode} if subcode else {}
    return Answer(status, json.dumps({"error": error | {"fbtrace_id": "AbC1_d-2"}}).encode())


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    path: str
    page_id: str
    headers: dict[str, str]
    payload: dict[str, Any]

    @property
    def text(self) -> str | None:
        """The bubble in it, None for a sender action."""
        return self.payload.get("message", {}).get("text")


class FakeGraph:
    """The server; `script` is used up by messages in order, `action_answer` answers every action."""

    def __init__(self, port: int = 0) -> None:
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.script: deque[Answer] = deque()
        self.action_answer = Answer()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
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
        """The bubbles in order of arrival, all or one friend's."""
        return [
            call.text
            for call in self.messages
            if recipient in (None, call.payload["recipient"]["id"])
        ]


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def find_violation(path: str, headers: dict[str, str], payload: object) -> str:
    """How a request breaks the contract; empty if it keeps it."""
    if not _PATH.fullmatch(path):
        return f"path {path}"
    if headers.get("authorization") != f"Bearer {PAGE_TOKEN}":
        return "no bearer token"
    if headers.get("content-type") != "application/json":
        return "not sent as JSON"
    if not isinstance(payload, dict) or set(payload.get("recipient", {})) != {"id"}:
        return "no recipient"
    if "sender_action" in payload:
        fits = set(payload) == {"recipient", "sender_action"}
        return "" if fits and payload["sender_action"] in _ACTIONS else "sender_action"
    if set(payload) != {"recipient", "messaging_type", "message"}:
        return f"keys {sorted(payload)}"
    text = payload["message"].get("text")
    is_sound = isinstance(text, str) and 0 < len(text.encode("utf-16-le")) // 2 < 2000
    return "" if is_sound and payload["messaging_type"] == "RESPONSE" else "message"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_POST(self) -> None:
        graph: FakeGraph = self.server.graph  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        payload = json.loads(body)
        if violation := find_violation(self.path, headers, payload):
            graph.violations.append(violation)
            return self._answer(refuse(100), payload, "0")
        page_id = _PATH.fullmatch(self.path).group(1)  # type: ignore[union-attr]
        graph.calls.append(Call(self.path, page_id, headers, payload))
        is_action = "sender_action" in payload
        scripted = graph.script.popleft() if graph.script and not is_action else Answer()
        return self._answer(graph.action_answer if is_action else scripted, payload, page_id)

    def do_GET(self) -> None:
        graph: FakeGraph = self.server.graph  # type: ignore[attr-defined]
        graph.violations.append(f"GET {self.path}")
        self._answer(refuse(100), {}, "0")

    def _answer(self, answer: Answer, payload: dict[str, Any], page_id: str) -> None:
        if answer.drop:
            self.close_connection = True
            return
        body = answer.body if answer.body is not None else self._success(payload)
        self.send_response(answer.status)
        for name, value in (_usual_headers(page_id) | answer.headers).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _success(self, payload: dict[str, Any]) -> bytes:
        graph: FakeGraph = self.server.graph  # type: ignore[attr-defined]
        answer = {"recipient_id": payload["recipient"]["id"]}
        if "message" in payload:
            answer["message_id"] = f"m_fake{len(graph.messages)}"
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
