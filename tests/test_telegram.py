"""Telegram's result.json: what a user would miss if it went wrong."""

import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.errors import ExportError
from talklikeme.exports import telegram
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.json_stream import MendedStream
from talklikeme.exports.telegram_pieces import WHOLE_RECORDS, read_events
from talklikeme.messages import Attachment, Message, Reaction, clean_text

GOLDEN = Path(__file__).parent / "golden" / "telegram"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
BERLIN = ReadSettings(ZoneInfo("Europe/Berlin"))
START = 1_705_305_662


def as_file(content: bytes, path: str = "DataExport/result.json") -> ExportFile:
    return ExportFile(path, len(content), partial(io.BytesIO, content))


def read(content: Any, options: ReadSettings = BERLIN) -> list[Item]:
    """Everything that the reader yields for one file, checked against its tally."""
    data = content if isinstance(content, bytes) else json.dumps(content, indent=1).encode()
    file = as_file(data)
    assert telegram.recognises(file, data[:65_536])
    items = list(telegram.read([file], options))
    [tally] = [item for item in items if isinstance(item, Tally)]
    assert tally.records == len(messages(items)) + sum(error.records for error in errors(items))
    return items


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError)]


def said(text: Any, *, who: int = 22, number: int = 1, at: int = START, **fields: Any) -> Any:
    return {
        "id": number, "type": "message", "date": "2024-01-15T09:01:02", "date_unixtime": str(at),
        "from": f"Name {who}", "from_id": f"user{who}", "text": text,
    } | fields  # fmt: skip


def service(action: str, **fields: Any) -> Any:
    return {
        "id": 1, "type": "service", "date_unixtime": str(START), "actor": "Name 22",
        "actor_id": "user22", "action": action, "text": "",
    } | fields  # fmt: skip


def chat(*records: Any, kind: str = "personal_chat", **fields: Any) -> dict[str, Any]:
    return {"name": "Zoë", "type": kind, "id": 22, "messages": list(records)} | fields


def account(*chats: Any, owner: Any = 11) -> dict[str, Any]:
    head = {"about": "Here is the data.", "personal_information": {"user_id": owner}}
    return head | {"chats": {"about": "", "list": list(chats)}}


def only(*records: Any, **fields: Any) -> Message:
    [message] = messages(read(chat(*records, **fields)))
    return message


# --- One conversation, exported in many ways --------------------------------------------------

DIALECTS = sorted(path.name for path in GOLDEN.glob("*.json") if path.name != "expected.json")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_age_of_export_gives_the_same_messages(dialect: str) -> None:
    items = read((GOLDEN / dialect).read_bytes())
    assert not errors(items)
    assert [record(message) for message in messages(items)] == EXPECTED


def record(message: Message) -> dict[str, Any]:
    """The fields that all ages of the export can express."""
    full = message.to_json()
    pairs = [[item.kind, item.path] for item in message.attachments]
    return {key: full[key] for key in EXPECTED[0]} | {"attachments": pairs}


@pytest.mark.parametrize(
    ("dialect", "basis"), [("full_2024", "utc"), ("full_2021_local_time", "local")]
)
def test_says_how_sure_its_times_are(dialect: str, basis: str) -> None:
    found = messages(read((GOLDEN / f"{dialect}.json").read_bytes()))
    assert {message.tz_basis for message in found} == {basis}


# --- Bytes that are no JSON -------------------------------------------------------------------


def write_like_telegram(value: Any) -> bytes:
    """JSON with Telegram Desktop's two faults: `\\xNN`, and stray bytes after U+2028 and U+2029."""
    text = json.dumps(value, ensure_ascii=False)
    text = re.sub(r"\\u00([01][0-9a-f])", r"\\x\1", text)
    text = re.sub(
        r"(?<!\\)((?:\\\\)*)\\([bf])", lambda m: m[1] + {"b": r"\x08", "f": r"\x0C"}[m[2]], text
    )
    data = text.encode()
    for mark, low in ((b"\xe2\x80\xa8", b"\\u2028\x80\xa8"), (b"\xe2\x80\xa9", b"\\u2029\x80\xa9")):
        data = data.replace(mark, low)
    return data


