"""The pages beside the chat, in a real Chromium: phone and desk, light and dark, and who may see them."""

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from talklikeme.blindtest.__main__ import main as blindtest
from talklikeme.blindtest.answers import ANSWERS_FILE, read_answers
from talklikeme.blindtest.pool import Pool, Round
from talklikeme.channels.server import build_app
from talklikeme.facts import Nature
from talklikeme.journal import Journal
from talklikeme.options import AppOptions
from talklikeme.pages.opening import open_site
from tests.browser import QUIET, serve_app, visit
from tests.fake_replier import FakeReplier
from tests.scripts import command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), *QUIET]

SMALL = ["--d-model", "32", "--d-ff", "48", "--heads", "2", "--encoder-layers", "1", "--decoder-layers", "1"]  # fmt: skip
OWNERS = {
    "/learning": "At step",
    "/words": "Words that give me away",
    "/data": "each is accounted for",
}
MINE, BOTS = "planted real", "planted bot"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first three scripts leave."""
    out = tmp_path_factory.mktemp("pages") / "out"
    config = ["configs/tiny.yaml", "--out", str(out)]
    for script, *flags in [
        ("prepare_data",),
        ("train_tokenizer", "--vocab-size", "600"),
        ("finetune", *SMALL, "--max-steps", "4", "--eval-steps", "2", "--sample-steps", "2", "--no-evaluate"),
    ]:  # fmt: skip
        done = command(script, *config, *flags)
        assert done.code == 0, done.err
    return out


@pytest.fixture(name="pool")
def pool_fixture(tmp_path: Path) -> Pool:
    """Twelve rounds that others may see, and one that its owner has not looked at."""
    rounds = [
        Round(f"r{n}", [{"role": "user", "content": f"asked {n}?"}], [MINE], [BOTS], True)
        for n in range(12)
    ]
    hidden = Round("r_secret", [{"role": "user", "content": "a secret"}], [MINE], [BOTS])
    pool = Pool(tmp_path / "blindtest" / "pool.json", [*rounds, hidden])
    pool.write()
    return pool


@pytest.fixture
def site(out: Path, pool: Pool) -> Iterator[str]:
    """All pages, as the owner sees them; its address."""
    options = AppOptions(out=out, messenger=False, rhythm=False, blind_test_pool=pool.path)
    with serve_app(build_app(FakeReplier(), None, open_site(options, nature(), ""))) as url:
        yield url


def nature() -> Nature:
    return FakeReplier.nature


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_stands_on_a_phone_and_on_a_desk(site: str, width: int, dark: bool) -> None:
    shown = {
        "/": "This is a bot",
        "/who-wrote-it": "Pick mine",
        "/review": "not looked at",
        **OWNERS,
    }
    barriers = []
    with visit(site, width=width, dark=dark) as visitor:
        for path, text in shown.items():
            visitor.open(path)
            visitor.tab.get_by_text(text).first.wait_for()
            visitor.tab.wait_for_timeout(500)
            barriers += [f"{path}: {one}" for one in visitor.find_barriers()]
    assert barriers == []


def test_one_sees_it_learn_and_follows_what_it_learns_now(site: str, out: Path) -> None:
    with visit(site) as visitor:
        tab = visitor.tab
        visitor.open("/learning")
        tab.get_by_text("At step 4").wait_for()
        tab.get_by_role("spinbutton").fill("0")
        tab.get_by_role("spinbutton").press("Tab")
        tab.get_by_text("At step 0").wait_for()
        assert "you look at step 0" in str(
            tab.locator("#curve svg").first.get_attribute("aria-label")
        )

        training = out / "training"
        shutil.copytree(out / "model" / "logs", training / "logs")
        board = Journal(training / "samples.jsonl")
        for step in (0, 100):
            prompt = [{"role": "user", "content": "whats up"}]
            board.add({"step": step, "prompt": prompt, "reply": [f"new words {step}"], "real": []})
        try:
            visitor.open("/learning")
            tab.get_by_text("It is training now").wait_for()
            tab.get_by_text("new words 100").wait_for()
            board.add({"step": 200, "prompt": prompt, "reply": ["new words 200"], "real": []})
            tab.get_by_text("new words 200").wait_for()
        finally:
            shutil.rmtree(training)


def test_my_words_are_taken_apart_and_have_neighbours(site: str) -> None:
    with visit(site) as visitor:
        tab = visitor.tab
        visitor.open("/words")
        mine = tab.locator(".pieces section").first
        tab.get_by_label("A sentence").fill("lol <b>x</b> 😂")
        tab.wait_for_function("document.querySelector('.pieces').innerText.includes('<')")
        pieces = mine.locator("span").all_text_contents()
        assert "".join(pieces).replace("␣", " ").replace("·", "") == "lol <b>x</b> 😂"
        tab.get_by_label("Words near this one").fill("lol")
        tab.get_by_label("Words near this one").press("Enter")
        tab.locator("#neighbours svg[aria-label^='words near lol']").wait_for()


def test_the_report_runs_nothing_and_names_nobody_else(site: str) -> None:
    with visit(site) as visitor:
        visitor.open("/data")
        frame = visitor.tab.frame_locator("iframe.report")
        frame.get_by_text("What your chats hold").wait_for()
        assert visitor.tab.locator("iframe.report").get_attribute("sandbox") == ""


def test_a_friend_guesses_ten_times_and_shares_the_result(
    site: str, pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    with visit(site, width=390) as visitor:
        tab = visitor.tab
        visitor.open("/who-wrote-it")
        tab.get_by_label("Your name").fill("Ada")
        tab.get_by_role("button", name="Begin").click()
        seen = set()
        for number in range(1, 11):
            tab.get_by_text(f"Round {number} of 10").wait_for()
            seen.add(str(tab.locator(".talk .theirs").text_content()))
            side = "A" if MINE in str(tab.get_by_label("Answer A").text_content()) else "B"
            tab.get_by_role("button", name=f"{side} is real").click()
        tab.get_by_text("10 of 10 right").wait_for()
        assert len(seen) == 10
        assert not any("a secret" in text for text in seen)
        link = str(tab.get_by_role("link", name="Link to this result").get_attribute("href"))
        visitor.open("/who-wrote-it" + link)
        tab.get_by_text("10 of 10 right").wait_for()
        assert "72 to 100 %" in str(tab.locator("#round").text_content())
    answers = read_answers(pool.path.parent / ANSWERS_FILE)
    assert [one.is_right for one in answers] == [True] * 10
    blindtest(["report", str(pool.path)])
    assert "Ada  10/10   100%  72% to 100%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("/who-wrote-it", ["Begin"]),
        ("/review", ["Others may see it", "Keep it private", "Back", "Next"]),
    ],
)
def test_nobody_can_act_before_the_page_is_there(site: str, page: str, names: list[str]) -> None:
    """What opens a page would take back what an early click began, or it approves what nobody saw."""
    held: list[Any] = []
    with visit(site) as visitor:
        tab = visitor.tab
        tab.route("**/gradio_api/**", lambda route: held.append(route))
        visitor.open(page)
        buttons = [tab.get_by_role("button", name=name, exact=True) for name in names]
        for button in buttons:
            button.wait_for()
            assert button.is_disabled()
        tab.unroute("**/gradio_api/**")
        for route in held:
            route.continue_()
        for button in buttons:
            button.click(trial=True)  # waits until it can be clicked
        assert held


def test_nothing_is_shown_before_its_owner_approved_it(site: str, pool: Pool) -> None:
    with visit(site) as visitor:
        tab = visitor.tab
        visitor.open("/review")
        tab.get_by_text("12 approved, 1 not looked at").wait_for()
        tab.get_by_role("button", name="Back").click()
        tab.get_by_text("a secret").wait_for()
        tab.get_by_role("button", name="Keep it private").click()
        tab.get_by_text("12 approved, 0 not looked at").wait_for()
        tab.get_by_role("button", name="Keep it private").click()
        tab.get_by_text("11 approved, 0 not looked at").wait_for()
    kept = Pool.open(pool.path)
    assert [one.is_approved for one in kept.rounds] == [False, *[True] * 11, False]
    assert pool.path.stat().st_mode & 0o777 == 0o600


def test_with_nothing_approved_there_is_nothing_to_guess(out: Path, tmp_path: Path) -> None:
    pool = Pool(
        tmp_path / "pool.json", [Round("r", [{"role": "user", "content": "x"}], ["a"], ["b"])]
    )
    pool.write()
    options = AppOptions(out=out, messenger=False, pages="chat", blind_test_pool=pool.path)
    app = build_app(FakeReplier(), None, open_site(options, nature(), ""))
    with serve_app(app) as url, visit(url) as visitor:
        visitor.open("/who-wrote-it")
        visitor.tab.get_by_text("nothing to guess yet").wait_for()
        assert visitor.tab.get_by_role("button", name="Begin").is_disabled()


def test_others_see_the_chat_and_nothing_of_the_owners(out: Path, pool: Pool) -> None:
    options = AppOptions(out=out, host="0.0.0.0", messenger=False, blind_test_pool=pool.path)
    with serve_app(build_app(FakeReplier(), None, open_site(options, nature(), ""))) as url:
        config = httpx.get(f"{url}/config").text
        names = [page[0] for page in json.loads(config)["pages"]]
        assert names == ["", "who-wrote-it"]
        assert "planted" not in config
        for path in ("/review", *OWNERS):
            page = httpx.get(url + path)
            assert page.status_code == 404 or "planted" not in page.text


def test_with_a_password_nobody_comes_in_without_it(out: Path) -> None:
    options = AppOptions(out=out, host="0.0.0.0", messenger=False)
    with serve_app(
        build_app(FakeReplier(), None, open_site(options, nature(), "correct horse"))
    ) as url:
        assert httpx.get(f"{url}/config").status_code == 401
        call = {"data": ["hi"], "session_hash": "s"}
        assert httpx.post(f"{url}/gradio_api/call/chat", json=call).status_code == 401
        for password, status in (("wrong horse", 400), ("correct horse", 200)):
            form = {"username": "ada", "password": password}
            assert httpx.post(f"{url}/login", data=form).status_code == status
        with visit(url) as visitor:
            tab = visitor.tab
            tab.goto(url)
            tab.get_by_label("username").fill("ada")
            tab.get_by_label("password").fill("correct horse")
            tab.get_by_role("button", name="Login").click()
            tab.get_by_text("This is a bot").wait_for()


def test_sittings_are_fair(pool: Pool) -> None:
    """No round twice, and mine as often left as right."""
    from talklikeme.pages.blind import begin

    lots = random.Random(0)
    sittings = [begin(pool, "", lots) for _ in range(200)]
    assert all(len({one.id for one in now.rounds}) == 10 for now in sittings)
    left = sum(side == 0 for now in sittings for side in now.sides)
    assert 900 < left < 1100


def test_rounds_come_from_chats_that_no_training_saw(out: Path, tmp_path: Path) -> None:
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    blindtest(["draw", str(copy), "--rounds", "5"])
    pool = Pool.open(copy / "blindtest" / "pool.json")
    assert len(pool.rounds) == 5
    assert pool.approved == []
    text = (copy / "pairs" / "pairs.txt").read_text(encoding="utf-8")
    assert all(one.mine != one.bots and one.context[-1]["role"] == "user" for one in pool.rounds)
    assert all(line in text for one in pool.rounds for line in one.mine if "…" not in line)
    assert replace(pool.rounds[0], is_approved=True) != pool.rounds[0]


def use(client: Any) -> list[str]:
    """The lines of README's snippet."""
    bubbles, _why = client.predict("whats up", api_name="/chat")
    return list(bubbles)


def test_another_program_talks_to_it_as_the_readme_says(out: Path) -> None:
    from gradio_client import Client

    options = AppOptions(out=out, messenger=False, rhythm=False)
    site = replace(open_site(options, nature(), ""), out=None)
    with serve_app(build_app(FakeReplier(), None, site)) as url:
        assert use(Client(url, verbose=False)) == ["re: whats up"]
