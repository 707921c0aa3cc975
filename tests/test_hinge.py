"""Hinge's matches.json, which holds one side only: what a user would miss if it went wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from talklikeme.exports import hinge
from talklikeme.exports.items import Item
from tests.table_kit import as_file, errors, files_in, messages, read, records

GOLDEN = Path(__file__).parent / "golden" / "hinge"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))


def said(text: Any = "hi", at: Any = "2023-01-02 03:04:05") -> Any:
    return {"body": text, "timestamp": at}


def match(*chats: Any, **sections: Any) -> Any:
    return {"match": [{"timestamp": "2023-01-01 00:00:00"}], "chats": list(chats)} | sections


def read_data(*matches: Any) -> list[Item]:
    return read(hinge, as_file(list(matches), "export/matches.json"))


@pytest.mark.parametrize("dialect", ["2021", "2024"])
def test_every_age_of_export_gives_the_same_messages(dialect: str) -> None:
    items = read(hinge, *files_in(GOLDEN / dialect))
    assert not errors(items)
    assert records(items, list(EXPECTED[0])) == EXPECTED


def test_everything_is_the_owners_in_order_and_nothing_is_an_answer() -> None:
    voice = {"url": "https://media.example/v.mp3", "timestamp": "2023-01-02 03:04:06"}
    items = read_data(match(said("b", "2023-01-02 04:00:00"), said("a"), voice_notes=[voice]))
    found = messages(items)
    assert [(m.text, m.kind, m.is_me, m.one_sided) for m in found] == [
        ("a", "text", True, True), ("", "media", True, True), ("b", "text", True, True),
    ]  # fmt: skip
    assert found[1].attachments[0].path == "https://media.example/v.mp3"


def test_each_match_is_a_conversation_of_its_own() -> None:
    other = match(said(), match=[{"timestamp": "2023-05-01 00:00:00"}])
    liked = {"like": [{"timestamp": "x"}], "chats": [said(at="2023-06-01 00:00:00")]}
    found = messages(read_data(match(said()), other, liked, {"block": []}))
    assert len({message.conversation_id for message in found}) == 3


BROKEN: list[Any] = [5, None, "x", [], {}, said(7), said([]), said(at=None), said(at="soon"),
                     said(at=-5), said(at="0001-01-01 00:00:00")]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_record_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read_data(match(said("a"), broken, said("b")), match(said("c")))
    assert sorted(message.text for message in messages(items)) == ["a", "b", "c"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize("odd", [5, None, [], {"chats": 5}, {"chats": {}, "match": 7}])
def test_an_odd_match_stops_nothing(odd: Any) -> None:
    assert len(messages(read_data(match(said()), odd))) == 1


def test_a_damaged_file_is_one_error() -> None:
    data = json.dumps([match(said())])[:-9]
    [error] = errors(read(hinge, as_file(data, "matches.json")))
    assert error.records == 0


@pytest.mark.parametrize(
    ("head", "is_hinge"),
    [
        ('[{"match": [{"timestamp": "x"}], "chats": [{"body": "x"', True),
        ('[\n {"like": [], "we_met": []}', True),
        ('[{"match": [1, 2], "teams": []}]', False),
        ('[{"chats": "x"}]', False),
        ('{"chats": [{"body": "x"}]}', False),
        ("\0" * 500, False),
    ],
)
def test_recognises(head: str, is_hinge: bool) -> None:
    assert hinge.recognises(as_file(head, "matches (1).json"), head.encode()) == is_hinge
