"""Order within a conversation, and overlapping exports counted once."""

from typing import Any

import pytest

from talklikeme.merging import merge
from talklikeme.messages import Message, Precision
from tests.chats import said


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]


def test_files_of_one_chat_are_put_in_order_by_time() -> None:
    early = [said("zoe", "1", "10:00", seq=0), said("me", "2", "10:01", seq=1)]
    late = [
        said("zoe", "3", "10:02", seq=0, source_file="b"),
        said("me", "4", "10:03", seq=1, source_file="b"),
    ]
    ([chat], duplicates) = merge([*late, *early])
    assert texts(chat) == ["1", "2", "3", "4"]
    assert not duplicates


def test_within_a_minute_the_file_keeps_its_order() -> None:
    minute = [said("zoe", str(seq), "10:00", seq=seq, ts_precision="min") for seq in range(5)]
    ([chat], _) = merge(minute)
    assert texts(chat) == ["0", "1", "2", "3", "4"]


def test_one_late_delivery_is_sorted_in_but_a_file_in_its_own_order_is_believed() -> None:
    mostly = [said("zoe", str(n), f"10:{n:02}", seq=n) for n in range(40)]
    mostly[20] = said("zoe", "20", "10:10", seq=20)
    ([chat], _) = merge(mostly)
    assert texts(chat)[10:12] == ["10", "20"]

    shuffled = [said("zoe", str(n), f"10:{(n * 7) % 40:02}", seq=n) for n in range(40)]
    ([chat], _) = merge(shuffled)
    assert texts(chat) == [str(n) for n in range(40)]


def test_an_overlap_counts_once_and_a_genuine_repeat_twice() -> None:
    first = [
        said("zoe", text, "10:00", seq=seq) for seq, text in enumerate(["ok", "ok", "only here"])
    ]
    second = [
        said("zoe", text, "10:00", seq=seq, source_file="b")
        for seq, text in enumerate(["ok", "ok", "new"])
    ]
    ([chat], duplicates) = merge([*first, *second])

    assert sorted(texts(chat)) == ["new", "ok", "ok", "only here"]
    assert texts(duplicates) == ["ok", "ok"]


@pytest.mark.parametrize(
    ("fine", "coarse"),
    [
        (("10:00:41.123456", "us"), ("10:00:41", "s")),
        (("10:00:41", "s"), ("10:00", "min")),
        (("10:00:41.123", "ms"), ("00:00", "day")),
    ],
)
def test_exports_of_different_precision_overlap_to_the_coarser(
    fine: tuple[str, Precision], coarse: tuple[str, Precision]
) -> None:
    one, other = (
        said("zoe", "hey", f"2024-03-01 {clock}", ts_precision=precision, source_file=precision)
        for clock, precision in (fine, coarse)
    )
    assert len(merge([one, other])[1]) == 1


def own(text: str, clock: str, number: str | None = None, **fields: Any) -> Message:
    """One of my messages as an export of my side alone has it."""
    given = {"source_file": "package", "one_sided": True, "message_id": number}
    return said("me", text, clock, **given | fields)


BOTH = [
    said("zoe", "hi", "10:00:00.100", message_id="1"),
    said("me", "hey @Zoe", "10:00:05.200", message_id="2"),
    said("me", "ok", "10:00:09.300", message_id="3"),
    said("zoe", "bye", "10:00:12.400", message_id="4"),
]
MINE = [
    own("before it began", "2024-02-27 09:00", "0"),
    own("hey <@12>", "10:00:05", "2", ts_precision="s", sender_id="me#1234"),
    own("ok", "10:00:09", "3", ts_precision="s"),
    own("not in the other", "10:00:10", "33", ts_precision="s"),
]


@pytest.mark.parametrize("messages", [[*BOTH, *MINE], [*MINE, *BOTH]], ids=["first", "last"])
def test_of_both_sides_and_mine_alone_both_sides_stay(messages: list[Message]) -> None:
    ([chat], duplicates) = merge(messages)
    assert duplicates == [MINE[1], MINE[2]]
    assert texts(chat) == [
        "before it began", "hi", "hey @Zoe", "ok", "not in the other", "bye"
    ]  # fmt: skip
    assert [one.text for one in chat if one.one_sided] == ["before it began", "not in the other"]


@pytest.mark.parametrize("is_turned", [False, True])
def test_without_ids_mine_alone_counts_as_often_as_it_stands_there(is_turned: bool) -> None:
    both = [said("zoe", "so?", "10:00"), *(said("me", "ok", "10:00") for _ in range(2))]
    mine = [own("ok", "10:00") for _ in range(3)]
    ([chat], duplicates) = merge([*mine, *both] if is_turned else [*both, *mine])
    assert len(duplicates) == 2
    assert all(one.one_sided for one in duplicates)
    assert [one.one_sided for one in chat] == [False, False, False, True]


def test_one_message_may_have_been_edited_between_two_exports_but_an_id_may_come_again() -> None:
    first = [said("zoe", "helo", "10:00", message_id="1"), said("zoe", "x", "10:05")]
    second = [
        said("zoe", "hello", "10:00", message_id="1", source_file="b", edited=True),
        said("zoe", "numbered anew", "11:00", message_id="1", source_file="b"),
    ]
    ([chat], duplicates) = merge([*first, *second])
    assert texts(duplicates) == ["hello"]
    assert texts(chat) == ["helo", "x", "numbered anew"]


def test_what_an_id_tells_apart_in_no_file_is_known_in_a_third_by_its_text() -> None:
    first = [said("zoe", "helo", "10:00", message_id="1")]
    second = [said("zoe", "hello", "10:00", message_id="1", source_file="b")]
    third = [said("zoe", "hello", "10:00", source_file="c")]
    assert texts(merge([*first, *second, *third])[1]) == ["hello", "hello"]
