"""Choosing among drawn replies: what answers beats what always fits; nothing empty, cut or repeated."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from talklikeme.bare_tokenizer import load_bare_tokenizer
from talklikeme.choosing import Candidate, fill_holes, rank, shape_of, weigh
from talklikeme.engines import Drawn, Ids
from talklikeme.facts import Limits
from talklikeme.sampling import FIRST, Choosing
from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn
from tests.test_bare_tokenizer import BASE

ENCODER = ChatEncoder(load_bare_tokenizer(BASE), Limits(4, 64, 8))
ASKED: list[Turn] = [{"role": "user", "content": "pizza or pasta?"}]


class Scripted:
    """Knows how likely each reply is after something and after nothing."""

    def __init__(self, likelihoods: dict[str, tuple[float, float]]) -> None:
        self._known = {
            tuple(ENCODER.encode_reply([text])): numbers for text, numbers in likelihoods.items()
        }

    def draw(self, contexts: Sequence[Ids], draws: int, sampling: object) -> list[list[Drawn]]:
        raise AssertionError("not asked for")

    def score(self, contexts: Sequence[Ids], replies: Sequence[Ids]) -> list[float]:
        nothing = ENCODER.encode_context([])
        return [
            self._known[tuple(reply)][list(context) == nothing]
            for context, reply in zip(contexts, replies, strict=True)
        ]


def ids(text: str) -> Ids:
    return ENCODER.encode_reply([text])[:-1]


def best(
    likelihoods: dict[str, tuple[float, float]],
    penalty: float,
    turns: list[Turn],
    handicap: float = 0.0,
) -> str:
    drawn = [Drawn(ids(text), given) for text, (given, _) in likelihoods.items()]
    weighed = weigh(Scripted(likelihoods), ENCODER, [drawn], [turns], compares=True)[0]
    choosing = Choosing(penalty=penalty, handicap=handicap)
    return " ".join(rank(weighed, choosing)[0].bubbles)


LIKELY = {"lol": (-2.0, -2.0), "pizza": (-3.0, -9.0)}


@pytest.mark.parametrize(("penalty", "said"), [(0.0, "lol"), (0.5, "pizza"), (1.0, "pizza")])
def test_what_answers_beats_what_always_fits(penalty: float, said: str) -> None:
    assert best(LIKELY, penalty, ASKED) == said


def test_a_commonplace_has_to_be_better_by_a_handicap() -> None:
    likely = {"lol": (-1.0, -4.0), "pizza": (-3.0, -9.0)}  # two tokens each
    assert best(likely, 0.0, ASKED, handicap=0.5) == "lol"  # 0.5 a token for it, 1.5 against pizza
    assert best(likely, 0.0, ASKED, handicap=1.5) == "pizza"
    both_common = {"lol": (-1.0, -4.0), "ok": (-3.0, -5.0)}
    assert best(both_common, 0.0, ASKED, handicap=1.5) == "lol"
    rare = Candidate(["pizza"], 2, -3.0, -8.1, is_whole=True, is_stale=False)
    assert not rare.is_commonplace
    assert replace(rare, alone=-8.0).is_commonplace  # once in three thousand times
    assert not replace(rare, alone=None).is_commonplace


def test_without_a_penalty_the_first_that_fits_is_said() -> None:
    first = Candidate(["ok"], 2, -9.0, -2.0, is_whole=True, is_stale=False)
    likelier = Candidate(["lol"], 2, -1.0, -9.0, is_whole=True, is_stale=False, place=1)
    stale = Candidate(["hm"], 2, -1.0, -9.0, is_whole=True, is_stale=True)
    assert rank([stale, likelier, first], FIRST) == [first, likelier, stale]


def test_what_has_just_been_said_is_not_said_again() -> None:
    told: list[Turn] = [*ASKED, {"role": "assistant", "content": "Pizza!"}, *ASKED]
    assert best(LIKELY, 0.5, told) == "lol"
    parrot: list[Turn] = [{"role": "user", "content": "pizza?"}]
    assert best(LIKELY, 0.5, parrot) == "lol"


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("bye bye bye bye", True),
        ("well i do. i think so. i think so. i think so. i think so.", True),
        ("git push -v - - - - -v", True),
        ("no no no", False),
        ("ha ha ha, that is so so good", False),
        ("hahahaha", False),
        ("i do. you do. i do. you do.", False),
    ],
)
def test_a_reply_that_goes_in_circles_comes_last(text: str, loops: bool) -> None:
    """What a sampling model falls into (Holtzman et al. 2020), and no person writes."""
    one = Candidate([text], 4, -1.0, -9.0, is_whole=True, is_stale=False)
    dull = Candidate(["ok"], 2, -9.0, -2.0, is_whole=True, is_stale=False, place=1)
    assert rank([one, dull], Choosing(penalty=0.5))[0] is (dull if loops else one)
    assert rank([one, dull], FIRST)[0] is (dull if loops else one)


def test_a_circle_may_go_through_several_bubbles() -> None:
    assert Candidate(["lol"] * 4, 8, -1.0, None, is_whole=True, is_stale=False).is_circling


def test_a_long_reply_is_no_worse_for_being_long() -> None:
    likely = {"lol": (-2.0, -2.0), "pizza is what i want": (-6.0, -12.0)}
    assert best(likely, 0.5, ASKED) == "pizza is what i want"


def test_empty_and_equal_replies_count_once_or_not_at_all() -> None:
    lol, *empty = (Drawn(one, -2.0) for one in (ids("lol"), [], [ENCODER.bubble_id]))
    engine = Scripted(LIKELY)
    weighed = weigh(engine, ENCODER, [[lol, *empty, lol], empty], [ASKED, []], compares=True)
    assert [[one.bubbles for one in found] for found in weighed] == [[["lol"]], []]
    assert weigh(Scripted({}), ENCODER, [empty], [[]], compares=True) == [[]]


def test_what_nobody_asks_for_is_not_computed() -> None:
    """The hot path of a reply without a penalty: Scripted({}) knows no likelihood."""
    drawn = [Drawn(ids("lol"), -2.0)]
    ((only,),) = weigh(Scripted({}), ENCODER, [drawn], [ASKED], compares=False)
    assert (only.given, only.alone, only.score(0.0)) == (-2.0, None, -2.0 / only.tokens)
    with pytest.raises(ValueError, match="penalty"):
        only.score(0.5)


def test_placeholders_are_a_last_resort_and_never_shown() -> None:
    assert best({"call <phone>": (-1.0, -9.0), "lol": (-2.0, -2.0)}, 0.5, ASKED) == "lol"
    assert fill_holes(["call <phone>", "or <url>"]) == ["call …", "or …"]


def test_a_reply_that_was_cut_short_comes_last() -> None:
    cut = Candidate(["it was so"], 8, -2.0, -20.0, is_whole=False, is_stale=False)
    whole = Candidate(["ok"], 2, -9.0, -2.0, is_whole=True, is_stale=False)
    stale = Candidate(["hm"], 2, -1.0, -9.0, is_whole=True, is_stale=True)
    assert rank([stale, cut, whole], Choosing(penalty=0.5)) == [whole, cut, stale]


def test_a_shape_that_i_never_write_weighs_less() -> None:
    long = Candidate(["well that is a story"], 6, -6.0, -12.0, is_whole=True, is_stale=False)
    short = Candidate(["pizza"], 2, -2.2, -4.0, is_whole=True, is_stale=False, place=1)
    shapes = {shape_of(short.bubbles): 0.9, shape_of(long.bubbles): 0.1}
    assert rank([long, short], Choosing(handicap=0.0), shapes)[0] is long
    assert rank([long, short], Choosing(fit=0.1, handicap=0.0), shapes)[0] is short
    assert rank([long, short], Choosing(fit=0.1, handicap=0.0))[0] is long  # never tuned: all alike
