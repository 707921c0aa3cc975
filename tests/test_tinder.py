"""Tinder's data.json, which holds one side only: what a user would miss if it went wrong."""

import html
import json
from pathlib import Path
from typing import Any

import pytest

from talklikeme.exports import tinder
from talklikeme.exports.items import Item
from talklikeme.messages import Attachment, Message
from tests.table_kit import as_file, errors, files_in, messages, read, records

GOLDEN = Path(__file__).parent / "golden" / "tinder"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))


def said(text: Any = "hi", sent: Any = "Tue, 30 Nov 2021 05:08:21 GMT", **fields: Any) -> Any:
    return {"to": 11, "from": "You", "message": text, "sent_date": sent} | fields


def match(*records: Any, number: int = 12) -> Any:
    return {"match_id": f"Match {number}", "messages": list(records)}


def account(*matches: Any) -> Any:
    return {"Usage": {}, "User": {"name": "Kim"}, "Messages": list(matches)}


def read_data(data: Any) -> list[Item]:
    return read(tinder, as_file(data, "myData/data.json"))


def only(*args: Any, **fields: Any) -> Message:
    [message] = messages(read_data(account(match(said(*args, **fields)))))
    return message


@pytest.mark.parametrize("dialect", ["2018", "2021", "2024"])
def test_every_age_of_export_gives_the_same_messages(dialect: str) -> None:
    items = read(tinder, *files_in(GOLDEN / dialect))
    assert not errors(items)
    assert records(items, list(EXPECTED[0])) == EXPECTED


def test_everything_is_the_owners_and_nothing_is_an_answer() -> None:
    message = only()
    assert (message.is_me, message.one_sided, message.sender_name) == (True, True, "Kim")
    assert (message.tz_basis, message.ts_raw) == ("utc", "Tue, 30 Nov 2021 05:08:21 GMT")


def test_words_of_a_match_would_not_be_taken_for_the_owners() -> None:
    found = messages(read_data(account(match(said(), said(**{"from": "Zoë"})))))
    assert [(m.is_me, m.one_sided) for m in found] == [(True, False), (False, False)]


GIF = "https://media.example/x.gif?a=1&b=2"


@pytest.mark.parametrize(
    ("fields", "kind", "text", "address"),
    [
        ({"text": "you&rsquo;re late &lt;3 &amp;amp;"}, "text", "you’re late <3 &amp;", None),
        ({"text": html.escape(GIF), "type": "gif", "fixed_height": "x"}, "media", "", GIF),
        ({"text": "GIF", "type": "gif", "fixed_height": GIF}, "media", "", GIF),
        ({"text": "Like", "type": "gesture"}, "media", "", None),
        ({"text": "x", "type": "sticker"}, "sticker", "", None),
        ({"text": "x", "type": "contact_card"}, "contact", "", None),
        ({"text": "x", "type": "tombstone"}, "deleted", "", None),
        ({"text": "x", "type": "brand new"}, "media", "", None),
        ({"text": "plain", "type": 1}, "text", "plain", None),
        ({"text": GIF, "type": 4}, "media", "", GIF),
        ({"text": f"see {GIF}"}, "text", f"see {GIF}", None),
        ({"text": None}, "empty", "", None),
        ({"text": "", "type": []}, "empty", "", None),
    ],
    ids=str,
)
def test_kinds(fields: dict[str, Any], kind: str, text: str, address: str | None) -> None:
    message = only(**fields)
    assert (message.kind, message.text, message.deleted) == (kind, text, kind == "deleted")
    paths = [item.path for item in message.attachments]
    assert paths == ([address] if address else [])
    assert all(isinstance(item, Attachment) for item in message.attachments)


def test_a_conversation_keeps_its_id_when_the_numbers_change() -> None:
    before, after = (account(match(said("a"), said("b", later), number=number))
                     for number, later in [(1, "Tue, 30 Nov 2021 05:09:00 GMT"),
                                           (7, "Wed, 01 Dec 2021 05:09:00 GMT")])  # fmt: skip
    ids = {m.conversation_id for data in (before, after) for m in messages(read_data(data))}
    assert len(ids) == 1


def test_newest_first_is_turned_round() -> None:
    later = said("b", "Tue, 30 Nov 2021 06:00:00 GMT")
    assert [m.text for m in messages(read_data(account(match(later, said("a")))))] == ["a", "b"]


BROKEN: list[Any] = [
    5, None, "x", [], {}, said(7), said([]), said(sent=None), said(sent=""), said(sent="soon"),
    said(sent=-5), said(sent=[]), said(sent="Tue, 99 Nov 99999 05:08:21 GMT"), said(sent="9" * 400),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_record_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read_data(account(match(said("a"), broken, said("b")), match(said("c"), number=3)))
    assert {message.text for message in messages(items)} == {"a", "b", "c"}
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize("section", [{}, [], None, 5, [5], [{"messages": {}}], [{"messages": 7}]])
def test_odd_sections_are_reported(section: Any) -> None:
    data = account() | {"Messages": section}
    assert errors(read_data(data))
    assert not messages(read_data(data | {"User": []}))


@pytest.mark.parametrize("end", ["", "]", "}" * 9, "1e400", "[" * 9000])
def test_a_damaged_file_is_one_error(end: str) -> None:
    [error] = errors(read_data('{"Usage": {}, "User": {}, "Messages": [' + end))
    assert error.records == 0


@pytest.mark.parametrize(
    ("head", "is_tinder"),
    [
        ('{"Messages": [{"match_id": "Match 1", "messages": []', True),
        ('{"Campaigns": {}, "Usage": {"app_opens": {}}, "User": {"name": "x"', True),
        ('{"messages": [{"match_id": 1}]}', False),
        ('{"Usage": "of this tool"}', False),
        ('[{"Messages": [{"match_id": 1}]}]', False),
        ("\0" * 500, False),
    ],
)
def test_recognises(head: str, is_tinder: bool) -> None:
    assert tinder.recognises(as_file(head, "data (1).json"), head.encode()) == is_tinder
    assert not tinder.recognises(as_file(head, "data.html"), head.encode())
