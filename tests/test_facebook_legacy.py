"""Facebook's archives before 2018: one huge page, or an index and its threads."""

import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from talklikeme.exports import facebook_legacy
from talklikeme.exports.files import ExportFile
from talklikeme.messages import Attachment
from tests.export_checks import errors, messages, read_with
from tests.test_messenger_export import IN_UTC

GOLDEN = Path(__file__).parent / "golden" / "facebook_legacy"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
DIALECTS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
TEN = "Friday, October 4, 2013 at 10:05pm UTC+02"


def said(text: str, who: str = "Zoë Ruiz", at: str = TEN) -> str:
    return (
        f'<div class="message"><div class="message_header"><span class="user">{who}</span>'
        f'<span class="meta">{at}</span></div></div><p>{text}</p>'
    )


def thread(*newest_first: str, names: str = "Kim Berg, Zoë Ruiz") -> str:
    return f'<div class="thread">{names}{"".join(newest_first)}</div>'


def write(root: Path, *blocks: str, owner: str = "<h1>Kim Berg</h1>") -> Path:
    path = root / "html" / "messages.htm"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = f'<div class="contents">{owner}<div>{"".join(blocks)}</div></div>'
    path.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return path


@pytest.mark.parametrize("is_zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_age_of_archive_gives_the_same_messages(
    tmp_path: Path, dialect: str, is_zipped: bool
) -> None:
    source = GOLDEN / dialect
    if is_zipped:
        with zipfile.ZipFile(tmp_path / "facebook.zip", "w") as archive:
            for path in source.rglob("*.htm*"):
                archive.write(path, path.relative_to(source))
    items = read_with(facebook_legacy, tmp_path if is_zipped else source, zone="Europe/Berlin")
    assert all(error.is_note for error in errors(items))
    found = [
        [one.conversation_id, one.sender_name, one.kind, one.text, f"{one.ts:%H:%M}", one.is_me, one.is_group]
        for one in sorted(messages(items), key=lambda one: (one.conversation_id, one.seq))
    ]  # fmt: skip
    hours = [[*one[:4], f"{int(one[4][:2]) - 2:02d}{one[4][2:]}", *one[5:]] for one in EXPECTED]
    assert found == hours
    assert {one.ts_precision for one in messages(items)} == {"min"}


def test_a_block_that_stands_twice_is_read_once_and_said(tmp_path: Path) -> None:
    write(tmp_path, thread(said("ok"), said("ok")), thread(said("ok"), said("ok")))
    items = read_with(facebook_legacy, tmp_path)
    assert [one.text for one in messages(items)] == ["ok", "ok"]
    assert ["stands twice" in one.why for one in errors(items)] == [True]


def test_blocks_of_one_conversation_are_put_in_order(tmp_path: Path) -> None:
    days = [said(f"{day}", at=f"Friday, October {day}, 2013 at 1:00am UTC") for day in range(6, 0, -1)]  # fmt: skip
    blocks = [thread(*days[2:4]), thread(*days[:2], names="Zoë Ruiz, Kim Berg"), thread(*days[4:])]
    write(tmp_path, *blocks)
    assert [one.text for one in messages(read_with(facebook_legacy, tmp_path))] == list("123456")


def test_long_threads_are_read_in_pieces_and_stay_in_order(tmp_path: Path) -> None:
    write(tmp_path, thread(*(said(f"{number} " + "x" * 200) for number in range(5000, 0, -1))))
    found = messages(read_with(facebook_legacy, tmp_path))
    assert [int(one.text.split()[0]) for one in found] == list(range(1, 5001))
    assert [one.source_line for one in found] == list(range(4999, -1, -1))


def test_a_page_is_never_held_whole(tmp_path: Path) -> None:
    path = write(tmp_path, thread(*(said("x" * 900) for _ in range(8000))))
    file = ExportFile(path.as_posix(), 0, lambda: path.open("rb"))
    tracemalloc.start()
    count = sum(1 for _ in facebook_legacy.read([file], IN_UTC))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 8001
    assert peak < path.stat().st_size


