"""The chat page: over HTTP as Gradio's own front end talks to it, and in a real Chromium."""

import gc
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from talklikeme.channels.ports import open_port
from talklikeme.channels.server import build_app, build_server
from talklikeme.channels.web import EXAMPLES, LONGEST_MESSAGE, describe_model
from talklikeme.replies import ModelFacts
from tests.fake_replier import FakeReplier

pytestmark = [
    # Gradio 6.31's queue keeps statistics of itself in pandas, in ways that pandas 4 will refuse.
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    # Gradio's Blocks makes event loops (each with a pair of sockets) and never closes them.
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket fd=.*, proto=0>:ResourceWarning"),
]

BUBBLES = {"whats up": ["not much", "just got home haha"], "<3": ["<b>aw</b> &amp; <3"]}


def answer(text: str) -> list[str]:
    if text == "crash":
        raise ValueError(f"planted {text}")
    return BUBBLES.get(text, [f"re: {text}"])


class Page:
    """A served chat page and the replier behind it."""

    def __init__(self, url: str, replier: FakeReplier) -> None:
        self.url = url
        self.replier = replier

    def say(self, text: str, session: str = "s") -> list[str] | None:
        """Send a message through Gradio's API; the bubbles, None if it was refused."""
        api = f"{self.url}/gradio_api/call/chat"
        body = {"data": [text], "session_hash": session}
        headers = {"Content-Type": "application/json"}
        event_id = httpx.post(api, content=json.dumps(body), headers=headers).json()["event_id"]
        stream = httpx.get(f"{api}/{event_id}", timeout=20).text
        if stream.startswith("event: error"):
            return None
        bubbles: list[str] = json.loads(stream.partition("event: complete\ndata: ")[2])[0]
        return bubbles


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """The app without Messenger, served as app.py serves it."""
    replier = FakeReplier(answer)
    server = build_server(build_app(replier, None))
    gc.collect()  # now, while the warnings listed above are ignored, and not in somebody else's test
    with open_port("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Page(f"http://127.0.0.1:{listener.getsockname()[1]}", replier)
        server.should_exit = True
        thread.join()


def test_health_is_told_and_nothing_more(page: Page) -> None:
    assert httpx.get(f"{page.url}/healthz").json() == {"status": "ok"}


def test_bubbles_come_as_separate_messages(page: Page) -> None:
    assert page.say("whats up") == ["not much", "just got home haha"]


def test_earlier_messages_of_a_visitor_come_along_and_no_other_visitors(page: Page) -> None:
    page.say("whats up", session="one")
    page.say("other", session="two")
    page.say("and you", session="one")
    assert [turn["content"] for turn in page.replier.asked[-1]] == [
        "whats up",
        "not much",
        "just got home haha",
        "and you",
    ]
    assert [turn["role"] for turn in page.replier.asked[-1]] == [
        "user",
        "assistant",
        "assistant",
        "user",
    ]


@pytest.mark.parametrize(
    "text", ["😂😂", "שלום", "مرحبا", "a\x00\x07\x1bb", "x" * LONGEST_MESSAGE, "<3", "$$x$$ *y*"]
)
def test_odd_messages_get_an_answer(page: Page, text: str) -> None:
    assert page.say(text) == answer(text)


def test_what_is_typed_meets_the_model_as_it_was_trained(page: Page) -> None:
    page.say(" cafe\u0301\r\n\ud800\u200f ")
    assert page.replier.asked[-1][-1] == {"role": "user", "content": "café"}


@pytest.mark.parametrize("text", ["", "  \n", "\u200e", "x" * (LONGEST_MESSAGE + 1), "x" * 100_000])
def test_what_cannot_be_answered_is_refused_without_a_traceback(
    page: Page, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = len(page.replier.asked)
    assert page.say(text) is None
    assert len(page.replier.asked) == asked
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_failing_model_leaves_no_chat_in_the_log(
    page: Page, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    assert page.say("crash") == []
    assert page.say("whats up") == BUBBLES["whats up"]
    logged = "".join((caplog.text, *capfd.readouterr()))
    assert "ValueError at test_web.py" in logged
    assert "planted" not in logged
    assert "Traceback" not in logged


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/healthz"])
def test_no_other_website_may_read_the_page(page: Page, path: str) -> None:
    answer = httpx.get(page.url + path, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_no_other_website_may_post_to_it(page: Page) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{page.url}/gradio_api/call/chat", headers=headers)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_api_pages_are_off(page: Page, path: str) -> None:
    assert httpx.get(page.url + path).status_code == 404


def test_gradio_reports_and_keeps_nothing(page: Page) -> None:
    config = httpx.get(f"{page.url}/config").json()
    assert config["analytics_enabled"] is False
    assert config["footer_links"] == []
    assert config["run_history"] is False
    files = {"files": ("a.txt", b"x" * 5000)}
    assert httpx.post(f"{page.url}/gradio_api/upload", files=files).status_code == 413


def test_the_note_says_what_the_model_is() -> None:
    note = describe_model(ModelFacts(pairs=31_415, parameters=1))
    for part in ("bot", "31,415 message pairs", "wrong or rude", "owner's machine", "saved"):
        assert part in note


def test_the_page_itself_names_no_other_host(page: Page) -> None:
    html = httpx.get(page.url).text
    loaded = re.findall(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(https?://[^\"' >]+)", html
    )
    assert loaded == []


@pytest.mark.slow
def test_a_friend_chats_in_chromium(page: Page) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    foreign: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(locale="en-US")

        def keep_inside(route: sync_api.Route) -> None:
            is_own = route.request.url.startswith(page.url)
            foreign.extend([] if is_own else [route.request.url])
            route.continue_() if is_own else route.abort()

        tab.route(re.compile(r"^(?!data:|blob:)"), keep_inside)
        tab.goto(page.url)
        box, bot = tab.get_by_test_id("textbox"), tab.get_by_test_id("bot")
        expect = sync_api.expect

        expect(tab.get_by_text("31,415 message pairs")).to_be_visible(timeout=20_000)
        for example in EXAMPLES:
            expect(tab.get_by_text(example, exact=True)).to_be_visible()

        box.fill("whats up")
        box.press("Enter")
        expect(bot).to_have_text(["not much", "just got home haha"], timeout=20_000)

        box.fill("<3")
        box.press("Enter")
        expect(bot.last).to_have_text("<b>aw</b> &amp; <3")
        expect(tab.get_by_test_id("user").last).to_have_text("<3")

        box.fill("x" * 100_000)
        box.press("Enter")
        expect(tab.get_by_text("That is too long")).to_be_visible()

        box.fill("crash")
        box.press("Enter")
        expect(tab.get_by_text("No answer came out")).to_be_visible()
        expect(box).to_be_enabled()
        box.fill("and you")
        box.press("Enter")
        expect(bot.last).to_have_text("re: and you")
        browser.close()
    assert foreign == []
    said = [turn["content"] for turn in page.replier.asked[-1]]
    assert said == ["whats up", *BUBBLES["whats up"], "<3", *BUBBLES["<3"], "crash", "and you"]


def test_the_styles_name_no_other_host() -> None:
    assert "http" not in Path("talklikeme/channels/web.css").read_text(encoding="utf-8")
