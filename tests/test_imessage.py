"""Apple's Messages database: what a user would miss if it went wrong."""

import io
import plistlib
import random
import sqlite3
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from talklikeme.errors import ExportError
from talklikeme.exports import imessage
from talklikeme.exports.files import ExportFile, find_files
from talklikeme.exports.imessage_blobs import decode_styled_text
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Attachment, Message, Reaction
from tests.imessage_kit import EXPECTED, OLD_SCHEMA, Messages, apple_seconds, record, styled

UTC = ReadSettings(ZoneInfo("UTC"))


def read(*paths: Path) -> list[Item]:
    """Everything that the reader yields, checked against its tallies."""
    files = [file for file in find_files(paths) if isinstance(file, ExportFile)]
    mine = [file for file in files if imessage.recognises(file, file.head())]
    assert mine
    items = list(imessage.read(mine, UTC))
    records = len(messages(items)) + sum(error.records for error in errors(items))
    assert sum(item.records for item in items if isinstance(item, Tally)) == records
    return items


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError)]


@pytest.fixture
def db(tmp_path: Path) -> Messages:
    """A chat with Zoë (1) and a group with Zoë and Ali (2)."""
    made = Messages(tmp_path / "chat.db")
    made.add("handle", ROWID=1, id="+15550001")
    made.add("handle", ROWID=2, id="ali@example.org")
    made.add_chat(1, 1, chat_identifier="+15550001")
    made.add_chat(2, 1, 2, style=43, chat_identifier="chat42", display_name="Trip")
    return made


def only(db: Messages) -> Message:
    [message] = messages(read(db.save()))
    return message


# --- One conversation, in databases of many ages ----------------------------------------------


def fill(db: Messages, *, unit: int, in_blob: bool, is_old: bool) -> None:
    db.add("handle", ROWID=1, id="+15550001")
    db.add("chat", ROWID=1, style=45, chat_identifier="+15550001")
    for number, row in enumerate(EXPECTED, start=1):
        columns: dict[str, Any] = {
            "date": apple_seconds(row["ts"][:19]) * unit,
            "is_from_me": int(row["is_me"]),
            "handle_id": 1,
        }
        text = row["text"] or "\ufffc"
        columns["attributedBody" if in_blob else "text"] = styled(text) if in_blob else text
        if row["edited"] and not is_old:
            columns["date_edited"] = columns["date"] + 10 * unit
        db.say(number, **columns)
    db.add("message_attachment_join", message_id=4, attachment_id=1)
    db.add(
        "attachment",
        ROWID=1,
        filename="~/Library/Messages/Attachments/p.jpg",
        mime_type="image/jpeg",
    )
    if not is_old:
        db.say(9, date=columns["date"], handle_id=1, text="Loved “see you at 5”",
               associated_message_type=2000, associated_message_guid="p:0/G2")  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "in_blob", "is_old"), [(10**9, True, False), (10**9, False, False), (1, False, True)],
    ids=["macOS 13", "macOS 10.13", "iOS 6"],
)  # fmt: skip
def test_every_age_gives_the_same_messages(
    tmp_path: Path, unit: int, in_blob: bool, is_old: bool
) -> None:
    db = Messages(tmp_path / "sms.db", OLD_SCHEMA if is_old else None)
    fill(db, unit=unit, in_blob=in_blob, is_old=is_old)
    items = read(db.save())
    found = [record(m) for m in messages(items) if m.kind != "reaction_notice"]
    unknown = {"edited", "reactions"} if is_old else set()
    assert not errors(items)
    assert [{k: v for k, v in one.items() if k not in unknown} for one in found] == [
        {k: v for k, v in one.items() if k not in unknown} for one in EXPECTED
    ]


