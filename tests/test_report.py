"""The data report: right numbers, nothing that runs or is loaded, readable on a phone."""

import itertools
import pickle
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from talklikeme.messages import Message, Precision
from talklikeme.pairs import PairPolicy, build_pairs
from talklikeme.people import People
from talklikeme.report import statistics
from talklikeme.report.from_pairs import count_rows
from talklikeme.report.page import render_report
from talklikeme.report.statistics import ChatStatistics
from talklikeme.report.words import compare, split_chunk, take_apart
from talklikeme.rows import RowBuilder
from tests.chats import at, said

BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
POLICY = PairPolicy()
CREW = {"conversation_id": "whatsapp:crew", "conversation_title": "Crew"}
LEDGER = {
    "records": 12,
    "total": {"in a pair as reply": 5, "in a pair as prompt": 4, "media only": 2, "duplicate": 1},
    "platforms": {
        "telegram": {"in a pair as prompt": 1, "duplicate": 1},
        "whatsapp": {"in a pair as reply": 5, "in a pair as prompt": 3, "media only": 2},
    },
    "files": {},
    "pairs": {"train": 1200, "validation": 30, "test": 4},
}
EMPTY_LEDGER = {"records": 0, "total": {}, "platforms": {}, "files": {}, "pairs": {}}
ZOE = [
    said("zoe", "hey 😂", "2024-03-01 22:30:00"),
    said("zoe", "you up?", "2024-03-01 22:30:10"),
    said("me", "yep lol", "2024-03-01 22:30:50"),
    said("zoe", "good", "2024-03-31 23:30:00"),
    said("me", "lol", "2024-03-31 23:33:00"),
    said("me", "sooo good", "2024-03-31 23:33:05"),
    said("me", "", "2024-03-31 23:33:09", kind="media"),
    said("system", "Zoë changed the group's picture", "2024-03-31 23:40:00", system=True),
]
GROUP = [
    said(who, text, clock, platform="telegram", conversation_id="telegram:g", is_group=True)
    for who, text, clock in (
        ("ben", "hi", "09:00"),
        ("ana", "hello", "09:01"),
        ("me", "yo", "09:02"),
    )
]
HOSTILE = (
    "</script><img src=https://evil.example/x onerror=alert(1)>\x00\u202e $x^$ {{ 7*7 }} \"'--><!--"
)


def counted(*chats: Sequence[Message], zone: ZoneInfo = BERLIN) -> ChatStatistics:
    sums = ChatStatistics()
    for chat in chats:
        sums.add_messages(chat, People(), zone)
        sums.add_pairs(build_pairs(chat, PairPolicy()))
    return sums


