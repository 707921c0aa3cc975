"""The chat page: over HTTP as Gradio's own front end talks to it, and in a real Chromium."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from talklikeme.channels.server import build_app
from talklikeme.desk import BusyError, Desk
from talklikeme.journal import Journal
from talklikeme.openers import USUAL
from talklikeme.pages.chat import LONGEST_MESSAGE, Chat, explain
from talklikeme.pages.site import Site
from talklikeme.thumbs import THUMBS_FILE, read_thumbs
from tests.browser import QUIET, serve_app, visit
from tests.fake_replier import FakeReplier, candidate

pytestmark = QUIET

BUBBLES = {"whats up": ["not much", "just got home haha"], "<3": ["<b>aw</b> &amp; <3"]}


def answer(text: str) -> list[str]:
    if text == "crash":
        raise ValueError(f"planted {text}")
    return BUBBLES.get(text, [f"re: {text}"])


class Page:
    """A served chat page, the replier behind it, and the file of thumbs."""

    def __init__(self, url: str, replier: FakeReplier, thumbs: Path) -> None:
        self.url = url
        self.replier = replier
        self.thumbs = thumbs

    def say(self, text: str, session: str = "s") -> list[str] | None:
        """Send a message through Gradio's API; the bubbles, None if it was refused."""
        api = f"{self.url}/gradio_api/call/chat"
        body = {"data": [text, "anybody"], "session_hash": session}
        headers = {"Content-Type": "application/json"}
        event_id = httpx.post(api, content=json.dumps(body), headers=headers).json()["event_id"]
        stream = httpx.get(f"{api}/{event_id}", timeout=20).text
        if stream.startswith("event: error"):
            return None
        bubbles: list[str] = json.loads(stream.partition("event: complete\ndata: ")[2])[0]
        return bubbles


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The app without Messenger, served as app.py serves it."""
    replier = FakeReplier(answer)
    thumbs = Journal(tmp_path_factory.mktemp("out") / THUMBS_FILE)
    site = Site(Chat(likeness=(0.87, 0.9), thumbs=thumbs, friends=["Ada Lovelace"]))
    with serve_app(build_app(replier, None, site)) as url:
        yield Page(url, replier, thumbs.path)


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
    assert "ValueError at test_chat_page.py" in logged
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


def test_the_page_itself_names_no_other_host(page: Page) -> None:
    html = httpx.get(page.url).text
    loaded = re.findall(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(https?://[^\"' >]+)", html
    )
    assert loaded == []


@pytest.mark.slow
def test_a_friend_chats_in_chromium(page: Page) -> None:
    with visit(page.url, width=390) as visitor:
        tab = visitor.tab
        visitor.open()
        box, bot = tab.get_by_test_id("textbox").last, tab.get_by_test_id("bot")
        for fact in ("This is a bot", "31,415 message pairs", "sounds like me: 87% (I do: 90%)"):
            tab.get_by_text(fact).wait_for()
        for example in USUAL:
            tab.get_by_text(example, exact=True).wait_for()

        say(tab, "whats up")
        tab.get_by_text("just got home haha").wait_for()
        assert bot.all_text_contents() == BUBBLES["whats up"]

        say(tab, "<3")
        tab.get_by_text("<b>aw</b> &amp; <3", exact=True).wait_for()

        box.fill("x" * 100_000)
        box.press("Enter")
        tab.get_by_text("That is too long").first.wait_for()

        say(tab, "crash")
        tab.get_by_text("No answer came out").wait_for()
        say(tab, "and you")
        tab.get_by_text("re: and you").wait_for()
        said = [turn["content"] for turn in page.replier.asked[-1]]
        assert said == ["whats up", *BUBBLES["whats up"], "<3", *BUBBLES["<3"], "crash", "and you"]

        tab.get_by_text("Why this reply?").click()
        tab.locator("#why .chosen").get_by_text("re: and you").wait_for()


@pytest.mark.slow
def test_a_reply_can_be_judged_taken_back_asked_for_again_and_saved(page: Page) -> None:
    with visit(page.url) as visitor:
        tab = visitor.tab
        visitor.open()
        say(tab, "whats up")
        tab.get_by_text("just got home haha").wait_for()

        tab.get_by_role("button", name="Like", exact=True).last.click()
        tab.wait_for_timeout(500)
        (row,) = read_thumbs(page.thumbs)
        assert row["label"] is True
        assert [turn["content"] for turn in row["prompt"]] == ["whats up"]
        assert [turn["content"] for turn in row["completion"]] == BUBBLES["whats up"]

        with tab.expect_download() as download:
            tab.get_by_role("button", name="Save as JSON").click()
        turns = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
        assert [turn["content"] for turn in turns] == ["whats up", *BUBBLES["whats up"]]

        asked = len(page.replier.asked)
        tab.get_by_role("button", name="Retry").click()
        tab.wait_for_timeout(1500)
        assert [turn["content"] for turn in page.replier.asked[asked]] == ["whats up"]

        tab.get_by_role("button", name="Undo").click()
        tab.get_by_text("just got home haha").wait_for(state="detached")
        say(tab, "next")
        tab.get_by_text("re: next").wait_for()
        assert [turn["content"] for turn in page.replier.asked[-1]] == ["next"]

        tab.get_by_role("button", name="New conversation").click()
        tab.get_by_text("re: next").wait_for(state="detached")
        say(tab, "hello again")
        tab.get_by_text("re: hello again").wait_for()
        assert [turn["content"] for turn in page.replier.asked[-1]] == ["hello again"]


def say(tab: Any, text: str) -> None:
    box = tab.get_by_test_id("textbox").last
    box.fill(text)
    box.press("Enter")


def test_a_friend_is_answered_as_that_friend(page: Page) -> None:
    body = {"data": ["hi", "Ada Lovelace"], "session_hash": "ada"}
    url = f"{page.url}/gradio_api/call/chat"
    event_id = httpx.post(url, json=body).json()["event_id"]
    httpx.get(f"{url}/{event_id}", timeout=20)
    assert page.replier.friends[-1] == "Ada Lovelace"
    page.say("hi")
    assert page.replier.friends[-1] is None


def test_the_reasons_name_every_candidate_and_what_spoke_against_it() -> None:
    said = explain([candidate(["lol", "<b>"]), replace(candidate(["a"], -9.0), objection="link")])
    assert "lol / &lt;b&gt;" in said
    assert "-4.50" in said
    assert "link" in said
    assert "<b>" not in said.replace("<b>first</b>", "")


def test_the_styles_and_scripts_name_no_other_host() -> None:
    for path in Path("talklikeme/pages").iterdir():
        if path.suffix in {".css", ".js", ".html"}:
            assert "http" not in path.read_text(encoding="utf-8"), path


@pytest.mark.slow
def test_two_browsers_never_see_each_others_chats(page: Page) -> None:
    with visit(page.url) as one:
        other = one.bring_another()
        one.open()
        say(one.tab, "plantedword of one")
        one.tab.get_by_text("re: plantedword of one").wait_for()
        other.open()
        say(other.tab, "hello from the other")
        other.tab.get_by_text("re: hello from the other").wait_for()
        assert "plantedword" not in other.tab.content()
        one.open()  # a page that is opened again begins anew: nothing was kept
        one.tab.get_by_text(USUAL[0], exact=True).wait_for()
        assert "plantedword" not in one.tab.content()
    said = [turn["content"] for turn in page.replier.asked[-1]]
    assert said == ["hello from the other"]


@pytest.mark.slow
def test_who_comes_when_too_many_wait_is_told_so_and_may_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Desk(FakeReplier())
    asked: list[str] = []
    submit = desk.submit

    def refuse_once(name: str, question: Any) -> Any:
        asked.append(name)
        if len(asked) == 1:
            raise BusyError
        return submit(name, question)

    monkeypatch.setattr(desk, "submit", refuse_once)
    monkeypatch.setattr("talklikeme.channels.server.Desk", lambda _: desk)
    app = build_app(FakeReplier(), None, Site(Chat()))
    with serve_app(app) as url, visit(url) as visitor:
        visitor.open()
        say(visitor.tab, "hi")
        visitor.tab.get_by_text("Too many are asking at once").wait_for()
        say(visitor.tab, "hi again")
        visitor.tab.get_by_text("re: hi again").wait_for()