# --- Times ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "home", "utc", "basis"),
    [
        ("UTC-07", "UTC", "05:05", "offset"),
        ("UTC+05:30", "UTC", "16:35", "offset"),
        ("UTC+8", "UTC", "14:05", "offset"),
        ("UTC", "Europe/Berlin", "22:05", "offset"),
        ("PDT", "UTC", "05:05", "offset"),
        ("PST", "UTC", "06:05", "offset"),
        ("CET", "UTC", "21:05", "offset"),
        ("", "Europe/Berlin", "20:05", "local"),
        ("", "UTC", "22:05", "local"),
        ("XYZT", "Europe/Berlin", "20:05", "local"),
        ("UTC+99", "Europe/Berlin", "20:05", "local"),
        # Ambiguous ones: the configured zone decides if it uses the abbreviation, else the table.
        ("IST", "Asia/Kolkata", "16:35", "offset"),
        ("IST", "Europe/Dublin", "21:05", "offset"),
        ("IST", "UTC", "16:35", "offset"),
        ("BST", "Europe/London", "21:05", "offset"),
        ("CST", "Asia/Shanghai", "14:05", "offset"),
    ],
)
def test_zones(tmp_path: Path, zone: str, home: str, utc: str, basis: str) -> None:
    write(tmp_path, thread(said("hi", at=f"Friday, October 4, 2013 at 10:05pm {zone}".strip())))
    items = read_with(facebook_legacy, tmp_path, zone=home)
    [message] = messages(items)
    assert (f"{message.ts:%H:%M}", message.tz_basis) == (utc, basis)
    is_doubtful = zone in ("XYZT", "UTC+99") or (zone, home) == ("IST", "UTC")
    assert [one.is_note for one in errors(items)] == [True] * is_doubtful


# --- People -----------------------------------------------------------------------------------


def test_people_without_a_profile(tmp_path: Path) -> None:
    write(
        tmp_path,
        thread(said("a", who=""), said("b", who="123456789@facebook.com"), said("c", who="Kim Berg")),
        thread(said("one", who="Facebook User"), names="Kim Berg, Facebook User"),
        thread(said("two", who="Facebook User"), names="Kim Berg, Facebook User"),
        thread(said("three", who="Kim Berg"), names=""),
    )  # fmt: skip
    found = messages(read_with(facebook_legacy, tmp_path))
    names = {one.text: (one.sender_name, one.is_me) for one in found}
    assert names["a"] == ("Unknown", False)
    assert names["b"] == ("123456789@facebook.com", False)
    chats = {one.text: one.conversation_id for one in found}
    assert len({chats["one"], chats["two"], chats["three"], chats["a"]}) == 4


def test_a_comma_in_a_name(tmp_path: Path) -> None:
    block = thread(said("a", who="Ruiz, Zoë"), said("b", who="Kim Berg"), names="Kim Berg, Ruiz, Zoë")  # fmt: skip
    write(tmp_path, block)
    found = messages(read_with(facebook_legacy, tmp_path))
    assert {one.is_group for one in found} == {False}
    assert set(found[0].participants) == {"Kim Berg", "Ruiz, Zoë"}


@pytest.mark.parametrize(
    ("head", "is_me"),
    [("<h1>Zoë Ruiz</h1>", True), ("<h1>Somebody Else</h1>", None), ("", None)],
)
def test_the_owner_stands_above_the_threads(tmp_path: Path, head: str, is_me: bool | None) -> None:
    write(tmp_path, thread(said("hi")), owner=head)
    [message] = messages(read_with(facebook_legacy, tmp_path))
    assert message.is_me == is_me


