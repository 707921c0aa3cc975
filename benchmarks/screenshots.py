"""Pictures of every page for docs/browser.md, as a friend's phone and its owner's desk show them.

python benchmarks/screenshots.py out       # after make demo on the bundled example, whose chats are public

All rounds of its blind test are approved first: what the pictures show is anybody's to see.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.page_speed import running_app
from talklikeme.blindtest.pool import POOL_FILE, Pool

TARGET: Final = ROOT / "docs" / "pages"
SCREENS: Final = {
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "desk": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "dark"},
}


def main() -> None:
    """Draw all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    pool = make_pool(given.out)
    TARGET.mkdir(exist_ok=True)
    with running_app(given.out, "--blind-test-pool", str(pool)) as (_, url):
        draw(
            url,
            {
                "chat": chat,
                "who-wrote-it": guess,
                "review": look,
                "learning": look,
                "words": look,
                "data": look,
            },
        )
    with (
        tempfile.TemporaryDirectory() as empty,
        running_app(Path(empty), "--no-rhythm") as (_, url),
    ):
        draw(url, {"guide": find})


def make_pool(out: Path) -> Path:
    """Rounds of the example, all approved."""
    path = out / POOL_FILE
    command = [sys.executable, "-m", "talklikeme.blindtest", "draw", str(out), "--fresh"]
    subprocess.run(command, cwd=ROOT, check=True)
    pool = Pool.open(path)
    for one in pool.rounds:
        pool.decide(one.id, True)
    return path


def draw(url: str, pages: dict[str, Callable[[Any], None]]) -> None:
    """Each page on each screen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for screen, settings in SCREENS.items():
            for name, prepare in pages.items():
                tab = browser.new_context(locale="en-US", **settings).new_page()
                tab.goto(url + ("/" if name in ("chat", "guide") else f"/{name}"))
                prepare(tab)
                tab.wait_for_timeout(1500)
                tab.screenshot(path=TARGET / f"{name}-{screen}.png")
                tab.context.close()
        browser.close()


def chat(tab: Any) -> None:
    """Two messages, and the reasons for the second answer."""
    box = tab.get_by_test_id("textbox").last
    box.wait_for()
    for text in ("whats up", "what are you up to"):
        box.fill(text)
        box.press("Enter")
        tab.wait_for_timeout(8000)


def guess(tab: Any) -> None:
    """The first round."""
    tab.get_by_role("button", name="Begin").click()
    tab.get_by_text("Round 1 of").wait_for()


def look(tab: Any) -> None:
    """Nothing but the page."""
    tab.locator(".heading h1").wait_for()
    tab.wait_for_timeout(3000)


def find(tab: Any) -> None:
    """What is in the bundled example; the second visitor finds what the first one saw."""
    example = tab.get_by_role("button", name="Try the bundled example")
    train = tab.get_by_role("button", name="Train", exact=True)
    example.or_(train).wait_for()
    if example.is_visible():
        example.click()
    train.wait_for(timeout=120_000)


if __name__ == "__main__":
    main()
