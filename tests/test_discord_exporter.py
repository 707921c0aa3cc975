"""DiscordChatExporter's files: what a user would miss if it went wrong."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

import pytest

from talklikeme.exports import discord_exporter
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings
from talklikeme.messages import Attachment, Message, Reaction
from tests.chatapps_kit import (
    BERLIN,
    GARBAGE,
    errors,
    messages,
    read_folder,
    read_tree,
    recognises,
)

GOLDEN = Path(__file__).parent / "golden" / "discord_exporter"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
DIALECTS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
WITHOUT_MEDIA = {"html_2017", "html_2018_no_ids", "text_2017"}
RULE = "=" * 62


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_format_and_age_gives_the_same_messages(dialect: str) -> None:
    items = read_folder(discord_exporter, GOLDEN / dialect)
    assert [error.why[:13] for error in errors(items)] == ["it breaks off"] * (
        "interrupted" in dialect
    )
    expected = [one for one in EXPECTED if dialect not in WITHOUT_MEDIA or one["kind"] != "media"]
    assert [comparable_to_minute(message) for message in messages(items)] == expected


def comparable_to_minute(message: Message) -> dict[str, Any]:
    record = message.to_json()
    return {key: record[key] for key in EXPECTED[0]} | {"ts": record["ts"][:16]}


@pytest.mark.parametrize("dialect", ["html_2019", "html_2024", "json_2020_utc", "json_2024_offset"])
def test_what_only_some_formats_tell(dialect: str) -> None:
    found = messages(read_folder(discord_exporter, GOLDEN / dialect))
    assert [m.sender_id[:1] for m in found] == ["2", "1", "1", "2", "2"]
    assert [m.edited for m in found] == [False, True, False, False, False]
    assert found[0].ts.isoformat() == "2024-05-01T08:00:00.123000+00:00"
    assert found[1].reply_to == (found[0].message_id if "2024" in dialect else None)
    assert [reaction.emoji for reaction in found[4].reactions] == ["👍"]
    assert found[2].attachments == (Attachment("photo", "https://cdn.ex.org/a.png"),)


# --- JSON -------------------------------------------------------------------------------------

FIRST = 1235138642435899392


def said(text: Any = "hi", who: int = 1, number: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(FIRST + (number << 22)), "type": "Default", "timestamp": "2024-05-01T10:00:00.123+02:00",
        "content": text, "author": {"id": str(who), "name": f"user{who}", "nickname": f"Nick{who}"},
    } | fields  # fmt: skip


def channel(*records: Any, kind: Any = "GuildTextChat", name: Any = "general") -> dict[str, Any]:
    return {
        "guild": {"id": "0", "name": "Climbing"},
        "channel": {"id": "77", "type": kind, "name": name},
        "messages": list(records),
    }


def read(content: Any) -> list[Item]:
    return read_tree(discord_exporter, {"x.json": content})


def only(record: Any) -> Message:
    [message] = messages(read(channel(record)))
    return message


@pytest.mark.parametrize(
    ("record", "kind", "text"),
    [
        (said(), "text", "hi"),
        (said(type="Reply"), "text", "hi"),
        (said(type="19"), "text", "hi"),
        (said(type=0), "text", "hi"),
        (said("/roll", type="20"), "text", "/roll"),
        (said("Pinned a message.", type="ChannelPinnedMessage"), "system", "Pinned a message."),
        (said("Joined the server.", type="GuildMemberJoin"), "system", "Joined the server."),
        (said("x", type="46"), "system", "x"),
        (said("Started a call that lasted 5 minutes.", type="Call"), "call", ""),
        (said("", attachments=[{"url": "u/a.ogg", "fileName": "a.ogg"}]), "media", ""),
        (said("", stickers=[{"id": "1", "sourceUrl": "u"}]), "sticker", ""),
        (said("", embeds=[{"url": "u"}]), "media", ""),
        (said("", poll={"question": "?"}), "poll", ""),
        (said(""), "empty", ""),
        (said(None), "empty", ""),
    ],
)
def test_kinds(record: Any, kind: str, text: str) -> None:
    message = only(record)
    assert (message.kind, message.text, message.system) == (kind, text, kind == "system")


def test_forwarded_words_are_marked() -> None:
    inner = {"content": "theirs", "attachments": [{"url": "u/a.png", "fileName": "a.png"}]}
    reference = {"type": "Forward", "messageId": "5"}
    for fields in (
        {"forwardedMessage": inner},
        {"reference": reference | {"forwardedMessage": inner}},
    ):
        message = only(said("", **{"reference": reference} | fields))
        assert (message.text, message.forwarded, message.reply_to) == ("theirs", True, None)
        assert [one.kind for one in message.attachments] == ["photo"]


def test_bots_names_reactions_and_raw_mentions() -> None:
    message = only(said(
        "<@5> <:smirk:6>", mentions=[{"id": "5", "name": "nova", "nickname": "Nova"}],
        author={"id": "9", "name": "bot", "isBot": True}, timestampEdited="2024-05-01T11:00:00+02:00",
        reactions=[{"emoji": {"id": "7", "name": "kek"}, "users": [{"name": "a"}, {"nickname": "B"}]}, 5],
    ))  # fmt: skip
    assert (message.text, message.sender_name, message.via_bot, message.edited) == (
        "@Nova :smirk:", "bot", True, True,
    )  # fmt: skip
    assert message.reactions == (Reaction(":kek:", "a"), Reaction(":kek:", "B"))


@pytest.mark.parametrize(
    ("kind", "name", "people", "mine"),
    [
        ("DirectTextChat", "user2", (1, 2), [True, False]),
        ("DirectTextChat", "Nick2", (1, 2), [True, False]),
        (1, "USER2", (2, 1), [False, True]),
        ("DirectTextChat", "renamed", (1, 2), [None, None]),
        ("DirectTextChat", "user2", (1, 3, 2), [None, None, None]),
        ("DirectTextChat", "user2", (2,), [None]),
        ("DirectGroupTextChat", "user2, user3", (1, 2), [None, None]),
        ("GuildTextChat", "user2", (1, 2), [None, None]),
    ],
)
def test_in_a_direct_message_the_owner_is_the_other(
    kind: Any, name: str, people: tuple[int, ...], mine: list[bool | None]
) -> None:
    records = [said(who=who, number=number) for number, who in enumerate(people)]
    found = messages(read(channel(*records, kind=kind, name=name)))
    assert [message.is_me for message in found] == mine
    assert {message.is_group for message in found} == {kind not in ("DirectTextChat", 1)}


BROKEN: list[Any] = [
    5, None, [], {}, said(7), said(["x"]), said(author=None), said(author={"id": None}),
    said(id=None, timestamp=None), said(id="x", timestamp="soon"), said(id=-1, timestamp=5),
    said(id="9" * 40, timestamp="2024-05-01T10:00:00"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=lambda value: str(value)[:40])
def test_a_broken_record_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read(channel(said("a"), broken, said("b", number=9)))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 1)]


@pytest.mark.parametrize("number", [b"1e400", b"9" * 4000, b"-5", b"[[[[1]]]]"])
def test_absurd_ids_cost_no_more_than_their_record(number: bytes) -> None:
    data = json.dumps(channel(said("a"), said("x", id="N", timestamp=None), said("b"))).encode()
    items = read(data.replace(b'"N"', number))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize("found", [{"a": 1}, None, 5])
def test_messages_that_are_no_list_are_reported(found: Any) -> None:
    [error] = errors(read(channel() | {"messages": found}))
    assert (error.why, error.records) == ("no list of messages in it", 0)


def test_memory_does_not_grow_with_the_file() -> None:
    class Endless(io.RawIOBase):
        """A channel of 4,000 messages, made while it is read."""

        def __init__(self) -> None:
            self._pieces = self._make()

        def _make(self) -> Iterator[bytes]:
            yield json.dumps(channel()).encode().removesuffix(b"]}")
            for number in range(4_000):
                yield json.dumps(said("x" * 2_000, number=number)).encode() + b","
            yield json.dumps(said("end", number=4_000)).encode() + b"]}"

        def read(self, size: int = -1) -> bytes:
            return next(self._pieces, b"")

    file = ExportFile("x.json", 0, lambda: cast(BinaryIO, Endless()))
    tracemalloc.start()
    count = sum(isinstance(item, Message) for item in discord_exporter.read([file], BERLIN))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 4_001
    assert peak < 2_000_000


# --- Text and CSV -----------------------------------------------------------------------------


def text_file(*blocks: str, count: int | None = None, guild: str = "Climbing") -> str:
    head = [RULE, f"Guild: {guild}", "Channel: chat / general", RULE, ""]
    end = [RULE, f"Exported {len(blocks) if count is None else count} message(s)", RULE, ""]
    return "\n".join([*head, *blocks, *end])


def read_text(*blocks: str, options: ReadSettings = BERLIN, **fields: Any) -> list[Item]:
    return read_tree(discord_exporter, {"x.txt": text_file(*blocks, **fields)}, options)


STAMP = "05-Jan-20 03:04 PM"


@pytest.mark.parametrize(
    ("stamp", "ts", "precision"),
    [
        ("05-Jan-20 03:04 PM", "2020-01-05T14:04", "min"),
        ("05-Jan-2020 12:04 AM", "2020-01-04T23:04", "min"),
        ("01/05/2020 3:04 PM", "2020-01-05T14:04", "min"),
        ("1/13/2020 3:04\u202fPM", "2020-01-13T14:04", "min"),
        ("13/01/2020 15:04", "2020-01-13T14:04", "min"),
        ("5.1.2020 15.04", "2020-01-05T14:04", "min"),
        ("2020-01-05 15:04:09", "2020-01-05T14:04", "s"),
        ("2020/1/5 下午3:04", "2020-01-05T14:04", "min"),
        ("5 January 2020 15:04", "2020-01-05T14:04", "min"),
        ("2020-01-05T15:04:05.1234567+02:00", "2020-01-05T13:04", "ms"),
        ("1578233040", "2020-01-05T14:04", "s"),
        ("1578233040123", "2020-01-05T14:04", "ms"),
    ],
)
def test_stamps_of_all_settings(stamp: str, ts: str, precision: str) -> None:
    [message] = messages(read_text(f"[{stamp}] kim\nhi\n\n"))
    assert (message.ts.isoformat()[:16], message.ts_precision) == (ts, precision)


@pytest.mark.parametrize(
    ("stamps", "order", "first", "doubts"),
    [
        (("03/04/2020 15:04", "13/04/2020 15:04"), "auto", "2020-04-03", 0),
        (("03/04/2020 15:04", "04/13/2020 15:04"), "auto", "2020-03-04", 0),
        (("03/04/2020 3:04 PM",), "auto", "2020-03-04", 0),
        (("03/04/2020 3:04 PM",), "day-first", "2020-04-03", 0),
        (("03/04/2020 15:04",), "auto", "2020-04-03", 1),
        (("03/04/2020 15:04",), "month-first", "2020-03-04", 0),
    ],
)
def test_which_number_is_the_day(
    stamps: tuple[str, ...], order: Any, first: str, doubts: int
) -> None:
    options = ReadSettings(ZoneInfo("UTC"), order)
    items = read_text(*(f"[{stamp}] kim\nhi\n\n" for stamp in stamps), options=options)
    assert messages(items)[0].ts.date().isoformat() == first
    assert [error.is_note for error in errors(items)] == [True] * doubts


def test_only_real_stamps_begin_a_message() -> None:
    body = "[link] (x)\n\n[5 of 7] done\n[1/2] half\n\nend\n\n"
    [message] = messages(read_text(f"[{STAMP}] kim#1234 (pinned)\n{body}"))
    assert message.text == "[link] (x)\n\n[5 of 7] done\n[1/2] half\n\nend"
    assert (message.sender_name, message.sender_id) == ("kim", "kim#1234")


def test_blocks_in_braces() -> None:
    [message, other] = messages(read_text(
        f"[{STAMP}] kim\n{{Attachments}} said so\n\n{{Attachments}}\nu/a.png\nu/b.zip\n\n{{Embed}}\nTitle\n\n"
        "{Stickers}\nu/s\n\n{Reactions}\n👍 (2) ❤\n\n",
        f"[{STAMP}] kim\n\n\n{{Forwarded Message}}\ntheirs\n\nOriginally sent: [x]\n\n",
    ))  # fmt: skip
    assert message.text == "{Attachments} said so"
    assert [one.kind for one in message.attachments] == ["photo", "file", "link", "sticker"]
    assert [one.emoji for one in message.reactions] == ["👍", "❤"]
    assert (other.text, other.forwarded) == ("theirs", True)


def test_notes_on_missing_ends_and_wrong_counts() -> None:
    [error] = errors(read_text(f"[{STAMP}] kim\nhi\n\n", count=1234))
    assert error.is_note
    data = text_file(f"[{STAMP}] kim\nhi\n\n").partition("Exported")[0].removesuffix(RULE + "\n")
    items = read_tree(discord_exporter, {"x.txt": data})
    assert [(error.is_note, error.why) for error in errors(items)] == [
        (True, "no end mark; the export was interrupted")
    ]
    assert [message.text for message in messages(items)] == ["hi"]


def test_broken_rows_are_one_error_each() -> None:
    table = (
        f'Author,Date,Content,Attachments\nkim,{STAMP},a,\nkim,soon,b,\nkim\n,{STAMP},c,\n'
        f'kim,31-Feb-20 03:04 PM,d,\nkim,{STAMP},e,"u/1.png,u/2.png"\n'
    )  # fmt: skip
    items = read_tree(discord_exporter, {"x.csv": table})
    assert [message.text for message in messages(items)] == ["a", "e"]
    assert len(messages(items)[1].attachments) == 2
    assert [(error.records, error.line) for error in errors(items)] == [
        (1, 3),
        (1, 4),
        (1, 5),
        (1, 6),
    ]


# --- HTML -------------------------------------------------------------------------------------


def page(content: str, *, number: Any = FIRST, extra: str = "") -> str:
    return (
        "<html><body><div class=chatlog><div class=chatlog__message-group>"
        f"<div class=chatlog__message-container data-message-id={number}><div class=chatlog__message>"
        "<div class=chatlog__message-primary><div class=chatlog__header>"
        "<span class=chatlog__author title=kim data-user-id=5>Kim</span>" + extra + "</div>"
        f"{content}</div></div></div></div></div></body></html>"
    )


def words(inner: str) -> str:
    return f'<div class="chatlog__content"><span class="chatlog__markdown-preserve">{inner}</span></div>'


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("a\nb &amp;lt; c", "a\nb &lt; c"),
        ("a<br>b", "a\nb"),
        ('<strong>b</strong> <a href="https://ex.org">link</a>', "b link"),
        (
            '<img class="chatlog__emoji" alt="🙂" title="x"><img class="chatlog__emoji" alt="kek">',
            "🙂:kek:",
        ),
        ('<span class="chatlog__markdown-mention" title="n">@Nova</span> hi', "@Nova hi"),
        ('x<div class="chatlog__markdown-pre">code\n  two</div>y', "x\ncode\n  two\ny"),
        ('<div class="chatlog__markdown-quote"><div></div><div>said</div></div>no', "said\nno"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<script>x()</script>ok", "ok"),
    ],
)
def test_text_of_pages_is_what_people_saw(inner: str, shown: str) -> None:
    [message] = messages(read_tree(discord_exporter, {"x.html": page(words(inner))}))
    assert (message.text, message.sender_name, message.sender_id) == (shown, "Kim", "5")


def test_forwards_bots_and_stickers_of_pages() -> None:
    forward = f'<div class="chatlog__forwarded">{words("theirs")}</div>'
    sticker = '<div class="chatlog__sticker"><img src="u"></div>'
    tag = '<span class="chatlog__author-tag">APP</span>'
    pages = {
        "1.html": page(forward),
        "2.html": page(sticker),
        "3.html": page(words("x"), extra=tag),
    }
    forwarded, stuck, bot = messages(read_tree(discord_exporter, pages))
    assert (forwarded.text, forwarded.forwarded) == ("theirs", True)
    assert (stuck.kind, stuck.attachments) == ("sticker", (Attachment("sticker", "u"),))
    assert bot.via_bot
    assert not stuck.via_bot


def test_pages_without_a_time_or_with_hostile_nesting_are_errors() -> None:
    [error] = errors(read_tree(discord_exporter, {"x.html": page(words("x"), number="junk")}))
    assert error.records == 1
    items = read_tree(discord_exporter, {"x.html": page(words("<div>" * 100_000))})
    assert not messages(items)
    assert {error.records for error in errors(items)} == {0}


# --- Which files are these --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content", "is_mine"),
    [
        ("result.json", channel(), True),
        ("result.json", {"name": "Z", "type": "personal_chat", "messages": []}, False),
        ("message_1.json", {"participants": [], "messages": []}, False),
        ("x (1).csv", "\ufeffAuthorID,Author,Date,Content,Attachments,Reactions\r\n", True),
        ("x.csv", f"\ufeffAuthor,Date,Content,\r\n{'👋' * 200}", True),  # the head ends inside one
        ("x.csv", f"\ufeffAuthor,Date,Content,\r\n-{'👋' * 200}", True),
        ("x.csv", '"AuthorID","Author","Date","Content"\r\n', True),
        ("x.csv", "Author;Date;Content;Attachments;\r\n", True),
        ("messages.csv", "ID,Timestamp,Contents,Attachments\r\n", False),
        ("messages.csv", "From,To,Date,Subject,Content\r\n", False),
        ("x.txt", text_file(), True),
        ("x.txt", text_file().encode("utf-16"), True),
        ("x.txt", "=====\nnotes\n", False),
        ("x.html", page(words("x")), True),
        ("x.html", '<div class="page_wrap">', False),
    ],
)
def test_recognises(path: str, content: Any, is_mine: bool) -> None:
    assert recognises(discord_exporter, path, content) == is_mine


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("name", ["x.json", "x.csv", "x.txt", "x.html"])
def test_garbage_is_not_discord(name: str, garbage: bytes) -> None:
    assert not recognises(discord_exporter, name, garbage)