ODD_TEXT = st.text(
    st.one_of(
        st.sampled_from('\\x0u28"\x01\x0f\x1f\u2028\u2029\b\f\n é👍'),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


@settings(derandomize=True, max_examples=300)
@given(st.lists(ODD_TEXT, max_size=4), st.integers(1, 9))
def test_any_text_survives_telegrams_faults_wherever_the_pieces_are_cut(
    texts: list[str], size: int
) -> None:
    stream = MendedStream(cast(BinaryIO, io.BytesIO(write_like_telegram(texts))))
    data = b"".join(iter(lambda: stream.read(size), b""))
    assert json.loads(data) == texts


@settings(derandomize=True, max_examples=60)
@given(st.lists(ODD_TEXT, min_size=1, max_size=5))
def test_any_text_is_read_back(texts: list[str]) -> None:
    records = [said(text, number=number) for number, text in enumerate(texts)]
    found = messages(read(write_like_telegram(chat(*records))))
    assert [message.text for message in found] == [clean_text(text) for text in texts]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (rb"a\x0Fb", "a\x0fb"),
        (rb"a\\x0Fb", r"a\x0Fb"),
        (rb"a\\\x0Fb", "a\\\x0fb"),
        (b"a\\u2028\x80\xa8b", "a\u2028b"),
        (b"a\xffb", "a\ufffdb"),
        (b"a\x07b", "a b"),
        (rb"half \ud83d emoji", "half ? emoji"),
    ],
)
def test_mends(written: bytes, meant: str) -> None:
    data = json.dumps(chat(said("HERE"))).encode().replace(b"HERE", written)
    assert [message.text for message in messages(read(data))] == [meant]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert len(messages(read(b"\xef\xbb\xbf" + json.dumps(chat(said("hi"))).encode()))) == 1


# --- Broken files and records -----------------------------------------------------------------


@pytest.mark.parametrize("layout", [account, lambda one: one], ids=["account", "chat"])
@pytest.mark.parametrize(("mark", "whole_ones"), [("m0", 0), ("m333", 333), ("m499", 499)])
def test_everything_before_the_cut_is_read(layout: Any, mark: str, whole_ones: int) -> None:
    records = [said(f"m{number}", number=number, at=START + number) for number in range(500)]
    data = json.dumps(layout(chat(*records)), indent=1).encode()
    items = read(data[: data.index(f'"{mark}"'.encode())])
    assert [message.text for message in messages(items)] == [f"m{n}" for n in range(whole_ones)]
    [error] = errors(items)
    assert error.records == 0
    assert "breaks off" in error.why


BROKEN_RECORDS: list[Any] = [
    5, None, "text", [], {}, [[{}]],
    said(7), said([7]), said([{"type": "bold"}]), said({"a": 1}),
    said("x", **{"from": None, "from_id": None}), said("x", from_id=[1], **{"from": 5}),
    said("x", date=None, date_unixtime=None), said("x", date=5, date_unixtime="-5"),
    said("x", date="yesterday", date_unixtime=[]), said("x", date="1970-01-01T00:00:00", date_unixtime="0"),
    said("x", date="0001-01-01T00:00:00", date_unixtime="9" * 30),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_RECORDS, ids=str)
def test_a_broken_record_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read(chat(said("a"), broken, said("b", at=START + 9)))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 1)]


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 30, b"9" * 4000, b"true"])
def test_an_absurd_number_costs_no_more_than_its_record(number: bytes) -> None:
    data = json.dumps(chat(said("a"), said("x", date=None, date_unixtime="N"), said("b"))).encode()
    items = read(data.replace(b'"N"', number))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


def test_odd_fields_lose_no_message() -> None:
    odd = {
        "id": "x", "reactions": [5, {"emoji": 5}, {"emoji": "x", "recent": {}}], "photo": 5,
        "edited": 7, "reply_to_message_id": [], "media_type": 5, "mime_type": 5, "file": None,
        "via_bot": None, "text_entities": 5,
    }  # fmt: skip
    message = only(said("hi", **odd))
    assert (message.text, message.kind, message.message_id) == ("hi", "text", None)


