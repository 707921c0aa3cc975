"""Every message is in exactly one place, and a reader that loses one is found out."""

import pytest

from talklikeme.errors import ExportError, LedgerError
from talklikeme.exports import Tally
from talklikeme.ledger import Ledger
from talklikeme.messages import Message
from talklikeme.options import PrepareOptions
from talklikeme.preparation import Reading, prepare
from tests.chats import said

CHAT = [
    said("zoe", "hey", "10:00"),
    said("me", "hi", "10:01"),
    said("me", "", "10:01", kind="media"),
    said("zoe", "", "10:02", kind="deleted", deleted=True),
    said("", "encrypted", "10:03", kind="system", system=True),
    said("me", "news", "10:04", forwarded=True),
    said("zoe", "bye", "10:05"),
    said("zoe", "note", "10:00", conversation_id="saved", section="saved_messages"),
]


def read(messages: list[Message], records: int, *problems: ExportError) -> Reading:
    return Reading(messages, list(problems), [Tally("zoe.txt", "WhatsApp text", records)])


def test_every_message_has_one_fate() -> None:
    bad = ExportError("zoe.txt", "no date", line=3, records=1)
    prepared = prepare(read(CHAT, len(CHAT) + 1, bad), PrepareOptions())

    assert prepared.ledger.total() == {
        "in a pair as prompt": 1,
        "in a pair as reply": 1,
        "media only": 1,
        "deleted": 1,
        "system notice": 1,
        "forwarded": 1,
        "unanswered": 1,
        "notes to self": 1,
        "not readable": 1,
    }


@pytest.mark.parametrize("records", [len(CHAT) - 1, len(CHAT) + 1])
def test_a_message_too_many_or_too_few_stops_the_command(records: int) -> None:
    with pytest.raises(
        LedgerError, match=rf"zoe\.txt: holds {records} messages, but {len(CHAT)} are"
    ):
        prepare(read(CHAT, records), PrepareOptions())


def test_a_file_that_no_reader_counted_stops_the_command() -> None:
    with pytest.raises(LedgerError, match=r"other\.txt: holds 0 messages, but 1"):
        prepare(
            read([*CHAT, said("zoe", "?", "10:06", source_file="other.txt")], len(CHAT)),
            PrepareOptions(),
        )


def test_the_saved_ledger_adds_up_per_file_and_platform() -> None:
    prepared = prepare(read(CHAT, len(CHAT)), PrepareOptions())
    ledger = prepared.ledger.to_json(prepared.pairs)

    assert ledger["records"] == len(CHAT) == sum(ledger["total"].values())
    assert sum(sum(fates.values()) for fates in ledger["platforms"].values()) == len(CHAT)
    assert all(file["records"] == sum(file["fates"].values()) for file in ledger["files"].values())
    assert sum(ledger["pairs"].values()) == len(prepared.pairs)


def test_groups_are_left_out_on_request() -> None:
    group = [
        said(who, "x", "12:00", conversation_id="crew", is_group=True) for who in ("zoe", "me")
    ]
    prepared = prepare(read([*CHAT, *group], len(CHAT) + 2), PrepareOptions(groups="drop"))
    assert prepared.ledger.total()["group chat"] == 2


def test_no_pairs_is_told_with_the_likeliest_reason() -> None:
    only_media = [said("zoe", "", "10:00", kind="media"), said("me", "", "10:01", kind="media")]
    with pytest.raises(
        Exception, match=r"no pairs came out of 2 messages.*\(2\) are out as: media only"
    ):
        prepare(read(only_media, 2), PrepareOptions())


def test_an_empty_ledger_adds_up() -> None:
    Ledger().check()
