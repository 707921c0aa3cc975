"""Messenger's two exports: what a user would miss if it went wrong."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talklikeme.errors import ExportError
from talklikeme.exports import messenger, messenger_e2ee
from talklikeme.exports.files import ExportFile, find_files
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.meta import fix_mojibake
from talklikeme.messages import Attachment, Message, Reaction

GOLDEN = Path(__file__).parent / "golden" / "messenger"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
IN_UTC = ReadSettings(ZoneInfo("UTC"))
NOON = 1_610_000_000_000
ZOE = [{"name": "Zoë Ruiz"}, {"name": "Kim Berg"}]


def read(*paths: Path) -> list[Item]:
    """Everything that the two readers yield, each file given to the one that recognises it."""
    items: list[Item] = []
    claimed: dict[Any, list[ExportFile]] = defaultdict(list)
    for file in find_files(paths):
        assert isinstance(file, ExportFile)
        for reader in (messenger, messenger_e2ee):
            if reader.recognises(file, file.head()):
                claimed[reader].append(file)
                break
    for reader, files in claimed.items():
        items += reader.read(files, IN_UTC)
    assert_all_records_accounted_for(items)
    return items


def assert_all_records_accounted_for(items: list[Item]) -> None:
    """Each file's tally equals its messages and unreadable records."""
    tallied = {item.source_file: item.records for item in items if isinstance(item, Tally)}
    made: dict[str, int] = dict.fromkeys(tallied, 0)
    for item in items:
        if isinstance(item, Message):
            made[item.source_file] += 1
        elif isinstance(item, ExportError) and item.records:
            made[item.path] += item.records
    assert made == tallied


def messages(items: list[Item]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def errors(items: list[Item]) -> list[ExportError]:
    return [item for item in items if isinstance(item, ExportError)]


def said(text: Any, *, who: Any = "Zoë Ruiz", at: Any = NOON, **fields: Any) -> dict[str, Any]:
    return {"sender_name": who, "timestamp_ms": at, "content": text, **fields}


def write_thread(
    root: Path, newest_first: Any, *, folder: str = "inbox/zoeruiz_1234567890", part: int = 1, **fields: Any
) -> Path:  # fmt: skip
    """One part, its text escaped as Facebook does it."""
    path = root / "messages" / folder / f"message_{part}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    thread = {
        "participants": ZOE, "messages": newest_first, "title": "Zoë Ruiz", "thread_path": folder,
    } | fields  # fmt: skip
    thread = {key: value for key, value in thread.items() if value is not None}
    path.write_text(json.dumps(as_facebook_writes(thread)), encoding="utf-8")
    return path


