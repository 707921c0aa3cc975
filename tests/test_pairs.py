"""From conversations to pairs: bursts, sessions, slow replies, openers, the split."""

from collections import Counter
from datetime import date, timedelta

import pytest

from talklikeme.messages import Message
from talklikeme.pairs import Pair, PairPolicy, build_pairs, choose_split
from talklikeme.people import People
from talklikeme.rows import RowBuilder
from talklikeme.sessions import Session
from tests.chats import said

POLICY = PairPolicy()


def shown(pairs: list[Pair]) -> list[tuple[list[str], list[str]]]:
    """(prompt, reply) as the texts that stand in them."""
    return [([m.text for m in pair.prompt], [m.text for m in pair.reply]) for pair in pairs]


def pairs_of(*messages: Message, policy: PairPolicy = POLICY) -> list[Pair]:
    return list(build_pairs(messages, policy))


def test_bursts_stay_several_entries_and_context_grows_turn_by_turn() -> None:
    pairs = pairs_of(
        said("zoe", "hey", "10:00"),
        said("zoe", "you up?", "10:00"),
        said("me", "haha", "10:01"),
        said("me", "no way", "10:01"),
        said("zoe", "what", "10:02"),
        said("me", "sleeping", "10:03"),
    )
    assert shown(pairs) == [
        (["hey", "you up?"], ["haha", "no way"]),
        (["hey", "you up?", "haha", "no way", "what"], ["sleeping"]),
    ]
    rows = list(RowBuilder(People()).build(pairs))
    assert rows[0]["prompt"][0] == {"role": "user", "content": "hey"}
    assert rows[1]["prompt"][2] == {"role": "assistant", "content": "haha"}
    assert rows[1]["completion"] == [{"role": "assistant", "content": "sleeping"}]
    assert pairs[0].reply_delay == timedelta(minutes=1)


def test_context_is_at_most_so_many_turns() -> None:
    talk = [said(who, str(n), f"10:{n:02}") for n, who in enumerate(["zoe", "me"] * 4)]
    pairs = pairs_of(*talk, policy=PairPolicy(context_turns=3))
    assert shown(pairs)[-1] == (["4", "5", "6"], ["7"])


def test_silence_starts_a_session_and_context_never_crosses_it() -> None:
    pairs = pairs_of(
        said("zoe", "night", "10:00"),
        said("me", "night", "10:01"),
        said("zoe", "morning", "11:02"),
        said("me", "hey", "11:03"),
    )
    assert shown(pairs) == [(["night"], ["night"]), (["morning"], ["hey"])]
    assert pairs[0].session != pairs[1].session


def test_a_slow_reply_still_answers_within_a_day() -> None:
    question = said("zoe", "coming?", "2024-03-01 10:00")
    slow = said("me", "yes", "2024-03-02 09:59")
    pairs = pairs_of(
        question,
        slow,
        said("zoe", "great", "2024-03-02 10:00"),
        said("me", "x", "2024-03-02 10:01"),
    )

    # the new session begins with my late answer and sees nothing of the day before
    assert shown(pairs) == [(["coming?"], ["yes"]), (["yes", "great"], ["x"])]
    assert pairs[0].reply_delay == timedelta(hours=23, minutes=59)

    (too_late,) = pairs_of(question, said("me", "yes", "2024-03-02 10:01"))
    assert shown([too_late]) == [([], ["yes"])]
    assert too_late.reply_delay is None


def test_my_first_word_is_an_opener() -> None:
    pairs = pairs_of(
        said("me", "hi", "10:00"), said("zoe", "hey", "10:01"), said("me", "so", "12:00")
    )
    # "so" comes after a silence, but answers "hey" late
    assert shown(pairs) == [([], ["hi"]), (["hi", "hey"], ["so"])]


def test_a_photo_ends_a_turn_but_says_nothing_that_could_be_answered() -> None:
    photo = {"kind": "media"}
    pairs = pairs_of(
        said("me", "look", "10:00"),
        said("zoe", "", "10:01", **photo),
        said("me", "lol nice", "10:02"),
        said("me", "", "10:02", **photo),
        said("me", "where", "10:03"),
    )
    assert shown(pairs) == [([], ["look"]), ([], ["lol nice", "where"])]


def test_only_my_own_words_are_replies() -> None:
    pairs = pairs_of(
        said("zoe", "forward it", "10:00"),
        said("me", "breaking news", "10:01", forwarded=True),
        said("me", "via @gif", "10:01", via_bot=True),
        said("me", "there", "10:02"),
    )
    assert shown(pairs) == [(["forward it"], ["there"])]


