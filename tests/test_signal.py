"""Signal's plaintext export, sigexport and signalbackup-tools: what a user would miss."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from talklikeme.exports import sigexport, signal_json, signal_text
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

GOLDEN = Path(__file__).parent / "golden"

# --- The official export ----------------------------------------------------------------------

OFFICIAL = json.loads((GOLDEN / "signal_json" / "expected.json").read_text(encoding="utf-8"))
HEAD: list[Any] = [
    {"version": "1", "backupTimeMs": "1767225600000", "mediaRootBackupKey": "A"},
    {"account": {"givenName": "Kim"}},
    {"recipient": {"id": "1", "self": {}}},
    {"recipient": {"id": "2", "contact": {"aci": "em9l", "profileGivenName": "Zoë"}}},
    {"recipient": {"id": "3", "releaseNotes": {}}},
    {"recipient": {"id": "4", "group": {"masterKey": "G", "snapshot": {"members": [{"userId": "em9l"}]}}}},
    {"chat": {"id": "11", "recipientId": "1"}}, {"chat": {"id": "12", "recipientId": "2"}},
    {"chat": {"id": "13", "recipientId": "3"}}, {"chat": {"id": "14", "recipientId": "4"}},
]  # fmt: skip


@pytest.mark.parametrize("dialect", ["jsonl", "array", "ints"])
def test_lines_and_arrays_give_the_same_messages(dialect: str) -> None:
    items = read_folder(signal_json, GOLDEN / "signal_json" / dialect)
    assert not errors(items)
    assert [comparable(message, OFFICIAL[0]) for message in messages(items)] == OFFICIAL


def sent(payload: Any = None, *, name: str = "standardMessage", **fields: Any) -> dict[str, Any]:
    content = {"text": {"body": "hi"}} if payload is None else payload
    item = {
        "chatId": "12",
        "authorId": "2",
        "dateSent": "1700000000000",
        "incoming": {},
        name: content,
    }
    return {"chatItem": item | fields}  # fmt: skip


def lines(*frames: Any) -> bytes:
    rows = (frame if isinstance(frame, bytes) else json.dumps(frame).encode() for frame in frames)
    return b"\n".join(rows) + b"\n"


def read(*frames: Any) -> list[Item]:
    return read_tree(signal_json, {"x/main.jsonl": lines(*HEAD, *frames)})


def only(frame: Any) -> Message:
    [message] = messages(read(frame))
    return message


@pytest.mark.parametrize(
    ("frame", "kind", "text"),
    [
        (sent(), "text", "hi"),
        (sent({}), "empty", ""),
        (sent({"attachments": [{"pointer": {"contentType": "image/png"}}]}), "media", ""),
        (sent({"sticker": {"emoji": "😀"}}, name="stickerMessage"), "sticker", ""),
        (sent({}, name="contactMessage"), "contact", ""),
        (sent({}, name="remoteDeletedMessage"), "deleted", ""),
        (sent({}, name="viewOnceMessage"), "media", ""),
        (sent({"question": "?"}, name="poll"), "poll", ""),
        (sent({}, name="giftBadge"), "system", ""),
        (sent({"simpleUpdate": {}}, name="updateMessage"), "system", ""),
        (sent({"individualCall": {}}, name="updateMessage"), "call", ""),
        (
            sent({"textReply": {"text": {"body": "wow"}}}, name="directStoryReplyMessage"),
            "text",
            "wow",
        ),
        (sent({"emoji": "❤️"}, name="directStoryReplyMessage"), "reaction_notice", ""),
    ],
)
def test_kinds(frame: Any, kind: str, text: str) -> None:
    message = only(frame)
    assert (message.kind, message.text) == (kind, text)
    assert (message.system, message.deleted) == (kind == "system", kind == "deleted")


@pytest.mark.parametrize(
    ("fields", "sender", "mine"),
    [
        ({}, ("em9l", "Zoë"), False),
        ({"authorId": "1", "incoming": None, "outgoing": {}}, ("self", "Kim"), True),
        ({"authorId": None, "outgoing": {}}, ("self", "Kim"), True),
        ({"authorId": 2}, ("em9l", "Zoë"), False),
    ],
)
def test_senders(fields: Any, sender: tuple[str, str], mine: bool) -> None:
    message = only(sent(**fields))
    assert ((message.sender_id, message.sender_name), message.is_me) == (sender, mine)


@pytest.mark.parametrize(
    ("chat_id", "told"),
    [
        ("11", ("signal:self", "Kim", False, "saved_messages")),
        ("12", ("signal:em9l", "Zoë", False, None)),
        ("13", ("signal:releaseNotes", "Signal", False, "private_channel")),
        ("14", ("signal:G", None, True, None)),
        ("99", ("signal:chat99", None, None, None)),
    ],
)
def test_chats_are_told_by_whom_they_are_with(chat_id: str, told: tuple[Any, ...]) -> None:
    message = only(sent(chatId=chat_id))
    assert told == (
        message.conversation_id, message.conversation_title, message.is_group, message.section,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        ({"nickname": {"given": "Z", "family": "R"}, "systemGivenName": "Zoë"}, "Z R"),
        ({"systemGivenName": "Zoë", "systemFamilyName": "Ruiz", "profileGivenName": "x"}, "Zoë Ruiz"),
        ({"profileGivenName": "Zo", "username": "zoe.01"}, "Zo"),
        ({"username": "zoe.01", "e164": "155"}, "zoe.01"),
        ({"e164": 155}, "+155"),
        ({"aci": "em9l"}, "em9l"),
    ],
)  # fmt: skip
def test_display_names(contact: Any, name: str) -> None:
    frames = [{"recipient": {"id": "2", "contact": contact}}, sent()]
    assert messages(read(*frames))[0].sender_name == name


@pytest.mark.parametrize(
    ("body", "ranges", "text"),
    [
        ("\ufffc hi \ufffc", [{"mentionAci": "em9l"}, {"start": 5, "length": 1, "mentionAci": "x"}], "@Zoë hi @user"),
        ("👍👍\ufffc", [{"start": 4, "length": 1, "mentionAci": "em9l"}], "👍👍@Zoë"),
        ("bold", [{"start": 0, "length": 4, "style": "BOLD"}], "bold"),
        ("\ufffc", [{"start": 2**40, "mentionAci": "em9l"}, {"start": -1, "mentionAci": "em9l"}, 5], "@Zoë"),
        ("a\ufffcb", "junk", "ab"),
    ],
)  # fmt: skip
def test_mentions(body: str, ranges: Any, text: str) -> None:
    assert only(sent({"text": {"body": body, "bodyRanges": ranges}})).text == text


def test_order_is_that_of_sending() -> None:
    frames = [sent(dateSent=str(1_700_000_000_000 + n)) for n in (5, 1, 3)]
    found = messages(read(*frames))
    assert [(m.ts_raw[-1], m.seq) for m in found] == [("1", 0), ("3", 1), ("5", 2)]


def test_long_texts_go_on_in_their_file() -> None:
    digest = bytes(range(32))
    pointer = {"locatorInfo": {"plaintextHash": base64.b64encode(digest).decode()}}
    frame = sent({"text": {"body": "begin"}, "longText": pointer})
    name = f"x/files/{digest.hex()[:2]}/{digest.hex()}.txt"
    main = {"x/main.jsonl": lines(*HEAD, frame)}
    assert (
        messages(read_tree(signal_json, main | {name: "begin and end"}))[0].text == "begin and end"
    )
    items = read_tree(signal_json, main)
    assert messages(items)[0].text == "begin"
    assert [error.is_note for error in errors(items)] == [True]


def test_edits_quotes_reactions_and_attachments() -> None:
    message = only(sent({
        "text": {"body": "x"}, "quote": {"targetSentTimestamp": 1699999999999},
        "reactions": [{"emoji": "👍", "authorId": "1"}, {"emoji": 5}, 7],
        "attachments": [{"pointer": {"contentType": "audio/aac"}, "flag": "VOICE_MESSAGE"}, 5],
        "linkPreview": [{"url": "https://ex.org"}],
    }, revisions=[{}]))  # fmt: skip
    assert (message.edited, message.reply_to) == (True, "1699999999999")
    assert message.reactions == (Reaction("👍", "Kim"),)
    assert message.attachments == (
        Attachment("voice_message", None, "audio/aac"), Attachment("link", "https://ex.org"),
    )  # fmt: skip


BROKEN: list[Any] = [
    b"{", b"nope", b"\xff\xfe", b"[1]", b'{"chatItem":' * 5000, {"chatItem": 5}, {"chatItem": {}},
    sent(dateSent=None), sent(dateSent="0"), sent(dateSent="-5"), sent(dateSent=[]),
    sent(dateSent=1e300), sent(dateSent="9" * 18), sent(authorId=None), sent(authorId="99"),
    sent({"text": {"body": 5}}), sent(5), sent(name="unheardOf"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=lambda value: str(value)[:60])
def test_a_broken_frame_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read(sent(), broken, sent(dateSent="1700000009000"))
    assert len(messages(items)) == 2
    assert [(error.records, error.line) for error in errors(items)] == [(1, len(HEAD) + 2)]


def test_an_array_that_breaks_off_is_read_until_there() -> None:
    data = json.dumps([*HEAD, sent(), sent()], indent=1)
    items = read_tree(signal_json, {"main.jsonl": data[:-40]})
    assert len(messages(items)) == 1
    assert "breaks off" in errors(items)[-1].why


@pytest.mark.parametrize(
    "recipient", [5, {}, {"id": "2"}, {"id": "2", "contact": {"aci": 5}}, {"id": []}]
)
def test_odd_recipients_lose_no_message(recipient: Any) -> None:
    frames = [{"recipient": recipient}, {"chat": 5}, {"chat": {"id": 5}}, {"account": 5}, sent()]
    assert len(messages(read(*frames))) == 1


@pytest.mark.parametrize(
    ("path", "content", "is_mine"),
    [
        ("main.jsonl", lines(*HEAD), True),
        ("main (1).json", json.dumps(HEAD, indent=2), True),
        ("renamed.jsonl", lines({"recipient": {"id": "1", "self": {}}}), True),
        ("metadata.json", {"version": 1}, True),
        ("settings.json", {"version": 1}, False),
        ("x.jsonl", b'{"account": {"name": "x"}}\n', False),
        ("data.json", b'{"date": "2024-01-15T09:01:02", "sender": "Z", "body": ""}\n', False),
    ],
)
def test_recognises_the_official_export(path: str, content: Any, is_mine: bool) -> None:
    assert recognises(signal_json, path, content) == is_mine


# --- sigexport --------------------------------------------------------------------------------

EXPORTED = json.loads((GOLDEN / "sigexport" / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("dialect", ["data_2026", "data_2021", "markdown", "markdown_old"])
def test_data_and_markdown_give_the_same_messages(dialect: str) -> None:
    items = read_folder(sigexport, GOLDEN / "sigexport" / dialect)
    assert not errors(items)
    found = [comparable(message, EXPORTED[0]) for message in messages(items)]
    assert [one | {"ts": one["ts"][:16]} for one in found] == EXPORTED


def row(**fields: Any) -> dict[str, Any]:
    return {"date": "2024-01-15T09:01:02", "sender": "Zoë", "body": "hi  "} | fields


def read_rows(*rows: Any, folder: str = "Zoë") -> list[Item]:
    return read_tree(sigexport, {f"out/{folder}/data.json": lines(*rows)})


def test_who_is_in_a_chat() -> None:
    told = []
    for folder, senders in (
        ("Alice2", ["Alice", "Me"]),
        ("Trip", ["A", "B"]),
        ("Trip", ["A", "Me"]),
    ):
        [message, _] = messages(read_rows(*(row(sender=one) for one in senders), folder=folder))
        told.append((message.is_group, message.participants))
    assert told == [(False, ("Alice", "Me")), (True, ("A", "B")), (None, ("A", "Me"))]
    event = messages(read_rows(row(sender="No-Sender")))[0]
    assert (event.kind, event.sender_id) == ("system", "")


@pytest.mark.parametrize(
    "broken",
    [
        b"{", b"5", row(date="soon"), row(date=5), row(date="1970-01-01T01:00:00"), row(sender=None),
        row(sender=[]), row(body=5), row(body={}), b"[" * 5000,
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_a_broken_row_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read_rows(row(), broken, row(reactions=5, attachments={"a": 1}, sticker=7))
    assert len(messages(items)) == 2
    assert [error.records for error in errors(items)] == [1]


def test_a_page_alone_is_reported() -> None:
    page = '<div class="msg me"><div class="meta"><span class="sender">Me</span>'
    assert [error.records for error in errors(read_tree(sigexport, {"Zoë/index.html": page}))] == [
        0
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("> my own words  ", "> my own words"),
        ("\n\n> q1\n> q2\n\nanswer  ", "answer"),
        ("(- not a reaction  ", "(- not a reaction"),
        ("[link](https://ex.org)  ", "[link](https://ex.org)"),
        ("(image not exported)  ", ""),
        ("call me (now)  ", "call me (now)"),
    ],
)
def test_markdown_bodies(body: str, text: str) -> None:
    chat = f"[2024-01-15 09:01:02] Zoë: {body}\n"
    [message] = messages(read_tree(sigexport, {"Zoë/chat.md": chat}))
    assert message.text == text


@pytest.mark.parametrize(
    ("path", "content", "is_mine"),
    [
        ("data.json", lines(row()), True),
        ("data (1).json", lines(row(quote="")), True),
        ("chat.md", "[2024-01-15 09:01:02] Z: x\n", True),
        ("notes.md", "# Notes\n[2024-01-15 09:01:02] Z: x\n", False),
        ("_chat.txt", "[2024-01-15, 09:01:02] Z: x\n", False),
        ("data.json", {"Messages": []}, False),
    ],
)
def test_recognises_sigexport(path: str, content: Any, is_mine: bool) -> None:
    assert recognises(sigexport, path, content) == is_mine


# --- signalbackup-tools -----------------------------------------------------------------------


def test_text_files() -> None:
    items = read_folder(signal_text, GOLDEN / "signal_text")
    assert not errors(items)
    assert [
        (m.kind, m.sender_name, m.text, [(r.emoji, r.actor) for r in m.reactions]) for m in messages(items)
    ] == [
        ("text", "Zoë", "hallo", [("👍", "Kim"), ("❤️", "Bo: b")]),
        ("text", "Kim", "line one\nline two (see: above)", []),
        ("media", "Kim", "", [("😂", "Zoë")]),
        ("media", "Kim", "", []),
        ("system", None, "Zoë changed the group name", []),
        ("call", None, "", []),
        ("poll", "Kim", "", []),
        ("text", "Zoë", "ok :) (yes: no)", []),
    ]  # fmt: skip
    first, _, file, *_ = messages(items)
    assert (first.conversation_id, first.conversation_title, first.is_group, first.is_me) == (
        "signal:zoë", "Zoë", False, None,
    )  # fmt: skip
    assert (first.ts.isoformat(), first.tz_basis) == ("2024-01-15T08:01:02+00:00", "local")
    assert file.attachments == (Attachment("file", "IMG 1.jpg"),)


@pytest.mark.parametrize(
    "stamp", ["Jan 32, 2024 09:01:02", "Foo 15, 2024 09:01:02", "Jan 15, 0001 09:01:02"]
)
def test_a_stamp_that_is_no_time_is_one_error(stamp: str) -> None:
    text = f"[Jan 15, 2024 09:01:02] <Z> a\n[{stamp}] <Z> b\n[Jan 15, 2024 09:01:03] <Z> c\n"
    items = read_tree(signal_text, {"Z.txt": text})
    assert [message.text for message in messages(items)] == ["a", "c"]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 2)]


@pytest.mark.parametrize(
    ("path", "content", "is_mine"),
    [
        ("Z (_id7).txt", "[Jan 15, 2024 09:01:02] <Z> a\n", True),
        ("renamed", "[Jan 15, 2024 09:01:02] *** Z joined\n", True),
        ("x.txt", "[Jan 15, 2024 09:01:02] Z: a\n", False),
        ("x.txt", "Jan 15, 2024  9:01:02 AM\nZ\na\n", False),
        ("x.txt", "2024-01-15 09:01:02 <Z> a\n", False),
    ],
)
def test_recognises_signal_text(path: str, content: Any, is_mine: bool) -> None:
    assert recognises(signal_text, path, content) == is_mine


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("reader", [signal_json, sigexport, signal_text])
@pytest.mark.parametrize("name", ["main.jsonl", "chat.md", "x.txt", "index.html"])
def test_garbage_is_not_signal(reader: Any, name: str, garbage: bytes) -> None:
    assert not recognises(reader, name, garbage)


@pytest.mark.parametrize("reader", [signal_json, sigexport, signal_text])
def test_bytes_that_are_no_utf8_stop_nothing(reader: Any) -> None:
    files = [as_file("a/main.jsonl", b"\xff" * 50), as_file("b/data.json", b"\xff\n")]
    assert not messages(list(reader.read(files, BERLIN)))