@pytest.mark.parametrize("header", [{"id": None}, {"id": "x"}, {"type": 5}, {"name": {"a": 1}}])
def test_odd_chats_lose_no_message(header: dict[str, Any]) -> None:
    assert [message.text for message in messages(read(account(chat(said("hi")) | header)))] == [
        "hi"
    ]


def test_messages_that_are_no_list_are_reported() -> None:
    items = read(account(chat() | {"messages": {"a": 1}}, chat(said("hi"))))
    assert [message.text for message in messages(items)] == ["hi"]
    assert [error.why for error in errors(items)] == ["a chat's messages are no list"]


def test_an_export_without_chats_says_so() -> None:
    [error] = errors(read({"about": "x", "personal_information": {"user_id": 1}}))
    assert error.why == "no chats in it"


@pytest.mark.parametrize("between", [b"", b"\n  "], ids=["in one line", "as Telegram indents"])
def test_memory_does_not_grow_with_the_file(between: bytes) -> None:
    class Endless(io.RawIOBase):
        """A chat of 5,000 messages, made while it is read."""

        def __init__(self) -> None:
            self._pieces = self._make()

        def _make(self) -> Iterator[bytes]:
            yield b'{"name": "Z", "type": "personal_chat", "id": 22, "messages": ['
            for number in range(5_000):
                line = json.dumps(said("x" * 2_000, number=number, at=START + number))
                yield between + line[:-1].encode() + between + b"},"
            yield between + json.dumps(said("end", at=START * 2)).encode()[:-1] + between + b"}\n]}"

        def read(self, size: int = -1) -> bytes:
            return next(self._pieces, b"")

    file = ExportFile("result.json", 0, lambda: cast(BinaryIO, Endless()))
    tracemalloc.start()
    count = sum(isinstance(item, Message) for item in telegram.read([file], BERLIN))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5_001
    assert peak < 2_000_000


# --- The short cut through indented files -----------------------------------------------------


def count_cut(data: bytes) -> int:
    """How many records were decoded many at once, and not by ijson; up to a damage."""
    count = 0
    with suppress(ExportError):
        for _, event, value in read_events(as_file(data)):
            count += len(value) if event == WHOLE_RECORDS else 0
    return count


def lively(number: int, **fields: Any) -> Any:
    """A record of one of the usual kinds; about 600 bytes in a file."""
    text = f"number {number} é 👍\n     }},\n     {{ " + "words " * (number % 40)
    kinds: list[Any] = [
        {},
        {"text": ["see ", {"type": "link", "text": "https://ex.org"}], "edited": "2024-01-15T10:00:00"},
        {"photo": f"photos/{number}.jpg", "reply_to_message_id": number - 1},
        {"reactions": [{"type": "emoji", "emoji": "👍", "recent": [{"from": "Kim"}]}], "via_bot": "@x"},
        {"poll": {"question": "q", "answers": [{"text": "a"}, {"text": "b"}]}, "text": ""},
        {"forwarded_from": None, "location_information": {"latitude": 1.5}},
    ]  # fmt: skip
    given = {"text_entities": [{"type": "plain", "text": text}], **kinds[number % 6], **fields}
    time = START + number // 2
    return said(text, who=(22, 11, 33)[number % 3], number=number, at=time) | given


BIG = account(
    *(chat(*map(lively, range(9)), kind="private_group", id=n, name=None) for n in range(50)),
    chat(service("create_group"), *map(lively, range(2_800)), kind="private_group"),
    chat(),
    chat(said("last")),
)


@pytest.mark.parametrize("source", [*DIALECTS, "big"])
def test_indented_files_are_read_many_records_at_once(source: str) -> None:
    export = BIG if source == "big" else json.loads((GOLDEN / source).read_bytes())
    one_line = json.dumps(export).encode()
    indented = json.dumps(export, indent=1, ensure_ascii=False).encode()
    assert (len(indented) > 2_000_000) == (source == "big")
    found = read(indented)
    assert [repr(item) for item in found] == [repr(item) for item in read(one_line)]
    assert count_cut(indented) == len(messages(found))
    assert count_cut(one_line) == 0