# --- Text in blobs ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 300, 65_535, 65_536, 100_000])
@pytest.mark.parametrize("name", [b"NSString", b"NSMutableString"])
def test_styled_text_of_any_length(size: int, name: bytes) -> None:
    text = ("é+𝖍 " * (size // 7 + 1)).encode()[:size].decode(errors="ignore")
    assert decode_styled_text(styled(text, name)) == text


def test_styled_text_that_is_cut_off_keeps_its_start() -> None:
    blob = styled("hello world")
    assert decode_styled_text(blob[: blob.index(b"world")]) == "hello "


def test_styled_text_may_be_an_archive() -> None:
    objects = ["$null", {"NSString": plistlib.UID(2)}, {"NS.string": "hi"}]
    data = plistlib.dumps(
        {"$top": {"root": plistlib.UID(1)}, "$objects": objects}, fmt=plistlib.FMT_BINARY
    )
    assert decode_styled_text(data) == "hi"


def test_damaged_blobs_never_stop_the_reader() -> None:
    rng = random.Random(1)
    good = [styled("hello " * 60), plistlib.dumps({"$top": {}}, fmt=plistlib.FMT_BINARY)]
    for _ in range(2_000):
        blob = bytearray(rng.choice(good))
        for _ in range(rng.randrange(1, 9)):
            blob[rng.randrange(len(blob))] = rng.randrange(256)
        assert isinstance(decode_styled_text(bytes(blob[: rng.randrange(len(blob))])), str)


# --- Who --------------------------------------------------------------------------------------


def test_direction_and_sender(db: Messages) -> None:
    db.say(1, chat=1, text="a", handle_id=1, is_from_me=1)
    db.say(2, chat=2, text="b", handle_id=0, is_from_me=1)
    db.say(3, chat=2, text="c", handle_id=2)
    db.say(4, chat=1, text="d", handle_id=0)
    db.say(5, chat=2, text="e", handle_id=77)
    found = messages(read(db.save()))
    assert [(m.is_me, m.sender_id, m.is_group) for m in found] == [
        (True, "me", False), (True, "me", True), (False, "ali@example.org", True),
        (False, "+15550001", False), (False, "unknown", True),
    ]  # fmt: skip
    assert found[1].conversation_title == "Trip"
    assert set(found[1].participants) == {"+15550001", "ali@example.org"}


def test_one_person_with_many_handles_is_one_conversation(tmp_path: Path) -> None:
    db = Messages(tmp_path / "chat.db")
    for number, handle in enumerate(["+1 555 0001", "+15550001", "zoe@example.org"], start=1):
        db.add("handle", ROWID=number, id=handle, person_centric_id="P")
        db.add_chat(number, number, chat_identifier=handle)
        db.say(number, chat=number, text="hi", handle_id=number)
    found = messages(read(db.save()))
    assert {(m.conversation_id, m.sender_id) for m in found} == {
        ("imessage:+15550001", "+15550001")
    }


def test_groups_of_the_same_people_are_one_unless_their_names_differ(db: Messages) -> None:
    for number, name in ((3, "Trip"), (4, "trip"), (5, "Work"), (6, None)):
        db.add_chat(number, 2, 1, style=43, chat_identifier=f"chat{number}", display_name=name)
    for number in range(2, 7):
        db.say(number, chat=number, text="x", handle_id=1)
    found = [message.conversation_id for message in messages(read(db.save()))]
    assert len(set(found)) == 3
    assert found[0] == found[1] == found[2]


def test_a_message_in_two_chats_is_one(db: Messages) -> None:
    db.say(1, text="x", handle_id=1)
    db.add("chat_message_join", chat_id=2, message_id=1)
    assert only(db).conversation_id == "imessage:+15550001"


def test_a_message_without_chat_goes_by_its_sender(db: Messages) -> None:
    db.say(1, chat=None, text="x", handle_id=1)
    db.say(2, chat=None, text="y", handle_id=0)
    assert [message.conversation_id for message in messages(read(db.save()))] == [
        "imessage:+15550001", "imessage:orphaned",
    ]  # fmt: skip


# --- What -------------------------------------------------------------------------------------


def summary(**values: Any) -> bytes:
    return plistlib.dumps(values, fmt=plistlib.FMT_BINARY)


EDITS = {"0": [{"d": 1.0, "t": styled("first")}, {"d": 2.0, "t": styled("last")}]}


@pytest.mark.parametrize(
    ("columns", "kind", "text"),
    [
        ({"text": "hi"}, "text", "hi"),
        ({"text": "", "attributedBody": styled("hi")}, "text", "hi"),
        ({"text": "\ufffcme\ufffd"}, "text", "me"),
        ({"text": "b", "subject": "a"}, "text", "a\nb"),
        ({"text": None}, "empty", ""),
        ({"text": b"\xff\xfe"}, "empty", ""),
        ({"text": "Loved “x”", "associated_message_type": 2000}, "reaction_notice", ""),
        ({"text": "Removed", "associated_message_type": 3006}, "reaction_notice", ""),
        ({"text": "Loved “x”", "service": "SMS"}, "reaction_notice", ""),
        ({"text": "\ufffc", "associated_message_type": 1000}, "sticker", ""),
        ({"text": "x", "item_type": 1}, "system", ""),
        ({"text": None, "item_type": 2, "group_title": "New"}, "system", ""),
        ({"text": "x", "item_type": 6}, "system", ""),
        ({"text": "https://x.org", "balloon_bundle_id": "com.apple.messages.URLBalloonProvider"}, "text", "https://x.org"),
        ({"text": "\ufffd", "balloon_bundle_id": "com.apple.Handwriting.HandwritingProvider"}, "media", ""),
        ({"text": "GamePigeon", "balloon_bundle_id": "com.apple.messages.MSMessageExtension:x:games"}, "media", ""),
        ({"text": None, "date_edited": 5, "message_summary_info": summary(ec=EDITS)}, "text", "last"),
        ({"text": None, "date_edited": 5, "message_summary_info": summary(rp=[0])}, "deleted", ""),
        ({"text": None, "date_edited": 5, "message_summary_info": b"bplist00garbage"}, "empty", ""),
        ({"text": None, "date_edited": 5, "message_summary_info": summary(ec=[1])}, "empty", ""),
    ],
    ids=lambda value: None,
)  # fmt: skip
def test_kinds(db: Messages, columns: dict[str, Any], kind: str, text: str) -> None:
    db.say(1, handle_id=1, **columns)
    message = only(db)
    assert (message.kind, message.text) == (kind, text)
    assert (message.system, message.deleted) == (kind == "system", kind == "deleted")
    assert message.edited == (bool(columns.get("date_edited")) and kind == "text")


def test_reactions_are_put_on_their_message_and_taken_away(db: Messages) -> None:
    def react(number: int, kind: int, target: str, **columns: Any) -> None:
        db.say(number, associated_message_type=kind, associated_message_guid=target, **columns)

    db.say(1, text="hi", handle_id=1)
    react(2, 2001, "p:0/G1", handle_id=2, text="Liked “hi”")
    react(3, 2000, "bp:G1", is_from_me=1)
    react(4, 3000, "bp:G1", is_from_me=1)
    react(5, 2006, "p:1/G1", handle_id=1, associated_message_emoji="☕️")
    react(6, 2007, "p:0/G1", handle_id=1)
    found = messages(read(db.save()))
    assert found[0].reactions == (Reaction("👍", "ali@example.org"), Reaction("☕️", "+15550001"))
    assert [message.text for message in found] == ["hi", "", "", "", "", ""]


def test_replies_name_what_they_answer(db: Messages) -> None:
    db.say(1, text="a", thread_originator_guid="G0")
    message = only(db)
    assert (message.message_id, message.reply_to) == ("G1", "G0")


def test_attachments(db: Messages) -> None:
    db.say(1, text="\ufffc", handle_id=1, cache_has_attachments=1)
    for number, mime, is_sticker in ((1, "image/heic", 0), (2, None, 1)):
        db.add(
            "attachment",
            ROWID=number,
            filename=f"~/{number}",
            mime_type=mime,
            is_sticker=is_sticker,
        )
        db.add("message_attachment_join", message_id=1, attachment_id=number)
    message = only(db)
    assert message.kind == "media"
    assert message.attachments == (
        Attachment("photo", "~/1", "image/heic"), Attachment("sticker", "~/2", None),
    )  # fmt: skip


def test_what_the_owner_threw_away_is_marked(db: Messages) -> None:
    db.say(1, chat=None, text="x", handle_id=1)
    db.add("chat_recoverable_message_join", chat_id=2, message_id=1)
    message = only(db)
    assert (message.deleted, message.conversation_title) == (True, "Trip")


# --- When -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "written", "precision"),
    [
        (700_000_000_000_000_000, "2023-03-08T20:26:40+00:00", "us"),
        (700_000_000_123_456_789, "2023-03-08T20:26:40.123456+00:00", "us"),
        (700_000_000, "2023-03-08T20:26:40+00:00", "s"),
    ],
)
def test_times(db: Messages, date: int, written: str, precision: str) -> None:
    db.say(1, text="hi", date=date)
    message = only(db)
    assert (message.ts.isoformat(), message.ts_precision) == (written, precision)


@pytest.mark.parametrize("date", [None, 0, -5, "x", b"x", 1.5, 999_999_999_999])
def test_a_row_without_time_is_one_error_and_stops_nothing(db: Messages, date: Any) -> None:
    db.say(1, text="a")
    db.say(2, text="x", date=date)
    db.say(3, text="b")
    items = read(db.save())
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 2)]


