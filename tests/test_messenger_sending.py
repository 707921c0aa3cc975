"""Every answer of the Send API, and what comes of the bubble, the friend and the page."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from talklikeme.channels.graph_errors import Outcome, SendResult
from talklikeme.events import Kind
from talklikeme.store.tables import labels
from tests.store_kit import FRIEND, Post

TWO = ["one", "two"]


def refused(outcome: Outcome, pause: float = 0.0) -> SendResult:
    return SendResult(outcome, reason="HTTP 400, code 0, fbtrace_id none", pause=pause)


def make_post(folder: Path, *answers: SendResult, **rules: object) -> Post:
    post = Post(folder, answer=lambda text: TWO, **rules)
    post.channel.answers = list(answers)
    return post


def sent_texts(post: Post) -> list[str]:
    return [text for _, text in post.channel.sent]


def test_what_did_not_arrive_is_sent_again_in_its_place(tmp_path: Path) -> None:
    post = make_post(tmp_path, refused(Outcome.RETRY), refused(Outcome.RETRY))
    post.say("hi")
    assert sent_texts(post) == ["one", "one", "one", "two"]
    assert len(post.replier.asked) == 1
    assert [state for _, state in post.parts()] == ["sent", "sent"]


def test_trying_ends(tmp_path: Path) -> None:
    post = make_post(tmp_path, *[refused(Outcome.RETRY)] * 50, most_attempts=4)
    post.say("hi")
    assert sent_texts(post) == ["one"] * 4
    assert [state for _, state in post.parts()] == ["dead", "dead"]


def test_a_throttled_page_is_quiet_as_long_as_it_must(tmp_path: Path) -> None:
    post = make_post(tmp_path, refused(Outcome.THROTTLED, pause=600))
    began = post.now
    post.say("hi")
    assert sent_texts(post) == ["one", "one", "two"]
    assert post.now - began >= 600


def most_in_a_second(times: list[float]) -> int:
    return max(sum(start <= time < start + 1 for time in times) for start in times)


def test_a_page_never_sends_more_than_it_may_in_any_second(tmp_path: Path) -> None:
    post, times = make_post(tmp_path, sends_a_second=5), []
    send = post.channel.send_text

    def note(*given: str) -> SendResult:
        times.append(post.waited)
        return send(*given)

    post.channel.send_text = note  # type: ignore[method-assign]
    post.hear(*(post.text("hi", f"m_{n}", friend=f"{n}") for n in range(20)))
    post.work()
    assert [state for _, state in post.parts()] == ["sent"] * 40
    assert most_in_a_second(times) == 5
    assert times[-1] < 8.5  # and no slower than it may: 40 bubbles take 7 s


def test_lost_answers_are_looked_for_as_often_as_the_platform_lets_and_none_is_left_out(
    tmp_path: Path,
) -> None:
    lost = [SendResult(Outcome.UNKNOWN, reason="timeout")] * 100
    post, times, looked_for = make_post(tmp_path, *lost), [], set()

    def look(account: str, friend: str, text: str, since_ms: int) -> str:
        times.append(post.waited)
        looked_for.add(friend)
        return f"m_{friend}"

    post.channel.find_sent = look  # type: ignore[method-assign]
    post.hear(*(post.text("hi", f"m_{n}", friend=f"{n}") for n in range(100)))
    turns = [post.drafter.draft(event.id) for event in post.known]
    waits = {turn: post.sender.send_next(turn) for turn in turns if turn}
    assert len(waits) == 100  # all are sent, and every answer is lost
    for turn in waits:
        while post.sender.send_next(turn):
            post.now += 0.5
            post.waited += 0.5
    assert len(looked_for) == 100
    assert most_in_a_second(times) == 2
    assert [state for _, state in post.parts()].count("sent") == 100


@pytest.mark.parametrize("jump", [-5 * 3600, 40 * 60])
def test_a_clock_that_jumps_loses_doubles_and_holds_up_nothing(tmp_path: Path, jump: int) -> None:
    """Back as after a wrong summer time, or ahead as NTP sets it, between every two things that happen."""
    lost = SendResult(Outcome.UNKNOWN, reason="timeout")
    post = make_post(tmp_path, refused(Outcome.THROTTLED, pause=600), lost)
    post.channel.found = "m_found"
    post.say("first")
    post.now += jump
    post.hear(post.text("second"))
    post.channel.answers = [refused(Outcome.THROTTLED, pause=600)]
    turn = post.drafter.draft(post.known[-1].id)
    post.sender.send_next(turn)  # the page has to be quiet now
    post.now += jump
    began = post.now
    post.work()
    assert post.now - began <= 3600
    said = [(text, state) for text, state in post.parts()]
    assert sorted(said) == sorted((text, "sent") for text in TWO * 2)
    assert sent_texts(post).count("two") == 2


def test_a_lost_answer_is_not_looked_for_until_a_clock_has_caught_up(tmp_path: Path) -> None:
    post = make_post(tmp_path, SendResult(Outcome.UNKNOWN, reason="timeout"))
    post.hear(post.text("hi"))
    turn = post.drafter.draft(post.known[-1].id)
    post.sender.send_next(turn)
    post.now -= 5 * 3600
    began = post.now
    post.work()
    assert post.now - began < 120
    assert post.parts() == [("one", "dead"), ("two", "sent")]


@pytest.mark.parametrize(
    "outcome", [Outcome.DEAD, Outcome.USER_GONE, Outcome.THREAD_TAKEN, Outcome.ABUSE]
)
def test_what_is_final_ends_the_reply(tmp_path: Path, outcome: Outcome) -> None:
    post = make_post(tmp_path, refused(outcome))
    post.say("hi")
    assert sent_texts(post) == ["one"]
    assert [state for _, state in post.parts()] == ["dead", "dead"]
    post.say("hello?")
    is_silent = outcome is not Outcome.DEAD
    assert sent_texts(post)[1:] == ([] if is_silent else TWO)
    post.say("hi", friend="123")  # all others are answered
    assert post.channel.sent[-1] == ("123", "two")


def test_a_closed_page_keeps_what_waits_and_sends_it_when_it_is_mended(tmp_path: Path) -> None:
    post = make_post(tmp_path, *[refused(Outcome.PAGE_CLOSED)] * 5)
    post.hear(*(post.text("hi", f"m_{n}", friend=f"{n}") for n in range(3)))
    post.work(patience=50)
    assert [state for _, state in post.parts()].count("ready") >= 4
    post.work()
    assert [state for _, state in post.parts()] == ["sent"] * 6
    assert len(post.replier.asked) == 3


def test_a_lost_answer_is_found_out_and_nothing_is_doubled(tmp_path: Path) -> None:
    post = make_post(tmp_path, refused(Outcome.UNKNOWN))
    post.channel.found = "m_there"
    post.say("hi")
    assert sent_texts(post) == TWO
    assert [state for _, state in post.parts()] == ["sent", "sent"]


def test_an_echo_tells_it_too_even_before_the_answer(tmp_path: Path) -> None:
    post = make_post(tmp_path, refused(Outcome.UNKNOWN))
    post.channel.found = None  # nobody can tell
    post.hear(post.text("hi"))
    turn = post.drafter.draft(post.known[0].id)
    post.sender.send_next(turn)
    details = {"app_id": "1234", "metadata": post.channel.ids[0]}
    post.hear(post.event(Kind.ECHO, "m_echo", details=details))
    post.work()
    assert sent_texts(post) == TWO
    assert [state for _, state in post.parts()] == ["sent", "sent"]


@pytest.mark.parametrize(
    ("on_unknown", "sent", "states"),
    [
        ("give_up", ["one", "two"], ["dead", "sent"]),
        ("resend_once", ["one", "one", "two"], ["sent", "sent"]),
    ],
)
def test_what_nobody_can_tell_ends_as_the_setting_says(
    tmp_path: Path, on_unknown: str, sent: list[str], states: list[str]
) -> None:
    post = make_post(tmp_path, refused(Outcome.UNKNOWN), on_unknown=on_unknown)
    began = post.now
    post.say("hi")
    assert (sent_texts(post), [state for _, state in post.parts()]) == (sent, states)
    assert post.now - began >= post.rules.grace_ms / 1000
    assert post.counted.count("given up") == 1


def test_an_echo_that_somebody_else_could_forge_changes_nothing(tmp_path: Path) -> None:
    """The id of a bubble in another friend's echo does not tell that mine has got it."""
    post = make_post(tmp_path, refused(Outcome.UNKNOWN))
    post.channel.found = None
    post.hear(post.text("hi"))
    turn = post.drafter.draft(post.known[0].id)
    post.sender.send_next(turn)
    details = {"app_id": "1234", "metadata": post.channel.ids[0]}
    post.hear(post.event(Kind.ECHO, "m_echo", "another friend", details=details))
    assert post.parts()[0] == ("one", "unknown")


