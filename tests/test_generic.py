"""Tables, JSON and transcripts of unknown origin: what a user would miss if it went wrong."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import prepare_data
from talklikeme.exports import generic
from talklikeme.exports.generic_mapping import ColumnSearch
from talklikeme.exports.generic_times import parse_stamp, study_column
from talklikeme.exports.items import Item, ReadSettings
from talklikeme.messages import Message, clean_text
from talklikeme.options import ColumnMapping
from tests.scripts import Outcome, call
from tests.table_kit import (
    BERLIN,
    as_file,
    assert_adds_up,
    errors,
    files_in,
    messages,
    notes,
    read,
    records,
)

GOLDEN = Path(__file__).parent / "golden" / "generic"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
OTHERS = sorted(
    path
    for path in GOLDEN.parent.rglob("*.*")
    if path.is_file() and path.suffix != ".py" and not path.stem.startswith("expected")
    if GOLDEN not in path.parents
)


def read_text(text: str, name: str = "chat.csv", **options: Any) -> list[Item]:
    return read(generic, as_file(text, name), **options)


def write(*rows: list[str], **dialect: Any) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue()


def is_claimed(text: str, name: str) -> bool:
    file = as_file(text, name)
    return generic.recognises(file, file.head())


@pytest.mark.parametrize("name", sorted(f.name for f in GOLDEN.iterdir() if f.stem != "expected"))
def test_every_shape_gives_the_same_messages(name: str) -> None:
    items = read(generic, *(file for file in files_in(GOLDEN) if file.name == name))
    assert not errors(items)
    assert records(items, list(EXPECTED[0])) == EXPECTED


# --- Claims nothing that is another's ---------------------------------------------------------


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(GOLDEN.parent)))
def test_other_apps_exports_are_left_alone(path: Path) -> None:
    file = as_file(path.read_bytes(), path.as_posix())
    assert not generic.recognises(file, file.head())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bank.csv", "Date,Name,Message,Amount\n2024-01-01,Shop,thanks,5\n2024-01-02,Shop,x,6\n"),
        ("list.csv", "name,text\nAnn,hello\nBo,hi\n"),
        ("log.csv", "time,level,user,message\n2024-01-01 10:00,INFO,root,started\n"),
        ("diary.csv", "date,text\n2024-01-01,Rain.\n2024-01-02,Sun.\n"),
        ("film.csv", "date,author,content\n1,Ann,x\n2,Bo,y\n3,Cy,z\n4,Di,w\n5,Ed,v\n"),
        ("guests.csv", "date,name,message\n" + "".join(f"2024-01-0{n},G{n},hi\n" for n in range(1, 9))),
        ("numbers.csv", "date,user,content\n2024-01-01,a,5\n2024-01-02,a,6\n"),
        ("dce.csv", 'AuthorID,Author,Date,Content,Attachments\n1,Ann,2024-01-01 10:00,"hi",\n'),
        ("discord.csv", "ID,Timestamp,Contents,Attachments\n1,2024-01-01 10:00:00,hi,\n"),
        ("day.json", '[{"type": "message", "user": "U1", "text": "hi", "ts": "1700000000.000100"}]'),
        ("x.json", '{"guild": {}, "messages": [{"author": "x", "timestamp": "2024-01-01", "text": "x"}]}'),
        ("x.json", '[{"name": "Ann", "city": "Ulm"}, {"name": "Bo", "city": "Bonn"}]'),
        ("x.json", '{"a": [1, 2, {"b": []}]}'),
        ("x.json", "[" * 5000),
        ("package.json", '{"name": "x", "version": "1.0.0", "author": "Ann"}'),
        ("notes.txt", "Buy: milk\nCall: Ann\nTodo: sleep\n"),
        ("notes.txt", "A long day. We went out: it rained.\nThen home.\n" * 5),
        ("form.txt", "Name: Ann\nAge: 5\nCity: Ulm\n" * 4),
        ("config.txt", "{\nhost: x\nport: 5\nhost: y\nport: 6\n}" * 3),
        ("links.txt", "https://a.example\nhttps://b.example\nhttp://c.example\n"),
        ("page.txt", "<p>Ann: hi</p>\n" * 9),
        ("readme.md", "Ann: hi\nBo: ho\n" * 9),
        ("chat.txt", "[2024-01-05T10:00+01:00] Ann: hi\n" * 4),
        ("chat.txt", "2024-01-05 10:00:00 <Ann> hi\n2024-01-05 10:00:01 <Bo> ho\n" * 4),
        ("", ""),
        ("x.csv", "\0\1\2\3" * 9999),
        ("x.txt", '"' * 9999),
    ],
)  # fmt: skip
def test_what_is_no_chat_is_left_alone(name: str, text: str) -> None:
    assert not is_claimed(text, name)


# --- Tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "timestamp,sender,text", "Date,From,Message", "Sent At;Author;Body", "created_at\tuser\tmsg",
        "DateTime|speaker|contents", "time,username,content", "\ufeff\"Sent Date\",'who',\"Msg Text\"",
        "createdAt,senderName,message_text",
    ],
)  # fmt: skip
def test_column_names(header: str) -> None:
    mark = next(char for char in ",;\t|" if char in header)
    lines = [f"2024-01-05 10:00:0{n}{mark}{who}{mark}hi {n}" for n, who in enumerate(["Ann", "Bo"])]
    found = messages(read_text("\n".join([header, *lines])))
    assert [(m.sender_name, m.text) for m in found] == [("Ann", "hi 0"), ("Bo", "hi 1")]


@pytest.mark.parametrize(
    ("header", "values", "mine"),
    [
        ("date,text,is_from_me", ["1", "0"], [True, False]),
        ("date,text,outgoing", ["true", "False"], [True, False]),
        ("date,text,direction", ["Sent", "received"], [True, False]),
        ("date,text,type", ["outgoing", "incoming"], [True, False]),
        ("date,text,sender", ["Me", "Zoë"], [True, False]),
        ("date,text,sender", ["Kim", "Zoë"], [None, None]),
    ],
)
def test_who_is_me(header: str, values: list[str], mine: list[bool | None]) -> None:
    rows = [f"2024-01-05 10:00:0{n},hi,{value}" for n, value in enumerate(values)]
    found = messages(read_text("\n".join([header, *rows])))
    assert [message.is_me for message in found] == mine
    assert len({message.sender_id for message in found}) == 2


def test_chats_in_one_table_are_told_apart() -> None:
    text = "date,from,to,text\n" + "".join(
        f"2024-01-05 10:00:0{n},{a},{b},hi\n"
        for n, (a, b) in enumerate([("Kim", "Zoë"), ("Zoë", "Kim"), ("Kim", "Ann")])
    )
    found = messages(read_text(text))
    assert [m.seq for m in found] == [0, 1, 0]
    assert found[0].participants == ("Kim", "Zoë")
    named = text.replace("date,from,to,text", "date,from,chat,text")
    assert {m.conversation_title for m in messages(read_text(named))} == {"Kim", "Zoë", "Ann"}


def test_wechat_tables() -> None:
    text = (
        "id,MsgSvrID,type_name,is_sender,talker,msg,src,CreateTime,room_name,is_forward\n"
        "1,9,文本,0,zoe,在吗,,2024-01-05 10:00:00,zoe,0\n"
        "2,8,图片,1,kim,[图片],x.jpg,2024-01-05 10:00:01,zoe,0\n"
        "3,7,文本,1,kim,在,,2024-01-05 10:00:02,zoe,1\n"
    )
    found = messages(read_text(text))
    assert [(m.text, m.kind, m.is_me, m.forwarded) for m in found] == [
        ("在吗", "text", False, False), ("", "media", True, False), ("在", "text", True, True),
    ]  # fmt: skip
    assert {m.conversation_title for m in found} == {"zoe"}


@pytest.mark.parametrize(
    ("texts", "order", "first"),
    [
        (["03/04/2024 10:00", "13/04/2024 10:00"], "auto", "2024-04-03T08:00"),
        (["03/04/2024 10:00", "03/14/2024 10:00"], "auto", "2024-03-04T09:00"),
        (["4/14/24, 1:05 PM", "3/4/24, 10:00 AM"], "auto", "2024-03-04T09:00"),
        (["03.04.2024 10:00", "04.04.2024 10:00"], "auto", "2024-04-03T08:00"),
        (["03/04/2024 10:00", "04/04/2024 10:00"], "month-first", "2024-03-04T09:00"),
        (["2024/03/04 10:00:00", "2024/03/05 10:00:00"], "auto", "2024-03-04T09:00"),
        (["1709542800", "1709542900"], "auto", "2024-03-04T09:00"),
        (["1709542800123", "1709542900123"], "auto", "2024-03-04T09:00"),
        (["Mon, 04 Mar 2024 10:00:00 +0100", "Tue, 05 Mar 2024 10:00:00 +0100"], "auto", "2024-03-04T09:00"),
        (["Mar 4, 2024 10:00 AM", "Mar 5, 2024 10:00 AM"], "auto", "2024-03-04T09:00"),
        (["04-Mar-24 10:00 AM", "05-Mar-24 10:00 PM"], "auto", "2024-03-04T09:00"),
        (["2024-03-04T10:00:00.1234567+01:00", "2024-03-05T10:00:00+01:00"], "auto", "2024-03-04T09:00"),
        (["2024-03-04 09:00:00 UTC", "2024-03-05 09:00:00 UTC"], "auto", "2024-03-04T09:00"),
    ],
)  # fmt: skip
def test_times(texts: list[str], order: Any, first: str) -> None:
    rows = [[text, "Ann", "hi"] for text in texts]
    options = ReadSettings(ZoneInfo("Europe/Berlin"), order)
    found = messages(read_text(write(["date", "name", "text"], *rows), options=options))
    assert found[0].ts.isoformat()[:16] == first


def test_doubtful_dates_are_said_and_date_and_time_belong_together() -> None:
    items = read_text("date,time,name,text\n3/4/24,10:00,Ann,a\n4/4/24,11:30,Bo,b\n")
    assert "which number is the day" in notes(items)[0].why
    assert messages(items)[1].ts.isoformat() == "2024-04-04T09:30:00+00:00"


def test_the_hour_that_autumn_shows_twice_is_told_by_the_order() -> None:
    rows = [f"2024-10-27 {at},Ann,x" for at in ("02:50:00", "02:10:00", "02:50:00", "04:00:00")]
    found = messages(read_text("\n".join(["date,name,text", *rows])))
    assert [m.ts.strftime("%H:%M") for m in found] == ["00:50", "01:10", "01:50", "03:00"]


@pytest.mark.parametrize(
    "text", ["hello", "2023", "12", "9" * 400, "1e400", "-5", "0", "5 10", "1.2.3", "20240105"]
)
def test_what_is_no_time(text: str) -> None:
    assert parse_stamp(text) is None
    assert study_column([text], "auto").parse(text) is None


@settings(derandomize=True, max_examples=80, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
             max_size=5),
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
)  # fmt: skip
def test_any_text_is_read_back(texts: list[str], delimiter: str, quoting: Any) -> None:
    rows = [[f"2024-01-05 10:00:0{n}", "Ann", text] for n, text in enumerate(["hello", *texts])]
    data = write(["date", "name", "text"], *rows, delimiter=delimiter, quoting=quoting)
    found = [message.text for message in messages(read_text(data))]
    assert found == [clean_text(text) for _, _, text in rows]


def test_a_header_beyond_all_measure_is_an_error() -> None:
    header = ";".join(["date", "name", "text", *(f"column{n}" for n in range(3000))])
    [error] = errors(read_named(f"{header}\n1;Ann;hi\n", "x.csv", text="text", sender="name"))
    assert "header row" in error.why


def test_backslashes_before_quotes() -> None:
    text = 'date,name,text\n"2024-01-05 10:00","Ann","say \\"hi, you\\" now"\n"2024-01-05 10:01","Bo","ho"\n'
    assert messages(read_text(text))[0].text == 'say "hi, you" now'


@pytest.mark.parametrize(
    "broken", ["soon,Ann,x", ",Ann,x", "2024-01-05 10:00,,x", "2024", "2024-01-05,Ann,x,y,z"]
)
def test_a_broken_row_is_one_error_and_stops_nothing(broken: str) -> None:
    rows = [f"2024-01-05 10:00:0{n},Ann,m{n}" for n in range(9)]
    items = read_text("\n".join(["date,name,text", *rows[:4], broken, *rows[4:]]))
    assert [m.text for m in messages(items)] == [f"m{n}" for n in range(9)]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 6)]


# --- JSON -------------------------------------------------------------------------------------

STAMPED: Any = [{"timestamp": 1_709_542_800 + n, "sender": who, "text": f"m{n}"}
                for n, who in enumerate(["Ann", "Bo", "Ann"])]  # fmt: skip
CHAT: Any = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
SHARED: Any = [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]


@pytest.mark.parametrize(
    "shape",
    [
        STAMPED, {"messages": STAMPED}, {"about": "x", "data": STAMPED}, {"items": STAMPED},
        [{"id": 5, "messages": STAMPED}], {"conversations": [{"id": "5", "messages": STAMPED}]},
        [one | {"sender": {"id": 5, "name": one["sender"]}} for one in STAMPED],
        [{"createdAt": one["timestamp"], "author": {"name": one["sender"]},
          "content": {"text": one["text"]}} for one in STAMPED],
    ],
)  # fmt: skip
@pytest.mark.parametrize("indent", [None, 2])
def test_json_shapes(shape: Any, indent: int | None) -> None:
    found = messages(read_text(json.dumps(shape, indent=indent), "export.json"))
    assert [(m.sender_name, m.text) for m in found] == [("Ann", "m0"), ("Bo", "m1"), ("Ann", "m2")]
    assert found[0].ts.isoformat() == "2024-03-04T09:00:00+00:00"


@pytest.mark.parametrize("name", ["chat.jsonl", "chat.json", "chat.txt"])
def test_json_lines(name: str) -> None:
    lines = [json.dumps(one) for one in STAMPED * 6]
    items = read_text("\n".join([*lines, "", '{"broken', "[]", ""]), name)
    assert [m.text for m in messages(items)] == ["m0", "m1", "m2"] * 6
    assert [(error.records, error.line) for error in errors(items)] == [(1, 20), (1, 21)]


@pytest.mark.parametrize(
    ("text", "chats"),
    [
        (json.dumps({"messages": CHAT}) + "\n" + json.dumps({"messages": CHAT}), 2),
        (json.dumps([{"conversations": SHARED}, {"conversations": SHARED}]), 2),
        (json.dumps({"messages": [CHAT[0], CHAT[1] | {"content": [{"type": "text", "text": "b"}]}]}), 1),
        (json.dumps(SHARED), 1),
    ],
)  # fmt: skip
def test_talks_with_language_models_have_order_but_no_times(text: str, chats: int) -> None:
    items = read_text(text, "talks.json")
    found = messages(items)
    assert [m.text for m in found] == ["a", "b"] * chats
    assert len({m.conversation_id for m in found}) == chats
    assert {m.is_me for m in found} == {None}
    assert found[0].ts < found[1].ts
    assert found[0].ts_raw == ""
    assert "no times" in notes(items)[0].why


def test_forever_chat_format() -> None:
    lines = [
        {"sha": str(n), "sender": "Kim" if mine else "Zoë", "receiver": "Zoë" if mine else "Kim",
         "is_from_me": mine, "date": f"2024-01-05T10:00:0{n}+01:00", "service": "iMessage",
         "message_text": f"m{n}", "participants": ["Kim", "Zoë"]}
        for n, mine in enumerate([True, False])
    ]  # fmt: skip
    found = messages(read_text("\n".join(map(json.dumps, lines)), "chat.jsonl"))
    assert [(m.text, m.is_me, m.message_id) for m in found] == [
        ("m0", True, "0"),
        ("m1", False, "1"),
    ]
    assert len({m.conversation_id for m in found}) == 1


ODD: list[Any] = [5, None, [], {}, {"text": 5}, {"text": "x"}, STAMPED[0] | {"text": {"a": 1}},
                  STAMPED[0] | {"sender": []}, STAMPED[0] | {"timestamp": -1},
                  STAMPED[0] | {"timestamp": [[]]}, STAMPED[0] | {"timestamp": None}]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_an_odd_object_is_one_error_and_stops_nothing(odd: Any) -> None:
    items = read_text(json.dumps([*STAMPED, odd, *STAMPED]), "x.json")
    assert len(messages(items)) + len(errors(items)) == 7
    assert len(messages(items)) >= 6


@pytest.mark.parametrize("value", ["1e400", "1e999999999", "9" * 4000, "[" * 300 + "]" * 300])
def test_absurd_values_cost_no_more_than_their_record(value: str) -> None:
    data = json.dumps([*STAMPED * 2, STAMPED[0] | {"timestamp": "HERE"}]).replace('"HERE"', value)
    items = read_text(data, "x.json")
    assert (len(messages(items)), len(errors(items))) == (6, 1)


def test_what_stands_before_a_break_is_read() -> None:
    items = read_text(json.dumps(STAMPED * 9)[:-30], "x.json")
    assert len(messages(items)) == 26
    assert "breaks off" in errors(items)[0].why


# --- Transcripts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        (["Ann: hi", "Bo: ho", "Ann: how", "are you?", "", "really", "Bo: Note: fine dear"],
         ["hi", "ho", "how\nare you?\n\nreally", "Note: fine dear"]),
        (["10:00 Ann: hi you", "10:01 Bo: ho", "10:02 Ann: x", "10:03 Bo: y"],
         ["hi you", "ho", "x", "y"]),
        (["Ann: hi!", "Bo: ho", "Reminder: tea", "Ann: x", "Bo: y"],
         ["hi!", "ho\nReminder: tea", "x", "y"]),
        (["安：你好", "波：嗨", "安： a", "波：b"], ["你好", "嗨", "a", "b"]),
    ],
)  # fmt: skip
def test_transcripts_without_times(lines: list[str], texts: list[str]) -> None:
    items = read_text("\n".join(lines), "talk.txt")
    assert [message.text for message in messages(items)] == texts
    assert notes(items)


@pytest.mark.parametrize(
    "stamp", ["[2024-01-05T10:0{}:00]", "(05/01/2024 10:0{}):", "[5 Jan 2024 10:0{}]"]
)
def test_transcripts_with_times(stamp: str) -> None:
    lines = [f"{stamp.format(n)} {who}: m{n}" for n, who in enumerate(["Ann", "Bo"] * 3)]
    found = messages(read_text("\n".join(lines), "talk.txt"))
    assert [message.text for message in found] == [f"m{n}" for n in range(6)]
    assert found[5].ts.isoformat() == "2024-01-05T09:05:00+00:00"


# --- Columns that the user names --------------------------------------------------------------


def read_named(content: Any, name: str, **columns: Any) -> list[Item]:
    named = replace(BERLIN, columns=ColumnMapping(**columns))
    items = list(generic.read([as_file(content, name)], named))
    assert_adds_up(items)
    return items


def prepare(
    folder: Path, capsys: pytest.CaptureFixture[str], columns: str, *argv: str
) -> tuple[Outcome, list[dict[str, Any]]]:
    """Run prepare_data.py over a folder with these columns in its YAML; also the messages."""
    config, found = folder.parent / "run.yaml", folder.parent / "messages.jsonl"
    config.write_text(f"prepare_data:\n  timezone: UTC\n  columns: {columns}\n", encoding="utf-8")
    outs = ["--out", str(folder.parent / "out"), "--messages", str(found)]
    done = call(prepare_data.main, [str(config), "--exports", str(folder), *outs, *argv], capsys)
    lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    return done, [json.loads(line) for line in lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "exports"
    path.mkdir()
    return path


GERMAN = """Datum;Uhr;Absender;Nachricht
05.01.24;10h00;Zoë;"Hallo; na?"
05.01.24;10h01;Kim;gut
05.01.24;10h02;Zoë;schön
"""


def test_a_table_with_odd_columns_becomes_pairs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "verlauf.csv").write_text(GERMAN, encoding="utf-8")
    (folder / "contacts.csv").write_text("Name,Phone\nZoë,1\n", encoding="utf-8")
    columns = """{text: Nachricht, sender: absender, time: Datum+Uhr,
              time_format: "%d.%m.%y %Hh%M", mine: Kim}"""
    done, found = prepare(folder, capsys, columns)
    assert (done.code, done.error_lines) == (0, [])
    assert [(one["sender_name"], one["text"], one["is_me"], one["ts"][:16]) for one in found] == [
        ("Zoë", "Hallo; na?", False, "2024-01-05T10:00"),
        ("Kim", "gut", True, "2024-01-05T10:01"),
        ("Zoë", "schön", False, "2024-01-05T10:02"),
    ]
    recorded = yaml.safe_load((folder.parent / "out/pairs/run.yaml").read_text(encoding="utf-8"))
    assert recorded["options"]["columns"]["mine"] == ["Kim"]


@pytest.mark.parametrize("place", ["lines", "list", "chats"])
def test_odd_json_becomes_pairs(
    place: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [
        {"b": {"nick": who}, "c": text, "at": 1_704_448_800 + n, "mit": "Zoë", "dir": way}
        for n, (who, text, way) in enumerate([("zz", "hey", "<"), ("kk", "ho", ">")])
    ]
    said[1]["auf"] = "1"  # only answers have it
    shapes = {
        "lines": "\n".join(map(json.dumps, said)),
        "list": json.dumps({"meta": [1], "verlauf": {"alles": said}}),
        "chats": json.dumps({"gruppen": [{"id": 1, "zeilen": said}, {"id": 2, "zeilen": []}]}),
    }
    (folder / "x.json").write_text(shapes[place], encoding="utf-8")
    columns = """{text: c, sender: b.nick, time: at, conversation: mit, direction: dir,
              reply_to: auf, mine: [">"]}"""
    done, found = prepare(folder, capsys, columns)
    assert (done.code, done.error_lines) == (0, [])
    assert [(one["sender_name"], one["text"], one["is_me"], one["reply_to"]) for one in found] == [
        ("zz", "hey", False, None), ("kk", "ho", True, "1"),
    ]  # fmt: skip
    assert found[0]["conversation_title"] == "Zoë"


@pytest.mark.parametrize("header", ["a,b,c", "💬,👤,🕑", "#;@;?", "1\t2\t3"])
def test_columns_may_be_called_anything(header: str) -> None:
    mark = next(char for char in ",;\t" if char in header)
    text, sender, time = header.split(mark)
    rows = [header, *(mark.join([f"m{n}", "Zoë", f"2024-01-05 10:00:0{n}"]) for n in range(3))]
    items = read_named("\n".join(rows), "x.csv", text=text, sender=sender, time=time)
    assert [message.text for message in messages(items)] == ["m0", "m1", "m2"]


def test_columns_come_from_the_command_line_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "verlauf.csv").write_text(GERMAN, encoding="utf-8")
    flags = ["text=Nachricht", "sender=Absender", "time=Datum+Uhr", "time_format=%d.%m.%y %Hh%M"]
    done, found = prepare(folder, capsys, "", "--columns", *flags, "--me", "Kim")
    assert done.code == 0
    assert len(found) == 3


def test_a_direction_alone_tells_me_from_who_the_chat_is_with() -> None:
    rows = "Nummer;Art;Text\nZoë;rein;hey\nZoë;raus;ho\nBo;rein;na\n"
    found = messages(read_named(rows, "sms.csv", text="Text", conversation="Nummer",
                                direction="Art", mine=("raus",)))  # fmt: skip
    assert [(m.sender_name, m.is_me) for m in found] == [
        ("Zoë", False), (None, True), ("Bo", False),
    ]  # fmt: skip
    assert len({m.conversation_id for m in found}) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("verlauf.csv", GERMAN),
        ("x.json", [{"Datum": 1, "Uhr": 2, "Absender": "Zoë", "Nachricht": "hi"}]),
        ("x.jsonl", '{"Datum": 1, "Uhr": 2, "Absender": "Zoë", "Nachricht": "hi"}\n' * 3),
    ],
)
def test_a_column_that_no_table_has_is_one_line(
    name: str, content: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_bytes(as_file(content, name).read())
    (folder / "contacts.csv").write_text("Name,Phone\nZoë,1\n", encoding="utf-8")
    done, _ = prepare(folder, capsys, "{text: Nachricht, sender: Wer, time: Datum+Uhr}")
    assert done.code == 1
    [line] = done.error_lines
    assert f'{name}: it has no column "Wer"; its columns: Datum, Uhr, Absender, Nachricht' in line
    assert "Name these in columns" in line


def test_only_tables_that_were_meant_are_spoken_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.csv").write_text(GERMAN, encoding="utf-8")
    (folder / "b.csv").write_text(GERMAN.replace("Absender", "Wer"), encoding="utf-8")
    (folder / "c.csv").write_text(
        "date,name,text\n2024-01-05 10:00,Kim,hi\n2024-01-05 10:01,Bo,ho\n", encoding="utf-8"
    )
    (folder / "contacts.csv").write_text("Absender,Telefon\nZoë,1\n", encoding="utf-8")
    done, found = prepare(folder, capsys, "{text: Nachricht, sender: Absender, mine: Kim}")
    assert done.code == 3
    assert [one["text"] for one in found] == ["Hallo; na?", "gut", "schön", "hi", "ho"]
    assert 'b.csv: it has no column "Absender"' in done.out + done.err
    assert "contacts.csv: " not in done.out + done.err


def test_a_table_read_by_its_usual_names_says_so_if_other_names_were_given() -> None:
    search = ColumnSearch(ColumnMapping(text="text", sender="Wer"))
    file = as_file("date,name,text\n2024-01-05 10:00,Ann,hi\n", "x.csv")
    assert not search.fits(file, file.head(), is_known=True)
    [note] = search.problems("exports")
    assert note.is_note
    assert 'no column "Wer"' in str(note)


def test_columns_that_nothing_could_have_are_spoken_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "note.txt").write_text("Hello, world\n", encoding="utf-8")
    done, _ = prepare(folder, capsys, "{text: Was, sender: Wer}", "--inspect")
    assert "no table for which columns could be meant" in done.out + done.err


def test_mine_that_stands_nowhere_is_said() -> None:
    items = read_named(GERMAN, "x.csv", text="Nachricht", sender="Absender", mine=("Kimm",))
    assert any("nothing in it is yours" in note.why for note in notes(items))


def test_a_time_format_that_does_not_fit_is_an_error_of_its_row() -> None:
    items = read_named(GERMAN.replace("10h01", "10:01"), "x.csv", text="Nachricht",
                       sender="Absender", time="Datum+Uhr", time_format="%d.%m.%y %Hh%M")  # fmt: skip
    assert [(error.line, error.why) for error in errors(items)] == [(3, "no usable time")]


@pytest.mark.parametrize("content", ["{" * 9000, '[{"a":' * 9000, "\0\1" * 9000, ";" * 9000, ""])
def test_garbage_has_no_columns(content: str) -> None:
    search = ColumnSearch(ColumnMapping(text="a", sender="b"))
    file = as_file(content, "x.csv")
    assert not search.fits(file, file.head(), is_known=False)


def test_many_lists_in_a_file_cost_no_more_than_a_few() -> None:
    search = ColumnSearch(ColumnMapping(text="a", sender="b"))
    file = as_file({f"k{n}": [{"x": 1}] for n in range(5000)}, "x.json")
    start = monotonic()
    assert not search.fits(file, file.head(), is_known=False)
    assert monotonic() - start < 3


def only(items: list[Item]) -> Message:
    [message] = messages(items)
    return message


def test_a_renamed_copy_is_the_same_conversation() -> None:
    text = "date,name,text\n2024-01-05 10:00,Ann,hi\n"
    first, second = (only(read_text(text, f"zoe/{name}")) for name in ("chat.csv", "chat (1).csv"))
    assert first.conversation_id == second.conversation_id
    assert first.conversation_id != only(read_text(text, "bo/chat.csv")).conversation_id
