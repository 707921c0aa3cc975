"""Order within a conversation, and overlapping exports counted once."""

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
