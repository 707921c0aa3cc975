"""The Messenger service as a process that dies where it is told to; test_messenger_faults.py starts it.

python tests/fault_service.py STORE GRAPH_URL POINT AFTER

At POINT, the AFTER-th time that it comes by, the process kills itself with SIGKILL: nothing is flushed,
nothing cleaned up. It prints the port that it listens on. Replies are what was heard, in two bubbles.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import uvicorn
from fastapi import FastAPI

from talklikeme.channels import graph, messenger, service, work
from talklikeme.channels.drafting import Drafter
from talklikeme.channels.sending import Sender
from tests.fake_replier import FakeReplier
from tests.messenger_kit import make_settings

_left = {"times": 0}
_lock = threading.Lock()


def die() -> None:
    """At the time that was told."""
    with _lock:
        _left["times"] -= 1
        if not _left["times"]:
            os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> None:
    """Die before a method runs."""
    _wrap(owner, name, lambda call: (die(), call())[1])


def after(owner: Any, name: str) -> None:
    """Die when a method has run, before its caller knows."""
    _wrap(owner, name, lambda call: (call(), die())[0])


def _wrap(owner: Any, name: str, around: Callable[[Callable[[], Any]], Any]) -> None:
    method = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return around(lambda: method(*args, **kwargs))

    setattr(owner, name, wrapped)


# In the order of a message's life (../shared/messenger.md, 5.3)
POINTS: dict[str, Callable[[], None]] = {
    "before the commit": lambda: before(service, "add_events"),
    "after the commit, before the 200": lambda: after(service.MessengerService, "accept"),
    "before the queue knows": lambda: before(work, "_enqueue"),
    "after the queue knows": lambda: after(work, "_enqueue"),
    "while the model thinks": lambda: before(FakeReplier, "reply"),
    "before the reply is written down": lambda: before(Drafter, "_write"),
    "after the reply is written down": lambda: after(Drafter, "_write"),
    "before the request": lambda: before(graph.GraphClient, "send_text"),
    "after the answer, before it is noted": lambda: after(graph.GraphClient, "send_text"),
    "after it is noted": lambda: after(Sender, "send_next"),
}


def main() -> None:
    """Serve until killed."""
    store, graph_url, point, times = sys.argv[1:]
    if point:
        _left["times"] = int(times)
        POINTS[point]()
    settings = make_settings(graph_url, store=store)
    replier = FakeReplier(lambda text: [f"1 {text}", f"2 {text}"])
    app = FastAPI()
    app.include_router(
        messenger.build_router(service.MessengerService(replier, settings), settings)
    )
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[listener])


if __name__ == "__main__":
    main()
