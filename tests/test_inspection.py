"""The doctor: what --inspect tells of every file, so that a user knows what to mend."""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from talklikeme import inspection
from talklikeme.errors import ExportError
from talklikeme.exports import Tally
from talklikeme.ledger import Ledger
from talklikeme.messages import Message
from talklikeme.owner import find_owners
from talklikeme.reading import Reading
from tests.chats import said, surveyed

Told = Callable[..., list[str]]


def file(
    name: str, *days: int, who: Sequence[str] = ("zoe", "me"), **fields: object
) -> list[Message]:
    """A file that says the same on some days of March."""
    return [
        said(one, "x", f"2024-03-{day:02} 10:00", source_file=name, **fields)
        for day in days
        for one in who
    ]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """What the doctor says of some files, line by line; problems are in the last place."""

    def tell(*files: list[Message], problems: Sequence[ExportError] = ()) -> list[str]:
        survey = surveyed(message for messages in files for message in messages)
        tallies = [Tally(one[0].source_file, "WhatsApp text", len(one)) for one in files]
        tallies.append(Tally("profile", "WhatsApp text", 0))
        reading = Reading(None, 1, survey=survey, problems=list(problems), tallies=tallies)
        inspection.print_files(reading, find_owners(survey, ()))
        said = capsys.readouterr()
        return (said.out + said.err).replace("\n      ", " ").splitlines()

    return tell


def odd(lines: list[str]) -> list[str]:
    return [line.removeprefix("  ! ") for line in lines if line.startswith("  ! ")]


def test_files_that_share_a_chat_and_a_time_are_told(told: Told) -> None:
    one, two = file("one", 1, 2, 3), file("two", 2, 3, 4)
    assert odd(told(one, two)) == [
        f"overlaps, in 1 chat from 2024-03-02 to 2024-03-03 (counted once), with {name}"
        for name in ("two", "one")
    ]
    assert odd(told(one, file("copy", 1, 2, 3)))[0].startswith("looks like a copy,")


def test_parts_of_an_export_and_other_chats_of_the_time_are_nothing_odd(told: Told) -> None:
    other = file("other", 1, 2, 3, conversation_id="whatsapp:bo")
    assert odd(told(file("part 1", 1, 2), file("part 2", 2, 3), other)) == []


def test_of_many_overlaps_few_are_told(told: Told) -> None:
    lines = odd(told(*(file(str(number), 1, 2 + number) for number in range(9))))
    assert len(lines) == 9 * 4
    assert lines[3] == "overlaps with 5 more files"


def test_one_side_is_told_by_its_reader_or_by_its_senders(told: Told) -> None:
    mine = file("package", 1, 2, who=["me"], one_sided=True)
    assert odd(told(mine))[0].startswith("holds only your messages")
    some = [*mine, *file("package", 3, conversation_id="both")]
    assert odd(told(some)) == ["2 messages are of chats that hold only yours"]
    assert odd(told(file("zoe", 1, 2, who=["zoe"]))) == [
        "one sender only: Zoe. Nothing is answered; is the export whole?"
    ]
    assert odd(told(file("monday", 1, who=["zoe"]), file("tuesday", 2))) == []


def test_a_file_broken_in_many_places_does_not_hide_the_others(told: Told) -> None:
    problems = [ExportError("a", "no date", line=n, records=1) for n in range(1, 100)]
    problems += [
        ExportError("b", "a doubt", is_note=True),
        ExportError("c", "no JSON", hint="Again"),
    ]
    lines = told(file("a", *range(1, 28), who=["zoe", "me", "bo", "ana"]), problems=problems)
    assert "99 of 108 messages could not be read, see below" in odd(lines)
    assert lines[-6:] == [
        "not read: a:1: no date.",
        "not read: a:2: no date.",
        "not read: a:3: no date.",
        "not read: c: no JSON. Again.",
        "note: b: a doubt.",
        "and 96 more in a",
    ]


def test_a_row_fits_into_a_hundred_columns(told: Told) -> None:
    lines = told(file("one", 1), file("two", 2))
    assert lines[-1] == "2 files: 4 messages in 1 chat, 2024-03-01 to 2024-03-02, times in UTC"
    assert not any("profile" in line for line in lines)
    assert "1 file" in lines[-2]
    assert max(map(len, lines)) < 100
    assert lines[0].index("first") == lines[2].index("2024-03-01")


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_ledger_of_many_apps_is_cut_into_tables_that_fit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    apps = [f"messenger{number}" for number in range(14)]
    ledger = Ledger()
    ledger.place_all({(app, app, "group, not an answer to one person"): 123_456 for app in apps})
    monkeypatch.setattr(inspection, "WIDTH_OF_A_PIPE", width)
    inspection.print_ledger(ledger, Counter(train=1), 0)
    out = capsys.readouterr().out
    assert "…" not in out
    assert all(out.count(f" {app} ") == 1 for app in apps)
    assert max(map(len, out.splitlines())) <= width
    assert out.count("1,728,384") == 2 * out.count(" all ")
