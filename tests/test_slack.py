"""Slack's export: what a user would miss if it went wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from talklikeme.exports import slack
from talklikeme.exports.items import Item
from talklikeme.messages import Attachment, Message, Reaction
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

GOLDEN = Path(__file__).parent / "golden" / "slack"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
TS = "1700000000.000100"
USERS: list[Any] = [
    {"id": "U1", "name": "kim", "profile": {"display_name": "Kim"}},
    {"id": "U2", "name": "zoe", "real_name": "Zoë", "profile": {"display_name": ""}},
    {"id": "U3", "name": "bob"},
    {"id": "U4", "is_bot": True, "profile": {"real_name": "Hook"}},
]


@pytest.mark.parametrize("dialect", sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))
def test_every_kind_of_export_gives_the_same_messages(dialect: str) -> None:
    items = read_folder(slack, GOLDEN / dialect)
    assert not errors(items)
    assert [comparable(message, EXPECTED[0]) for message in messages(items)] == EXPECTED


def said(text: Any = "hi", **fields: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": text, "ts": TS} | fields


def read(*records: Any, **lists: Any) -> list[Item]:
    files = {f"{name}.json": entries for name, entries in lists.items()}
    return read_tree(slack, {"users.json": USERS, "general/2023-11-14.json": list(records)} | files)


def only(record: Any) -> Message:
    [message] = messages(read(record))
    return message


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<@U2> <@U9|nick> <@U9>", "@Zoë @nick @U9"),
        ("<#C1|general> <#C2>", "#general #C2"),
        ("<!here> <!channel|channel> <!everyone|@everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@devs> <!subteam^S1>", "@devs @group"),
        ("<!date^1700000000^{date}|14 Nov> ok", "14 Nov ok"),
        ("<mailto:a@ex.org|a@ex.org> <tel:+155|+155> <mailto:b@ex.org>", "a@ex.org +155 b@ex.org"),
        ("<https://ex.org?a=1&amp;b=2> <https://ex.org|a &lt;b&gt;>", "https://ex.org?a=1&b=2 a <b>"),
        ("&amp;lt; &lt;3 &quot;", "&lt; <3 &quot;"),
        (":wave::skin-tone-3: :+1::tada: :ourlogo: 12:30:45 a:100:b", "👋🏼 👍🎉 :ourlogo: 12:30:45 a:100:b"),
    ],
)  # fmt: skip
def test_text_is_what_people_saw(written: str, shown: str) -> None:
    assert only(said(written)).text == shown


def rich(*elements: Any) -> dict[str, Any]:
    return said("", blocks=[{"type": "rich_text", "elements": list(elements)}, {"type": "actions"}])


def test_rich_text_speaks_where_there_is_no_text() -> None:
    section = {"type": "rich_text_section", "elements": [
        {"type": "text", "text": "see "}, {"type": "link", "url": "https://ex.org"},
        {"type": "broadcast", "range": "here"}, {"type": "emoji", "name": "joy"},
    ]}  # fmt: skip
    items = [{"type": "rich_text_section", "elements": [{"type": "text", "text": t}]} for t in "ab"]
    bullets = {"type": "rich_text_list", "style": "bullet", "elements": items}
    numbers = {"type": "rich_text_list", "style": "ordered", "elements": items}
    message = only(rich(section, bullets, numbers))
    assert message.text == "see https://ex.org@here😂\n• a\n• b\n1. a\n2. b"


def test_hostile_nesting_of_rich_text_ends() -> None:
    deep: Any = {"type": "text", "text": "x"}
    for _ in range(300):
        deep = {"type": "rich_text_section", "elements": [deep]}
    assert only(rich(deep)).kind == "empty"


@pytest.mark.parametrize(
    ("record", "kind", "text"),
    [
        (said(subtype="me_message"), "text", "hi"),
        (said(subtype="thread_broadcast", thread_ts="1.2"), "text", "hi"),
        (said("<@U1> uploaded a file: <u|n> and commented: x", subtype="file_share",
              file={"name": "n", "initial_comment": {"comment": "look"}}), "text", "look"),
        (said("my caption", subtype="file_share", files=[{"name": "n"}]), "text", "my caption"),
        (said("", files=[{"name": "n", "mimetype": "image/png"}]), "media", ""),
        (said("<@U2> commented on …", subtype="file_comment", comment={"user": "U2", "comment": "nice"}),
         "text", "nice"),
        (said("<@U1> set the topic", subtype="channel_topic"), "system", "@Kim set the topic"),
        (said("", subtype="group_leave"), "system", ""),
        (said("A huddle started", subtype="huddle_thread"), "call", ""),
        (said("This message was deleted.", subtype="tombstone", user="USLACKBOT"), "deleted", ""),
        (said(subtype="message_deleted"), "deleted", ""),
        (said("hi", subtype="message_changed", message=said("hi there")), "system", ""),
        (said("", type="user_typing"), "system", ""),
        (said(""), "empty", ""),
    ],
    ids=lambda value: value.get("subtype", "") if isinstance(value, dict) else None,
)  # fmt: skip
def test_kinds(record: Any, kind: str, text: str) -> None:
    message = only(record)
    assert (message.kind, message.text) == (kind, text)
    assert (message.system, message.deleted) == (kind == "system", kind == "deleted")


@pytest.mark.parametrize(
    ("record", "sender", "name", "is_bot"),
    [
        (said(), "U1", "Kim", False),
        (said(user="U2"), "U2", "Zoë", False),
        (said(user="U3"), "U3", "bob", False),
        (said(user="U9", user_profile={"real_name": "Gone"}), "U9", "Gone", False),
        (said(user="U9"), "U9", None, False),
        (said(user="U4"), "U4", "Hook", True),
        (said(bot_id="B1", bot_profile={"name": "App"}), "U1", "Kim", True),
        (said(user=None, bot_id="B1", username="ci"), "B1", "ci", True),
        (said(user=None, username="ci", subtype="bot_message"), "ci", "ci", True),
        (said(user="USLACKBOT", subtype="slackbot_response"), "USLACKBOT", None, True),
        (said(subtype="file_comment", comment={"user": "U2", "comment": "x"}), "U2", "Zoë", False),
    ],
)  # fmt: skip
def test_senders(record: Any, sender: str, name: str | None, is_bot: bool) -> None:
    message = only(record)
    assert (message.sender_id, message.sender_name, message.via_bot) == (sender, name, is_bot)


def test_threads_edits_reactions_and_files() -> None:
    message = only(said(
        thread_ts="1699999999.000000", edited={"user": "U1"},
        reactions=[{"name": "+1::skin-tone-2", "users": ["U2", "U9"]}, {"name": "logo", "count": 4}, 5],
        files=[{"name": "a.pdf", "mimetype": "application/pdf"}], attachments=[{"from_url": "https://ex.org"}],
    ))  # fmt: skip
    assert (message.reply_to, message.edited, message.message_id) == ("1699999999.000000", True, TS)
    assert message.reactions == (
        Reaction("👍🏻", "Zoë"), Reaction("👍🏻", "U9"), Reaction(":logo:"),
    )  # fmt: skip
    assert message.attachments == (
        Attachment("application", "a.pdf", "application/pdf"), Attachment("link", "https://ex.org"),
    )  # fmt: skip
    assert only(said(thread_ts=TS)).reply_to is None


DMS: list[Any] = [
    {"id": "D1", "created": 1, "members": ["U1", "U2"]},
    {"id": "D2", "created": 1, "members": ["U1", "U3"]},
]


@pytest.mark.parametrize(
    ("dms", "mine"),
    [
        (DMS, True),
        (DMS[:1], None),
        ([*DMS, {"id": "D3", "members": ["U2", "U3"], "created": 1}], None),
        ([*DMS, {"id": "D3", "members": ["U1"], "created": 1}], True),
    ],
    ids=["common member", "one DM tells nothing", "the whole company's DMs", "notes to self"],
)
def test_the_owner_is_the_member_of_all_dms(dms: Any, mine: bool | None) -> None:
    [message] = messages(read(said(), dms=dms))
    assert message.is_me is mine


def test_conversations() -> None:
    tree = {
        "users.json": USERS,
        "channels.json": [{"id": "C1", "name": "general", "created": "1", "members": ["U1", "U9"]}],
        "groups.json": [{"id": "C2", "name": "private", "created": 1, "members": ["U1", "U2", "U3"]}],
        "mpims.json": [{"id": "G3", "name": "mpdm-a--b--c-1", "created": 1, "members": ["U1"]}],
        "dms.json": [*DMS, {"id": "D3", "created": 1, "members": ["U1", "USLACKBOT"]},
                     {"id": "D4", "created": 1, "members": ["U1"]}],
    }  # fmt: skip
    for folder in ("general", "private", "mpdm-a--b--c-1", "D1", "D3", "D4", "unlisted"):
        tree[f"{folder}/2023-11-14.json"] = [said(folder)]
    found = {message.text: message for message in messages(read_tree(slack, tree))}
    told = {
        name: (m.conversation_id, m.conversation_title, m.is_group, m.participants, m.section)
        for name, m in found.items()
    }
    assert told == {
        "general": ("slack:C1", "general", True, ("Kim",), None),
        "private": ("slack:C2", "private", True, ("Kim", "Zoë", "bob"), None),
        "mpdm-a--b--c-1": ("slack:G3", "mpdm-a--b--c-1", True, ("Kim",), None),
        "D1": ("slack:D1", "Zoë", False, ("Kim", "Zoë"), None),
        "D3": ("slack:D3", None, False, ("Kim",), "bot_chat"),
        "D4": ("slack:D4", None, False, ("Kim",), "saved_messages"),
        "unlisted": ("slack:unlisted", "unlisted", True, (), None),
    }


def test_two_workspaces_keep_their_people_and_channels() -> None:
    tree: dict[str, Any] = {}
    for name in ("A", "B"):
        tree[f"{name}/users.json"] = [{"id": "U1", "profile": {"display_name": f"Kim {name}"}}]
        tree[f"{name}/general/2023-11-14.json"] = [said(name)]
    found = messages(read_tree(slack, tree))
    assert [(m.conversation_id, m.sender_name) for m in found] == [
        ("slack:A/general", "Kim A"), ("slack:B/general", "Kim B"),
    ]  # fmt: skip


def test_comments_on_canvases_are_left_aside() -> None:
    items = read_tree(slack, {"FC:F012AB/general/2023-11-14.json": [said()]})
    assert not messages(items)
    assert [error.is_note for error in errors(items)] == [True]


def test_halves_of_characters_do_not_reach_the_output() -> None:
    message = only(
        said("a\ud83d", user="U\ud83d", reactions=[{"name": "x\udc00", "users": ["\ud83d"]}])
    )
    assert json.dumps(message.to_json(), ensure_ascii=False).encode()
    assert (message.text, message.sender_id) == ("a", "U")


BROKEN: list[Any] = [
    5, None, [], {}, said(7), said({"a": 1}), said(ts=None), said(ts="-5"), said(ts="1e400"),
    said(ts=1e300), said(ts="0"), said(user=None), said(user=[1]), said(ts="99999999999.0"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_record_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read(said("a"), broken, said("b", ts="1700000001.000000"))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 1)]


@pytest.mark.parametrize("content", ["[{", "{}", '[{"ts": "1700000000.000000"'])
def test_a_broken_file_stops_nothing(content: str) -> None:
    files = [as_file("x/2023-11-13.json", content), as_file("x/2023-11-14.json", [said()])]
    items = list(slack.read(files, BERLIN))
    assert [message.text for message in messages(items)] == ["hi"]
    assert [error.records for error in errors(items)] == [0]


@pytest.mark.parametrize(
    ("path", "content", "is_slack"),
    [
        ("x/2023-11-14.json", [said()], True),
        ("x/renamed.json", [said()], True),
        ("x/2023-11-14 (1).json", [{"user": "U1", "ts": TS}], True),
        ("users.json", USERS, True),
        ("dms.json", [], True),
        ("channels.json", [{"id": "C1", "created": 5}], True),
        ("users.json", [{"login": "kim"}], False),
        ("x/2023-11-14.json", [{"steps": 5}], False),
        ("messages.json", [{"ID": 1, "Contents": "x"}], False),
        ("message_1.json", {"messages": [{"type": "message", "ts": TS}]}, False),
        ("channels.json", {"id": "C1"}, False),
    ],
)
def test_recognises(path: str, content: Any, is_slack: bool) -> None:
    assert recognises(slack, path, content) == is_slack


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("name", ["users.json", "2023-11-14.json", "a.zip"])
def test_garbage_is_not_slack(name: str, garbage: bytes) -> None:
    assert not recognises(slack, name, garbage)
