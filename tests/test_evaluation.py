"""The numbers of the evaluation: bits per byte, the choice of 20, style and life, by hand."""

import math
import random
from collections.abc import Sequence

import pytest

from talklikeme.evaluation.bits import bits_per_byte, score_exchanges
from talklikeme.evaluation.choice import CANDIDATES, Judging, draw_candidates, summarise
from talklikeme.evaluation.contestants import Context, NotScored, Reply
from talklikeme.evaluation.exchanges import (
    Exchange,
    as_text,
    count_bytes,
    friends_burst,
    pick,
    read_exchanges,
)
from talklikeme.evaluation.intervals import ratio_interval
from talklikeme.evaluation.life import Memory, measure_life
from talklikeme.evaluation.style import (
    StyleJudge,
    auc,
    length_class,
    measure_distances,
    measure_habits,
)
from talklikeme.evaluation.words import case_of, count_emoji, end_of, slang_words
from talklikeme.turns import Turn


def friend(text: str) -> Turn:
    return {"role": "user", "content": text}


def me(text: str) -> Turn:
    return {"role": "assistant", "content": text}


class Fake:
    """A contestant whose score is a function of context and reply."""

    name = "fake"

    def score(self, contexts: Sequence[Context], replies: Sequence[Reply]) -> list[float]:
        return [self.judge(*pair) for pair in zip(contexts, replies, strict=True)]

    def judge(self, context: Context, reply: Reply) -> float:
        raise NotScored("only some can")

    def answer(self, contexts: Sequence[Context], *, seed: int) -> list[list[str]]:
        return [["lol"] for _ in contexts]


class UniformBytes(Fake):
    """Every byte, separator and end costs ln 256."""

    def judge(self, context: Context, reply: Reply) -> float:
        return -math.log(256) * count_bytes(reply)


class UniformPairsOfBytes(Fake):
    """The same odds, with a vocabulary of all pairs of bytes and of single ones for what is left."""

    def judge(self, context: Context, reply: Reply) -> float:
        data = "".join(bubble + "\x00" for bubble in reply).encode()
        tokens = [data[start : start + 2] for start in range(0, len(data), 2)]
        return sum(-math.log(256 ** len(token)) for token in tokens)


class Oracle(Fake):
    """Knows that every context ends with the reply."""

    name = "oracle"

    def judge(self, context: Context, reply: Reply) -> float:
        return 0.0 if context and context[-1]["content"] == as_text(reply) else -1000.0


def exchanges(count: int = 60) -> list[Exchange]:
    """Different replies of different lengths, three a session; the friend says them before me."""
    replies = [[f"reply {number}", *(["lol 😂"] * (number % 3))] for number in range(count)]
    return [
        Exchange([friend("hey"), friend(as_text(reply))], reply, f"session {number // 3}")
        for number, reply in enumerate(replies)
    ]


def test_bytes_count_separators_and_the_end() -> None:
    assert count_bytes(["lol"]) == 4
    assert count_bytes(["é", "😂"]) == 2 + 1 + 4 + 1


def test_who_knows_nothing_of_bytes_has_eight_bits_a_byte() -> None:
    told = bits_per_byte(score_exchanges(UniformBytes(), exchanges()), exchanges())
    assert told.value == pytest.approx(8, abs=1e-12)
    assert (told.low, told.high) == (pytest.approx(8), pytest.approx(8))


def test_bits_per_byte_do_not_depend_on_the_tokenizer() -> None:
    by_bytes, by_pairs = (
        bits_per_byte(score_exchanges(contestant, exchanges()), exchanges()).value
        for contestant in (UniformBytes(), UniformPairsOfBytes())
    )
    assert by_bytes == pytest.approx(by_pairs, abs=1e-12)


