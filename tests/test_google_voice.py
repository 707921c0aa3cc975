"""Google Voice's HTML files: what a user would miss if it went wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.exports import google_voice
from talklikeme.messages import Attachment, Message
from tests.google_kit import GOLDEN, as_file, errors, folder, messages, read, record

GOLD = GOLDEN / "google_voice"
EXPECTED = json.loads((GOLD / "expected.json").read_text(encoding="utf-8"))
NAME = "Takeout/Voice/Calls/Zoë - Text - 2023-09-02T02_29_20Z.html"


def said(quote: str = "<q>hi</q>", *, tel: str = "+15550100001", fn: str = '<span class="fn">Zoë</span>',
         at: str = "2023-09-01T19:29:20.270-07:00") -> str:  # fmt: skip
    return (
        f'<div class="message"><abbr class="dt" title="{at}">Sep 1</abbr>:\n<cite class="sender vcard">'
        f'<a class="tel" href="tel:{tel}">{fn}</a></cite>:\n{quote}</div>'
    )


ME = {"tel": "+15550100009", "fn": '<abbr class="fn" title="">Ich</abbr>'}


def page(*parts: str, label: str = "inbox") -> str:
    tags = f'<div class="tags"><a rel="tag" href="http://www.google.com/voice#{label}">x</a></div>'
    return f'<html><body><div class="hChatLog hfeed">{" ".join(parts)}</div>{tags}</body></html>'


def only(*parts: str, name: str = NAME) -> Message:
    [message] = messages(read(google_voice, {name: page(*parts)}))
    return message


def test_an_export() -> None:
    files = {path: data for path, data in folder(GOLD).items() if path.endswith(".html")}
    items = read(google_voice, files)
    assert not errors(items)
    assert [record(message, EXPECTED[0]) for message in messages(items)] == EXPECTED


@pytest.mark.parametrize(
    ("quote", "kind", "text"),
    [
        ("<q>a<br>b<br/><br />c<br></q>", "text", "a\nb\n\nc"),
        ("<q>&amp;lt; it&#39;s &lt;3 &quot;q&quot;</q>", "text", "&lt; it's <3 \"q\""),
        ("<q>MMS Received</q>", "media", ""), ("<q></q>", "empty", ""), ("", "empty", ""),
        ("<q>said <b>MMS Sent</b> to me 🎉</q>", "text", "said MMS Sent to me 🎉"),
        ('<q></q><div><a class="video" href="v-1">Video</a></div>', "media", ""),
    ],
)  # fmt: skip
def test_texts(quote: str, kind: str, text: str) -> None:
    message = only(said(quote))
    assert (message.kind, message.text) == (kind, text)


@pytest.mark.parametrize(
    ("html", "attachment"),
    [
        ('<img src="a" alt="x"/>', Attachment("photo", "a")),
        ('<a class="vcard" href="c">Contact</a>', Attachment("contact", "c")),
        ('<a class="video" href="v">Video</a>', Attachment("video", "v")), ("<img>", Attachment("photo")),
    ],
)  # fmt: skip
def test_attachments(html: str, attachment: Attachment) -> None:
    assert only(said(f"<q>MMS Sent</q><div>{html}</div>")).attachments == (attachment,)


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("2023-09-01T19:29:20.270-07:00", "2023-09-02T02:29:20.270000+00:00"),
        ("2023-09-01T19:29:20Z", "2023-09-01T19:29:20+00:00"),
        ("2023-09-01T19:29:20", "2023-09-01T19:29:20+00:00"),
    ],
)
def test_times(at: str, utc: str) -> None:
    assert only(said(at=at)).ts.isoformat() == utc


def test_the_owner_is_told_by_the_element_in_any_language() -> None:
    found = messages(read(google_voice, {NAME: page(said(), said(**ME))}))
    assert [m.is_me for m in found] == [False, True]
    assert {m.conversation_id for m in found} == {"voice:+15550100001"}


@pytest.mark.parametrize(
    ("who", "conversation_id"),
    [
        ("Zoë", "voice:+15550100001"), ("+15550100007", "voice:+15550100007"), ("15550100007", "voice:+15550100007"),
        ("22395", "voice:22395"), ("Nobody Else", "voice:nobody else"), ("", "voice:unknown"),
    ],
)  # fmt: skip
def test_files_of_own_messages_find_their_partner(who: str, conversation_id: str) -> None:
    files = {
        f"Calls/{who} - Text - 2023-10-01T00_00_00Z.html": page(said("<q>mine</q>", **ME)),
        "Calls/Zoë - Text - 2023-09-02T02_29_20Z.html": page(said()),
    }
    mine = [m for m in messages(read(google_voice, files)) if m.is_me]
    assert [m.conversation_id for m in mine] == [conversation_id]


def test_all_files_of_a_contact_are_one_chat_in_order() -> None:
    files = {
        f"Calls/Zoë - Text - 2023-0{month}-01T00_00_00Z.html": page(
            said(at=f"2023-0{month}-01T00:00:00Z")
        )
        for month in (3, 1, 2)
    }
    assert [(m.ts.month, m.seq) for m in messages(read(google_voice, files))] == [
        (1, 0),
        (2, 1),
        (3, 2),
    ]


def test_people_without_a_name_go_by_their_number() -> None:
    message = only(
        said(fn='<span class="fn"></span>'), name="Calls/ - Text - 2023-09-02T02_29_20Z.html"
    )
    assert (message.sender_id, message.sender_name) == ("+15550100001", None)


def test_spam_is_marked() -> None:
    [message] = messages(read(google_voice, {NAME: page(said(), label="spam")}))
    assert message.section == "spam"


def test_the_card_names_the_own_number() -> None:
    card = "BEGIN:VCARD\r\nitem1.TEL:+15550100005\r\nitem1.X-ABLabel:Google Voice\r\nTEL;TYPE=CELL:+15550100006\r\nEND:VCARD"
    call = (
        '<html><div class="haudio"><a class="tel" href="tel:+15550100001"><span class="fn">Zoë</span></a>'
        '<abbr class="published" title="2023-09-06T00:00:00Z">x</abbr><a rel="tag" '
        'href="http://www.google.com/voice#placed">x</a></div></html>'
    )
    files = {"Voice/Phones.vcf": card, "Calls/Zoë - Placed - 2023-09-06T00_00_00Z.html": call}
    [message] = messages(read(google_voice, files))
    assert (message.sender_id, message.is_me, message.kind) == ("+15550100005", True, "call")


@pytest.mark.parametrize(
    "bad",
    [
        said(at="x"),
        said(at="0001-01-01T00:00:00+23:00"),
        said(tel="", fn=""),
        '<div class="message"></div>',
    ],
)
def test_a_broken_message_costs_no_other(bad: str) -> None:
    items = read(google_voice, {NAME: page(said("<q>a</q>"), bad, said("<q>b</q>"))})
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["<", ">", "q", "div class=\"message\"", "cite", "/", " ", "abbr class=\"dt\" title=\"", "\0", "&#x"])))  # fmt: skip
def test_any_html_is_survived(parts: Any) -> None:
    read(google_voice, {NAME: page(said(), "".join(parts))})


@pytest.mark.parametrize(
    ("name", "head", "is_voice"),
    [
        ("x.html", b'<html><div class="hChatLog hfeed">', True),
        ("x.html", b'<div class="haudio"><a href="http://www.google.com/voice#placed">', True),
        ("x.html", b'<audio class="x">', False), ("Bills.html", b"<html>Bills", False),
        ("x.txt", b'<div class="hChatLog hfeed">', False),
        ("Phones.vcf", b"item1.X-ABLabel:Google Voice", True), ("Calls/x.vcf", b"BEGIN:VCARD", False),
    ],
)  # fmt: skip
def test_recognises(name: str, head: bytes, is_voice: bool) -> None:
    assert google_voice.recognises(as_file(head, name), head) == is_voice


@pytest.mark.parametrize("nested", ['<div class="message"><q>', "<b>", "<div/>"])
def test_hostile_nesting_is_refused_at_once(nested: str) -> None:
    items = read(google_voice, {NAME: page(said(), nested * 100_000)})
    assert [error.why for error in errors(items)] == ["nested too deeply to be a chat export"]
