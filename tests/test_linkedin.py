"""LinkedIn's messages of any year: what a user would miss if it went wrong."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.exports import linkedin
from talklikeme.exports.items import Item
from talklikeme.messages import Message, clean_text
from tests.table_kit import as_file, errors, files_in, messages, notes, read, records

GOLDEN = Path(__file__).parent / "golden" / "linkedin"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))

HEADER = [
    "CONVERSATION ID", "CONVERSATION TITLE", "FROM", "SENDER PROFILE URL", "TO",
    "RECIPIENT PROFILE URLS", "DATE", "SUBJECT", "CONTENT", "FOLDER", "ATTACHMENTS",
    "IS MESSAGE DRAFT",
]  # fmt: skip
KIM, ZOE, ANN = (f"https://www.linkedin.com/in/{name}" for name in ("kim", "zoe", "ann"))
PROFILE = as_file("First Name,Last Name,Headline\nKim,Berg,Gardener\n", "in/Profile.csv")


def row(text: str = "hi", **fields: str) -> dict[str, str]:
    given = {
        "CONVERSATION ID": "2-A==", "FROM": "Zoë Ruiz", "SENDER PROFILE URL": ZOE, "TO": "Kim Berg",
        "RECIPIENT PROFILE URLS": KIM, "DATE": "2024-10-26 11:43:11 UTC", "CONTENT": text,
        "FOLDER": "INBOX",
    }  # fmt: skip
    return given | {key.replace("_", " ").upper(): value for key, value in fields.items()}


def mine(text: str = "hi", **fields: str) -> dict[str, str]:
    own = {"from": "Kim Berg", "sender_profile_url": KIM, "to": "Zoë Ruiz"}
    return row(text, **(own | {"recipient_profile_urls": ZOE} | fields))


def write(*rows: dict[str, str], header: list[str] = HEADER, **dialect: Any) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header, extrasaction="ignore", **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read_rows(*rows: dict[str, str], profile: bool = True) -> list[Item]:
    files = [as_file(write(*rows), "in/messages.csv")] + ([PROFILE] if profile else [])
    return read(linkedin, *files)


def only(*args: str, **fields: str) -> Message:
    [message] = messages(read_rows(row(*args, **fields)))
    return message


@pytest.mark.parametrize("year", ["2016", "2019", "2020", "2025", "2026"])
def test_every_age_of_export_gives_the_same_messages(year: str) -> None:
    items = read(linkedin, *files_in(GOLDEN / year))
    assert not errors(items)
    assert records(items, list(EXPECTED[0])) == EXPECTED


@pytest.mark.parametrize(
    ("date", "basis", "precision", "utc"),
    [
        ("2024-10-26 11:43:11 UTC", "utc", "s", "2024-10-26T11:43:11"),
        ("2019-11-06T02:08:20", "local", "s", "2019-11-06T01:08:20"),
        ("January 5, 2016, 3:04 PM", "local", "min", "2016-01-05T14:04:00"),
    ],
)
def test_times(date: str, basis: str, precision: str, utc: str) -> None:
    message = only(date=date)
    assert (message.tz_basis, message.ts_precision) == (basis, precision)
    assert message.ts.isoformat() == f"{utc}+00:00"


def test_newest_first_becomes_oldest_first_also_within_a_minute() -> None:
    stamps = ["3:05 PM", "3:04 PM", "3:04 PM", "3:01 PM"]
    rows = [row(text, date=f"May 5, 2016, {at}") for text, at in zip("dcba", stamps, strict=True)]
    assert "".join(message.text for message in messages(read_rows(*rows))) == "abcd"
    assert "".join(message.text for message in messages(read_rows(*rows[::-1]))) != "abcd"[::-1]


# --- Who --------------------------------------------------------------------------------------

INVITATIONS = as_file(
    "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl\n"
    f"Kim Berg,Ann,x,,OUTGOING,{KIM},{ANN}\nZoë Ruiz,Kim Berg,x,,INCOMING,{ZOE},{KIM}\n",
    "in/Invitations.csv",
)
NAMESAKE = row("c", **{"from": "Kim Berg", "sender_profile_url": f"{KIM}-2"})


@pytest.mark.parametrize(
    ("rows", "companion", "expected"),
    [
        ([mine(), row()], PROFILE, [True, False]),
        ([mine(sender_profile_url=f"{KIM}/?x"), row()], INVITATIONS, [True, False]),
        ([mine(), NAMESAKE], INVITATIONS, [True, False]),
        ([mine(), row()], None, [None, None]),
        ([mine(**{"from": "Kim Neu"}), row(conversation_id="2-B"),
          mine(conversation_id="2-C", to="Ann", recipient_profile_urls=ANN)], PROFILE,
         [True, False, True]),
    ],
    ids=["profile", "invitations", "namesake", "nobody says", "in every conversation"],
)  # fmt: skip
def test_the_owner(rows: Any, companion: Any, expected: list[bool | None]) -> None:
    file = as_file(write(*rows), "in/messages.csv")
    found = messages(read(linkedin, file, *([companion] if companion else [])))
    assert sorted(map(str, (message.is_me for message in found))) == sorted(map(str, expected))


def test_an_owner_whom_only_the_structure_shows_is_said_aloud() -> None:
    rows = [row(conversation_id="1"), mine(conversation_id="2"),
            row(conversation_id="3", **{"from": "Ann", "sender_profile_url": ANN}),
            mine(conversation_id="4", to="Bo", recipient_profile_urls=f"{ANN}-bo")]  # fmt: skip
    items = read_rows(*rows, profile=False)
    assert {message.sender_name: message.is_me for message in messages(items)} == {
        "Kim Berg": True, "Zoë Ruiz": False, "Ann": False,
    }  # fmt: skip
    assert "who is in 4 of 4 conversations" in notes(items)[0].why


@pytest.mark.parametrize(
    ("to", "urls", "people"),
    [
        ("Zoë Ruiz, PhD", ZOE, ["Zoë Ruiz, PhD"]),
        ("Zoë Ruiz, Ann Lee", f"{ZOE},{ANN}", ["Zoë Ruiz", "Ann Lee"]),
        ("Zoë Ruiz, PhD, Ann Lee", f"{ZOE},{ANN}", ["Zoë Ruiz, PhD", "Ann Lee"]),
        ("Zoë Ruiz, M.Sc., MBA, Ann Lee", "", ["Zoë Ruiz, M.Sc., MBA", "Ann Lee"]),
    ],
)
def test_names_with_commas(to: str, urls: str, people: list[str]) -> None:
    [message] = messages(read_rows(mine(to=to, recipient_profile_urls=urls)))
    assert message.participants == ("Kim Berg", *people)
    assert message.is_group == (len(people) > 1)


def test_a_deleted_account_makes_no_group() -> None:
    gone = row(**{"from": "LinkedIn Member", "sender_profile_url": ""})
    found = messages(read_rows(gone, row(), mine()))
    assert {message.is_group for message in found} == {False}


def test_old_exports_without_ids_tell_chats_apart_by_people() -> None:
    header = ["FROM", "TO", "DATE", "SUBJECT", "CONTENT"]
    data = write(row(), mine(), mine(to="Ann"), header=header)
    found = messages(read(linkedin, as_file(data, "Inbox.csv"), PROFILE))
    assert len({message.conversation_id for message in found}) == 2
    assert {message.is_me for message in found} == {None}  # Profile.csv lies elsewhere


def test_a_profile_without_messages_says_so() -> None:
    [note] = notes(read(linkedin, PROFILE))
    assert note.why == "no messages.csv beside it"


# --- What -------------------------------------------------------------------------------------

ADVERTISEMENT = (
    '<p class="spinmail-quill-editor__spin-break">Hi %FIRSTNAME%,</p><p>buy &amp; go</p>'
)


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (ADVERTISEMENT, "system", "Hi %FIRSTNAME%,\nbuy & go"),
        ("<p>Dear <b>Kim</b>,<br>1 &lt; 2</p>", "text", "Dear Kim,\n1 < 2"),
        ("a < b &amp; c > d", "text", "a < b &amp; c > d"),
        ("x <p> y", "text", "x <p> y"),
        ("", "empty", ""),
    ],
)
def test_content(content: str, kind: str, text: str) -> None:
    message = only(content)
    assert (message.kind, message.text, message.system) == (kind, text, kind == "system")


def test_attachments_drafts_folders_and_titles() -> None:
    urls = "https://media.example/a,b,https://media.example/c"
    message = only("", attachments=urls, is_message_draft="Yes", folder="SPAM",
                   conversation_title="Garden club")  # fmt: skip
    assert [item.path for item in message.attachments] == [
        "https://media.example/a,b", "https://media.example/c",
    ]  # fmt: skip
    assert (message.kind, message.draft, message.section) == ("media", True, "spam")
    assert message.conversation_title == "Garden club"


@settings(derandomize=True, max_examples=80, deadline=None)
@given(
    st.lists(st.text(max_size=30).filter(lambda text: "\0" not in text), min_size=1, max_size=5),
    st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)  # fmt: skip
def test_any_text_is_read_back_from_any_table(
    texts: list[str], delimiter: str, quoting: Any, encoding: str
) -> None:
    rows = [row(text, date=f"2024-01-01 00:00:0{n} UTC") for n, text in enumerate(texts)]
    data = write(*rows, delimiter=delimiter, quoting=quoting).encode(encoding)
    found = messages(read(linkedin, as_file(data, "messages.csv")))
    assert len(found) == len(texts)
    for message, text in zip(found, texts, strict=True):
        assert message.text == clean_text(text)


# --- Broken -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        row(date="soon"), row(date=""), row(date="-5"), row(date="9" * 400), row(date="1e400"),
        row(**{"from": "", "sender_profile_url": ""}),
    ],
    ids=["words", "empty", "negative", "long", "huge", "nobody"],
)  # fmt: skip
def test_a_broken_row_is_one_error_and_stops_nothing(broken: dict[str, str]) -> None:
    items = read_rows(mine("a"), broken, row("b"))
    assert {message.text for message in messages(items)} == {"a", "b"}
    assert [(error.records, error.line) for error in errors(items)] == [(1, 3)]


def test_rows_of_another_width_are_refused_and_empty_ones_are_nothing() -> None:
    data = write(row("a")) + "too,short\r\n\r\n,,,,,,,,,,,\r\n" + "x" + ",y" * 30 + "\r\n"
    items = read(linkedin, as_file(data, "messages.csv"))
    assert [error.line for error in errors(items)] == [6, 3]
    assert len(messages(items)) == 1


def test_a_message_of_a_megabyte_and_a_windows_encoding() -> None:
    data = write(row("ü" * 1_000_000)).encode("cp1252")
    items = read(linkedin, as_file(data, "messages.csv"))
    assert len(messages(items)[0].text) == 1_000_000
    assert "Windows-1252" in notes(items)[0].why


def test_talks_with_linkedins_chatbot_are_left_out_aloud() -> None:
    bot = as_file(write(row("Welcome")), "in/guide_messages.csv")
    items = read(linkedin, bot, PROFILE)
    assert not messages(items)
    assert "chatbot" in notes(items)[0].why


@pytest.mark.parametrize(
    ("head", "is_linkedin"),
    [
        ("CONVERSATION ID,CONVERSATION TITLE,FROM,TO,DATE,SUBJECT,CONTENT,FOLDER", True),
        ('\ufeff"CONVERSATION ID","FROM","DATE","CONTENT"', True),
        ("From,To,Date,Subject,Content", True),
        ("Notes:\nsome words\n\nFROM;TO;DATE;SUBJECT;CONTENT;DIRECTION;FOLDER", True),
        ("AuthorID,Author,Date,Content,Attachments,Reactions", False),
        ("ID,Timestamp,Contents,Attachments", False),
        ("First Name,Last Name,URL,Email Address,Company,Position,Connected On", False),
        ("From,Content", False),
        ("date,sender,text", False),
    ],
)
def test_recognises(head: str, is_linkedin: bool) -> None:
    assert linkedin.recognises(as_file(head, "x.csv"), head.encode()) == is_linkedin


def test_garbage_is_refused() -> None:
    for head in (bytes(range(256)) * 256, b"\0" * 65_536, b"\xff\xfe\xd8", b'"' * 65_536):
        assert not linkedin.recognises(as_file(head, "messages.csv"), head)