def test_an_interval_holds_the_value_and_shrinks_with_more_sessions() -> None:
    lots = random.Random(1)
    values = [lots.random() for _ in range(900)]
    few, many = (
        ratio_interval(values[:size], [1] * size, range(size), seed=0) for size in (30, 900)
    )
    assert many.low < many.value < many.high
    assert many.high - many.low < (few.high - few.low) / 3
    assert 0.5 - 0.05 < many.value < 0.5 + 0.05
    # what is repeated within a session tells nothing new: the interval must not shrink
    sessions = [number // 30 for number in range(900)]
    repeated = [values[session] for session in sessions]
    clustered = ratio_interval(repeated, [1] * 900, sessions, seed=0)
    assert clustered.high - clustered.low == pytest.approx(few.high - few.low, rel=0.01)


def test_the_oracle_always_chooses_right_and_the_indifferent_by_chance() -> None:
    asked = exchanges()
    candidates = draw_candidates(asked, pool=asked, seed=3)
    knows = summarise(Judging(Oracle()).judge(asked, candidates), asked)
    assert (knows.hits.value, knows.reciprocal_rank.value, knows.mean_rank) == (1, 1, 1)

    alike = summarise(Judging(UniformBytes()).judge(asked, candidates), asked)
    assert alike.hits.value == pytest.approx(1 / CANDIDATES)
    assert alike.mean_rank == pytest.approx((CANDIDATES + 1) / 2)
    assert alike.reciprocal_rank.value == pytest.approx(
        sum(1 / place for place in range(1, CANDIDATES + 1)) / CANDIDATES
    )


def test_who_ignores_the_context_chooses_about_by_chance() -> None:
    class Moody(Fake):
        def judge(self, context: Context, reply: Reply) -> float:
            return -random.Random(as_text(reply)).random() * count_bytes(reply)

    asked = exchanges(600)
    candidates = draw_candidates(asked, pool=asked, seed=0)
    told = summarise(Judging(Moody()).judge(asked, candidates), asked)
    assert told.hits.value == pytest.approx(1 / CANDIDATES, abs=0.03)


def test_neither_short_nor_common_replies_are_preferred() -> None:
    class Listener(Fake):
        """Finds short replies and "lol" likelier anywhere, and every true reply a little likelier in its place."""

        asked = 0

        def judge(self, context: Context, reply: Reply) -> float:
            text = as_text(reply)
            self.asked += not context
            likely = -float(count_bytes(reply)) + 90 * (text == "lol")
            return likely + 0.1 * (bool(context) and context[-1]["content"] in text)

    asked = [
        Exchange([friend(f"about {n}?")], [f"well, about {n}? " * (1 + n % 3)], "s")
        for n in range(30, 60)
    ]
    pool = [*asked, *(Exchange([], [text], "s") for text in ("lol", "k", "ok"))]
    candidates = draw_candidates(asked, pool=pool, seed=0)
    listener = Listener()
    judging = Judging(listener)
    halves = [judging.judge(asked[at : at + 15], candidates[at : at + 15]) for at in (0, 15)]
    assert summarise([row for half in halves for row in half], asked).hits.value == 1
    assert listener.asked == len(pool)  # each reply once, in all blocks together


def test_candidates_are_the_true_reply_and_nineteen_others_and_the_seed_decides() -> None:
    asked = exchanges() + exchanges()  # every text twice
    drawn = draw_candidates(asked, pool=asked, seed=0)
    for exchange, candidates in zip(asked, drawn, strict=True):
        assert candidates[0] == exchange.reply
        assert len({as_text(reply) for reply in candidates}) == CANDIDATES
    assert drawn == draw_candidates(asked, pool=asked, seed=0)
    assert drawn != draw_candidates(asked, pool=asked, seed=1)
    assert draw_candidates(asked[:19], pool=asked[:19], seed=0) == []


def test_a_liking_is_compared_as_it_is() -> None:
    class Likes(Fake):
        def prefer(
            self, contexts: Sequence[Context], candidates: Sequence[Sequence[Reply]]
        ) -> list[list[float]]:
            return [[float(reply == row[0]) for reply in row] for row in candidates]

    asked = exchanges()
    judged = Judging(Likes()).judge(asked, draw_candidates(asked, pool=asked, seed=0))
    assert summarise(judged, asked).hits.value == 1


def test_rows_become_exchanges_without_what_has_no_text() -> None:
    rows = [
        {"prompt": [friend("hi")], "completion": [me(" lol\u200e "), me("\u200e")], "session": "a"},
        {"prompt": [friend("hi")], "completion": [me("\u200e")], "session": "a"},
    ]
    assert [exchange.reply for exchange in read_exchanges(rows)] == [["lol"]]


def test_the_friends_burst_is_what_came_since_my_last_turn() -> None:
    assert friends_burst([friend("a"), me("b"), friend("c"), friend("d")]) == ["c", "d"]
    assert friends_burst([friend("a"), me("b")]) == []


def test_a_sample_keeps_its_order_and_depends_on_the_seed() -> None:
    some = exchanges(50)
    assert pick(some, 50, 0) == some
    picked = pick(some, 20, 0)
    assert len(picked) == 20
    assert [some.index(one) for one in picked] == sorted(some.index(one) for one in picked)
    assert picked == pick(some, 20, 0) != pick(some, 20, 1)


def writer(name: str, count: int) -> list[list[str]]:
    """Two invented writers with different habits and the same topics."""
    lots = random.Random(name)
    topics = ["pizza", "the train", "homework", "saturday", "that film", "my cat"]
    if name == "me":
        return [[f"lol {lots.choice(topics)}", "haha yeah"][: 1 + lots.random().__round__()]
                for _ in range(count)]  # fmt: skip
    return [[f"Well, I think {lots.choice(topics)} is nice."] for _ in range(count)]


def test_the_judge_separates_two_writers_whose_texts_it_has_not_read() -> None:
    judge = StyleJudge(writer("me", 200), writer("friend", 200))
    mine = judge.probabilities([["lol the zoo"], ["haha yeah the zoo"]])
    friends = judge.probabilities([["Well, I think the zoo is nice."], ["I think so."]])
    assert auc(mine, friends) == 1
    assert min(mine) > 0.7 > 0.3 > max(friends)


def test_who_copies_from_train_gets_no_better_marks_than_who_writes_anew() -> None:
    """The judge would know texts of noise by heart, if it judged what it has read."""
    lots = random.Random(0)
    noise = [["".join(lots.choices("abcdefghij ", k=30))] for _ in range(400)]
    judge = StyleJudge(noise[:200], noise[200:])
    told = auc(judge.probabilities(noise[:200]), judge.probabilities(noise[200:]))
    assert told == pytest.approx(0.5, abs=0.12)


def test_distances_are_nothing_to_oneself_and_most_to_ones_opposite() -> None:
    mine = [["ok lol 😂"], ["see you!", "ok bye lol"]]
    assert set(measure_distances(mine, mine).values()) == {0.0}
    other = [["THIS IS ONE VERY LONG AND LOUD MESSAGE TO YOU ALL."] for _ in range(2)]
    far = measure_distances(other, mine)
    assert far["length"] == far["case"] == far["punctuation"] == 1
    assert far["bubbles"] == pytest.approx(math.sqrt(_js([1, 0], [0.5, 0.5])))
    assert far["emoji"] == pytest.approx(1 / 3)  # mine: one in three bubbles
    assert far["slang"] == pytest.approx(2 / 8)  # "lol" twice in eight words ("😂" is one)


def _js(p: list[float], q: list[float]) -> float:
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    half = [
        sum(a * math.log2(a / m) for a, m in zip(side, middle, strict=True) if a) for side in (p, q)
    ]
    return sum(half) / 2


def test_habits_by_hand() -> None:
    habits = measure_habits([["Ok lol!", "no 😂😂"], ["YES"]])
    assert habits.characters == (7 + 5 + 3) / 2
    assert habits.bubbles == 1.5
    assert habits.capitals == pytest.approx(2 / 3)
    assert habits.punctuation == pytest.approx(100 / 15)
    assert habits.emoji == pytest.approx(100 / 3)
    assert habits.slang == pytest.approx(100 / 5)
    assert set(_values(measure_habits([[]]))) == {0.0}


def _values(habits: object) -> list[float]:
    return [getattr(habits, name) for name in type(habits).__slots__]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("bubble", "case", "end"),
    [
        ("lol", "lower", "word"),
        ("Lol.", "capital first", "."),
        ("OMG!!!", "all capitals", "!"),
        ("I", "capital first", "word"),
        ("wait...", "lower", "..."),
        ("well…", "lower", "..."),
        ("why? ", "lower", "?"),
        ("haha :)", "lower", "emoji"),
        ("😂", "no letter", "emoji"),
        ("42%", "no letter", "other"),
        ("", "no letter", "other"),
    ],
)
def test_how_a_bubble_is_written(bubble: str, case: str, end: str) -> None:
    assert (case_of(bubble), end_of(bubble)) == (case, end)


