"""Every kind of event that a page may be sent: what it is, whose, and what makes it unique."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talklikeme.channels.messenger_events import parse_events
from talklikeme.events import Event, Kind
from tests.messenger_kit import FRIEND, PAGE, event, page_body

AT = 1_763_800_000_000
SIDES = {"sender": {"id": FRIEND}, "recipient": {"id": PAGE}, "timestamp": AT}
FROM_PAGE = {"sender": {"id": PAGE}, "recipient": {"id": FRIEND}, "timestamp": AT}


def message(**content: Any) -> dict[str, Any]:
    return SIDES | {"message": {"mid": "m_1"} | content}


EVENTS: dict[str, tuple[dict[str, Any], Kind, dict[str, Any]]] = {
    "text": (event("hi"), Kind.TEXT, {"text": "hi", "key": "m_1"}),
    "quick reply": (
        message(text="Talk to a human", quick_reply={"payload": "HUMAN"}),
        Kind.PRESS,
        {"payload": "HUMAN", "text": "Talk to a human", "key": "m_1"},
    ),
    "postback": (
        SIDES | {"postback": {"mid": "m_9", "title": "Start", "payload": "GET_STARTED"}},
        Kind.PRESS,
        {"payload": "GET_STARTED", "key": "m_9"},
    ),
    "old postback": (SIDES | {"postback": {"payload": "X"}}, Kind.PRESS, {"payload": "X"}),
    "picture": (message(attachments=[{"type": "image", "payload": {"url": "https://x"}}]), Kind.ATTACHMENT, {}),
    "link": (message(attachments=[{"type": "fallback"}]), Kind.ATTACHMENT, {}),
    "old sticker": (
        message(attachments=[{"type": "image", "payload": {"sticker_id": 369239263222822}}]), Kind.STICKER, {},
    ),
    "sticker": (message(attachments=[{"type": "sticker", "payload": {"sticker_id": 1}}]), Kind.STICKER, {}),
    "unsupported": (message(is_unsupported=True), Kind.UNSUPPORTED, {}),
    "unsent": (message(is_deleted=True), Kind.UNSENT, {"target": "m_1"}),
    "echo": (
        FROM_PAGE | {"message": {"mid": "m_2", "is_echo": True, "app_id": 42, "metadata": "o:7", "text": "hi"}},
        Kind.ECHO,
        {"details": {"app_id": "42", "metadata": "o:7"}, "key": "m_2"},
    ),
    "edit": (
        SIDES | {"message_edit": {"mid": "m_1", "text": "hello", "num_edit": "2"}},
        Kind.EDIT,
        {"target": "m_1", "text": "hello", "details": {"edits": 2}},
    ),
    "reaction": (
        SIDES | {"reaction": {"mid": "m_1", "action": "react", "emoji": "❤"}},
        Kind.REACTION,
        {"target": "m_1", "details": {"action": "react", "emoji": "❤"}},
    ),
    "feedback": (
        SIDES | {"response_feedback": {"mid": "m_3", "feedback": "Good response"}},
        Kind.FEEDBACK,
        {"target": "m_3", "details": {"feedback": "Good response"}},
    ),
    "delivery": (
        {"sender": {"id": FRIEND}, "delivery": {"mids": ["m_3", 5, None], "watermark": "17"}},
        Kind.DELIVERED,
        {"details": {"watermark": 17, "mids": ["m_3", "5"]}, "at_ms": 0},
    ),
    "read": (SIDES | {"read": {"watermark": 17}}, Kind.READ, {"details": {"watermark": 17}}),
    "taken": (
        SIDES | {"take_thread_control": {"previous_owner_app_id": 5}},
        Kind.HANDOVER,
        {"details": {"what": "take_thread_control", "previous_owner_app_id": "5"}},
    ),
    "roles": (
        {"recipient": {"id": PAGE}, "timestamp": AT, "app_roles": {"1": ["primary_receiver"]}},
        Kind.HANDOVER,
        {"details": {"what": "app_roles"}, "friend": ""},
    ),
    "policy": (
        {"recipient": {"id": PAGE}, "timestamp": AT, "policy-enforcement": {"action": "block", "reason": "x"}},
        Kind.POLICY,
        {"details": {"action": "block"}, "friend": ""},
    ),
    "unknown": (SIDES | {"telepathy": {"thought": "hm"}}, Kind.OTHER, {}),
    "a message that is a string": (SIDES | {"message": "hi"}, Kind.OTHER, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_every_kind_is_known_and_has_a_key(name: str) -> None:
    raw, kind, told = EVENTS[name]
    [found] = parse_events(page_body(raw))
    assert found.kind is kind
    for field, value in ({"friend": FRIEND} | told).items():
        assert getattr(found, field) == value, field
    assert found.key
    assert FRIEND not in repr(found)
    assert parse_events(page_body(raw)) == [found]  # a second delivery is the same event


def test_no_two_kinds_share_a_key() -> None:
    raws = [raw for name, (raw, *_) in EVENTS.items() if name != "text"]
    keys = [one.key for one in parse_events(page_body(*raws))]
    # m_1 is the message itself, which pictures, stickers and the like stand in for here
    unique = [key for key in keys if key != "m_1"]
    assert len(set(unique)) == len(unique)


def test_what_speaks_of_a_message_never_takes_its_key() -> None:
    for name in ("unsent", "edit", "reaction"):
        [found] = parse_events(page_body(EVENTS[name][0]))
        assert (found.target, found.key != "m_1") == ("m_1", True)


def test_the_same_mid_on_two_pages_is_two_events() -> None:
    here, there = page_body(event("hi")), page_body(event("hi")).replace(PAGE.encode(), b"777")
    assert parse_events(here)[0].id != parse_events(there)[0].id


def test_while_somebody_else_owns_the_conversation_nothing_is_mine_to_answer() -> None:
    body = page_body(event("hi"), EVENTS["postback"][0]).replace(b'"messaging"', b'"standby"')
    assert [one.kind for one in parse_events(body)] == [Kind.STANDBY] * 2
    assert [one.text for one in parse_events(body)] == ["", ""]


def test_instagram_is_read_where_it_is_asked_for() -> None:
    body = page_body(event("hi")).replace(b'"page"', b'"instagram"')
    assert parse_events(body) == []
    [found] = parse_events(body, channels=("messenger", "instagram"))
    assert (found.channel, found.text) == ("instagram", "hi")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["mid", "text", "id", "message", "sender", "recipient", "postback", "payload", "is_echo", "reaction",
         "read", "attachments", "delivery", "mids", "timestamp", "message_edit", "quick_reply", "x"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON, st.sampled_from(["messaging", "standby", "changes"]))
def test_whatever_is_signed_never_breaks_the_reader(content: Any, where: str) -> None:
    document = {"object": "page", "entry": [{"id": PAGE, where: [content, event("hi", "m_ok")]}]}
    body = json.dumps(document, default=str).encode()
    found = parse_events(body)
    assert all(isinstance(one, Event) for one in found)
    if where == "messaging":
        assert found[-1].text == "hi"