def as_facebook_writes(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("latin-1")
    if isinstance(value, list):
        return [as_facebook_writes(one) for one in value]
    if isinstance(value, dict):
        return {key: as_facebook_writes(one) for key, one in value.items()}
    return value


def write_owner(root: Path, name: str = "Kim Berg") -> None:
    path = root / "messages" / "autofill_information.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"autofill_information_v2": {"FULL_NAME": [name]}}
    path.write_text(json.dumps(as_facebook_writes(content)), encoding="utf-8")


def write_encrypted(root: Path, name: str, people: Any, lines: list[dict[str, Any]]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    path = root / f"{name}.json"
    title = name.rsplit("_", 1)[0]
    thread = {"participants": people, "threadName": title, "messages": lines}
    path.write_text(json.dumps(thread, ensure_ascii=False), encoding="utf-8")
    return path


def encrypted(text: Any, who: Any = "Zoë Ruiz", at: Any = NOON, **fields: Any) -> dict[str, Any]:
    return {
        "isUnsent": False, "media": [], "reactions": [], "senderName": who, "text": text,
        "timestamp": at, "type": "text",
    } | fields  # fmt: skip


# --- One conversation, exported in five ways --------------------------------------------------


@pytest.mark.parametrize("dialect", sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))
def test_every_age_of_export_gives_the_same_messages(dialect: str) -> None:
    items = read(GOLDEN / dialect)
    assert not errors(items)
    found = [record(message) for message in messages(items)]
    assert found == [one | {"participants": sorted(one["participants"])} for one in EXPECTED]


def record(message: Message) -> dict[str, Any]:
    """The fields that all ages of the export can express."""
    full = message.to_json()
    paths = [Path(item.path or "").name for item in message.attachments]
    kept = {key: full[key] for key in EXPECTED[0] if key not in ("files", "participants")}
    return kept | {"files": paths, "participants": sorted(message.participants)}


# --- Encoding ---------------------------------------------------------------------------------


@settings(derandomize=True, max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_facebooks_encoding(text: str) -> None:
    assert fix_mojibake(text.encode().decode("latin-1")) == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("plain", "plain"),
        ("JÃ¶rg", "Jörg"),
        ("schon richtig: Jörg, né", "schon richtig: Jörg, né"),
        ("Zoe set “JÃ¶rg” né", "Zoe set “Jörg” né"),
        ("ok \u00f0\u009f\u0091\u008d’", "ok 👍’"),
        (r"a regex: \u00e9", r"a regex: \u00e9"),
    ],
)
def test_repairs_each_string_only_if_it_is_broken(written: str, meant: str) -> None:
    assert fix_mojibake(written) == meant
    assert fix_mojibake(meant) == meant


def test_a_lone_half_of_an_emoji_does_not_get_into_the_text(tmp_path: Path) -> None:
    path = write_thread(tmp_path, [said("x")])
    path.write_text(
        path.read_text(encoding="utf-8").replace('"x"', r'"a\ud83d b"'), encoding="utf-8"
    )
    assert [message.text for message in messages(read(tmp_path))] == ["a b"]


# --- Order and parts --------------------------------------------------------------------------


def test_parts_are_read_oldest_first_by_number_and_over_several_archives(tmp_path: Path) -> None:
    for part in (1, 2, 10):
        root = tmp_path / f"facebook-{part % 2}"
        lines = [said(f"{part}b", at=NOON - part), said(f"{part}a", at=NOON - part)]
        write_thread(root, lines, part=part)
    found = messages(read(tmp_path))
    assert [message.text for message in found] == ["10a", "10b", "2a", "2b", "1a", "1b"]
    assert [message.seq for message in found] == list(range(6))
    assert [message.source_line for message in found] == [1, 0] * 3


def test_a_file_that_somebody_turned_round_is_read_in_its_own_order(tmp_path: Path) -> None:
    write_thread(tmp_path, [said("first", at=NOON), said("second", at=NOON + 1)])
    assert [message.text for message in messages(read(tmp_path))] == ["first", "second"]


def test_encrypted_messages_are_sorted_and_ties_keep_their_order(tmp_path: Path) -> None:
    lines = [encrypted("b", at=NOON), encrypted("c", at=NOON), encrypted("a", at=NOON - 5)]
    lines += [encrypted("d", at=NOON + 9)]
    write_encrypted(tmp_path, "Zoë Ruiz_1", ["Kim Berg", "Zoë Ruiz"], lines)
    assert [message.text for message in messages(read(tmp_path))] == ["a", "b", "c", "d"]


def test_ties_of_an_encrypted_thread_that_runs_newest_first_are_turned_round(
    tmp_path: Path,
) -> None:
    lines = [encrypted("c", at=NOON + 1), encrypted("b"), encrypted("a")]
    write_encrypted(tmp_path, "Zoë Ruiz_1", ["Kim Berg", "Zoë Ruiz"], lines)
    assert [message.text for message in messages(read(tmp_path))] == ["a", "b", "c"]


# --- Which threads are one conversation -------------------------------------------------------