def shown(page: str) -> str:
    """What a reader sees of a page, as one line."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_the_sums_are_those_of_the_chat() -> None:
    sums = counted(ZOE, GROUP)
    assert (sums.me.messages, sums.friends.messages) == (5, 5)
    assert sums.friend_names == {"Zoe", "Ben", "Ana"}
    march, april = 2024 * 12 + 2, 2024 * 12 + 3
    assert sums.months == {  # the last evening of March in UTC is April in Berlin
        ("whatsapp", march): 3, ("whatsapp", april): 4, ("telegram", march): 3
    }  # fmt: skip
    assert sums.me.hours == {23: 1, 1: 3, 10: 1}
    assert sums.delays == {40: 1, 180: 1, 60: 1}
    assert sums.me.bursts == {1: 2, 2: 1}
    assert sums.friends.bursts == {2: 1, 1: 2}
    assert {(one.name, one.is_group): (sum_.mine, sum_.theirs) for one, sum_ in sums.partners.items()} == {
        ("Zoe", False): (4, 3),
        ("Zoë", True): (1, 2),  # the title of the group
    }  # fmt: skip
    assert sums.me.chunks == {"yep": 1, "lol": 2, "sooo": 1, "good": 1, "yo": 1}


@pytest.mark.parametrize("precision", ["s", "min", "day"])
def test_of_chats_that_are_all_in_pairs_the_pairs_tell_the_same(precision: Precision) -> None:
    cut = {"s": 19, "min": 16, "day": 10}[precision]
    talk = [
        replace(one, ts=at(f"{one.ts.isoformat()[:cut]:<10}"), ts_precision=precision)
        for one in (*ZOE[:6], *[replace(one, is_group=True, **CREW) for one in ZOE[:6]])
    ]
    chats = [list(chat) for _, chat in itertools.groupby(talk, lambda one: one.conversation_id)]
    rows = [row for chat in chats for row in RowBuilder(People()).build(build_pairs(chat, POLICY))]
    again, first = count_rows(rows, UTC), counted(*chats, zone=UTC)

    assert (again.me, again.friends) == (first.me, first.friends)
    assert again.months == first.months
    assert (again.delays, again.delays_to_minute) == (first.delays, first.delays_to_minute)
    assert again.friend_names == first.friend_names
    assert {one.name: (sums.mine, sums.theirs) for one, sums in again.partners.items()} == {
        "Zoe": (3, 3), "groups on WhatsApp": (3, 3)
    }  # fmt: skip


def test_what_is_not_my_own_talk_counts_no_words_and_what_has_no_clock_no_hours() -> None:
    sums = counted(
        [
            said("me", "copied", "10:00", forwarded=True),
            said("me", "from the bot", "10:01", via_bot=True),
            said("me", "x" * (statistics.LONGEST_TEXT + 1), "10:02"),
            said("me", "old", "10:03", ts_precision="day"),
        ]
    )
    assert sums.me.chunks == {"old": 1}
    assert sums.me.hours == {11: 3}
    assert sums.months.total() == 4


def test_clocks_without_seconds_and_one_sided_exports_tell_no_more_than_they_know() -> None:
    coarse = [
        said("zoe", "hi", "10:00", ts_precision="min"),
        said("me", "ho", "10:00", ts_precision="min"),
    ]
    assert counted(coarse).delays_to_minute == {0: 1}
    assert "within a minute" in shown(render_report(counted(coarse), EMPTY_LEDGER))
    mine_only = [said("me", "a", "10:00", one_sided=True, seq=place) for place in range(2)]
    sums = counted(mine_only)
    assert (sums.openers, sums.me.bursts, sums.delays) == (2, {}, {})


def test_two_halves_merged_are_the_whole_and_survive_the_way_between_processes() -> None:
    half = pickle.loads(pickle.dumps(counted(ZOE)))
    half.merge(pickle.loads(pickle.dumps(counted(GROUP))))
    assert half == counted(ZOE, GROUP)
    empty = ChatStatistics()
    empty.merge(half)
    assert empty == half


def test_memory_stays_bounded_and_frequent_words_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_CHUNKS", 100)
    sums = ChatStatistics()
    for number in range(50):
        text = " ".join(f"rare{number}x{word}" for word in range(9))
        sums.add_messages([said("me", f"lol {text}", "10:00")], People(), BERLIN)
    assert len(sums.me.chunks) <= 100
    assert sums.me.chunks["lol"] == 50


@pytest.mark.parametrize(
    ("chunk", "tokens"),
    [
        ("Haha!!!", ["haha"]),
        ("sooooo", ["sooooo"]),
        ("don’t", ["don't"]),
        ("gr8", ["gr8"]),
        ("и/или", ["и", "или"]),
        ("😂😂", ["😂", "😂"]),
        ("👩‍❤‍👨", ["👩‍❤️‍👨"]),
        ("♥", ["♥️"]),
        ("👍🏽", ["👍🏽"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", ["🏴󠁧󠁢󠁳󠁣󠁴󠁿"]),
        ("1️⃣", ["1️⃣"]),
        (":-)))", [":)"]),
        ("ok:)", ["ok", ":)"]),
        ("xDD", ["XD"]),
        ("^^", ["^^"]),
        ("</3", ["</3"]),
        *((chunk, []) for chunk in (
            "https://a.example/b", "www.a.example", "a.example/b", "a.example", "zoe@a.example", "@zoe",
            "<url>", "<phone>,", "12:30", "+49170123456", "hunter2022", "/start", "▶", "…",
        )),
    ],
)  # fmt: skip
def test_words_emoji_and_smileys_are_found_and_private_things_are_not(
    chunk: str, tokens: list[str]
) -> None:
    assert [token for _, token in split_chunk(chunk)] == tokens


def test_words_that_tell_us_apart_are_ranked_by_how_sure_that_is() -> None:
    mine = Counter({"the": 1000, "lol": 60, "yep": 30, "once": 1, "oft": 3})
    theirs = Counter({"the": 1000, "lol": 4, "indeed": 90})
    telling = compare(mine, theirs)
    assert [one.token for one in telling] == ["lol", "yep", "indeed"]
    assert telling[0].mine == pytest.approx(10_000 * 60 / 1094)
    assert compare(mine, Counter()) == compare(Counter(), theirs) == []


def test_names_are_no_words_and_a_run_of_one_emoji_counts_once() -> None:
    spoken = take_apart({"Zoe": 9, "hi": 2, "😂😂😂": 2}, {"zoe"})
    assert (spoken.words, spoken.emoji) == ({"hi": 2}, {"😂": 2})


def test_invented_names_stand_where_they_are_wished() -> None:
    sums = ChatStatistics()
    sums.add_messages(ZOE, People(), BERLIN, rename={"Zoe": "Noa Lind", "Zoë": "Noa"}.__getitem__)
    sums.add_messages(GROUP, People(), BERLIN, rename=lambda name: "Noa")
    page = shown(render_report(sums, LEDGER))
    assert "Noa Lind is in 70%" in page
    assert not re.search("Zo[eë]|Ben|Ana", page)


def test_the_page_says_the_numbers() -> None:
    page = shown(render_report(counted(ZOE, GROUP), LEDGER))
    for words in (
        "messages read 12",
        "pairs to learn from 1,234",
        "friends 3",
        "9 of 12 messages are in a pair, 3 are not. Each is counted once below.",
        "messages all Telegram WhatsApp",
        "media only a picture, a voice message, a call: nothing to read 2 0 2",
        "read 12 2 10",
        "March 2024 was the busiest month, with 6 messages.",
        "Zoe is in 70% of all messages. You wrote 50% of everything.",
        "Half of your replies come within 1 minute, all within five minutes.",
        "67% of your replies are a single message.",
        "Clock of Europe/Berlin.",
    ):
        assert words in page


def test_a_ledger_that_does_not_add_up_is_not_said_to() -> None:
    page = shown(render_report(ChatStatistics(), LEDGER | {"records": 13}))
    assert "Each is counted once" not in page


def test_no_data_is_no_crash() -> None:
    page = shown(render_report(ChatStatistics(), EMPTY_LEDGER))
    assert "There was nothing to read." in page


def test_beyond_fifteen_chats_and_seven_apps_the_rest_is_summed_up() -> None:
    chats = [
        [said(f"friend {number}", "hi", "10:00", platform=f"app{number % 9}", conversation_id=str(number))]
        for number in range(18)
    ]  # fmt: skip
    page = shown(render_report(counted(*chats), EMPTY_LEDGER))
    assert "3 more" in page
    assert "other apps" in page


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def hostile_page() -> str:
    chat: list[Message] = []
    for number in range(20):
        fields: dict[str, Any] = {"sender_name": HOSTILE, "conversation_title": HOSTILE}
        chat.append(
            said("zoe", f"<b>bold</b> ; <script>alert({number})</script> 😂", "10:00", **fields)
        )
        chat.append(said("me", '"><svg/onload=alert(1)> lol', "10:01", **fields))
    ledger = {HOSTILE: 3, "media only": 1}
    return render_report(
        counted(chat), {"records": 4, "total": ledger, "platforms": {HOSTILE: ledger}, "files": {}, "pairs": {}}
    )  # fmt: skip


def test_names_and_texts_are_shown_and_never_run() -> None:
    page = hostile_page()
    elements = Elements(page)
    assert not elements.tags & {"script", "img", "b", "iframe", "object", "link", "base"}
    assert not [name for name, _ in elements.attributes if name.startswith("on")]
    assert "$x^$ {{ 7*7 }} \"'--><!--" in shown(page)


def test_nothing_is_loaded_and_the_policy_would_forbid_it() -> None:
    page = render_report(counted(ZOE, GROUP), LEDGER)
    assert not re.findall(r"https?:|//\w|url\(|@import", page)
    assert "default-src 'none'" in page
    elements = Elements(hostile_page())
    assert not {name for name, _ in elements.attributes} & {"src", "href", "xlink:href", "srcset"}


def test_every_picture_has_a_description_and_a_table() -> None:
    page = render_report(counted(ZOE, GROUP), LEDGER)
    pictures = re.findall(r"<svg[^>]*>", page)
    assert pictures
    assert all('role="img" aria-label="' in picture for picture in pictures)
    assert page.count("<details>") == page.count("<figure")
    assert " id=" not in page, "two pictures in one page must not share ids"


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_opens_it_offline_without_scrolling_sideways(width: int, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    path.write_text(hostile_page(), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
        tab = context.new_page()
        requests, faults = [], []
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.goto(path.as_uri())
        tab.locator("summary").first.click()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator("svg:visible").count() == tab.locator("h3, .wide").count()
        assert (requests, faults) == ([path.as_uri()], [])
        browser.close()