def test_emoji_and_slang_are_counted() -> None:
    assert count_emoji("lol 😂😂 ok :)))") == 2
    assert slang_words('LOL, "lollipop" ... brb!') == 2


def test_lengths_fall_into_powers_of_two() -> None:
    assert [length_class(["x" * size]) for size in (0, 1, 2, 3, 4, 7, 8)] == [0, 1, 2, 2, 3, 3, 4]


def test_life_by_hand() -> None:
    common = [[f"common {number}"] for number in range(20)]
    train = [*common, *common, ["a rare and long one said once"], ["Lol"], ["one", "two"]]
    contexts: list[list[Turn]] = [[friend("Hey you"), friend("say it")]] * 7
    replies = [
        ["common 3"],  # common, a copy
        ["COMMON 4"],  # common in other case, no copy
        ["hey you"],  # repeats the prompt
        ["one", "two"],  # a copy, not common
        ["a rare and long one said once"],  # a long copy
        ["this is five words new"],  # long, no copy
        [],  # empty
    ]
    life = measure_life(contexts, replies, Memory(train))
    assert life.commonest == pytest.approx(2 / 7)
    assert life.copies == pytest.approx(3 / 7)
    assert life.long_copies == pytest.approx(1 / 2)
    assert life.echoes == pytest.approx(1 / 7)
    assert life.empty == pytest.approx(1 / 7)
    # words: common 3 common 4 hey you one two | a rare and long one said once | this is five words new
    assert life.distinct_1 == pytest.approx(18 / 20)  # "common" and "one" are there twice
    assert life.distinct_2 == pytest.approx(13 / 13)  # 1 + 1 + 1 + 6 + 4 pairs, none over a bubble


def test_the_commonest_are_told_by_count_and_not_by_order() -> None:
    train = [[f"once {number}"] for number in range(30)] + [["k"]] * 2
    assert Memory(train).is_common(["k"])
    assert measure_life([[friend("k")]] * 2, [["k"], ["lol"]], Memory(train)).commonest == 0.5