def test_a_thread_goes_on_in_the_cutover_folder_and_in_the_encrypted_archive(
    tmp_path: Path,
) -> None:
    write_thread(tmp_path / "fb", [said("inbox", at=NOON + 1)])
    write_thread(tmp_path / "fb", [said("before")], folder="e2ee_cutover/zoeruiz_1234567890")
    write_encrypted(tmp_path / "e2ee", "Zoë Ruiz_3", ["Kim Berg", "Zoë Ruiz"], [encrypted("after")])
    found = messages(read(tmp_path))
    assert {message.conversation_id for message in found} == {"messenger:kim berg + zoë ruiz"}
    plain = {m.text: (m.seq, m.section) for m in found}
    assert plain == {"before": (0, "e2ee_cutover"), "inbox": (1, "inbox"), "after": (0, "e2ee")}


def test_two_friends_of_one_name_stay_two_conversations(tmp_path: Path) -> None:
    write_thread(tmp_path, [said("one")], folder="inbox/zoeruiz_1111111111")
    write_thread(tmp_path, [said("two")], folder="inbox/zoeruiz_2222222222")
    write_thread(tmp_path, [said("one too")], folder="e2ee_cutover/zoeruiz_1111111111")
    chats: dict[str, set[str]] = defaultdict(set)
    for message in messages(read(tmp_path)):
        chats[message.conversation_id].add(message.text)
    assert sorted(map(sorted, chats.values())) == [["one", "one too"], ["two"]]


