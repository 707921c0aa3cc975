"""Discord's data package: what a user would miss if it went wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from talklikeme.exports import discord_package
from talklikeme.exports.items import Item
from talklikeme.messages import Message
from tests.chatapps_kit import (
    BERLIN,
    GARBAGE,
    as_file,
    comparable,
    errors,
    messages,
    read_folder,
    read_tree,
    recognises,
)

GOLDEN = Path(__file__).parent / "golden" / "discord_package"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
ME, NOVA, CHANNEL = "1" * 18, "2" * 18, "3" * 18
USER = {
    "id": ME, "username": "kim", "discriminator": "0",
    "relationships": [{"id": NOVA, "user": {"id": NOVA, "username": "nova"}}, 5, {"user": 5}],
}  # fmt: skip


@pytest.mark.parametrize("dialect", ["2025", "2022_csv", "2020_no_c"])
def test_every_age_of_package_gives_the_same_messages(dialect: str) -> None:
    items = read_folder(discord_package, GOLDEN / dialect)
    assert not errors(items)
    assert [comparable(message, EXPECTED[0]) for message in messages(items)] == EXPECTED


def wrote(text: Any = "hi", number: Any = 1180000000000000001, **fields: Any) -> dict[str, Any]:
    row = {"ID": number, "Timestamp": "2023-12-01 02:01:09", "Contents": text, "Attachments": ""}
    return row | fields


def read(*rows: Any, channel: Any = None, user: Any = USER, index: Any = None) -> list[Item]:
    tree = {
        "p/Account/user.json": user,
        "p/Messages/index.json": index or {CHANNEL: None},
        f"p/Messages/c{CHANNEL}/channel.json": channel or {"id": CHANNEL, "type": 0},
        f"p/Messages/c{CHANNEL}/messages.json": list(rows),
    }
    return read_tree(discord_package, tree)


def only(row: Any, **lists: Any) -> Message:
    [message] = messages(read(row, **lists))
    return message


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"<@{NOVA}> <@!{NOVA}> <@{ME}> <@9>", "@nova @nova @kim @user"),
        ("<@&5> <#5> <:smirk:5> <a:party:5>", "@role #channel :smirk: :party:"),
        (f"<#{CHANNEL}>", "#general"),
        ("<t:1700000000:F> <t:1700000000>", "2023-11-14 23:13 2023-11-14 23:13"),
        ("<t:999999999999:R>", "<t:999999999999:R>"),
        ("a < b > c <3 ||spoiler||", "a < b > c <3 ||spoiler||"),
        ("</play song:5>", "/play song"),
    ],
)
def test_mentions_are_shown_as_people_saw_them(written: str, shown: str) -> None:
    assert only(wrote(written), index={CHANNEL: "general in Climbing"}).text == shown


def test_newest_first_files_are_turned_round() -> None:
    rows = [wrote("c", 30 << 22), wrote("a", 10 << 22), wrote("b", str(20 << 22))]
    assert [(m.text, m.seq, m.source_line) for m in messages(read(*rows))] == [
        ("a", 0, 1), ("b", 1, 2), ("c", 2, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("timestamp", "ts", "precision"),
    [
        ("2023-12-01 02:01:09", "2023-12-01T02:01:09+00:00", "s"),
        ("2022-08-02 00:59:59.753000+00:00", "2022-08-02T00:59:59.753000+00:00", "ms"),
        ("", "2023-12-01T02:01:39.072000+00:00", "ms"),
        (None, "2023-12-01T02:01:39.072000+00:00", "ms"),
    ],
)
def test_times_are_utc_and_ids_tell_missing_ones(timestamp: Any, ts: str, precision: str) -> None:
    number = ((1701396099072 - 1420070400000) << 22) + 1
    message = only(wrote(number=number, Timestamp=timestamp))
    assert (message.ts.isoformat(), message.ts_precision, message.tz_basis) == (
        ts,
        precision,
        "utc",
    )


@pytest.mark.parametrize(
    ("channel", "index", "title", "is_group"),
    [
        ({"type": 1, "recipients": [ME, NOVA]}, {CHANNEL: "Direct Message with nova#0"}, "nova", False),
        ({"type": "DM", "recipients": [ME, NOVA]}, None, "nova", False),
        ({"type": "DM", "recipients": [ME, "Deleted User"]}, None, None, False),
        ({"type": "GROUP_DM", "name": "trip"}, None, "trip", True),
        ({"type": 11, "name": "a thread"}, None, "a thread", True),
        ({}, {CHANNEL: "Direct Message with nova#1234"}, "nova", False),
        ({}, {CHANNEL: "general in Climbing"}, "general", None),
        ({}, {CHANNEL: "Unknown channel in Climbing"}, None, None),
        ({"type": [], "name": 5, "recipients": "x"}, {CHANNEL: None, "4" * 18: 7}, None, None),
    ],
)  # fmt: skip
def test_channels(channel: Any, index: Any, title: str | None, is_group: bool | None) -> None:
    message = only(wrote(), channel={"id": CHANNEL} | channel, index=index)
    assert (message.conversation_title, message.is_group) == (title, is_group)
    assert message.conversation_id == f"discord:{CHANNEL}"


def test_all_words_are_the_owners_and_nothing_answers_them() -> None:
    message = only(wrote())
    assert (message.is_me, message.one_sided, message.sender_id) == (True, True, ME)


def test_without_the_account_file_the_owner_is_who_is_in_all_direct_messages() -> None:
    tree: dict[str, Any] = {}
    for number, other in (("5" * 18, "7" * 18), ("6" * 18, "8" * 18)):
        channel = {"id": number, "type": 1, "recipients": [other, ME]}
        tree[f"messages/c{number}/channel.json"] = channel
        tree[f"messages/c{number}/messages.json"] = [wrote()]
    found = messages(read_tree(discord_package, tree))
    assert {(message.sender_id, message.is_me) for message in found} == {(ME, True)}


def test_attachments() -> None:
    message = only(wrote("", Attachments="https://cdn/a.PNG?ex=1 https://cdn/b.mp4 https://cdn/c"))
    assert (message.kind, [one.kind for one in message.attachments]) == (
        "media", ["photo", "video", "file"],
    )  # fmt: skip


BROKEN: list[Any] = [
    5, None, [], wrote(7), wrote({"a": 1}), wrote(number=None, Timestamp=""),
    wrote(number="x", Timestamp="soon"), wrote(number=-5, Timestamp=[]), wrote(number=10**40, Timestamp=""),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=lambda value: str(value)[:40])
def test_a_broken_record_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read(wrote("a"), broken, wrote("b", 1180000000000000002))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


def test_broken_tables_keep_what_stands_before() -> None:
    head = (
        "ID,Timestamp,Contents,Attachments\r\n1180000000000000001,2022-08-02 00:59:59+00:00,hi,\r\n"
    )
    path = f"messages/c{CHANNEL}/messages.csv"
    items = read_tree(discord_package, {path: head + "5\r\n" + '6,,"' + "x" * 200_000})
    assert [message.text for message in messages(items)] == ["hi"]
    assert [error.records for error in errors(items)] == [1, 1]


@pytest.mark.parametrize("content", ["[{", "{}", b"\xff\xfe"])
def test_a_broken_file_stops_nothing(content: Any) -> None:
    files = [
        as_file("p/messages/c5/messages.json", content),
        as_file("p/messages/c6/messages.json", [wrote()]),
        as_file("p/messages/c6/channel.json", content),
    ]
    items = list(discord_package.read(files, BERLIN))
    assert len(messages(items)) == 1
    assert {error.records for error in errors(items)} == {0}


@pytest.mark.parametrize(
    ("path", "content", "is_package"),
    [
        ("messages/c1/messages.json", [wrote()], True),
        (f"messages/c{CHANNEL}/messages.json", [], True),
        ("elsewhere/messages (1).csv", "ID,Timestamp,Contents,Attachments\r\n", True),
        ("messages.csv", "AuthorID,Author,Date,Content\r\n", False),
        (f"messages/{CHANNEL}/channel.json", {"id": CHANNEL, "type": 0}, True),
        ("x/channel.json", {"id": CHANNEL, "type": 0}, False),
        ("account/user.json", USER, True),
        ("user.json", {"id": 5, "username": "x"}, False),
        ("Messages/index.json", {CHANNEL: "x"}, True),
        ("index.json", {"name": "x"}, False),
        ("messages.json", [{"type": "message", "ts": "1700000000.000100"}], False),
        ("activity/events.json", {"event_type": "x"}, False),
    ],
)
def test_recognises(path: str, content: Any, is_package: bool) -> None:
    assert recognises(discord_package, path, content) == is_package


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("name", ["user.json", "messages.csv", "a.zip"])
def test_garbage_is_no_package(name: str, garbage: bytes) -> None:
    assert not recognises(discord_package, name, garbage)
