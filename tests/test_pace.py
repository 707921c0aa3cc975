"""The budget of time: fewer draws rather than a late answer."""

import time
from collections.abc import Sequence

from talklikeme.answering import EngineReplier
from talklikeme.bare_tokenizer import load_bare_tokenizer
from talklikeme.engines import Drawn, Ids
from talklikeme.facts import Limits, ModelFacts, Nature
from talklikeme.pace import Pace
from talklikeme.sampling import Sampling
from talklikeme.tokens import ChatEncoder
from tests.test_bare_tokenizer import BASE


def test_draws_are_as_many_as_fit_and_never_none() -> None:
    pace = Pace(budget_ms=100)
    assert pace.allow(8, 1) == 8  # nothing is known yet
    pace.note(8, 1, 0.2)  # 25 ms a draw
    assert pace.allow(8, 1) == 4
    assert pace.allow(8, 2) == 2
    assert pace.allow(8, 50) == 1
    for _ in range(20):
        pace.note(4, 1, 0.02)  # the machine is free again
    assert pace.allow(8, 1) == 8
    assert Pace().allow(8, 1000) == 8


class Lame:
    """Needs 20 ms a draw."""

    def __init__(self, encoder: ChatEncoder) -> None:
        self._said = encoder.encode_reply(["lol"])[:-1]
        self.draws: list[int] = []

    def draw(self, contexts: Sequence[Ids], draws: int, sampling: Sampling) -> list[list[Drawn]]:
        self.draws.append(draws)
        time.sleep(0.02 * draws)
        return [[Drawn(self._said, -1.0)] * draws for _ in contexts]

    def score(self, contexts: Sequence[Ids], replies: Sequence[Ids]) -> list[float]:
        return [-1.0] * len(replies)


def test_a_lame_machine_answers_in_time() -> None:
    encoder = ChatEncoder(load_bare_tokenizer(BASE), Limits(4, 64, 8))
    lame = Lame(encoder)
    nature = Nature(ModelFacts(1, 1), encoder.limits)
    replier = EngineReplier(lame, encoder, Sampling(1.0, 1.0), nature, pace=Pace(60))
    for _ in range(3):
        assert replier.reply([]) == ["lol"]
    assert lame.draws[0] == 8
    assert all(1 <= draws <= 3 for draws in lame.draws[1:])