def test_two_encrypted_threads_of_one_name_stay_two_conversations(tmp_path: Path) -> None:
    people = ["Kim Berg", "Zoë Ruiz"]
    write_encrypted(tmp_path, "Zoë Ruiz_1", people, [encrypted("one")])
    write_encrypted(tmp_path, "Zoë Ruiz_2", people, [encrypted("two")])
    assert len({message.conversation_id for message in messages(read(tmp_path))}) == 2


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"title": "Climbing"}, id="all others left, the title names neither"),
        pytest.param({"thread_type": "RegularGroup"}, id="stated in old exports"),
        pytest.param({"joinable_mode": {"mode": 1}}, id="only groups have a joinable mode"),
        pytest.param({"participants": [*ZOE, {"name": "Ali"}]}, id="three people"),
    ],
)
def test_a_group_never_merges_with_the_chat_of_two_of_its_members(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    write_thread(tmp_path, [said("group")], folder="inbox/group_7777777777", **fields)
    write_thread(tmp_path, [said("private")])
    found = {message.text: message.conversation_id for message in messages(read(tmp_path))}
    assert found == {
        "group": "messenger:7777777777", "private": "messenger:kim berg + zoë ruiz",
    }  # fmt: skip


def test_people_who_left_a_group_still_count(tmp_path: Path) -> None:
    write_thread(tmp_path, [said("bye", who="Ali"), said("hi"), said("yo", who="Kim Berg")])
    found = messages(read(tmp_path))
    assert all(message.is_group for message in found)
    assert set(found[0].participants) == {"Zoë Ruiz", "Kim Berg", "Ali"}


def test_chats_of_which_only_the_owner_is_left_do_not_merge(tmp_path: Path) -> None:
    for number in ("1111111111", "2222222222"):
        write_thread(
            tmp_path, [said("hi", who="Kim Berg")], folder=f"inbox/facebookuser_{number}",
            participants=[{"name": "Kim Berg"}], title="",
        )  # fmt: skip
    assert len({message.conversation_id for message in messages(read(tmp_path))}) == 2


def test_encrypted_groups_of_one_title_but_other_people_stay_apart(tmp_path: Path) -> None:
    for number, third in enumerate(("Ali", "Bo")):
        people = ["Kim Berg", "Zoë Ruiz", third]
        write_encrypted(tmp_path, f"Trip_{number}", people, [encrypted("hi")])
    found = messages(read(tmp_path))
    assert len({message.conversation_id for message in found}) == 2
    assert {message.conversation_title for message in found} == {"Trip"}
    assert all(message.is_group for message in found)


def test_a_group_without_a_title_is_called_by_its_people(tmp_path: Path) -> None:
    write_thread(tmp_path, [said("hi")], title="", participants=[*ZOE, {"name": "Ali"}])
    assert messages(read(tmp_path))[0].conversation_title == "Zoë Ruiz, Kim Berg, Ali"


@pytest.mark.parametrize(
    "section", ["inbox", "archived_threads", "filtered_threads", "message_requests"]
)
def test_tells_the_part_of_the_app(tmp_path: Path, section: str) -> None:
    write_thread(tmp_path, [said("hi")], folder=f"{section}/zoeruiz_1234567890")
    assert messages(read(tmp_path))[0].section == section


def test_a_part_by_itself_is_placed_by_its_thread_path(tmp_path: Path) -> None:
    path = write_thread(tmp_path, [said("hi")], folder="archived_threads/zoeruiz_1234567890")
    alone = path.rename(tmp_path / "message_1 (1).json")
    assert messages(read(alone))[0].section == "archived_threads"


# --- The owner --------------------------------------------------------------------------------


def test_the_owner_is_read_from_the_export(tmp_path: Path) -> None:
    write_owner(tmp_path, "Zoë Ruiz")
    write_thread(tmp_path, [said("mine"), said("hers", who="Kim Berg")])
    assert {m.text: m.is_me for m in messages(read(tmp_path))} == {"mine": True, "hers": False}


def test_nobody_is_me_as_long_as_the_export_does_not_tell(tmp_path: Path) -> None:
    write_thread(tmp_path, [said("mine"), said("hers", who="Kim Berg")])
    assert {message.is_me for message in messages(read(tmp_path))} == {None}


def test_an_owner_who_is_in_no_thread_is_reported_and_not_believed(tmp_path: Path) -> None:
    write_owner(tmp_path, "Legal Name")
    write_thread(tmp_path, [said("hi")])
    items = read(tmp_path)
    assert [message.is_me for message in messages(items)] == [None]
    assert [error.why for error in errors(items)] == ["its owner takes part in no thread"]


@pytest.mark.parametrize(
    ("lists", "owner"),
    [
        ([["Kim Berg", "Zoë Ruiz"]], "Kim Berg"),
        ([["Kim Berg", "Zoë Ruiz"], ["Kim Berg", "Ali"]], "Kim Berg"),
        ([["Kim Berg", "Zoë Ruiz"], ["Ali", "Kim Berg"]], "Kim Berg"),
        ([["Kim Berg", "Zoë Ruiz"], ["Ali", "Bo"]], None),
        ([[]], None),
    ],
)
def test_the_encrypted_archives_owner(
    tmp_path: Path, lists: list[list[str]], owner: str | None
) -> None:
    for number, people in enumerate(lists):
        lines = [encrypted("hi", who=name) for name in people or ["Kim Berg"]]
        write_encrypted(tmp_path, f"t_{number}", people, lines)
    for message in messages(read(tmp_path)):
        assert message.is_me == (None if owner is None else message.sender_name == owner)


# --- What a message is ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("You are now connected on Messenger.", "system"),
        ("Say hi to your new Facebook friend, Zoë.", "system"),
        ("Zoë named the group Climbing.", "system"),
        ("Zoë Ruiz set the nickname for Kim to Kimmy.", "system"),
        ("Zoë set your nickname to K.", "system"),
        ("You set the emoji to 👍.", "system"),
        ("Zoë changed the chat theme to Love.", "system"),
        ("Zoë changed the group photo.", "system"),
        ("Zoë added Ali to the group.", "system"),
        ("Zoë left the group.", "system"),
        ("You removed Ali from the group.", "system"),
        ("Zoë created the group.", "system"),
        ("Zoë started a video chat.", "system"),
        ("Zoë joined the video chat.", "system"),
        ("Zoë pinned a message.", "system"),
        ("You waved at Kim!", "system"),
        ('Zoë voted for "Pizza" in the poll: dinner?', "system"),
        ("This poll is no longer available.", "system"),
        ("The video chat ended.", "call"),
        ("You missed a call from Zoë.", "call"),
        ("Zoë missed your call.", "call"),
        ("Zoë called you.", "call"),
        ("You called Zoë.", "call"),
        ("Zoë sent an attachment.", "media"),
        ("You sent a photo.", "media"),
        ("Zoë hat einen Anhang gesendet.", "media"),
        ("Zoë sent a live location.", "location"),
        ("Reacted ❤ to your message ", "reaction_notice"),
        ("Zoë reacted 😆 to your message", "reaction_notice"),
        ("Zoë created a poll: dinner?", "poll"),
        ("Zoë unsent a message.", "deleted"),
        # Words of a person:
        ("You called me a liar.", "text"),
        ("You set me up", "text"),
        ("You turned off the lights.", "text"),
        ("You sent a photo of what?", "text"),
        ("You voted for them.", "text"),
        ("Zoë left the group of friends behind and that is that", "text"),
        ("Kim left the group.", "text"),
        ("I left the group.", "text"),
        ("They called you.", "text"),
        ("Er hat einen Anhang gesendet.", "text"),
        ("Zoë", "text"),
    ],
)
def test_sentences_by_messenger_are_not_a_persons_words(
    tmp_path: Path, text: str, kind: str
) -> None:
    write_thread(tmp_path, [said(text)])
    [message] = messages(read(tmp_path))
    assert message.kind == kind
    assert message.system == (kind == "system")
    assert message.deleted == (kind == "deleted")
    assert message.text == (text if kind in ("text", "system") else "")


