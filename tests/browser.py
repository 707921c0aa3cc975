"""What the tests of pages share: the app as app.py serves it, and a real Chromium that may not leave it."""

import asyncio
import gc
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from talklikeme.channels.ports import open_port
from talklikeme.channels.server import build_server

# For a module's pytestmark.
QUIET = [
    # Gradio 6.31's queue keeps statistics of itself in pandas, in ways that pandas 4 will refuse.
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    # Gradio's Blocks makes event loops (each with a pair of sockets) and never closes them.
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket fd=.*, proto=0>:ResourceWarning"),
]
PATIENCE = 30_000  # milliseconds, on a busy machine


@contextmanager
def serve_app(app: FastAPI) -> Iterator[str]:
    """Its address."""
    server = build_server(app)
    asyncio.set_event_loop(None)  # Gradio left one of its own here
    gc.collect()  # now, while the warnings listed above are ignored, and not in somebody else's test
    with open_port("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Visitor:
    """A tab in Chromium that opens nothing but one address, and remembers what else it was asked for."""

    def __init__(self, tab: Any, home: str) -> None:
        self.tab = tab
        self.home = home
        self.foreign: list[str] = []
        self.errors: list[str] = []
        tab.set_default_timeout(PATIENCE)
        tab.route(re.compile(r"^(?!data:|blob:)"), self._keep_inside)
        tab.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str = "/") -> None:
        """Go to a page and wait until it stands."""
        self.tab.goto(self.home + path)
        self.tab.locator("nav.fillable, .heading h1").first.wait_for()

    def find_barriers(self) -> list[str]:
        """What keeps somebody out: axe-core's serious and critical findings, and what no screen holds."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        found = [
            f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes'][:3]]}"
            for one in axe.run(self.tab).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        if self.tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("wider than the screen")
        return found

    def bring_another(self) -> "Visitor":
        """Somebody else, with another browser profile, at the same address."""
        return Visitor(self.tab.context.browser.new_context(locale="en-US").new_page(), self.home)

    def _keep_inside(self, route: Any) -> None:
        if route.request.url.startswith(self.home):
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()


@contextmanager
def visit(
    home: str, *, width: int = 1280, dark: bool = False, height: int = 844
) -> Iterator[Visitor]:
    """A visitor of an app; on leaving, it has asked no other host for anything and no script failed."""
    with open_chromium() as browser:
        tab = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="en-US",
        )
        visitor = Visitor(tab, home)
        yield visitor
        tab.close()
    assert visitor.foreign == []
    assert visitor.errors == []


@contextmanager
def open_chromium() -> Iterator[Any]:
    """Skips the test where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
