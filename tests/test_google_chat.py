"""Google Chat's messages.json: what a user would miss if it went wrong."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from babel.dates import format_date, format_time, get_datetime_format
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.exports import google_chat, hangouts
from talklikeme.exports.google_dates import DateReader
from talklikeme.messages import Message
from tests.google_kit import GOLDEN, as_file, errors, folder, messages, read, record

EXPECTED = json.loads((GOLDEN / "google_chat" / "expected.json").read_text(encoding="utf-8"))
ROOT = "Takeout/Google Chat/"
DM = f"{ROOT}Groups/DM abc/messages.json"
KIM = {"name": "Kim Berg", "email": "kim@ex.org", "user_type": "Human"}
ZOE = {"name": "Zoë Ruiz", "email": "zoe@ex.org", "user_type": "Human"}


def said(text: Any = "hi", who: Any = ZOE, second: int = 12, **fields: Any) -> Any:
    date = f"Monday, 5 June 2023 at 10:11:{second:02} UTC"
    return {"creator": who, "created_date": date, "text": text, "topic_id": "t"} | fields


def export(
    *records: Any, root: str = ROOT, group: str = "DM abc", owner: Any = KIM
) -> dict[str, Any]:
    return {
        f"{root}Groups/{group}/messages.json": {"messages": list(records)},
        f"{root}Groups/{group}/group_info.json": {"members": [KIM, ZOE]},
        f"{root}Users/User 1/user_info.json": {"user": owner, "membership_info": []},
    }


def only(*records: Any) -> Message:
    [message] = messages(read(google_chat, export(*records)))
    return message


@pytest.mark.parametrize("dialect", ["en_us", "en_gb", "de", "hu", "ja"])
def test_every_language_gives_the_same_messages(dialect: str) -> None:
    items = read(google_chat, folder(GOLDEN / "google_chat" / dialect))
    assert not errors(items)
    assert [record(message, EXPECTED[0]) for message in messages(items)] == EXPECTED


@pytest.mark.parametrize(
    "language",
    ["fr", "es", "pt", "nl", "pl", "ru", "tr", "ko", "zh", "zh_Hant", "ar", "he", "hi", "th", "vi",
     "fi", "da", "cs", "hr", "el", "lt", "eu", "fr_CA", "sr"],
)  # fmt: skip
def test_dates_in_the_language_of_the_account(language: str) -> None:
    reader = DateReader()
    for step in range(0, 400, 9):
        when = datetime(2016, 1, 5, 0, 3, 9, tzinfo=UTC) + timedelta(days=step, hours=step % 24)
        time, date = format_time(when, "long", UTC, language), format_date(when, "full", language)
        written = get_datetime_format("long", locale=language).format(time, date).replace("'", "")
        assert reader.read(written) == when


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Blursday, 5 Foo 2023 at 10:11:12 UTC", 5, None, "9" * 500]
)
def test_a_date_that_cannot_be_read_costs_no_other(date: Any) -> None:
    items = read(google_chat, export(said("a"), said("b", created_date=date), said("c")))
    assert [message.text for message in messages(items)] == ["a", "c"]
    assert [error.why for error in errors(items)] == ["no usable time"]


def test_topics_interleave_in_the_order_of_time() -> None:
    found = messages(
        read(google_chat, export(said("b", second=30), said("a", second=10), said("c", second=30)))
    )
    assert [(message.text, message.seq) for message in found] == [("a", 0), ("b", 1), ("c", 2)]


def test_the_same_people_meet_in_hangouts() -> None:
    old = {"Hangouts.json": (GOLDEN / "hangouts" / "new.json").read_bytes()}
    ids = {
        (m.conversation_id, m.sender_id) for m in messages(read(hangouts, old)) if not m.is_group
    }
    assert {
        (m.conversation_id, m.sender_id) for m in messages(read(google_chat, export(said())))
    } <= ids


def test_a_space_of_two_is_not_their_private_chat() -> None:
    [message] = messages(read(google_chat, export(said(), group="Space xyz")))
    assert (message.conversation_id, message.is_group) == ("googlechat:Space xyz", True)


def test_each_export_has_its_own_owner_and_parts_share_one() -> None:
    two = export(said(), root="a/Google Chat/") | export(said(), root="b/Google Chat/", owner=ZOE)
    assert [m.is_me for m in messages(read(google_chat, two))] == [False, True]
    parts = {path.replace(ROOT, f"takeout-00{n}.zip/{ROOT}"): content
             for n, (path, content) in enumerate(export(said(who=KIM)).items())}  # fmt: skip
    assert [m.is_me for m in messages(read(google_chat, parts))] == [True]


def test_without_user_info_nobody_is_me() -> None:
    [message] = messages(read(google_chat, {DM: {"messages": [said()]}}))
    assert message.is_me is None


def test_an_account_without_address_is_the_one_of_that_name() -> None:
    gone = {"name": "Zoë Ruiz", "user_type": "Human"}
    found = messages(read(google_chat, export(said(who=ZOE), said(who=gone))))
    assert {(m.sender_id, m.conversation_id) for m in found} == {
        ("zoë ruiz", "google:kim berg & zoë ruiz")
    }


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        ({"text": None}, "kind", "empty"), ({"annotations": [{"video_call_metadata": {}}], "text": ""}, "kind", "empty"),
        ({"updated_date": "x"}, "edited", True), ({"creator": ZOE | {"user_type": "Bot"}}, "via_bot", True),
        ({"message_state": "DELETED", "text": "x"}, "text", ""), ({"message_state": "DELETED"}, "deleted", True),
        ({"text": "it\u2019s <3 *b*"}, "text", "it\u2019s <3 *b*"), ({"attached_files": [{}], "text": ""}, "kind", "media"),
        ({"reactions": [5, {"emoji": 5}]}, "reactions", ()), ({"quoted_message_metadata": 5}, "reply_to", None),
    ],
    ids=str,
)  # fmt: skip
def test_fields(fields: dict[str, Any], attribute: str, value: Any) -> None:
    assert getattr(only(said(**fields)), attribute) == value


@pytest.mark.parametrize(
    "bad", [5, None, [], "x", {}, said(5), said(who=None), said(who={"name": 5})], ids=repr
)
def test_a_broken_record_costs_no_other(bad: Any) -> None:
    items = read(google_chat, export(said("a"), bad, said("b")))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


def test_a_broken_file_costs_no_other() -> None:
    files = export(said("a")) | {f"{ROOT}Groups/DM x/messages.json": b'{"messages": [{"creator": {'}
    items = read(google_chat, files)
    assert [message.text for message in messages(items)] == ["a"]
    assert len(errors(items)) == 1


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text(alphabet="0123456789:. ,年月日午前APMmonday五UTC시", max_size=40))
def test_any_text_is_a_date_or_none(text: str) -> None:
    try:
        DateReader().read(text)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("name", "head", "is_chat"),
    [
        ("renamed (1).json", b'{"messages": [{"creator": {"name": "x"', True),
        (DM, b'{"messages": []}', True), (DM, b"{}", True),
        ("x/messages.json", b'{"messages": [ {"topic_id": "x"', True),
        ("x/messages.json", b'{"messages": [{"sender_name": "Z", "timestamp_ms": 1}]}', False),
        ("x/messages.json", b'[{"ID": 1, "Timestamp": "2020"}]', False),
        ("x/user_info.json", b'{"user": {"name": "x", "user_type": "Human"}}', True),
        ("x/user_info.json", b'{"user": {"name": "x"}}', False),
        ("x/group_info.json", b"{}", False), (f"{ROOT}Groups/Space x/group_info.json", b"{}", True),
        ("x.json", b"\x00\xff", False),
    ],
)  # fmt: skip
def test_recognises(name: str, head: bytes, is_chat: bool) -> None:
    assert google_chat.recognises(as_file(head, name), head) == is_chat