def test_system_sentences_of_other_languages_are_known_by_their_many_authors(
    tmp_path: Path,
) -> None:
    people = ("Zoë Ruiz", "Kim Berg", "Ali Can")
    lines = [said(f"{name} hat die Gruppe verlassen.", who=name) for name in people]
    lines += [said("Zoë Ruiz ist mein Name"), said("Kim Berg hat die Grippe.")]
    write_thread(tmp_path, lines)
    kinds = [(message.kind, message.text) for message in messages(read(tmp_path))]
    assert [kind for kind, text in kinds if text.endswith("verlassen.")] == ["system"] * 3
    assert [kind for kind, text in kinds if not text.endswith("verlassen.")] == ["text"] * 2


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"content": ""}, "empty", ""),
        ({"content": None}, "empty", ""),
        ({"content": "Ali joined", "type": "Subscribe", "users": [{"name": "Ali"}]}, "system", "Ali joined"),
        ({"content": "x", "type": "Call", "call_duration": 0}, "call", ""),
        ({"content": "x", "call_duration": 12}, "call", ""),
        ({"content": None, "is_unsent": True}, "deleted", ""),
        ({"content": "kept", "is_unsent": False}, "text", "kept"),
        ({"content": None, "sticker": {"uri": "messages/stickers_used/1.png"}}, "sticker", ""),
        ({"content": None, "videos": [{"uri": "v.mp4"}]}, "media", ""),
        ({"content": "look", "photos": [{"uri": "p.jpg"}]}, "text", "look"),
        ({"content": "https://x.org", "share": {"link": "https://x.org"}}, "text", "https://x.org"),
        ({"content": None, "share": {"link": "https://x.org"}, "type": "Share"}, "media", ""),
        ({"content": "You sent an attachment.", "share": {"link": "https://x.org"}}, "media", ""),
    ],
)  # fmt: skip
def test_kinds_by_fields(tmp_path: Path, fields: dict[str, Any], kind: str, text: str) -> None:
    write_thread(tmp_path, [said("") | fields])
    [message] = messages(read(tmp_path))
    assert (message.kind, message.text) == (kind, text)