@pytest.mark.parametrize(
    ("odd", "is_cut"),
    [
        (rb"a\x0Fb", True), (b"a\xffb", True), (b"a\\u2028\x80\xa8b", True), (b"a\x07b", True),
        (rb"half \ud83d emoji", False), (b'x", "odd": 1e400, "y": "', False),
        (b'x", "odd": [' + b"[" * 900, False), (b"raw\nline", False), (b"quote\"", False),
    ],
)  # fmt: skip
def test_what_is_odd_in_the_midst_changes_nothing(odd: bytes, is_cut: bool) -> None:
    records = [lively(number) for number in range(900)] + [said("ODD")]
    export = chat(*records, *map(lively, range(901, 1_000)), kind="private_group")
    indented = json.dumps(export, indent=1).encode().replace(b"ODD", odd)
    one_line = json.dumps(export).encode().replace(b"ODD", odd)
    found = read(indented)
    assert [repr(item) for item in found] == [repr(item) for item in read(one_line)]
    assert len(messages(found)) >= 900
    assert (count_cut(indented) == 1_000) == is_cut


# --- Who --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("export", "mine"),
    [
        (account(chat(said("a", who=11), said("b"))), [True, False]),
        (account(chat(said("a", who=11), said("b", who=33), kind="private_group")), [True, False]),
        (account(chat(said("a", who=11 + 2**32), said("b", who=22 + 2**32))), [True, False]),
        (chat(said("b"), said("a", who=11)), [False, True]),
        (chat(said("b", who=22 + 2**32), said("a", who=11 + 2**32)), [False, True]),
        (chat(said("b", from_id=22), said("a", from_id=11)), [False, True]),
        (chat(said("a", who=11), said("b"), kind="private_group"), [None, None]),
        (chat(said("a", who=11), kind="saved_messages", name=None, id=11), [True]),
        (chat(said("b", who=99, **{"from": "Zoë"}), said("c", who=98)), [None, True]),
    ],
    ids=[
        "stated", "stated, in a group", "ids of 2020-21 are shifted", "not the chat's user",
        "shifted, not the chat's user", "number ids", "a group by itself", "notes to self",
        "a partner whose id does not fit",
    ],
)  # fmt: skip
def test_the_owner(export: Any, mine: list[bool | None]) -> None:
    assert [message.is_me for message in messages(read(export))] == mine


def test_an_owner_found_in_one_chat_is_known_in_the_next() -> None:
    group = chat(said("c", who=11), said("d", who=33), kind="private_group", id=5)
    export = account(chat(said("a", who=11)), group)
    del export["personal_information"]
    assert [message.is_me for message in messages(read(export))] == [True, True, False]


def test_deleted_accounts_have_no_name() -> None:
    message = only(said("hi", **{"from": None}), name=None)
    assert (message.sender_name, message.sender_id, message.conversation_title) == (
        None,
        "user22",
        None,
    )


@pytest.mark.parametrize(
    ("kind", "section", "is_group"),
    [
        ("personal_chat", None, False), ("bot_chat", "bot_chat", False),
        ("saved_messages", "saved_messages", False), ("replies", "replies", False),
        ("verification_codes", "verification_codes", False), ("private_group", None, True),
        ("private_supergroup", None, True), ("public_supergroup", None, True),
        ("private_channel", "private_channel", True), ("public_channel", "public_channel", True),
    ],
)  # fmt: skip
def test_chats_that_are_no_talk_between_people_are_marked(
    kind: str, section: str | None, is_group: bool
) -> None:
    message = only(said("hi"), kind=kind)
    assert (message.section, message.is_group) == (section, is_group)


# --- When -------------------------------------------------------------------------------------


def test_messages_of_one_second_are_ordered_by_id() -> None:
    records = [said("c", number=30), said("a", number=10), said("b", number=20)]
    found = messages(read(chat(*records, said("d", number=5, at=START + 1))))
    assert [(m.text, m.seq, m.source_line) for m in found] == [
        ("a", 0, 1), ("b", 1, 2), ("c", 2, 0), ("d", 3, 3),
    ]  # fmt: skip


def test_the_hour_that_autumn_shows_twice_is_told_by_the_order() -> None:
    walls = ["02:50:00", "02:10:00", "02:50:00"]
    records = [
        said("x", number=n, date=f"2020-10-25T{wall}", date_unixtime=None)
        for n, wall in enumerate(walls)
    ]
    found = messages(read(chat(*records)))
    assert [message.ts.strftime("%H:%M") for message in found] == ["00:50", "01:10", "01:50"]


