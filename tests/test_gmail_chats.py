"""Chats among Gmail's mails: what a user would miss if it went wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.exports import gmail_chats
from talklikeme.messages import Message
from tests.google_kit import GOLDEN, as_file, errors, messages, read, record

GOLD = GOLDEN / "gmail_chats"
EXPECTED = json.loads((GOLD / "expected.json").read_text(encoding="utf-8"))
FROM_LINE = "From 1@xxx Mon Sep 02 07:58:38 +0000 2013\n"


def mail(body: str = "hi", kind: str = "text/plain", **headers: str) -> str:
    given_ = {
        "X_Gmail_Labels": "Chat", "Message_ID": "<1.2.chat@gmail.com>", "From": "Zoë <zoe@ex.org>",
        "To": "Kim Berg <kim@ex.org>", "Date": "Mon, 2 Sep 2013 07:58:38 +0000",
        "Content_Type": f"{kind}; charset=utf-8",
    } | headers  # fmt: skip
    lines = [f"{key.replace('_', '-')}: {value}\n" for key, value in given_.items() if value]
    return f"{FROM_LINE}{''.join(lines)}\n{body}\n\n"


def talk(*stanzas: str) -> str:
    inside = "".join(stanzas)
    return mail(
        f'--B\nContent-Type: text/xml; charset=utf-8\n\n<con:conversation xmlns:con="google:archive:conversation" '
        f'xmlns:cli="jabber:client">{inside}</con:conversation>\n--B--\n',
        'multipart/alternative; boundary="B"',
    )


def stanza(
    body: str = "<cli:body>hi</cli:body>",
    sender: str = "zoe@ex.org/x",
    at: str = "1330187102479",
    more: str = "",
) -> str:
    return (
        f'<cli:message from="{sender}" to="kim@ex.org" {more}>{body}'
        f'<time ms="{at}" xmlns="google:timestamp"/></cli:message>'
    )


def only(content: Any) -> Message:
    [message] = messages(read(gmail_chats, {"Chats.mbox": content}))
    return message


@pytest.mark.parametrize("name", ["Chats.mbox", "All mail Including Spam and Trash.mbox"])
def test_chats_are_found_among_all_mails(name: str) -> None:
    items = read(gmail_chats, {f"Takeout/Mail/{name}": (GOLD / name).read_bytes()})
    assert not errors(items)
    assert [record(message, EXPECTED[0]) for message in messages(items)] == EXPECTED


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("one<br>two &lt;3 &amp;amp;", "text/html", "one\ntwo <3 &amp;"),
        ("one &lt;3\n>From here\n>>From there", "text/plain", "one &lt;3\nFrom here\n>From there"),
        ("From now on", "text/plain", "From now on"), ("", "text/plain", ""),
    ],
)  # fmt: skip
def test_bodies(body: str, kind: str, text: str) -> None:
    assert only(mail(body, kind)).text == text


def test_the_owner_is_told_by_the_mailbox_alone() -> None:
    assert only(mail()).is_me is None
    assert only(mail(Delivered_To="kim@ex.org")).is_me is False


def test_a_mail_without_receiver_finds_its_thread() -> None:
    pair = mail(X_GM_THRID="7") + mail(X_GM_THRID="7", To="", Date="Mon, 2 Sep 2013 07:59:38 +0000")
    found = messages(read(gmail_chats, {"Chats.mbox": pair}))
    assert {m.conversation_id for m in found} == {"google:kim berg & zoë"}


def test_the_newest_mail_may_stand_first() -> None:
    both = mail("b", Date="Mon, 2 Sep 2013 08:00:00 +0200") + mail(
        "a", Date="Sun, 1 Sep 2013 23:00:00 -0100"
    )
    assert [(m.text, m.seq) for m in messages(read(gmail_chats, {"x.mbox": both}))] == [
        ("a", 0),
        ("b", 1),
    ]


@pytest.mark.parametrize(
    ("xml", "attribute", "value"),
    [
        (stanza("<con:gap/>"), "kind", "system"),
        (stanza('<cli:body><u:x xmlns:u="http://jabber.org/protocol/muc#user"/></cli:body>'), "kind", "system"),
        (stanza("<cli:body>&lt;3 &amp;amp; \u00e9</cli:body>"), "text", "<3 &amp; \u00e9"),
        (stanza("<cli:body/>"), "kind", "empty"),
        (stanza(more='a:auto-reply="true" xmlns:a="google:aim"'), "via_bot", True),
        (stanza(sender="room@groupchat.google.com/zoe", more='jid="zoe@ex.org/x"'), "is_group", True),
        (stanza(sender="room@groupchat.google.com/Nick"), "sender_id", "nick"),
        (stanza(sender="zoe@aim"), "sender_id", "zoe@aim"),
    ],
)  # fmt: skip
def test_stanzas(xml: str, attribute: str, value: Any) -> None:
    assert getattr(only(talk(xml)), attribute) == value


@pytest.mark.parametrize(
    "delay",
    ['<x stamp="20120225T16:25:02" xmlns="jabber:x:delay"/>', '<x xmlns="jabber:x:delay"/>'],
)
def test_a_stanza_without_the_servers_time_has_the_clients(delay: str) -> None:
    xml = stanza(
        f"<cli:body>hi</cli:body>{delay}",
        at="x",
        more='i:time-stamp="1330187102456" xmlns:i="google:internal"',
    )
    assert only(talk(xml)).ts.isoformat() == "2012-02-25T16:25:02.456000+00:00"


def test_stanzas_that_gmail_wrote_twice_count_once() -> None:
    items = read(gmail_chats, {"x.mbox": talk(stanza(), stanza(), stanza(at="1330187102480"))})
    assert len(messages(items)) == 2
    assert [(error.records, error.is_note) for error in errors(items)] == [(1, True)]


@pytest.mark.parametrize(
    "bad",
    [
        mail(Date="yesterday"),
        mail("<div><q>" * 50_000, "text/html"), mail(Date=""), mail(From=""), mail(From="nobody"), talk("<cli:message"),
        talk(stanza(at="x")), talk(stanza(at="9" * 30)), talk(stanza(sender="")),
        talk("<!DOCTYPE x [<!ENTITY a 'b'>]>" + stanza()),
    ],
)  # fmt: skip
def test_a_broken_mail_costs_no_other(bad: str) -> None:
    items = read(gmail_chats, {"x.mbox": mail("a") + bad + mail("b")})
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize(
    "kind", ["text/plain; charset=no-such", 'multipart/mixed; boundary="', "message/rfc822", "x"]
)
def test_odd_content_types_are_survived(kind: str) -> None:
    assert len(read(gmail_chats, {"x.mbox": mail("hi", kind, Subject="=?no-such?q?=FF?=")})) >= 2


def test_hostile_nesting_is_survived() -> None:
    nested = "".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(1_500)
    )
    items = read(
        gmail_chats, {"x.mbox": mail(f"--a\n{nested}", 'multipart/mixed; boundary="a"') + mail("b")}
    )
    assert "b" in [message.text for message in messages(items)]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([FROM_LINE, "Message-ID: <1.chat@gmail.com>\n", "From: ", "=?utf-8?q?", "?=", "<", "@", ">", ",",
                                 "\n", "Date: ", "Content-Type: text/xml\n", "\udcff", "é", "(", "\0", '"'])))  # fmt: skip
def test_any_mails_are_survived(parts: list[str]) -> None:
    data = (mail() + "".join(parts)).encode("utf-8", "surrogateescape")
    read(gmail_chats, {"x.mbox": data})


@pytest.mark.parametrize(
    ("head", "is_gmail"),
    [
        (mail(), True), (FROM_LINE + "X-GM-THRID: 1\nX-Gmail-Labels: Inbox\n\n", True),
        (FROM_LINE + "X-GM-THRID: 1\nX-smssync-datatype: SMS\n\n", False),
        (FROM_LINE + "Subject: hi\n\n", False), ("From me to you\n", False), ("\x00", False), ("From ", False),
    ],
)  # fmt: skip
def test_recognises(head: str, is_gmail: bool) -> None:
    assert gmail_chats.recognises(as_file(head, "renamed"), head.encode()) == is_gmail
