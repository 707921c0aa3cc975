"""Where WhatsApp's messages begin, and when they were written."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.exports.items import Item
from talklikeme.exports.whatsapp_forms import header_style
from talklikeme.exports.whatsapp_headers import find_candidates, match_header
from tests.export_checks import errors
from tests.export_checks import messages as messages_of
from tests.whatsapp_kit import BERLIN, LRM, chat, read_items, write_dates

# Stamps and dates.


@pytest.mark.parametrize(
    ("stamp", "wall"),
    [
        ("[04.01.18, 11:53:57] ", "2018-01-04 11:53:57"),
        ("[1/29/18, 12:24:03\u202fPM] ", "2018-01-29 12:24:03"),
        ("[1/29/18, 12:24:03 AM] ", "2018-01-29 00:24:03"),
        ("[2018/06/13, 21:25:15] ", "2018-06-13 21:25:15"),
        ("[15-01-20 02:22:56] ", "2020-01-15 02:22:56"),
        ("[2020-01-01, 12:00:01] ", "2020-01-01 12:00:01"),
        ("[3/6/18 1:55:00 p.\u00a0m.] ", "2018-06-03 13:55:00"),
        ("[2021/3/4 下午5:06:07] ", "2021-03-04 17:06:07"),
        ("[2021/3/4 凌晨12:06:07] ", "2021-03-04 00:06:07"),
        ("[2021/3/4 中午1:06:07] ", "2021-03-04 13:06:07"),
        ("2021/03/04 午後0:08 - ", "2021-03-04 12:08:00"),
        ("12/28/19, 21:43 - ", "2019-12-28 21:43:00"),
        ("28/12/2019, 21:43 - ", "2019-12-28 21:43:00"),
        ("15.04.2016, 15:04 - ", "2016-04-15 15:04:00"),
        ("2019-10-20, 10:16 - ", "2019-10-20 10:16:00"),
        ("06/2018/13, 10:16 - ", "2018-06-13 10:16:00"),
        ("1/29/18, 11:33 PM - ", "2018-01-29 23:33:00"),
        ("06/10/2020, 03:55 p.\u00a0m. - ", "2020-10-06 15:55:00"),
        ("03-06-2018, 01.55 PM - ", "2018-06-03 13:55:00"),
        ("13.6.2018 klo 21.25 - ", "2018-06-13 21:25:00"),
        ("09/17/19, 8:30:52 AM – ", "2019-09-17 08:30:52"),
        ("4.03.21 г., 17:06 - ", "2021-03-04 17:06:00"),
        ("2021. 3. 4. 오후 5:06 - ", "2021-03-04 17:06:00"),
        ("22/10/2017 à 21:25 - ", "2017-10-22 21:25:00"),
        ("2018-01-29 15 h 06 - ", "2018-01-29 15:06:00"),
        ("13.06.18 21.25.15: ", "2018-06-13 21:25:15"),
        ("٤/٣/٢٠٢١، ٥:٠٦ م - ", "2021-03-04 17:06:00"),
        ("\u200f۴/۳/۲۰۲۱،\u200f ۱۷:۰۶ - ", "2021-03-04 17:06:00"),
        ("4/3/2564 BE 17:06 - ", "2021-03-04 17:06:00"),
        ("\ufeff[\ufeff04.01.18, 11:53:57] ", "2018-01-04 11:53:57"),
        ("28/12/2019, 00:08 a. m. - ", "2019-12-28 00:08:00"),
        ("28/12/2019, 13:05 PM - ", "2019-12-28 13:05:00"),
    ],
)
def test_stamps(stamp: str, wall: str) -> None:
    (message,) = chat(f"{stamp}Ann: hi\n")
    assert message.text == "hi"
    assert f"{message.ts.astimezone(BERLIN):%Y-%m-%d %H:%M:%S}" == wall


@pytest.mark.parametrize(
    ("stamp", "precision"),
    [("28/12/2019, 21:43", "min"), ("28/12/2019, 21:43:00", "s"), ("28/12/2019, 9:43 PM", "min")],
)
def test_what_is_known_of_the_time(stamp: str, precision: str) -> None:
    (message,) = chat(f"{stamp} - Ann: hi\n")
    assert (message.ts_raw, message.ts_precision) == (stamp, precision)
    assert message.tz_basis == "local"


def days(items: list[Item]) -> list[str]:
    return [f"{message.ts.astimezone(BERLIN):%Y-%m-%d}" for message in messages_of(items)]


@pytest.mark.parametrize(
    ("dates", "pattern", "expected"),
    [
        # a number above 12, late in the chat, decides for all lines
        (["3/4/19", "13/4/19"], "{}, 21:43 - A: x\n", ["2019-04-03", "2019-04-13"]),
        (["3/4/19", "4/13/19"], "{}, 21:43 - A: x\n", ["2019-03-04", "2019-04-13"]),
        # else the order in which the chat does not jump back in time
        (["1/2/19", "3/2/19", "2/3/19"], "{}, 21:43 - A: x\n", ["2019-02-01", "2019-02-03", "2019-03-02"]),
        (["2/1/19", "2/3/19", "3/2/19"], "{}, 21:43 - A: x\n", ["2019-02-01", "2019-02-03", "2019-03-02"]),
        # else the habits of phones
        (["3/4/19"], "{}, 9:43 PM - A: x\n", ["2019-03-04"]),
        (["3/4/19"], "{}, 9:43 pm - A: x\n", ["2019-04-03"]),
        (["3/4/2019"], "{}, 21:43 - A: x\n", ["2019-04-03"]),
        (["3.4.19"], "{}, 21:43 - A: x\n", ["2019-04-03"]),
        # a two-digit year in front, which only many lines can show
        (["20-01-29", "20-02-02", "21-01-03"], "[{} 21:43:00] A: x\n", ["2020-01-29", "2020-02-02", "2021-01-03"]),
        (["2019-04-03"], "{}, 21:43 - A: x\n", ["2019-04-03"]),
        (["2019-13-03"], "{}, 21:43 - A: x\n", ["2019-03-13"]),
    ],
)  # fmt: skip
def test_day_and_month(tmp_path: Path, dates, pattern, expected) -> None:
    items = read_items(write_dates(tmp_path / "_chat.txt", *dates, pattern=pattern))
    assert days(items) == expected
    assert errors(items) == []


def test_undecided_dates_are_day_first_and_say_so(tmp_path: Path) -> None:
    path = write_dates(tmp_path / "_chat.txt", "3/4/19")
    items = read_items(path)
    assert days(items) == ["2019-04-03"]
    (note,) = errors(items)
    assert (note.records, "--date-order" in note.hint) == (0, True)
    assert days(read_items(path, date_order="month-first")) == ["2019-03-04"]
    assert days(read_items(path, date_order="year-first")) == ["2003-04-19"]
    assert errors(read_items(path, date_order="day-first")) == []


def test_same_day_and_month_needs_no_note(tmp_path: Path) -> None:
    assert errors(read_items(write_dates(tmp_path / "_chat.txt", "4/4/19", "5/5/19"))) == []


def test_undecided_dates_are_borrowed_from_other_chats(tmp_path: Path) -> None:
    open_chat = write_dates(tmp_path / "WhatsApp Chat with Bob.txt", "3/4/19")
    proof = write_dates(tmp_path / "WhatsApp Chat with Cem.txt", "4/13/19")
    assert errors(items := read_items(open_chat, proof)) == []
    assert sorted(days(items)) == ["2019-03-04", "2019-04-13"]
    against = write_dates(tmp_path / "WhatsApp Chat with Dan.txt", "13/4/19")
    assert [note.path for note in errors(read_items(open_chat, proof, against))] == [str(open_chat)]
    other_phone = write_dates(tmp_path / "x.txt", "4/13/19", pattern="[{}, 9:43:00 PM] A: x\n")
    assert len(errors(read_items(open_chat, other_phone))) == 1


def test_a_setting_never_turns_iso_dates_round(tmp_path: Path) -> None:
    path = write_dates(tmp_path / "_chat.txt", "2019-04-03")
    assert days(read_items(path, date_order="month-first")) == ["2019-04-03"]


def test_dates_that_are_none_are_reported_one_by_one(tmp_path: Path) -> None:
    path = write_dates(tmp_path / "_chat.txt", "30/01/2020", "31/02/2020", "01/03/2020")
    items = read_items(path)
    assert days(items) == ["2020-01-30", "2020-03-01"]
    assert [(error.line, error.records) for error in errors(items)] == [(2, 1)]
    assert [message.seq for message in messages_of(items)] == [0, 2]


def test_the_hour_that_autumn_shows_twice() -> None:
    stamps = ["02:50:00", "02:58:00", "02:05:00", "02:40:00", "03:01:00"]
    messages = chat("".join(f"[27.10.19, {stamp}] Ann: x\n" for stamp in stamps))
    assert [f"{message.ts:%H:%M}" for message in messages] == [
        "00:50",
        "00:58",
        "01:05",
        "01:40",
        "02:01",
    ]


def test_the_hour_that_autumn_shows_twice_after_a_day_of_24_hours() -> None:
    stamps = [
        "26.10.19, 23:50:00",
        "27.10.19, 02:50:00",
        "26.10.19, 23:59:59",
        "27.10.19, 02:05:00",
    ]
    stamps += ["27.10.19, 23:05:00", "27.10.19, 02:10:00"]
    messages = chat("".join(f"[{stamp}] Ann: x\n" for stamp in stamps))
    assert [f"{m.ts:%H:%M}" for m in messages] == [
        "21:50",
        "00:50",
        "21:59",
        "00:05",
        "22:05",
        "01:10",
    ]


# Where messages begin.


def test_pasted_chats_stay_text() -> None:
    (one, two) = chat(
        "28/12/2019, 21:43 - Ann: look\n[27.12.19, 20:00:00] Bob: pasted\n28/12/2019, 21:44 - Bob: ha\n"
    )
    assert one.text == "look\n[27.12.19, 20:00:00] Bob: pasted"
    assert two.text == "ha"


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["[16.9.2019, 10:00:00]", "[17.9.2019, 10:00:00]", "[1.9.19, 00:00:00]", "[17.9.2019, 11:00:00]"], 3),
        (["[31.01.19, 10:00:00]", "[01.02.19, 11:09:15]", "[1.2.2019, 00:00:00]", "[01.02.19, 12:00:00]"], 3),
        (["[16.9.2019, 10:00:00]", "[17.9.2019, 10:00:00]", "[18.9.19, 00:00:00]", "[18.9.2019, 11:00:00]"], 4),
        (["[17.09.2019, 10:00:00]", "[17.9.2019, 11:00:00]", "[18.09.2019, 11:00:00]"], 3),
    ],
)  # fmt: skip
def test_lone_stamps_of_another_shape(lines: list[str], count: int) -> None:
    assert len(chat("".join(f"{stamp} Ann: x\n" for stamp in lines))) == count


def test_a_phone_that_changed_its_format_half_way(tmp_path: Path) -> None:
    path = tmp_path / "_chat.txt"
    path.write_text(
        "6/29/23, 16:14 - A: 1\n6/30/23, 16:14 - A: 2\n6/30/23, 16:15 - A: 3\n"
        "30/6/2023, 16:15 - A: 4\n1/7/2023, 16:15 - A: 5\n",
        encoding="utf-8",
    )
    assert days(read_items(path)) == [
        "2023-06-29",
        "2023-06-30",
        "2023-06-30",
        "2023-06-30",
        "2023-07-01",
    ]


def test_lines_of_one_message() -> None:
    (message,) = chat("28/12/2019, 21:43 - Ann: a\u2028b\n\n2/11/19: Arrival\r\n[x] 10:15\x0bc\n\n")
    assert message.text == "a\u2028b\n\n2/11/19: Arrival\n[x] 10:15\x0bc"


def test_text_before_the_first_message_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "_chat.txt"
    path.write_text("\n\nexported by me\n28/12/2019, 21:43 - Ann: a\n", encoding="utf-8")
    items = read_items(path)
    assert [(error.line, error.records) for error in errors(items)] == [(3, 0)]
    assert [message.source_line for message in messages_of(items)] == [4]


# The short cuts: they must change no result.

STAMPS = [
    "28/12/2019, 21:43", "1/2/2019, 9:43", "28/12/19, 9:43 PM", "28/12/19, 9:43 AM", "8/1/19, 09:43 s",
    "28.12.19 21.25", "28.12.19 21.25.15", "28.12.19 21.25 PM", "28.12.19, 21:25\u200e", "28. 12. 2019, 1:25",
    "2019/13/06 下午5:06", "2019-10-20, 10:16", "06/2018/13, 15 h 06", "28/12/2019, 9:43 p.\u00a0m.",
    "٤/٣/٢٠٢١، ٥:٠٦ م", "28/12/2019, 99:43", "128/12/2019, 21:43", "28/12/201, 21:43", "28/12/2019, 21:4",
]  # fmt: skip
RESTS = ["Ann: hi", "PM Ann: hi", "s Ann: x", "12 - Ann: hi", "", " - Bob: hi", ":05: hi", "- 1: 2"]
HEADS = st.tuples(st.sampled_from(["", "", LRM]), st.sampled_from(STAMPS), st.sampled_from(RESTS))


@pytest.mark.parametrize(
    "style", ["{}[{}] {}", "{}[{}]{}", "{}{} - {}", "{}{} -{}", "{}{}: {}", "{}{} {}"]
)
@given(st.lists(HEADS, max_size=12))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_one_phones_form_finds_what_the_general_pattern_finds(
    style: str, heads: list[tuple[str, str, str]]
) -> None:
    lines = [style.format(*head) for head in heads]
    found = [(number, match) for number, line in enumerate(lines) if (match := match_header(line))]
    expected = [(n, m["stamp"], m["date"], m.string[m.end() :], bool(m["s"])) for n, m in found]
    got = [(h.line, h.stamp, h.date, h.rest, h.form.has_seconds) for h in find_candidates(lines)]
    if len({header_style(match) for _, match in found}) < 2:  # else a part is taken for pasted
        assert got == expected