@pytest.mark.parametrize(
    ("edited", "is_edited"),
    [
        ({"edited": "2024-01-15T10:00:00", "edited_unixtime": "1705305700"}, True),
        ({"edited": "2020-01-15T10:00:00"}, True),
        ({"edited": "1970-01-01T05:00:00"}, False),
        ({"edited": "1969-12-31T19:00:00"}, False),
        ({"edited": "1970-01-01T00:00:00", "edited_unixtime": "0"}, False),
        ({}, False),
    ],
)
def test_edited(edited: dict[str, str], is_edited: bool) -> None:
    assert only(said("x", **edited)).edited == is_edited


def test_an_old_export_that_shows_another_zone_is_reported_once() -> None:
    records = [
        said("x", number=n, date_unixtime=None, edited="1970-01-01T05:00:00") for n in range(3)
    ]
    [error] = errors(read(chat(*records)))
    assert (error.records, error.hint) == (0, "Is --timezone right")
    assert not errors(read(chat(*records), ReadSettings(ZoneInfo("Asia/Karachi"))))


# --- What -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kind", "text"),
    [
        (said("hi"), "text", "hi"),
        (said(["a", {"type": "code", "text": "b"}, " c"]), "text", "ab c"),
        (said([]), "empty", ""),
        (said("", text_entities=[]), "empty", ""),
        (said("", photo="p.jpg"), "media", ""),
        (said("mine", photo="p.jpg"), "text", "mine"),
        (said("", media_type="sticker", file="s.webp"), "sticker", ""),
        (said("", media_type="voice_message", file="v.ogg"), "media", ""),
        (said("", media_type="voice_message"), "media", ""),
        (said("", poll={"question": "q", "answers": []}), "poll", ""),
        (said("", location_information={"latitude": 1.5, "longitude": 2}), "location", ""),
        (said("", contact_information={"first_name": "A"}, contact_vcard="c.vcf"), "contact", ""),
        (said("", dice={"emoji": "🎲", "value": 1}), "sticker", ""),
        (service("phone_call", duration_seconds=5), "call", ""),
        (service("group_call"), "call", ""),
        (service("invite_members", members=["A"]), "system", ""),
        (service("joined_telegram", actor=None, actor_id=None), "system", ""),
        ({k: v for k, v in said("x").items() if k != "text"} | {"text_entities": [{"text": "y"}]}, "text", "y"),
    ],
    ids=lambda value: None,
)  # fmt: skip
def test_kinds(raw: Any, kind: str, text: str) -> None:
    message = only(raw)
    assert (message.kind, message.text, message.system) == (kind, text, kind == "system")


def test_what_the_exporter_did_not_support_keeps_its_place() -> None:
    items = read(
        chat({"id": 1, "type": "unsupported"}, said("a"), {"id": 3, "type": "unsupported"})
    )
    assert [(message.text, message.kind) for message in messages(items)] == [
        ("a", "text"),
        ("", "empty"),
    ]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"forwarded_from": "X"}, "forwarded"), ({"forwarded_from": None}, "forwarded"),
        ({"forwarded_from_id": "user5"}, "forwarded"), ({"saved_from": "X"}, "forwarded"),
        ({"via_bot": "@gif"}, "via_bot"),
    ],
)  # fmt: skip
def test_words_of_others_are_marked(fields: dict[str, Any], flag: str) -> None:
    assert getattr(only(said("hi", **fields)), flag)
    assert not getattr(only(said("hi")), flag)


@pytest.mark.parametrize(
    ("fields", "attachment"),
    [
        ({"photo": "photos/1.jpg"}, Attachment("photo", "photos/1.jpg")),
        ({"photo": "(File not included. Change data exporting settings to download.)"}, Attachment("photo")),
        ({"file": "(File exceeds maximum size. Change data exporting settings to download.)", "mime_type": "a/b"},
         Attachment("file", None, "a/b")),
        ({"file": "v.mp4", "media_type": "video_message"}, Attachment("video_message", "v.mp4")),
        ({"contact_vcard": "c.vcf"}, Attachment("contact", "c.vcf")),
    ],
)  # fmt: skip
def test_attachments(fields: dict[str, Any], attachment: Attachment) -> None:
    assert only(said("", **fields)).attachments == (attachment,)


