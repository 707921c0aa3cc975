"""Twitter's direct messages: what a user would miss if it went wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.exports import twitter
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item
from talklikeme.messages import Attachment, Message, Reaction, clean_text
from tests.table_kit import as_file, errors, files_in, messages, notes, read, records

GOLDEN = Path(__file__).parent / "golden" / "twitter"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))


def said(text: Any = "hi", at: str = "2023-01-02T03:04:05.678Z", **fields: Any) -> dict[str, Any]:
    given = {"id": "900", "senderId": "22", "recipientId": "11", "text": text, "createdAt": at,
             "mediaUrls": [], "urls": [], "reactions": []}  # fmt: skip
    return {"messageCreate": given | fields}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {kind: {"initiatingUserId": "11", "createdAt": "2023-01-01T00:00:00.000Z"} | fields}


def chat(*records: Any, number: str = "11-22") -> dict[str, Any]:
    return {"dmConversation": {"conversationId": number, "messages": list(records)}}


def script(value: Any, name: str = "direct_messages.part0") -> str:
    return f"window.YTD.{name} = {json.dumps(value, ensure_ascii=False)}"


def dm_file(*chats: Any, path: str = "x/data/direct-messages.js") -> ExportFile:
    return as_file(script(list(chats)), path)


ACCOUNT = as_file(
    script([{"account": {"accountId": "11", "accountDisplayName": "Kim"}}], "account.part0"),
    "x/data/account.js",
)


def read_chat(*given: Any, number: str = "11-22") -> list[Item]:
    return read(twitter, dm_file(chat(*given, number=number)), ACCOUNT)


def only(record: Any, **options: Any) -> Message:
    [message] = messages(read_chat(record, **options))
    return message


@pytest.mark.parametrize("dialect", ["2018", "2021_parts", "2024"])
def test_every_age_of_archive_gives_the_same_messages(dialect: str) -> None:
    items = read(twitter, *files_in(GOLDEN / dialect))
    assert not errors(items)
    assert records(items, list(EXPECTED[0])) == EXPECTED


# --- Who --------------------------------------------------------------------------------------

MANIFEST = as_file(
    'window.__THAR_CONFIG = {"userInfo": {"accountId": "11", "userName": "kim"}, "dataTypes": {}}',
    "x/data/manifest.js",
)
TWEETS = as_file(
    script([{"tweet": {"entities": {"user_mentions": [{"id_str": "22", "name": "Zoë"}]}}}],
           "tweets.part0"),
    "x/data/tweets.js",
)  # fmt: skip
OTHER = chat(said(senderId="33"), number="33-11")


@pytest.mark.parametrize(
    ("files", "mine"),
    [
        ([dm_file(chat(said(), said(senderId="11"))), ACCOUNT], {"22": False, "11": True}),
        ([dm_file(chat(said(), said(senderId="11"))), MANIFEST], {"22": False, "11": True}),
        ([dm_file(chat(said(), said(senderId="11"))), TWEETS], {"22": None, "11": None}),
        ([dm_file(chat(said()), OTHER)], {"22": False, "33": False}),
    ],
    ids=["account", "manifest", "nobody", "in every id"],
)
def test_the_owner(files: list[ExportFile], mine: dict[str, bool | None]) -> None:
    assert {m.sender_id: m.is_me for m in messages(read(twitter, *files))} == mine


def test_tweets_tell_the_names_of_friends() -> None:
    [message] = messages(read(twitter, dm_file(chat(said())), ACCOUNT, TWEETS))
    assert (message.sender_name, message.participants) == ("Zoë", ("Kim", "Zoë"))


def test_two_archives_have_two_owners() -> None:
    other = as_file(
        script([{"account": {"accountId": "22"}}], "account.part0"), "y/data/account.js"
    )
    files = [dm_file(chat(said())), dm_file(chat(said()), path="y/data/direct-messages.js")]
    assert [m.is_me for m in messages(read(twitter, *files, ACCOUNT, other))] == [False, True]


def test_an_archive_without_messages_says_so() -> None:
    [note] = notes(read(twitter, ACCOUNT, TWEETS))
    assert note.why == "no direct messages beside it"


# --- What -------------------------------------------------------------------------------------

PICTURE = ["https://ton.twitter.com/dm/900/1/x.jpg"]
OWN_LINK = {"url": "https://t.co/p", "expanded": "https://twitter.com/messages/media/900"}
LINK = {"url": "https://t.co/a", "expanded": "https://example.org/a?b=1&c=2", "display": "ex…"}


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"text": "fish &amp; chips &lt;3 &amp;amp;"}, "text", "fish & chips <3 &amp;"),
        (
            {"text": "see https://t.co/a!", "urls": [LINK]},
            "text",
            "see https://example.org/a?b=1&c=2!",
        ),
        ({"text": "https://t.co/p", "urls": [OWN_LINK], "mediaUrls": PICTURE}, "media", ""),
        ({"text": "look https://t.co/p", "mediaUrls": PICTURE}, "text", "look"),
        ({"text": "https://t.co/p", "mediaUrls": PICTURE}, "media", ""),
        ({"text": "https://t.co/gone"}, "text", "https://t.co/gone"),
        ({"text": ""}, "empty", ""),
        ({"text": None}, "empty", ""),
    ],
)
def test_text(fields: dict[str, Any], kind: str, text: str) -> None:
    message = only(said(**fields))
    assert (message.kind, message.text) == (kind, text)
    assert message.attachments == tuple(
        Attachment("media", url) for url in fields.get("mediaUrls", [])
    )


def test_reactions_edits_and_business_greetings() -> None:
    reactions = [{"senderId": "11", "reactionKey": key} for key in ("funny", "like", "🦆")]
    message = only(said(reactions=reactions, editHistory=[{"editedText": "x"}]))
    assert message.reactions == tuple(Reaction(one, "11") for one in ("😂", "❤️", "🦆"))
    assert message.edited
    assert only({"welcomeMessageCreate": said()["messageCreate"]}).via_bot


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (event("joinConversation", participantsSnapshot=["11", "22", "33"]), "system"),
        (event("participantsJoin", userIds=["44"]), "system"),
        (event("participantsLeave", userIds=["44"], initiatingUserId=None), "system"),
        (event("conversationNameUpdate", name="Ducks"), "system"),
        (event("reactionCreate", senderId="22", reactionKey="like"), "reaction_notice"),
    ],
)
def test_events_have_no_words(record: Any, kind: str) -> None:
    message = only(record, number="777")
    assert (message.kind, message.text, message.system) == (kind, "", kind == "system")


def test_a_group_has_a_title_and_all_its_people() -> None:
    named = [event("conversationNameUpdate", name=name) for name in ("Fish &amp; chips", "Ducks")]
    joined = event("joinConversation", participantsSnapshot=["11", "44"])
    given = [said(), named[0], named[1], joined]
    given[0]["messageCreate"]["createdAt"] = "2024-01-01T00:00:00.000Z"
    found = messages(read_chat(*given, number="777"))
    assert {message.conversation_title for message in found} == {"Fish & chips"}
    assert found[0].is_group
    assert set(found[0].participants) == {"Kim", "22", "44"}


def test_pieces_of_a_conversation_are_put_together_across_files() -> None:
    stamps = [f"2023-01-02T03:04:0{n}.000Z" for n in range(6)]
    texts = dict(zip("abcdef", stamps, strict=True))
    pieces = [[said(one, texts[one]) for one in part] for part in ("dc", "ba", "fe")]
    first = dm_file(chat(*pieces[0]), chat(said("x"), number="11-33"), chat(*pieces[1]))
    second = dm_file(chat(*pieces[2]), path="x/data/direct-messages-part1.js")
    found = messages(read(twitter, first, second, ACCOUNT))
    split = [message for message in found if message.conversation_id == "twitter:11-22"]
    assert "".join(message.text for message in split) == "abcdef"


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=4),
    st.sampled_from([None, 1]),
    st.sampled_from(["", ";", " ;\n", "\n\n"]),
    st.booleans(),
)
def test_any_text_is_read_back(
    texts: list[str], indent: int | None, end: str, is_ascii: bool
) -> None:
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;") for text in texts]
    given = [said(text, f"2023-01-02T03:04:0{n}.000Z") for n, text in enumerate(escaped)]
    data = json.dumps([chat(*given)], indent=indent, ensure_ascii=is_ascii)
    file = as_file(f"window.YTD.direct_message.part0 = {data}{end}", "direct-message.js")
    found = messages(read(twitter, file, ACCOUNT))
    assert [message.text for message in found] == [clean_text(text) for text in texts]


# --- Broken -----------------------------------------------------------------------------------

BROKEN: list[Any] = [
    5, None, "x", [], {}, {"messageCreate": 7}, said(7), said([]), said(at="soon"), said(at=None),
    said(at="0001-01-01T00:00:00Z"), said(senderId=None), said(senderId=[1]), said(at="9" * 400),
    event("reactionCreate", initiatingUserId=None),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_record_is_one_error_and_stops_nothing(broken: Any) -> None:
    items = read_chat(said("b", "2024-01-01T00:00:00.000Z"), broken, said("a"))
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize("item", [5, None, [], {"dmConversation": 5}, {"dmConversation": {}}])
def test_a_broken_conversation_stops_nothing(item: Any) -> None:
    items = read(twitter, dm_file(item, chat(said())), ACCOUNT)
    assert len(messages(items)) == 1
    assert "conversation" in errors(items)[0].why


@pytest.mark.parametrize("value", ["1e400", "9" * 4000, "[" * 500 + "]" * 500, '"\\ud83d"'])
def test_absurd_values_cost_no_more_than_their_record(value: str) -> None:
    data = script([chat(said("a"), {"messageCreate": {"text": "HERE"}})]).replace('"HERE"', value)
    items = read(twitter, as_file(data, "direct-messages.js"))
    assert [message.text for message in messages(items)] == ["a"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize("cut", ["direct", "account"])
def test_what_stands_before_a_break_is_read(cut: str) -> None:
    data = script([chat(said(), number="11-33"), chat(said())])
    whole = as_file(data, "x/data/direct-messages.js")
    broken = as_file(data[:-40], "x/data/direct-messages.js")
    half = as_file('window.YTD.account.part0 = [{"acc', "x/data/account.js")
    items = read(twitter, *([broken, ACCOUNT] if cut == "direct" else [whole, half]))
    assert len(messages(items)) == (1 if cut == "direct" else 2)
    assert "breaks off" in errors(items)[0].why


@pytest.mark.parametrize(
    ("head", "is_twitter"),
    [
        ("window.YTD.direct_messages.part0 = [", True),
        ("\ufeffwindow.YTD.direct_message_group.part12=[", True),
        ("window.YTD.account.part0 = [", True),
        ("window.__THAR_CONFIG = {", True),
        ("window.YTD.direct_message_headers.part0 = [", False),
        ("window.YTD.like.part0 = [", False),
        ('[{"dmConversation": {}}]', False),
        ("\0" * 999, False),
    ],
)
def test_recognises(head: str, is_twitter: bool) -> None:
    assert twitter.recognises(as_file(head, "any name"), head.encode()) == is_twitter
