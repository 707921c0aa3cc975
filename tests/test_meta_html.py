"""Facebook's and Instagram's HTML pages, Instagram's JSON, and telling the two apps apart."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from talklikeme.exports import instagram, messenger, meta_archive
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Tally
from talklikeme.exports.meta_dates import DateReader
from tests.export_checks import errors, messages, read_with
from tests.test_messenger_export import IN_UTC, as_facebook_writes, said, write_thread

GOLDEN = Path(__file__).parent / "golden" / "meta_html"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
DIALECTS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
FOLDER = "messages/inbox/zoeruiz_1234567890"


def box(text: str, who: str = "Zoë Ruiz", at: str = "Mar 06, 2023 6:26 pm", more: str = "") -> str:
    return (
        f'<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><h2 class="_a6-h _a6-i">{who}</h2>'
        f'<div class="_3-95 _a6-p"><div><div></div><div>{text}</div>{more}</div></div>'
        f'<div class="_3-94 _a6-o">{at}</div></div>'
    )


def write_page(root: Path, *boxes: str, folder: str = FOLDER, part: int = 1, title: str = "Zoë Ruiz") -> Path:  # fmt: skip
    path = root / folder / f"message_{part}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    main = f'<main class="_a706" role="main">{"".join(boxes)}</main>'
    path.write_text(
        f"<html><head><title>{title}</title></head><body>{main}</body></html>", encoding="utf-8"
    )
    return path


# --- One conversation, as pages of seven ages --------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_age_of_page_gives_the_same_messages(dialect: str) -> None:
    items = read_with(meta_archive, GOLDEN / dialect)
    found = messages(items)
    assert not errors(items)
    assert [
        {
            "sender_name": one.sender_name,
            "kind": one.kind,
            "text": one.text,
            "files": [(item.path or "").rsplit("/", 1)[-1] for item in one.attachments],
            "reactions": [[reaction.emoji, reaction.actor] for reaction in one.reactions],
            "local": f"{one.ts:%Y-%m-%d %H:%M}",
        }
        for one in found
    ] == EXPECTED
    platform = "instagram" if "instagram" in dialect else "messenger"
    assert {one.conversation_id for one in found} == {f"{platform}:kim berg + zoë ruiz"}
    assert {(one.tz_basis, one.is_group, one.section) for one in found} == {
        ("local", False, "inbox")
    }


def test_the_page_alone_under_another_name_is_recognised_by_its_messages(tmp_path: Path) -> None:
    page = write_page(tmp_path, box("hi")).rename(tmp_path / "zoe.html")
    assert [one.text for one in messages(read_with(meta_archive, page))] == ["hi"]


# --- Dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stamp",
    [
        "Oct 4, 2013 10:05pm", "Oct 4, 2013, 10:05 PM", "Oct 4, 2013 at 10:05\u202fPM", "4 Oct 2013, 22:05",
        "4. Okt. 2013, 22:05", "Friday, October 4, 2013 at 10:05pm", "Friday, October 4, 2013 at 22:05",
        "Friday, 4 October 2013 at 22:05", "vendredi 4 octobre 2013, 22:05", "4 oct. 2013 à 22 h 05",
        "Freitag, 4. Oktober 2013 um 22:05", "vrijdag 4 oktober 2013 om 22:05",
        "viernes, 4 de octubre de 2013 a la(s) 22:05", "4 de oct. de 2013, 10:05 p. m.",
        "venerdì 4 ottobre 2013 alle ore 22:05", "4 de outubro de 2013 às 22:05",
        "sexta-feira, 4 de outubro de 2013 às 22:05", "den 4 oktober 2013 kl. 22:05", "4. oktober 2013 kl. 22:05",
        "4. lokakuuta 2013 kello 22:05", "4 października 2013 o 22:05", "4. října 2013 v 22:05",
        "4. októbra 2013, 22:05", "4. oktober 2013 ob 22:05", "4. listopada 2013 u 22:05",
        "4. октобар 2013. у 22:05", "4 октября 2013 г. в 22:05", "4 окт. 2013 г., 22:05", "4 octombrie 2013 la 22:05",
        "2013. október 4., 22:05", "2013 m. spalio 4 d., 22:05", "phr1d4y, 0c70b3r 4, 2013 @ 10:05pm",
        "2013年10月4日 下午10:05", "2013년 10월 4일 오후 10:05", "4 tháng 10, 2013 22:05", "4 ต.ค. 2556 22:05",
        "4 באוק׳ 2013, 22:05", "4\u200f/10\u200f/2013، 10:05 م", "4 Eki 2013 22:05", "4.10.2013 klo 22.05",
        "2013-10-04 22:05", "٤ أكتوبر ٢٠١٣ ٢٢:٠٥",
    ],
)  # fmt: skip
def test_dates_of_many_languages(stamp: str) -> None:
    dates = DateReader("auto")
    dates.learn(stamp)
    found = dates.parse(stamp)
    assert found
    assert f"{found.wall:%Y-%m-%d %H:%M}" == "2013-10-04 22:05"


@pytest.mark.parametrize(
    ("others", "month"),
    [(["3. srpnja 2013 u 10:00"], 10), (["3 lipca 2013 o 10:00"], 11), ([], 11)],
    ids=["Croatian", "Polish", "nothing else, the more spoken one"],
)
def test_a_month_of_two_languages_is_settled_by_the_other_dates(
    others: list[str], month: int
) -> None:
    dates = DateReader("auto")
    for stamp in [*others, "4 listopada 2013 22:05"]:
        dates.learn(stamp)
    found = dates.parse("4 listopada 2013 22:05")
    assert found
    assert found.wall.month == month


@pytest.mark.parametrize(
    ("order", "seen", "expected"),
    [("auto", "3/4/2019 1:00", (4, 3)), ("month-first", "3/4/2019 1:00", (3, 4)),
     ("auto", "3/25/2019 1:00", (3, 4)), ("day-first", "3/25/2019 1:00", (4, 3))],
)  # fmt: skip
def test_numeric_dates_follow_the_export_or_the_option(
    order: Any, seen: str, expected: tuple[int, int]
) -> None:
    dates = DateReader(order)
    dates.learn(seen)
    found = dates.parse("3/4/2019 1:00")
    assert found
    assert (found.wall.month, found.wall.day) == expected


def test_times_are_local_and_the_autumn_hour_comes_twice(tmp_path: Path) -> None:
    hours = ["Oct 29, 2023 2:10:00 am", "Oct 29, 2023 2:50:00 am", "Oct 29, 2023 1:50:00 am"]
    write_page(tmp_path, *(box(at, at=at) for at in hours))
    found = messages(read_with(messenger, tmp_path, zone="Europe/Berlin"))
    assert [f"{one.ts:%H:%M}" for one in found] == ["23:50", "00:50", "01:10"]
    assert {one.ts_precision for one in found} == {"s"}


# --- Pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "people"),
    [
        ("Participants: Zoë Ruiz, Ali Can and Kim Berg", {"Zoë Ruiz", "Ali Can", "Kim Berg"}),
        ("Participants : Zoë Ruiz et Kim Berg", {"Zoë Ruiz", "Kim Berg"}),
        ("Group Invite Link: https://m.me/j/abc", {"Zoë Ruiz"}),
        ("Mailbox thread pending", {"Zoë Ruiz"}),
    ],
)
def test_a_header_is_no_message(tmp_path: Path, header: str, people: set[str]) -> None:
    head = f'<div class="pam _a6-g uiBoxWhite"><div class="_a6-h _a6-i">{header}</div></div>'
    write_page(tmp_path, head, box("hi"))
    [message] = messages(read_with(messenger, tmp_path))
    assert (set(message.participants), message.is_group) == (people, len(people) > 2)


@pytest.mark.parametrize(
    ("more", "kind", "files"),
    [
        ('<div><a href="../../m/photos/1.jpg"><img src="../../m/photos/1.jpg"/></a></div>', "photo", "m/photos/1.jpg"),
        ('<div><video src="m/videos/1.mp4"><a href="m/videos/1.mp4"><div>Click for video:</div></a></video></div>', "video", "m/videos/1.mp4"),
        ('<div><audio src="m/audio/1.mp4"><a href="m/audio/1.mp4">Click for audio</a></audio></div>', "audio", "m/audio/1.mp4"),
        ('<div><img src="m/gifs/1.gif"/></div>', "gif", "m/gifs/1.gif"),
        ('<div><a href="m/files/cv.pdf">cv.pdf</a></div>', "file", "m/files/cv.pdf"),
        ('<div><img src="m/stickers_used/1.png"/></div>', "sticker", "m/stickers_used/1.png"),
    ],
)  # fmt: skip
def test_files_stand_once_and_their_captions_are_no_text(
    tmp_path: Path, more: str, kind: str, files: str
) -> None:
    write_page(tmp_path, box("", more=more))
    [message] = messages(read_with(messenger, tmp_path))
    assert [(item.kind, item.path) for item in message.attachments] == [(kind, files)]
    assert (message.kind, message.text) == ("sticker" if kind == "sticker" else "media", "")


def test_reactions_with_times_and_without_emoji(tmp_path: Path) -> None:
    items = ["❤️Zoë Ruiz (Mar 06, 2023 6:27 pm)", "🇩🇪Kim Berg", "👩‍👧Ali", "Ali liked this"]
    likes = "".join(f"<li><span>{item}</span></li>" for item in items)
    write_page(tmp_path, box("hi", more=f'<div><ul class="_a6-q">{likes}</ul></div>'))
    [message] = messages(read_with(messenger, tmp_path))
    assert [(one.emoji, one.actor) for one in message.reactions] == [
        ("❤️", "Zoë Ruiz"), ("🇩🇪", "Kim Berg"), ("👩‍👧", "Ali"),
    ]  # fmt: skip


def test_a_message_that_looks_like_a_page_stays_one_message(tmp_path: Path) -> None:
    write_page(tmp_path, box("x", more=f"<div>{box('quoted')}</div>"), box("Mar 06, 2023 6:26 pm"))
    assert [one.text for one in messages(read_with(messenger, tmp_path))] == [
        "Mar 06, 2023 6:26 pm",
        "x",
    ]


@pytest.mark.parametrize("at", ["", "yesterday", "Foo 99, 2023 6:26 pm", "Feb 31, 2023 6:26 pm"])
def test_a_box_without_a_date_is_one_error(tmp_path: Path, at: str) -> None:
    write_page(tmp_path, box("b"), box("broken", at=at), box("", who=""), box("a"))
    items = read_with(messenger, tmp_path)
    assert [one.text for one in messages(items)] == ["a", "b"]
    assert [(one.records, one.line) for one in errors(items)] == [(1, 2), (1, 1)]


@pytest.mark.parametrize(
    "content", ["", "\0" * 100, "<div>" * 500_000, "<div class=uiBoxWhite>" * 3000, "&#xD800;"]
)
def test_a_broken_page_does_not_stop_its_siblings(tmp_path: Path, content: str) -> None:
    bad = write_page(tmp_path, part=2)
    bad.write_text(content, encoding="utf-8")
    good = write_page(tmp_path, box("hi"))
    files = [ExportFile(path.as_posix(), 1, lambda path=path: path.open("rb")) for path in (bad, good)]  # type: ignore[misc]  # fmt: skip
    items = list(meta_archive.read(files, IN_UTC))
    assert [one.text for one in messages(items)] == ["hi"]
    assert [(one.path, one.records) for one in errors(items)] == [(bad.as_posix(), 0)]


# --- JSON beside HTML -------------------------------------------------------------------------


def test_json_wins_over_html_of_the_same_thread(tmp_path: Path) -> None:
    page = write_page(tmp_path, box("html"))
    write_thread(tmp_path, [said("json")], folder="inbox/zoeruiz_1234567890")
    write_page(tmp_path, box("only html"), folder="messages/inbox/ali_1111111111", title="Ali")
    items = read_with(meta_archive, tmp_path)
    assert sorted(one.text for one in messages(items)) == ["json", "only html"]
    assert [(one.path, one.is_note) for one in errors(items)] == [(page.as_posix(), True)]
    assert Tally(page.as_posix(), "Messenger HTML", 0) in items


def test_html_is_read_where_the_json_beside_it_is_broken(tmp_path: Path) -> None:
    write_page(tmp_path, box("html"))
    bad = write_thread(tmp_path, [said("json")], folder="inbox/zoeruiz_1234567890")
    bad.write_text('{"participants": [], "messages": [', encoding="utf-8")
    items = read_with(meta_archive, tmp_path)
    assert [one.text for one in messages(items)] == ["html"]


def test_json_and_html_of_two_exports_are_one_conversation(tmp_path: Path) -> None:
    head = '<div class="uiBoxWhite _a6-g"><div>Participants: Zoë Ruiz and Kim Berg</div></div>'
    write_page(tmp_path / "2023", head, box("html"))
    write_thread(tmp_path / "2021", [said("json")])
    found = messages(read_with(meta_archive, tmp_path))
    assert {one.conversation_id for one in found} == {"messenger:kim berg + zoë ruiz"}
    assert len(found) == 2


# --- The owner and the app --------------------------------------------------------------------

CELL = "<tr><td class='_a6_q'>{}</td><td class='_2piu _a6_r'>{}</td></tr>"


@pytest.mark.parametrize(
    ("rows", "owner"),
    [
        ([("Username", "kim_b"), ("Name", "Kim Berg")], "Kim Berg"),
        ([("Nom", "Kim Berg"), ("Famille", "Zoë Ruiz")], "Kim Berg"),
        ([("Navn på profil", "Kim Berg")], "Kim Berg"),
        ([("Perhe", "Zoë Ruiz"), ("Joku", "Kim Berg")], None),
        ([("Name", "Legal Name")], None),
    ],
)
@pytest.mark.parametrize(
    "place",
    ["profile_information/profile_information.html", "instagram/personal_information/personal_information.html"],
)  # fmt: skip
def test_the_owner_of_a_html_export(
    tmp_path: Path, rows: list[tuple[str, str]], owner: str | None, place: str
) -> None:
    root = tmp_path / place.split("/", maxsplit=1)[0] if "instagram" in place else tmp_path
    profile = tmp_path / place
    profile.parent.mkdir(parents=True)
    table = "".join(CELL.format(*row) for row in rows)
    profile.write_text(f"<html><body><table class='uiBoxWhite'>{table}</table>", encoding="utf-8")
    write_page(root, box("a"), box("b", who="Kim Berg"))
    found = messages(read_with(meta_archive, tmp_path))
    assert {one.is_me for one in found} == ({None} if owner is None else {True, False})
    assert all(one.is_me == (one.sender_name == owner) for one in found if owner)


def write_instagram(root: Path, *lines: dict[str, Any], folder: str = "messages") -> Path:
    path = root / folder / "inbox" / "leo_17900000000" / "message_1.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    thread = {
        "participants": [{"name": "Mía K"}, {"name": "leo"}], "messages": lines, "title": "leo",
        "thread_path": "inbox/leo_17900000000",
    }  # fmt: skip
    path.write_text(json.dumps(as_facebook_writes(thread)), encoding="utf-8")
    return path


def write_profile(root: Path, folder: str, fields: dict[str, Any]) -> None:
    path = root / folder / "personal_information.json"
    path.parent.mkdir(parents=True)
    values = {label: {"href": "", "value": value, "timestamp": 0} for label, value in fields.items()}  # fmt: skip
    data = {"profile_user": [{"title": "", "string_map_data": values}]}
    path.write_text(json.dumps(as_facebook_writes(data)), encoding="utf-8")


@pytest.mark.parametrize(
    ("profile", "threads"),
    [
        ("personal_information/personal_information", "your_instagram_activity/messages"),
        ("personal_information", "your_instagram_activity/messages"),
        ("account_information", "messages"),
    ],
)
@pytest.mark.parametrize(
    "fields",
    [
        {"Email": "m@example.org", "Username": "mia.k", "Name": "Mía K"},
        {"Email": "m@example.org", "Benutzername": "mia.k", "Vor- und Nachname": "Mía K"},
        {"Username": "Mía K"},
    ],
)
def test_every_age_of_instagrams_export(
    tmp_path: Path, profile: str, threads: str, fields: dict[str, Any]
) -> None:
    write_profile(tmp_path, profile, fields)
    write_instagram(tmp_path, said("b", who="leo"), said("a", who="Mía K"), folder=threads)
    found = messages(read_with(meta_archive, tmp_path))
    assert [(one.text, one.is_me) for one in found] == [("a", True), ("b", False)]
    assert {(one.platform, one.conversation_id) for one in found} == {
        ("instagram", "instagram:leo + mía k")
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Liked a message", "reaction_notice"),
        ("Reacted 😂 to your message ", "reaction_notice"),
        ("leo sent an attachment.", "media"),
        ("You sent an attachment.", "media"),
        ("leo started an audio call", "call"),
        ("Audio call ended", "call"),
        ("Video chat ended", "call"),
        ("leo named the group Trip.", "system"),
        ("leo changed the theme to Love.", "system"),
        ("Mía K wasn't notified about this message because they're in quiet mode.", "system"),
        ("Liked a message of yours", "text"),
        ("leo started a band", "text"),
    ],
)
def test_instagrams_sentences_are_not_a_persons_words(tmp_path: Path, text: str, kind: str) -> None:
    write_instagram(tmp_path / "instagram-mia", said(text, who="leo"))
    [message] = messages(read_with(meta_archive, tmp_path))
    assert message.kind == kind
    assert message.text == (text.strip() if kind in ("text", "system") else "")


def test_a_shared_posts_caption_is_nobodys_message(tmp_path: Path) -> None:
    share = {"link": "https://www.instagram.com/reel/1", "share_text": "not mine"}
    line = said("leo sent an attachment.", who="leo", share=share)
    write_instagram(tmp_path / "instagram-mia", line)
    [message] = messages(read_with(meta_archive, tmp_path))
    assert (message.kind, message.text) == ("media", "")
    assert [item.path for item in message.attachments] == ["https://www.instagram.com/reel/1"]


def test_both_apps_in_one_import_each_with_its_owner(tmp_path: Path) -> None:
    write_profile(tmp_path / "a", "account_information", {"Name": "Mía K"})
    write_instagram(tmp_path / "a", said("ig", who="Mía K"))
    write_thread(tmp_path / "b", [said("fb")])
    path = write_instagram(tmp_path / "c", said("by its files", who="leo", photos=[{"uri": "your_instagram_activity/messages/inbox/leo_1/photos/1.jpg"}]))  # fmt: skip
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.write(path, "messages/inbox/leo_17900000000/message_1.json")
    path.unlink()
    found = {one.text: (one.platform, one.is_me) for one in messages(read_with(meta_archive, tmp_path))}  # fmt: skip
    assert found == {
        "ig": ("instagram", True), "fb": ("messenger", None), "by its files": ("instagram", False),
    }  # fmt: skip


PAGE = b'<html><main><div class="pam _a6-g uiBoxWhite"><h2>Z</h2><div class="_a6-p"><div><div></div><div>hi'
POSTS = b'<html><div class="pam _a6-g uiBoxWhite"><div class="_2ph_ _a6-p"><div><div>a post</div>'


@pytest.mark.parametrize(
    ("path", "head", "reader"),
    [
        ("messages/inbox/zoe_1/message_1.html", PAGE, messenger),
        ("X.ZIP/MESSAGES/INBOX/zoe_1/MESSAGE_12.HTML", PAGE, messenger),
        ("messages/inbox/zoe_1/message_1 (1).html", PAGE, messenger),
        ("renamed.html", PAGE, messenger),
        ("instagram-kim.zip/messages/inbox/zoe_1/message_1.html", PAGE, instagram),
        ("your_instagram_activity/messages/ai_conversations/message_1.html", PAGE, None),
        ("messages/inbox/zoe_1/message_1.html", b"<html><div><p>Mar 06, 2023 6:26 pm</p>", messenger),
        ("posts/your_posts_1.html", POSTS, None),
        ("messages/chats.html", POSTS, None),
        ("a/personal_information.json", b'{"profile_user": [', instagram),
        ("a/personal_information.json", b'{"other": [', None),
        ("a/autofill_information.html", b'<div class="_a6-g">', messenger),
        ("messages/inbox/zoe_1/message_1.html", b"\0\xff" * 5000, None),
    ],
)  # fmt: skip
def test_recognises(path: str, head: bytes, reader: Any) -> None:
    file = ExportFile(path, len(head), lambda: pytest.fail("head is enough"))
    claims = [one for one in (messenger, instagram) if one.recognises(file, head)]
    assert claims == ([reader] if reader else [])
    assert meta_archive.recognises(file, head) == bool(reader)