def test_reactions_name_the_people_that_the_export_names() -> None:
    reactions = [
        {"type": "emoji", "count": 2, "emoji": "👍", "recent": [{"from": "Kim"}, {"from": None}]},
        {"type": "emoji", "count": 9, "emoji": "❤"},
        {"type": "custom_emoji", "count": 1, "document_id": "x.webp"},
    ]
    message = only(said("hi", reactions=reactions))
    assert message.reactions == (Reaction("👍", "Kim"), Reaction("❤"))


def test_an_answer_to_another_chat_is_no_answer_here() -> None:
    assert only(said("x", reply_to_message_id=7)).reply_to == "7"
    assert only(said("x", reply_to_message_id=7, reply_to_peer_id="channel5")).reply_to is None


# --- Groups that moved ------------------------------------------------------------------------

BASIC = chat(
    said("old"), service("migrate_to_supergroup", id=9), kind="private_group", id=1, name="Climbing"
)
SUPER = chat(
    service("migrate_from_group", title="Climbing"), said("new", number=2),
    kind="private_supergroup", id=2, name="Climbing & more",
)  # fmt: skip
SUPER_WITH_HISTORY = chat(
    said("old", number=-999),
    said("new", number=2),
    kind="private_supergroup",
    id=2,
    name="Climbing",
)
NAMESAKE = chat(said("other"), kind="private_group", id=3, name="Climbing")


@pytest.mark.parametrize(
    ("chats", "ids"),
    [
        ((BASIC, SUPER), {1}), ((SUPER, BASIC), {2}), ((BASIC, SUPER_WITH_HISTORY), {1}),
        ((SUPER_WITH_HISTORY, BASIC), {2}), ((NAMESAKE, SUPER), {2, 3}), ((SUPER, NAMESAKE), {2, 3}),
        ((BASIC, NAMESAKE, SUPER), {1, 3}), ((SUPER, NAMESAKE, BASIC), {2, 3}),
        ((BASIC, chat(said("x"), kind="private_supergroup", id=4, name="Climbing")), {1, 4}),
    ],
)  # fmt: skip
def test_a_group_and_the_supergroup_it_became_are_one(chats: Any, ids: set[int]) -> None:
    found = {message.conversation_id for message in messages(read(account(*chats)))}
    assert found == {f"telegram:{number}" for number in ids}


# --- Which files are these --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "is_telegram"),
    [
        (b'{"name": "Z", "type": "personal_chat", "id": 1, "messages": [', True),
        (b'{\n "name": null,\n "type": "saved_messages",\n "id": 1, "messages": [', True),
        (b'{"id": 1, "messages": [{"date": "2020", "from_id": 5, "text": ""', True),
        (b'{"about": "Here is the data", "personal_information": {"user_id": 1', True),
        (b'{"about": "x", "chats": {"about": "", "list": [', True),
        (b'{"left_chats": {"list": [', True),
        (b'{"guild": {"id": "0"}, "channel": {"type": "DirectTextChat"}, "messages": [', False),
        (b'{"conversations": [{"events": []}]}', False),
        (b'{"Usage": {}, "Messages": [{"match_id": "x"}]}', False),
        (b'{"participants": [], "messages": [{"sender_name": "Z", "timestamp_ms": 1}]}', False),
        (b'{"threadName": "Z", "messages": [{"senderName": "Z"}]}', False),
        (b'[{"type": "personal_chat"}]', False),
        (b"<html>", False),
    ],
)
def test_recognises(head: bytes, is_telegram: bool) -> None:
    assert telegram.recognises(as_file(head), head) == is_telegram
    assert not telegram.recognises(as_file(head, "result.html"), head)


def test_brackets_without_end_cost_no_memory() -> None:
    items = read(b'{"chats": {"list": [{"id": 1, "messages": ' + b"[" * 200_000)
    assert any("breaks off or is damaged" in str(error) for error in errors(items))
