"""A first conversation through the fake Graph API, for docs/messenger.md: the real model, service and database.

python benchmarks/messenger_transcript.py out        # after make demo

A friend presses "Get started", writes, corrects and takes back, sends a picture, asks for a human, and is handed over.
Nothing is chosen: what the model draws is what stands there.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fastapi import FastAPI
from fastapi.testclient import TestClient

from benchmarks.tables import write_block
from talklikeme.channels.messenger import build_router
from talklikeme.channels.rules import TALK_TO_HUMAN, Rules
from talklikeme.channels.service import MessengerService
from talklikeme.desk import Desk
from talklikeme.replies import load_replier
from tests.fake_graph import FakeGraph
from tests.messenger_kit import (
    FRIEND,
    PAGE,
    PATH,
    event,
    is_idle,
    make_settings,
    page_body,
    sign,
    wait_for,
)

TARGET: Final = ROOT / "docs" / "messenger.md"
PICTURE: Final = [{"type": "image", "payload": {"url": "https://example.com/cat.jpg"}}]


def main() -> None:
    """Talk, and write the block."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    desk = Desk(load_replier(given.out / "model"))
    with tempfile.TemporaryDirectory() as folder, FakeGraph() as graph:
        settings = replace(make_settings(graph.url, Path(folder), Rules()))
        service = MessengerService(desk.lane("messenger"), settings)
        app = FastAPI()
        app.include_router(build_router(service, settings))
        with TestClient(app) as client:
            lines = talk(client, graph, settings.store)
        passed = len(graph.passed)
    lines.append(
        f"(the conversation was passed to the page's inbox {passed} time; the bot is silent there)"
    )
    write_block(TARGET, "transcript", "```\n" + "\n".join(lines) + "\n```")


def talk(client: TestClient, graph: FakeGraph, store: str) -> list[str]:
    """What the friend does, each followed by what the friend then sees."""
    sides = {"sender": {"id": FRIEND}, "recipient": {"id": PAGE}}
    steps: list[tuple[str, Sequence[dict[str, Any]]]] = [
        ("[presses Get started]", [press(sides, "GET_STARTED", "m_0")]),
        ("whats up", [event("whats up", "m_1")]),
        ("did you see / the game yesterday?", [event("did you see", "m_2"), event("the game yesterday?", "m_3")]),
        ("I hvae to go [corrected: I have to go]", [event("I hvae to go", "m_4"), edit(sides, "m_4", "I have to go")]),
        ("[writes something and takes it back]", [event("oops", "m_5"), event("", "m_5", is_deleted=True)]),
        ("[sends a picture]", [event(None, "m_6", attachments=PICTURE)]),
        ("[chooses: Talk to a human]", [press(sides, TALK_TO_HUMAN, "m_7")]),
        ("hello?", [event("hello?", "m_8")]),
    ]  # fmt: skip
    lines = []
    for said, events in steps:
        before = len(graph.texts(FRIEND))
        body = page_body(*events)
        assert client.post(PATH, content=body, headers=sign(body)).status_code == 200
        time.sleep(2)  # longer than the pause after which messages are answered apart
        assert wait_for(lambda: is_idle(store), 60)
        lines.append(f"friend: {said}")
        lines += [f"   bot: {text}" for text in graph.texts(FRIEND)[before:]]
    return lines


def press(sides: dict[str, Any], payload: str, mid: str) -> dict[str, Any]:
    """A button of the page's."""
    now = round(time.time() * 1000)
    return sides | {
        "timestamp": now,
        "postback": {"mid": mid, "title": payload, "payload": payload},
    }


def edit(sides: dict[str, Any], mid: str, text: str) -> dict[str, Any]:
    """A correction of a message."""
    now = round(time.time() * 1000)
    return sides | {"timestamp": now, "message_edit": {"mid": mid, "text": text, "num_edit": 1}}


if __name__ == "__main__":
    main()