# --- Bodies and broken input ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text", "kind", "files"),
    [
        ("a &amp; b &lt;3 &#039;", "a & b <3 '", "text", ()),
        ("one<br />two", "one\ntwo", "text", ()),
        ("one\ntwo", "one\ntwo", "text", ()),
        ("</p><p>nested</p><p>", "nested", "text", ()),
        ("<p>nested</p>", "nested", "text", ()),
        ("bell\x07 and \x0bmore", "bell and more", "text", ()),
        ("&lt;div class=\"message\"&gt;", '<div class="message">', "text", ()),
        ("see <a href='http://x.org/?a=1&amp;b'>this</a>", "see this", "text",
         (Attachment("link", "http://x.org/?a=1&b"),)),
        ('</p><img src="messages/photos/1.jpg"/><p>', "", "media", (Attachment("photo", "messages/photos/1.jpg"),)),
        ("", "", "empty", ()),
    ],
)  # fmt: skip
def test_bodies(tmp_path: Path, body: str, text: str, kind: str, files: tuple[Attachment]) -> None:
    write(tmp_path, thread(said("newer"), said(body)))
    message = messages(read_with(facebook_legacy, tmp_path))[0]
    assert (message.text, message.kind, message.attachments) == (text, kind, files)


@pytest.mark.parametrize(
    "broken",
    [said("x", at=""), said("x", at="once upon a time"), said("x", at="Foo 4, 2013 at 1:00am"),
     '<div class="message">', '<div class="message"><span class="user">Zoë Ruiz</span><p>x</p>',
     said("x", at="Friday, February 31, 2013 at 1:00am"), said("x", at="Friday, May 3, 0000 at 1:00am")],
)  # fmt: skip
def test_a_broken_message_is_one_error(tmp_path: Path, broken: str) -> None:
    write(tmp_path, thread(said("b"), broken, said("a")))
    items = read_with(facebook_legacy, tmp_path)
    assert [one.text for one in messages(items)] == ["a", "b"]
    assert [(one.records, one.line) for one in errors(items)] == [(1, 1)]


def test_a_page_that_breaks_off_keeps_what_stands_before(tmp_path: Path) -> None:
    path = write(tmp_path, thread(said("c"), said("b"), said("a")))
    path.write_bytes(path.read_bytes().partition(b"<p>a")[0])
    items = read_with(facebook_legacy, tmp_path)
    assert [(one.text, one.kind) for one in messages(items)] == [("", "empty"), ("b", "text"), ("c", "text")]  # fmt: skip


def test_an_index_without_its_pages_says_what_to_give(tmp_path: Path) -> None:
    write(tmp_path, '<a href="../messages/1.html">Zoë</a>', '<a href="../messages/2.html">Ali</a>')
    items = read_with(facebook_legacy, tmp_path)
    assert [(one.why, one.records) for one in errors(items)] == [
        ("only an index of the threads, without messages", 0)
    ]
    page = tmp_path / "messages" / "2.html"
    page.parent.mkdir()
    page.write_text(thread(said("hi"), names=""), encoding="utf-8")
    items = read_with(facebook_legacy, tmp_path)
    assert [one.why for one in errors(items)] == ["1 threads of its index are not there"]
    assert len(messages(items)) == 1


@pytest.mark.parametrize(
    ("path", "head", "is_mine"),
    [
        ("html/messages.htm", thread(said("x")).encode(), True),
        ("MESSAGES (1).HTM", thread(said("x")).encode(), True),
        ("messages/12.html", thread(said("x")).encode(), True),
        ("html/messages.htm", b'<a href="../messages/12.html">Z</a>', True),
        ("html/messages.htm", b"<html>\0\xff", False),
        ("forum.html", b'<div class="thread"><div class="message">', False),
        ("chat.txt", thread(said("x")).encode(), False),
    ],
)
def test_recognises(path: str, head: bytes, is_mine: bool) -> None:
    file = ExportFile(path, len(head), lambda: pytest.fail("head is enough"))
    assert facebook_legacy.recognises(file, head) == is_mine
