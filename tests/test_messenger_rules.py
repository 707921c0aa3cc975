"""What the bot says to whom and when: every kind of event, and what friends do to each other's messages."""

from pathlib import Path

import pytest

from talklikeme.channels.rules import GET_STARTED, START_ANEW, TALK_TO_HUMAN, Rules
from talklikeme.events import Kind
from tests.store_kit import APP, FRIEND, SILENT, Post

DAY = 24 * 3600


def test_messages_in_a_row_are_answered_together_and_others_one_by_one(tmp_path: Path) -> None:
    post = Post(tmp_path, pause_ms=1_500)
    assert post.say("hey", "are you there", "hello?") == ["re: hello?"]
    assert [turn["content"] for turn in post.replier.asked[0]] == ["hey", "are you there", "hello?"]
    post.now += 10
    post.hear(post.text("one"))
    post.now += 5
    assert post.say("two") == ["re: one", "re: two"]


def test_what_arrives_late_is_answered_after_and_nothing_is_lost(tmp_path: Path) -> None:
    post = Post(tmp_path)
    now = post.database.now_ms
    burst = [post.text(f"{n}", at_ms=now + n) for n in range(20)]
    post.hear(*burst[10:])
    post.hear(*burst[:10])
    post.work()
    assert [text for _, text in post.channel.sent] == [f"re: {n}" for n in range(20)]
    late = post.text("late", at_ms=now)
    post.hear(late)
    post.work()
    assert post.channel.sent[-1][1] == "re: late"


def test_the_same_event_twice_is_one(tmp_path: Path) -> None:
    post = Post(tmp_path)
    one = post.text("hi")
    post.hear(one, one)
    post.hear(one)
    post.work()
    post.hear(one)
    post.work()
    assert len(post.channel.sent) == 1


def test_an_edit_or_a_taking_back_before_the_answer_counts_even_if_it_overtakes(
    tmp_path: Path,
) -> None:
    post = Post(tmp_path)
    post.hear(
        post.event(Kind.EDIT, "e_1", target="m_1", text="hello"),
        post.event(Kind.UNSENT, "u_1", target="m_2"),
        post.text("helo", "m_1"),
        post.text("oops", "m_2"),
        post.text("typo", "m_3"),
        post.text("secret", "m_4"),
        post.event(Kind.EDIT, "e_3", target="m_3", text="word"),
        post.event(Kind.UNSENT, "u_4", target="m_4"),
    )
    post.work()
    assert [text for _, text in post.channel.sent] == ["re: hello", "re: word"]
    assert b"secret" not in post_bytes(post, tmp_path)


def post_bytes(post: Post, folder: Path) -> bytes:
    post.database.overwrite_erased()
    return b"".join(path.read_bytes() for path in folder.glob("state.db*"))


def test_what_is_taken_back_while_the_model_thinks_is_not_answered(tmp_path: Path) -> None:
    post = Post(tmp_path)

    def think(text: str) -> list[str]:
        if text == "oops":
            post.hear(post.event(Kind.UNSENT, "u_1", target="m_1"))
        elif text == "helo":
            post.hear(post.event(Kind.EDIT, "e_2", target="m_2", text="hello"))
        return [f"re: {text}"]

    post.replier.answer = think
    post.hear(post.text("oops", "m_1"))
    post.work()
    post.hear(post.text("helo", "m_2"))
    post.work()
    assert [text for _, text in post.channel.sent] == ["re: hello"]


@pytest.mark.parametrize("kind", [Kind.ATTACHMENT, Kind.STICKER, Kind.UNSUPPORTED])
def test_what_cannot_be_read_gets_one_canned_answer(tmp_path: Path, kind: Kind) -> None:
    post = Post(tmp_path)
    post.hear(post.event(kind, "a_1"), post.event(kind, "a_2"))
    post.work()
    assert [text for _, text in post.channel.sent] == [Rules().text_only]
    assert post.replier.asked == []


@pytest.mark.parametrize(
    "kind",
    [Kind.REACTION, Kind.FEEDBACK, Kind.DELIVERED, Kind.READ, Kind.STANDBY, Kind.OTHER, Kind.HANDOVER, Kind.POLICY, Kind.ECHO],
)  # fmt: skip
def test_nothing_else_is_answered(tmp_path: Path, kind: Kind) -> None:
    post = Post(tmp_path)
    post.hear(post.event(kind, "x_1", text="hi", target="m_9"))
    post.work()
    assert (post.channel.sent, post.replier.asked) == ([], [])