def test_attachments_and_reactions(tmp_path: Path) -> None:
    fields = {
        "photos": [{"uri": "a/fotó.jpg", "creation_timestamp": 1}], "gifs": [{"uri": "b.gif"}, 5],
        "share": {"link": "https://x.org/é"}, "files": "none",
        "reactions": [{"reaction": "❤", "actor": "Kim Berg"}, {"actor": "x"}, "?"],
    }  # fmt: skip
    write_thread(tmp_path, [said("hi", **fields)])
    [message] = messages(read(tmp_path))
    assert message.attachments == (
        Attachment("photo", "a/fotó.jpg"), Attachment("gif", "b.gif"),
        Attachment("link", "https://x.org/é"),
    )  # fmt: skip
    assert message.reactions == (Reaction("❤", "Kim Berg"),)


@pytest.mark.parametrize(
    ("fields", "kind", "paths"),
    [
        ({"text": "", "type": "media", "media": [{"uri": "./media/1.jpg"}]}, "media", ["media/1.jpg"]),
        ({"text": "", "type": "media", "media": [{"uri": "Failed to download media"}]}, "media", [None]),
        ({"text": "expired", "type": "placeholder"}, "empty", []),
        ({"text": "x", "isUnsent": True}, "deleted", []),
        ({"text": "https://x.org", "type": "link"}, "text", []),
        ({"text": ""}, "empty", []),
    ],
)  # fmt: skip
def test_encrypted_kinds(
    tmp_path: Path, fields: dict[str, Any], kind: str, paths: list[str | None]
) -> None:
    write_encrypted(tmp_path, "Zoë_1", ["Kim", "Zoë"], [encrypted("") | fields])
    [message] = messages(read(tmp_path))
    assert (message.kind, [item.path for item in message.attachments]) == (kind, paths)


