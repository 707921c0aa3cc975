"""Every message is in exactly one place, and a reader that loses one is found out."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from talklikeme.errors import ExportError, LedgerError, TalkLikeMeError
from talklikeme.messages import Message
from talklikeme.options import PrepareOptions
from talklikeme.preparation import Prepared, prepare
from tests.chats import as_read, said

CHAT = [
    said("zoe", "hey", "10:00"),
    said("me", "hi", "10:01"),
    said("me", "", "10:01", kind="media"),
    said("zoe", "", "10:02", kind="deleted", deleted=True),
    said("", "encrypted", "10:03", kind="system", system=True),
    said("me", "news", "10:04", forwarded=True),
    said("zoe", "bye", "10:05"),
    said("zoe", "note", "10:00", conversation_id="saved", section="saved_messages"),
]


Run = Callable[..., Prepared]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run_here(
        messages: list[Message], records: int, *problems: ExportError, **options: Any
    ) -> Prepared:
        spool = tmp_path / str(len(list(tmp_path.iterdir())))
        spool.mkdir()
        return prepare(
            as_read(messages, spool, records, problems), PrepareOptions(**options), spool
        )

    return run_here


def test_every_message_has_one_fate(run: Run) -> None:
    bad = ExportError("zoe.txt", "no date", line=3, records=1)
    assert run(CHAT, len(CHAT) + 1, bad).ledger.total() == {
        "in a pair as prompt": 1,
        "in a pair as reply": 1,
        "media only": 1,
        "deleted": 1,
        "system notice": 1,
        "forwarded": 1,
        "unanswered": 1,
        "notes to self": 1,
        "not readable": 1,
    }


@pytest.mark.parametrize("records", [len(CHAT) - 1, len(CHAT) + 1])
def test_a_message_too_many_or_too_few_stops_the_command(run: Run, records: int) -> None:
    with pytest.raises(
        LedgerError, match=rf"zoe\.txt: holds {records} messages, but {len(CHAT)} are"
    ):
        run(CHAT, records)


def test_a_file_that_no_reader_counted_stops_the_command(run: Run) -> None:
    with pytest.raises(LedgerError, match=r"other\.txt: holds 0 messages, but 1"):
        run([*CHAT, said("zoe", "?", "10:06", source_file="other.txt")], len(CHAT))


def test_the_saved_ledger_adds_up_per_file_and_platform(run: Run) -> None:
    prepared = run(CHAT, len(CHAT))
    ledger = prepared.ledger.to_json(prepared.splits)

    assert ledger["records"] == len(CHAT) == sum(ledger["total"].values())
    assert sum(sum(fates.values()) for fates in ledger["platforms"].values()) == len(CHAT)
    assert all(file["records"] == sum(file["fates"].values()) for file in ledger["files"].values())
    assert sum(ledger["pairs"].values()) == 1


def test_groups_are_left_out_on_request(run: Run) -> None:
    group = [
        said(who, "x", "12:00", conversation_id="crew", is_group=True) for who in ("zoe", "me")
    ]
    ledger = run([*CHAT, *group], len(CHAT) + 2, groups="drop").ledger
    assert ledger.total()["group chat"] == 2


def test_in_a_group_only_answers_to_one_person_are_learned(run: Run) -> None:
    crew = {"conversation_id": "crew", "is_group": True}
    talk = [
        said("zoe", "who comes", "10:00", message_id="1", **crew),
        said("bo", "dunno", "10:01", message_id="2", **crew),
        said("me", "nobody asked", "10:02", **crew),
        said("bo", "ok", "10:03", **crew),
        said("me", "to bo alone", "10:04", **crew),
        said("zoe", "x", "10:05", message_id="3", **crew),
        said("bo", "y", "10:06", **crew),
        said("me", "by reply-to", "10:07", reply_to="3", **crew),
        said("zoe", "hm", "10:08", **crew),
        said("bo", "@me and you?", "10:09", **crew),
        said("me", "by mention", "10:10", **crew),
    ]
    total = run(talk, len(talk)).ledger.total()
    assert total["in a pair as reply"] == 3
    # "nobody asked" is no reply to learn, but stands in the context of the next
    assert total["in a pair as prompt"] == 8
    assert run(talk, len(talk), groups="keep").ledger.total()["in a pair as reply"] == 4
    assert (
        run(talk[:3] + CHAT, 3 + len(CHAT)).ledger.total()["group, not an answer to one person"]
        == 1
    )


def test_what_the_user_leaves_out_is_told(run: Run) -> None:
    bo = [said(who, "x", "12:00", conversation_id="bo") for who in ("bo", "me")]
    total = run([*CHAT, *bo], len(CHAT) + 2, exclude_friend=("BO",)).ledger.total()
    assert total["excluded friend"] == 2

    days = [said(who, "x", f"2024-0{m}-01 12:00") for m in (1, 2, 3) for who in ("zoe", "me")]
    total = run(days, 6, since=date(2024, 2, 1), until=date(2024, 2, 29)).ledger.total()
    assert total == {"in a pair as prompt": 1, "in a pair as reply": 1, "outside the dates": 4}

    assert run([*CHAT, *bo], len(CHAT) + 2, min_messages=3).ledger.total()["chat too short"] == 2


@pytest.mark.parametrize(
    ("section", "fate"),
    [
        ("message_requests", "message request"),
        ("filtered_threads", "message request"),
        ("spam", "spam"),
        ("trash", "in the trash"),
    ],
)
def test_strangers_and_spam_are_left_out_unless_i_took_the_chat_over(
    run: Run, section: str, fate: str
) -> None:
    stranger = [
        said(who, "x", "12:00", conversation_id="stranger", section=section)
        for who in ("stranger", "me")
    ]
    total = run([*CHAT, *stranger], len(CHAT) + 2).ledger.total()
    assert (total[fate], total["in a pair as reply"]) == (2, 1)

    taken_over = said("me", "so", "12:01", conversation_id="stranger", section="inbox")
    total = run([*CHAT, *stranger, taken_over], len(CHAT) + 3).ledger.total()
    assert (total[fate], total["in a pair as reply"]) == (0, 3)


@pytest.mark.parametrize(
    "section", ["inbox", "archived_threads", "archive", "e2ee", "e2ee_cutover"]
)
def test_archived_and_encrypted_chats_are_chats(run: Run, section: str) -> None:
    chat = [said(who, "x", "12:00", conversation_id="y", section=section) for who in ("zoe", "me")]
    assert run(chat, 2).ledger.total()["in a pair as reply"] == 1


def test_what_is_too_long_is_pasted_but_somebody_spoke(run: Run) -> None:
    talk = [
        said("zoe", "send me the log", "10:00"),
        said("me", "x" * 41, "10:01"),
        said("me", "there", "10:01"),
        said("me", "y" * 41, "10:01", deleted=True),
        said("zoe", "z" * 41, "10:02"),
        said("me", "wow", "10:03"),
    ]
    prepared = run(talk, 6, max_message_chars=40)
    assert prepared.ledger.total() == {
        "in a pair as prompt": 1,
        "in a pair as reply": 2,
        "too long": 2,
        "deleted": 1,
    }
    assert prepared.openers == 1
    assert "too long" not in run(talk, 6).ledger.total()


def test_a_secret_alone_is_seen_but_not_learned(run: Run) -> None:
    talk = [
        said("zoe", "mail me", "10:00"),
        said("me", "me@example.org", "10:01"),
        said("zoe", "https://example.org/x", "10:02"),
        said("me", "ok", "10:03"),
        said("zoe", "which one", "12:30"),
        said("me", "https://example.org/y", "12:31"),
    ]
    prepared = run(talk, 6)
    assert prepared.ledger.total() == {
        "in a pair as prompt": 3,  # my address, too: "ok" came after it
        "in a pair as reply": 1,
        "redacted away": 1,
        "unanswered": 1,
    }
    assert "redacted away" not in run(talk, 6, redact="off").ledger.total()


def test_an_excluded_friend_who_never_wrote_is_left_out_too(run: Run) -> None:
    alone = said("me", "hello?", "12:00", conversation_id="bo", conversation_title="Bo")
    total = run([*CHAT, alone], len(CHAT) + 1, exclude_friend=("bo",)).ledger.total()
    assert total["excluded friend"] == 1


def test_what_an_excluded_friend_said_in_a_group_is_not_seen_but_its_answer_is_no_other_ones(
    run: Run,
) -> None:
    crew = {"conversation_id": "crew", "is_group": True}
    talk = [
        said("zoe", "hi all", "10:00", **crew),
        said("bo", "secret", "10:01", **crew),
        said("me", "wow bo", "10:02", **crew),
    ]
    prepared = run(talk, 3, exclude_friend=("bo",))
    assert prepared.ledger.total() == {
        "excluded friend": 1,
        "unanswered": 1,
        "in a pair as reply": 1,
    }
    assert prepared.openers == 1


def test_held_out_exchanges_that_train_knows_are_dropped(run: Run) -> None:
    talk = [
        said(who, text, f"2024-{month:02}-{day:02} {hour}:00")
        for month in range(1, 13)
        for day in range(1, 29)
        for hour, pair in ((10, ("lol", "haha")), (13, (f"q{month}.{day}", f"a{month}.{day}")))
        for who, text in zip(("zoe", "me"), pair, strict=True)
    ]
    prepared = run(talk, len(talk), test_share=0.2, validation_share=0.2)
    total = prepared.ledger.total()

    parts = [part for split in ("validation", "test") for part in prepared.parts[split]]
    held = (row for part in parts for row in Dataset.from_file(str(part)))
    texts = [turn["content"] for row in held for turn in row["completion"]]
    assert texts
    assert "haha" not in texts
    assert total["cross-split duplicate"] == 2 * (336 * 2 - prepared.splits.total()) > 100


def test_no_pairs_is_told_with_the_likeliest_reason(run: Run) -> None:
    only_media = [said("zoe", "", "10:00", kind="media"), said("me", "", "10:01", kind="media")]
    with pytest.raises(
        TalkLikeMeError, match=r"no pairs came out of 2 messages.*\(2\) are out as: media only"
    ):
        run(only_media, 2)


def test_several_processes_make_the_same_of_it(run: Run) -> None:
    chats = [
        said(
            who, f"{n}", f"2024-03-{1 + n % 28:02} 10:{n % 60:02}", conversation_id=f"chat {n % 7}"
        )
        for n in range(400)
        for who in ("zoe", "me")
    ]
    one, two = run(chats, 800), run(chats, 800, num_proc=2)
    assert one.ledger == two.ledger
    assert one.splits == two.splits
    assert one.parts.keys() == two.parts.keys()
    for split in one.parts:
        assert [path.read_bytes() for path in one.parts[split]] == [
            path.read_bytes() for path in two.parts[split]
        ]