def test_notices_do_not_end_a_turn_or_start_a_session() -> None:
    notice = {"kind": "system", "system": True}
    pairs = pairs_of(
        said("zoe", "a", "10:00"),
        said("", "Zoë changed her number", "10:01", **notice),
        said("zoe", "b", "10:02"),
        said("me", "c", "10:03"),
        said("", "calls are encrypted", "10:50", **notice),
        said("me", "d", "11:02"),
    )
    assert shown(pairs) == [(["a", "b"], ["c", "d"])]


def test_speakers_in_a_group_are_turns_of_their_own() -> None:
    pairs = pairs_of(
        said("zoe", "1", "10:00", is_group=True),
        said("bo", "2", "10:01", is_group=True),
        said("al", "3", "10:02", is_group=True),
        said("me", "4", "10:03", is_group=True),
        policy=PairPolicy(context_turns=2),
    )
    assert shown(pairs) == [(["2", "3"], ["4"])]
    (row,) = RowBuilder(People()).build(pairs)
    assert [turn["content"] for turn in row["prompt"]] == ["Bo: 2", "Al: 3"]
    assert row["friend"] == "Al"


def test_where_the_others_words_are_missing_every_message_is_an_opener() -> None:
    alone = [said("me", str(n), f"10:0{n}", seq=n, one_sided=True) for n in range(3)]
    assert shown(pairs_of(*alone)) == [([], ["0"]), ([], ["1"]), ([], ["2"])]


def test_my_words_of_an_export_of_one_side_are_no_question_to_me() -> None:
    pairs = pairs_of(
        said("zoe", "hi", "10:00"),
        said("me", "taken back in the other export", "10:01", seq=7, one_sided=True),
        said("me", "hey", "10:02"),
        said("zoe", "so?", "10:03"),
        said("me", "fine", "10:04"),
        said("me", "alone", "14:00", seq=8, one_sided=True),
        said("me", "still alone", "14:01"),
    )
    assert shown(pairs) == [
        ([], ["taken back in the other export"]),
        (["hi"], ["hey"]),
        (["hi", "taken back in the other export", "hey", "so?"], ["fine"]),
        ([], ["alone"]),
        ([], ["still alone"]),
    ]


def test_a_reply_of_nothing_but_a_secret_is_not_learned_but_stays_in_sight() -> None:
    pairs = pairs_of(
        said("zoe", "your number?", "10:00"),
        said("me", "<phone>", "10:01"),
        said("me", "call me", "10:01"),
        said("zoe", "<url>", "10:02"),
        said("me", "<url> , <url> example.org", "10:03"),
        said("zoe", "nice", "10:04"),
        said("me", "<url> :)", "10:05"),
    )
    assert shown(pairs) == [
        (["your number?"], ["call me"]),
        (["<phone>", "call me", "<url>", "<url> , <url> example.org", "nice"], ["<url> :)"]),
    ]


def test_the_split_is_a_property_of_the_session_alone() -> None:
    policy = PairPolicy(test_share=0.1, validation_share=0.2)
    sessions = [Session(f"whatsapp:zoe@{n}", ()) for n in range(5000)]
    splits = [choose_split(session, policy) for session in sessions]
    shares = Counter(splits)

    assert splits == [choose_split(session, policy) for session in sessions]
    assert shares["test"] / 5000 == pytest.approx(0.1, abs=0.02)
    assert shares["validation"] / 5000 == pytest.approx(0.2, abs=0.02)


def test_the_newest_sessions_are_the_test_where_a_day_is_named() -> None:
    zoe = [
        said(who, "x", f"2024-03-{day:02} 10:00") for day in range(1, 29) for who in ("zoe", "me")
    ]
    policy = PairPolicy(test_share=0.5, validation_share=0.3, test_since=date(2024, 3, 20))
    splits = {pair.sent_at.day: pair.split for pair in build_pairs(zoe, policy)}
    by_chance = {
        pair.sent_at.day: pair.split
        for pair in build_pairs(zoe, PairPolicy(test_share=0.5, validation_share=0.3))
    }
    assert {day for day, split in splits.items() if split == "test"} == set(range(20, 29))
    older = [day for day in splits if day < 20]
    assert {day for day in older if splits[day] == "validation"} == {
        day for day in older if by_chance[day] == "validation"
    }


def test_another_export_moves_no_session_to_another_split() -> None:
    zoe = [
        said(who, "x", f"2024-03-{day:02} 10:00") for day in range(1, 29) for who in ("zoe", "me")
    ]
    bo = [said(m.sender_id, "y", "10:00", conversation_id="bo", ts=m.ts) for m in zoe]
    before = {pair.session: pair.split for pair in build_pairs(zoe, POLICY)}
    after = {
        pair.session: pair.split for pair in (*build_pairs(bo, POLICY), *build_pairs(zoe, POLICY))
    }
    assert before.items() <= after.items()