def test_seconds_of_the_first_exports(tmp_path: Path) -> None:
    line = {"sender_name": "Zoë Ruiz", "timestamp": NOON // 1000, "content": "hi"}
    write_thread(tmp_path, [line])
    [message] = messages(read(tmp_path))
    assert (message.ts.timestamp(), message.ts_precision) == (NOON / 1000, "s")


# --- Broken input -----------------------------------------------------------------------------

BROKEN_RECORDS = [
    5, None, "text", [],
    {}, said("x", who=None), said("x", who=7), said("x", who=" "), said(7), said(["x"]), said({}),
    said("x", at=None), said("x", at="1610000000000"), said("x", at=-5), said("x", at=0),
    said("x", at=True), said("x", at=float("inf")), said("x", at=10**30), said("x", at=1.5),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_RECORDS, ids=str)
def test_a_broken_record_is_one_error_and_stops_nothing(tmp_path: Path, broken: Any) -> None:
    write_thread(tmp_path, [said("new", at=NOON + 2), broken, said("old", at=NOON)])
    items = read(tmp_path)
    assert [message.text for message in messages(items)] == ["old", "new"]
    assert [(error.records, error.line) for error in errors(items)] == [(1, 1)]


@pytest.mark.parametrize(
    "broken",
    [5, None, {}, encrypted(7), encrypted("x", who=None), encrypted("x", at="1"), encrypted("x", at=-1)],
    ids=str,
)  # fmt: skip
def test_a_broken_encrypted_record_is_one_error(tmp_path: Path, broken: Any) -> None:
    lines = [encrypted("a"), broken, encrypted("b")]
    write_encrypted(tmp_path, "Zoë_1", ["Kim", "Zoë"], lines)
    items = read(tmp_path)
    assert [message.text for message in messages(items)] == ["a", "b"]
    assert [error.records for error in errors(items)] == [1]


@pytest.mark.parametrize("broken", ["participants", "title", "thread_path", "thread_type"])
@pytest.mark.parametrize("value", [None, 5, {}, [5], "x"])
def test_odd_thread_fields_lose_no_message(tmp_path: Path, broken: str, value: Any) -> None:
    write_thread(tmp_path, [said("hi")], **{broken: value})
    assert [message.text for message in messages(read(tmp_path))] == ["hi"]


@pytest.mark.parametrize(
    "content",
    [
        b'{"participants": [], "messages": [{"sender_name": "Zo',
        b'{"participants": [], "messages": {"sender_name": 1}}',
        b'{"participants": [], "messages": [' + b"1" * 5000 + b"]}",
        b'{"participants": [], "messages": ' + b"[" * 100_000,
        b'{"participants": "\xff\xfe", "messages": []}',
    ],
    ids=["cut off", "no list", "number of 5000 digits", "too deep", "not UTF-8"],
)
def test_a_broken_file_does_not_stop_its_siblings(tmp_path: Path, content: bytes) -> None:
    bad = write_thread(tmp_path, [], part=2)
    bad.write_bytes(content)
    write_thread(tmp_path, [said("hi")])
    items = read(tmp_path)
    assert [message.text for message in messages(items)] == ["hi"]
    assert [(error.path, error.records) for error in errors(items)] == [(bad.as_posix(), 0)]


@pytest.mark.parametrize("content", ["{", '{"autofill_information_v2": []}', "[]"])
def test_a_broken_owner_file_does_not_stop_the_rest(tmp_path: Path, content: str) -> None:
    write_owner(tmp_path)
    path = tmp_path / "messages" / "autofill_information.json"
    path.write_text(content + ' "autofill_information_v2"', encoding="utf-8")
    write_thread(tmp_path, [said("hi")])
    assert [message.is_me for message in messages(read(tmp_path))] == [None]


# --- Which files are these --------------------------------------------------------------------

THREAD = b'{"participants": [{"name": "Z"}], "messages": [{"sender_name": "Z", "timestamp_ms": 1}]}'


@pytest.mark.parametrize(
    ("path", "head", "reader"),
    [
        ("a/messages/inbox/zoe_1/message_1.json", THREAD, messenger),
        ("a.zip/MESSAGES/INBOX/zoe_1/MESSAGE_12.JSON", THREAD, messenger),
        ("inbox/zoe_1/message.json", b"\xef\xbb\xbf" + THREAD, messenger),
        ("e2ee_cutover/zoe_1/message_1.json", b'{"messages": [], "participants": []}', messenger),
        ("Downloads/message_1 (1).json", THREAD, messenger),
        ("inbox/instagramfan_1/message_1.json", THREAD, messenger),
        ("instagram-tools/facebook-kim.zip/messages/inbox/z_1/message_1.json", THREAD, messenger),
        ("x/autofill_information.json", b'{"autofill_information_v2": {', messenger),
        ("x/profile_information.json", b'{"profile_v2": {', messenger),
        ("Zo\u00eb_1.json", b'{"participants": ["K"], "threadName": "Z", "messages": [', messenger_e2ee),
        ("z.json", b'{"messages": [{"senderName": "Z", "isUnsent": false', messenger_e2ee),
        ("your_instagram_activity/messages/inbox/z_1/message_1.json", THREAD, None),
        ("instagram-kim.zip/messages/inbox/z_1/message_1.json", THREAD, None),
        ("messages/inbox/zoe_1/message_1.html", b"<html>", None),
        ("messages/secret_conversations.json", b'{"secret_conversations_v2": {}}', None),
        ("result.json", b'{"name": "Z", "type": "personal_chat", "messages": [{"from_id": 1', None),
        ("chat.json", b'{"guild": {}, "channel": {}, "messages": [{"timestamp": ""', None),
    ],
)  # fmt: skip
def test_recognises(path: str, head: bytes, reader: Any) -> None:
    file = ExportFile(path, len(head), lambda: pytest.fail("head is enough"))
    claims = [one for one in (messenger, messenger_e2ee) if one.recognises(file, head)]
    assert claims == ([reader] if reader else [])