def test_what_a_mac_fetched_later_stands_in_its_time(db: Messages) -> None:
    for number, date in ((1, 30), (2, 10), (3, 20), (4, 20)):
        db.say(number, text=str(number), date=(700_000_000 + date) * 10**9)
    found = messages(read(db.save()))
    assert [message.text for message in found] == ["2", "3", "4", "1"]
    assert [message.seq for message in found] == sorted(message.seq for message in found)


# --- Files ------------------------------------------------------------------------------------


def test_a_database_in_an_archive_leaves_nothing_behind(
    db: Messages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    db.say(1, text="hi", handle_id=1)
    with zipfile.ZipFile(tmp_path / "backup.zip", "w") as archive:
        archive.write(db.save(), "Library/SMS/sms.db")
    db.path.unlink()
    before = sorted(tmp_path.iterdir())
    assert [message.text for message in messages(read(tmp_path / "backup.zip"))] == ["hi"]
    assert sorted(tmp_path.iterdir()) == before


def test_the_newest_messages_are_read_from_the_log(db: Messages, tmp_path: Path) -> None:
    db.connection.commit()
    db.connection.execute("PRAGMA journal_mode=WAL")
    db.connection.execute("PRAGMA wal_autocheckpoint=0")
    db.say(1, text="new", handle_id=1)
    db.connection.commit()
    copy, alone = tmp_path / "copy", tmp_path / "alone"
    for folder, names in ((copy, ("chat.db", "chat.db-wal", "chat.db-shm")), (alone, ("chat.db",))):
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes((tmp_path / name).read_bytes())
    before = {path: path.read_bytes() for path in copy.iterdir()}
    items = read(copy)
    db.connection.close()
    assert [message.text for message in messages(items)] == ["new"]
    assert not errors(items)
    assert {path: path.read_bytes() for path in copy.iterdir()} == before
    [note] = errors(read(alone))
    assert note.is_note
    assert "chat.db-wal" in note.why
    assert [path.name for path in alone.iterdir()] == ["chat.db"]


def test_a_log_alone_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "chat.db-wal").write_bytes(b"\x37\x7f\x06\x82")
    [error] = errors(read(tmp_path))
    assert "without its database" in error.why