def test_buttons_are_an_allow_list(tmp_path: Path) -> None:
    post = Post(tmp_path, disclosure="I am a bot.")

    def press(payload: str, text: str = "") -> list[str]:
        before = len(post.channel.sent)
        post.now += 1
        post.hear(post.event(Kind.PRESS, f"p_{len(post.known)}", payload=payload, text=text))
        post.work()
        return [said for _, said in post.channel.sent[before:]]

    assert press(GET_STARTED) == [f"{post.rules.greeting}\n\nI am a bot."]
    assert press("rm -rf /") == []
    assert press("PIZZA", "Pizza") == ["re: Pizza"]
    assert press(START_ANEW) == [post.rules.forgotten]
    assert post.say("hi") == ["re: hi"]
    assert [turn["content"] for turn in post.replier.asked[-1]] == ["hi"]
    assert press(TALK_TO_HUMAN) == [post.rules.handed_over]
    assert post.say("anybody?") == []
    assert press(START_ANEW) == [post.rules.forgotten]
    assert post.say("you again?") == ["re: you again?"]


def test_it_says_that_it_is_a_bot_at_the_start_and_after_a_long_silence(tmp_path: Path) -> None:
    post = Post(tmp_path, disclosure="I am a bot.")
    assert post.say("hi") == ["re: hi\n\nI am a bot."]
    assert post.say("ok") == ["re: ok"]
    post.now += DAY + 10
    assert post.say("hi again") == ["re: hi again\n\nI am a bot."]


def test_while_a_human_answers_the_bot_is_silent(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.hear(post.event(Kind.ECHO, "m_human", details={"app_id": "26390203743090"}))
    assert post.say("hi") == []
    assert post.dropped == ["somebody else talks"]
    post.now += post.rules.silence_ms / 1000
    assert post.say("still there?") == ["re: still there?"]


def test_handover_takes_the_conversation_away_and_gives_it_back(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.hear(post.event(Kind.HANDOVER, "h_1", details={"new_owner_app_id": "777"}))
    assert post.say("hi") == []
    post.hear(post.event(Kind.HANDOVER, "h_2", details={"new_owner_app_id": APP}))
    assert post.say("hello") == ["re: hello"]


def test_a_flood_is_told_so_once_and_costs_no_thought(tmp_path: Path) -> None:
    post = Post(tmp_path, messages_a_minute=3)
    said = post.say(*(f"spam {n}" for n in range(8)))
    assert post.rules.too_fast in said
    assert len(said) == len(set(said))
    assert len(post.replier.asked) <= 3


def test_two_bots_do_not_talk_for_ever(tmp_path: Path) -> None:
    post = Post(tmp_path, SILENT, same_exchanges=4)
    for _ in range(12):
        post.now += 60
        post.say("I did not get that.")
    assert len(post.channel.sent) < 4
    assert post.dropped[0] == "a loop"


def test_what_is_too_old_is_not_answered(tmp_path: Path) -> None:
    post = Post(tmp_path)
    replayed = post.text("hi", at_ms=post.database.now_ms - 2 * DAY * 1000)
    post.hear(replayed)
    post.work()
    waited = post.text("hello")
    post.hear(waited)
    post.now += 2 * 3600
    post.work()
    assert (post.channel.sent, post.dropped) == ([], ["too old"] * 2)


def test_a_silence_starts_a_new_conversation_and_nobody_elses_words_come_in(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.say("old")
    post.say("a stranger's", friend="123")
    post.now += 3000
    post.say("in time")
    heard = [turn["content"] for turn in post.replier.asked[-1]]
    assert heard == ["old", "re: old", "in time"]
    post.now += 3700
    post.say("new")
    assert [turn["content"] for turn in post.replier.asked[-1]] == ["new"]
    for number in range(40):
        post.say(f"{number}")
    assert len(post.replier.asked[-1]) == 20


def test_two_hundred_friends_never_hear_of_each_other(tmp_path: Path) -> None:
    """Whatever comes between: each has a word of their own, and no prompt or reply has another's."""
    post = Post(tmp_path, answer=lambda text: [f"{text} indeed"])
    for turn in range(3):
        post.hear(
            *(
                post.text(f"word{n} {turn}", f"m_{n}_{turn}", friend=f"{10_000 + n}")
                for n in range(200)
            )
        )
        post.now += 1
    post.work()
    assert len(post.channel.sent) == 600
    for friend, text in post.channel.sent:
        assert text.startswith(f"word{int(friend) - 10_000} ")
    for asked in post.replier.asked:
        assert len({turn["content"].split()[0] for turn in asked}) == 1
    assert FRIEND not in {friend for friend, _ in post.channel.sent}