def test_thumbs_and_reactions_are_kept_beside_the_reply(tmp_path: Path) -> None:
    post = make_post(tmp_path)
    post.say("hi")
    loved = {"action": "react", "reaction": "love", "emoji": "❤"}
    post.hear(
        post.event(Kind.REACTION, "r_1", target="m_out1", details=loved),
        post.event(Kind.FEEDBACK, "f_1", target="m_out2", details={"feedback": "Bad response"}),
        post.event(Kind.FEEDBACK, "f_2", target="m_other", details={"feedback": "Good response"}),
        post.event(Kind.REACTION, "r_2", "stranger", target="m_out1", details=loved),
    )
    query = sa.select(labels.c.kind, labels.c.value)
    with post.database.read() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    assert found == [("reaction", "love"), ("feedback", "Bad response")]
    post.hear(post.event(Kind.REACTION, "r_3", target="m_out1", details={"action": "unreact"}))
    with post.database.read() as connection:
        assert [row.kind for row in connection.execute(query)] == ["feedback"]


def test_a_block_of_the_page_stops_all_and_an_unblock_starts_it(tmp_path: Path) -> None:
    post = make_post(tmp_path)
    post.hear(post.event(Kind.POLICY, "b_1", "", details={"action": "block"}))
    post.hear(post.text("hi"))
    post.work(patience=300)
    assert post.channel.sent == []
    post.hear(post.event(Kind.POLICY, "b_2", "", details={"action": "unblock"}))
    post.work()
    assert sent_texts(post) == TWO
    assert post.channel.sent[0][0] == FRIEND