def test_damaged_pages_cost_only_what_they_hold(db: Messages) -> None:
    for number in range(1, 2_001):
        db.say(number, text=f"m{number} " + "x" * 200, handle_id=1)
    path = db.save()
    data = bytearray(path.read_bytes())
    at = data.index(b"m1000 ") // 4096 * 4096
    data[at : at + 4096] = bytes(4096)
    path.write_bytes(data)
    items = read(path)
    found = messages(items)
    assert 1_900 < len(found) < 2_000
    assert found[0].text.startswith("m1 ")
    assert found[-1].text.startswith("m2000 ")
    assert "damaged" in str(errors(items)[-1])


@pytest.mark.parametrize("size", [100, 4096, 9000, 30_000])
def test_a_database_cut_short_is_one_line(db: Messages, size: int) -> None:
    for number in range(1, 200):
        db.say(number, text="x" * 500, handle_id=1)
    path = db.save()
    path.write_bytes(path.read_bytes()[:size])
    items = read(path)
    assert errors(items)


def test_broken_bytes_anywhere_never_stop_the_reader(db: Messages) -> None:
    for number in range(1, 120):
        db.say(number, text="hello " * 30, attributedBody=styled("x"), handle_id=1)
    path = db.save()
    good = path.read_bytes()
    rng = random.Random(2)
    for _ in range(60):
        data = bytearray(good)
        for _ in range(40):
            data[rng.randrange(100, len(data))] = rng.randrange(256)
        path.write_bytes(data)
        read(path)


HOSTILE = [
    "CREATE VIEW message AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT * FROM n",
    "CREATE TABLE message (x)",
    "CREATE VIRTUAL TABLE message USING fts5(text)",
]


@pytest.mark.parametrize("statement", HOSTILE)
def test_odd_schemas_are_refused_or_empty(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "chat.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE handle (id)")
        connection.execute("CREATE TABLE chat_message_join (x)")
        connection.execute(statement)
    connection.close()
    assert not messages(read(path))


def test_tables_of_another_app_are_refused_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE messages (id)")
    connection.close()
    [error] = errors(read(path))
    assert "tables" in error.why


@pytest.mark.parametrize(
    ("name", "head", "is_mine"),
    [
        ("chat.db", b"SQLite format 3\0", True),
        ("3d0d7e5fb2ce288813306e4d4636395e047a3d28", b"SQLite format 3\0", True),
        ("copy of chats", b"SQLite format 3\0 TABLE handle TABLE message TABLE chat_message_join", True),
        ("chat (1).db", b"SQLite format 3\0", True),
        ("msgstore.db", b"SQLite format 3\0 TABLE message", False),
        ("chat.db", b"PK\x03\x04", False),
        ("chat.db-wal", b"\x37\x7f\x06\x82", True),
        ("chat.db-wal", b"", True),
        ("sms.db-shm", b"\x18\xe2\x2d\x00", True),
        ("other.db-wal", b"\x37\x7f\x06\x82", False),
    ],
)  # fmt: skip
def test_recognises(name: str, head: bytes, is_mine: bool) -> None:
    file = ExportFile(name, len(head), partial(io.BytesIO, head))
    assert imessage.recognises(file, head) == is_mine
