"""Hangouts.json and jay2k1's text files: what a user would miss if it went wrong."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.exports import hangouts, hangouts_text
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import ReadSettings
from talklikeme.messages import Attachment, Message
from tests.google_kit import BERLIN, GOLDEN, as_file, errors, messages, read, record

EXPECTED = json.loads((GOLDEN / "hangouts" / "expected.json").read_text(encoding="utf-8"))
START = 1_500_000_000_000_000


def said(text: Any = "hi", who: str = "22", at: Any = START, **fields: Any) -> Any:
    content = {"segment": [{"type": "TEXT", "text": text}]}
    return {
        "event_id": "e", "sender_id": {"gaia_id": who, "chat_id": who}, "timestamp": str(at),
        "event_type": "REGULAR_CHAT_MESSAGE", "chat_message": {"message_content": content},
    } | fields  # fmt: skip


def chat(*events: Any, kind: str = "STICKY_ONE_TO_ONE", id: str = "C", **people: Any) -> Any:
    people = people or {"11": "Kim Berg", "22": "Zoë Ruiz"}
    data = [{"id": {"gaia_id": k.strip("_"), "chat_id": k.strip("_")}} | ({"fallback_name": v} if v else {})
            for k, v in people.items()]  # fmt: skip
    me = {"self_read_state": {"participant_id": {"gaia_id": "11", "chat_id": "11"}}}
    inner = {"type": kind, "participant_data": data, "self_conversation_state": me}
    return {
        "conversation": {"conversation_id": {"id": id}, "conversation": inner},
        "events": list(events),
    }


def export(*chats: Any) -> dict[str, Any]:
    return {"Hangouts.json": {"conversations": list(chats)}}


def only(*events: Any, **fields: Any) -> Message:
    [message] = messages(read(hangouts, export(chat(*events, **fields))))
    return message


@pytest.mark.parametrize("dialect", ["new", "old", "events_first"])
def test_every_age_of_export_gives_the_same_messages(dialect: str) -> None:
    items = read(
        hangouts, {"Takeout/Hangouts.json": (GOLDEN / "hangouts" / f"{dialect}.json").read_bytes()}
    )
    assert not errors(items)
    found = [record(message, EXPECTED[0]) for message in messages(items)]
    key = lambda one: (one["ts"], one["message_id"])  # noqa: E731
    assert sorted(found, key=key) == EXPECTED


def test_events_in_any_order_come_out_oldest_first() -> None:
    events = [
        said("c", at=START + 2),
        said("a", at=START),
        said("b", at=START + 1),
        said("b2", at=START + 1),
    ]
    found = messages(read(hangouts, export(chat(*events))))
    assert [(m.text, m.seq, m.source_line) for m in found] == [
        ("a", 0, 1), ("b", 1, 2), ("b2", 2, 3), ("c", 3, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("segments", "text"),
    [
        ([{"type": "TEXT", "text": "a"}, {"type": "LINE_BREAK"}, {"type": "TEXT", "text": "b"}], "a\nb"),
        ([{"type": "LINE_BREAK", "text": "\n\n"}, {"type": "TEXT"}, {"type": "LINK", "text": "http://x y"}], "http://x y"),
        ([], ""), (None, ""),
    ],
)  # fmt: skip
def test_text_is_all_of_its_segments(segments: Any, text: str) -> None:
    content = {"message_content": {"segment": segments}}
    message = only(said(chat_message=content))
    assert (message.text, message.kind) == (text, "text" if text else "empty")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (said("spoken", event_type="VOICEMAIL"), "call"),
        (said(event_type="HANGOUT_EVENT", chat_message=None), "call"),
        (said(event_type="ADD_USER", chat_message=None), "system"),
        (said(event_type="OTR_MODIFICATION", chat_message=None), "system"),
        (said(event_type="SMS"), "text"),
        (said(event_type=["odd"]), "text"),
    ],
)
def test_kinds_of_events(event: Any, kind: str) -> None:
    message = only(event)
    assert (message.kind, message.text) == (kind, "hi" if kind == "text" else "")
    assert message.system == (kind == "system")


@pytest.mark.parametrize(
    ("embed", "kind", "attachment"),
    [
        ({"type": ["PLUS_PHOTO"], "plus_photo": {"url": "u"}}, "media", Attachment("photo", "u")),
        ({"type": ["PLUS_PHOTO"], "embeds.PlusPhoto.plus_photo": {"url": "u"}}, "media", Attachment("photo", "u")),
        ({"type": ["PLUS_AUDIO_V2"], "plus_audio_v2": {"url": "a"}}, "media", Attachment("audio", "a")),
        ({"type": ["PLACE_V2", "THING_V2"], "place_v2": {"url": "m"}}, "location", Attachment("place", "m")),
        ({"type": 5}, "media", Attachment("file")),
    ],
)  # fmt: skip
def test_attachments(embed: Any, kind: str, attachment: Attachment) -> None:
    content = {"message_content": {"attachment": [{"embed_item": embed}]}}
    message = only(said(chat_message=content))
    assert (message.kind, message.attachments) == (kind, (attachment,))


# --- Who --------------------------------------------------------------------------------------


def test_a_name_told_later_in_another_chat_is_known() -> None:
    first = chat(said(who="33"), kind="GROUP", id="G", _11=None, _33=None)
    second = chat(said(who="33"), id="D", _11="Kim Berg", _33="Pat Lind")
    found = messages(read(hangouts, export(first, second)))
    assert [m.sender_name for m in found] == ["Pat Lind", "Pat Lind"]
    assert {m.conversation_id for m in found} == {"hangouts:G", "google:kim berg & pat lind"}


def test_two_people_of_one_name_stay_two() -> None:
    chats = [
        chat(said(who=who), id=who, **{"_11": "Kim Berg", f"_{who}": "Zoë"}) for who in ("22", "33")
    ]
    found = messages(read(hangouts, export(*chats)))
    assert [(m.sender_id, m.conversation_id) for m in found] == [
        ("22", "google:22 & kim berg"), ("33", "google:33 & kim berg"),
    ]  # fmt: skip


def test_a_sender_that_no_list_tells_keeps_the_id() -> None:
    message = only(said(who="99", sender_id={"chat_id": "99"}))
    assert (message.sender_id, message.sender_name, message.is_me) == ("99", None, False)


def test_someone_who_writes_by_sms_goes_by_the_number() -> None:
    export_ = chat(said(who="7", event_type="SMS", sender_id={"chat_id": "7"}))
    export_["conversation"]["conversation"]["participant_data"][1] = {
        "id": {"gaia_id": "0", "chat_id": "7"}, "phone_number": {"e164": "+15550100001"},
    }  # fmt: skip
    [message] = messages(read(hangouts, export(export_)))
    assert message.sender_name == "+15550100001"


def test_without_an_owner_nobody_is_me() -> None:
    one = chat(said())
    del one["conversation"]["conversation"]["self_conversation_state"]
    [message] = messages(read(hangouts, export(one)))
    assert message.is_me is None


# --- Damage -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        5, None, "x", [], {}, said(at="x"), said(at=-5), said(at="1e400"), said(at=10**30), said(5),
        said(sender_id=5), said(sender_id={}), said(chat_message={"message_content": {"segment": 5}}),
        said(chat_message={"message_content": {"segment": [5]}}),
    ],
    ids=repr,
)  # fmt: skip
def test_a_broken_event_costs_no_other(bad: Any) -> None:
    items = read(hangouts, export(chat(said("a"), bad, said("b"))))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize("cut", [0.5, 0.9, 0.99])
def test_what_stands_before_a_break_is_read(cut: float) -> None:
    data = json.dumps(
        export(*[chat(*[said(str(n)) for n in range(50)])] * 4)["Hangouts.json"]
    ).encode()
    items = read(hangouts, {"Hangouts.json": data[: int(len(data) * cut)]})
    assert len(messages(items)) > 150 * cut
    assert "breaks off" in errors(items)[-1].why


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"\x01", b"\x00"])
def test_damaged_bytes_cost_a_letter_at_most(bad: bytes) -> None:
    data = json.dumps(export(chat(said("a@b"), said("c")))["Hangouts.json"]).encode()
    items = read(hangouts, {"Hangouts.json": data.replace(b"@", bad)})
    assert [m.text[0] for m in messages(items)] == ["a", "c"]


@pytest.mark.parametrize(
    "nested", [b"[" * 20_000, (b"[" * 500 + b" " * 20_000) * 4, b'{"a":' * 20_000]
)
@pytest.mark.parametrize("key", [b"conversation", b"events", b"x"])
def test_hostile_nesting_is_refused_at_once(nested: bytes, key: bytes) -> None:
    data = json.dumps(export(chat(said("a")))["Hangouts.json"]).encode()
    items = read(
        hangouts, {"Hangouts.json": data[:-2] + b" " * 20_000 + b', {"%s": ' % key + nested}
    )
    assert len(errors(items)) == 1
    assert [message.text for message in messages(items)] == ["a"]


def test_memory_does_not_grow_with_the_number_of_chats() -> None:
    class Endless(io.RawIOBase):
        """Sixty chats of 100 long messages, made while they are read."""

        def __init__(self) -> None:
            self._pieces = self._make()

        def _make(self) -> Iterator[bytes]:
            one = json.dumps(chat(*[said("x" * 2_000, at=START + n) for n in range(100)])).encode()
            yield b'{"conversations": [' + one
            for _ in range(59):
                yield b"," + one
            yield b"]}"

        def read(self, size: int = -1) -> bytes:
            return next(self._pieces, b"")

    file = ExportFile("Hangouts.json", 0, lambda: cast(BinaryIO, Endless()))
    tracemalloc.start()
    count = sum(isinstance(item, Message) for item in hangouts.read([file], BERLIN))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 6_000
    assert peak < 4_000_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["sender_id", "gaia_id", "chat_message", "segment", "timestamp", "type"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(JSON, JSON)
def test_anything_in_place_of_an_event_or_a_header_is_survived(event: Any, header: Any) -> None:
    broken = {
        "conversation": {"conversation_id": header, "conversation": header},
        "events": [event],
    }
    items = read(
        hangouts, export(chat(said("a")), broken, {"conversation": header, "events": header})
    )
    assert "a" in [message.text for message in messages(items)]


@pytest.mark.parametrize(
    ("head", "is_hangouts"),
    [
        (b'{"conversations": [{"conversation": {"conversation_id": {"id": "x"}, "conversation": {"type": "STICKY_ONE_TO_ONE"', True),
        (b'{\n "conversation_state" : [ {\n "conversation_id" : { "id": "x" }, "gaia_id": "1"', True),
        (b'{"conversations": [{"events": [{"event_id": "1", "chat_message"', True),
        (b'{"conversations": [{"events": []}]}', False),
        (b'{"conversations": [{"from": "human", "value": "x"}]}', False),
        (b'{"conversations": [{"id": "19:x@thread", "MessageList": []}]}', False),
        (b'{"messages": [{"creator": {}}]}', False), (b"\x00\xff", False), (b"[", False),
    ],
)  # fmt: skip
def test_recognises(head: bytes, is_hangouts: bool) -> None:
    assert hangouts.recognises(as_file(head, "renamed (1).json"), head) == is_hangouts


# --- jay2k1's text ----------------------------------------------------------------------------


def text_of(
    content: str, name: str = "GoogleTextForm/Zoë_Ruiz.txt", settings: ReadSettings = BERLIN
) -> Any:
    return read(hangouts_text, {name: content}, settings)


def test_text_meets_the_json() -> None:
    found = messages(text_of((GOLDEN / "hangouts" / "jay2k1.txt").read_text(encoding="utf-8")))
    keys = ["conversation_id", "conversation_title", "sender_id", "kind", "text", "attachments"]
    wanted = [{key: one[key] for key in keys} for one in EXPECTED[:5]]
    assert [record(message, dict.fromkeys(keys)) for message in found] == wanted
    assert [m.ts.isoformat()[:19] for m in found] == [one["ts"][:19] for one in EXPECTED[:5]]
    assert {m.is_me for m in found} == {None}


@pytest.mark.parametrize(
    ("line", "kind", "text"),
    [
        ("2015-01-05 10:11:12 <Kim> a <b> c", "text", "a <b> c"),
        ("2015-01-05 10:11 <Kim> x", "text", "x"),
        ("05.01.2015 10:11:12 <Kim> x", "text", "x"),
        ("[2015-01-05 10:11:12] <Kim> x", "text", "x"),
        ("2015-01-05 10:11:12 AM <Kim> x", "text", "x"),
        ("2015-01-05 10:11:12 <Kim>", "empty", ""),
        ("2015-01-05 10:11:12 <Kim> ended a video chat", "call", ""),
        ("2015-01-05 10:11:12 <Kim> added user 'Zoë' to conversation", "system", "added user 'Zoë' to conversation"),
        ("2015-01-05 10:11:12 <Kim> a\n2015-01-05 no stamp\n\nb", "text", "a\n2015-01-05 no stamp\n\nb"),
        ("2015-01-05 10:11:12 <Kim> a\u2028b\r\n", "text", "a\u2028b"),
    ],
)  # fmt: skip
def test_lines(line: str, kind: str, text: str) -> None:
    [message] = messages(text_of(line))
    assert (message.kind, message.text) == (kind, text)
    assert message.ts.strftime("%Y-%m-%d %H:%M") == "2015-01-05 09:11"


def test_a_line_with_an_impossible_date_costs_no_other() -> None:
    items = text_of(
        "2015-01-05 10:11:12 <Kim> a\n2015-13-45 10:11:12 <Kim> b\n2015-01-05 10:11:13 <Kim> c"
    )
    assert [message.text for message in messages(items)] == ["a", "c"]
    assert [(error.line, error.records) for error in errors(items)] == [(2, 1)]


def test_people_without_a_name_keep_their_id() -> None:
    [message, _] = messages(
        text_of("2015-01-05 10:11:12 <unknown_77> a\n2015-01-05 10:11:12 <Kim> b")
    )
    assert (message.sender_id, message.sender_name) == ("77", None)


def test_dates_that_do_not_show_the_day_are_doubted() -> None:
    items = text_of("05.01.2015 10:11:12 <Kim> x")
    assert [error.is_note for error in errors(items)] == [True]


@pytest.mark.parametrize(
    ("head", "name", "is_text"),
    [
        (b"2015-01-05 10:11:12 <Kim> x", "a.txt", True),
        (b"2015-01-05 10:11:12 <Kim> x", "a", True),
        (b"2015-01-05 10:11:12 <Kim> x", "a.json", False),
        (b"05/01/2015, 10:11 - Kim: <Media omitted>", "a.txt", False),
        (b"2015-01-05 10:11:12 Kim: x <3", "a.txt", False),
        (b"<html>", "a.txt", False), (b"Kim: 1 <x>", "a.txt", False), (b"\x00 <" * 50, "a.txt", False),
    ],
)  # fmt: skip
def test_recognises_text(head: bytes, name: str, is_text: bool) -> None:
    assert hangouts_text.recognises(as_file(head, name), head) == is_text
