"""Quoting what I really said: chosen like all else, and never where others could read it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from talklikeme.answering import EngineReplier
from talklikeme.bare_tokenizer import load_bare_tokenizer
from talklikeme.blend import Blend, load_blend
from talklikeme.engines import Drawn, Ids
from talklikeme.errors import RunError
from talklikeme.facts import Choice, Limits, ModelFacts, Nature
from talklikeme.sampling import Choosing, Sampling
from talklikeme.tokens import ChatEncoder
from talklikeme.turns import Turn
from tests.models import make_inputs
from tests.test_bare_tokenizer import BASE

ENCODER = ChatEncoder(load_bare_tokenizer(BASE), Limits(4, 64, 24))


def talk(*texts: str) -> list[Turn]:
    return [{"role": "user", "content": text} for text in texts]


BLEND = Blend(
    [talk("who wrote the anvil driver"), talk("pizza tonight"), talk("pizza or pasta")],
    [["i did"], ["sure"], ["pizza!"]],
)


def test_the_nearest_comes_first_and_strangers_not_at_all() -> None:
    assert BLEND.recall([talk("pizza tonight please")]) == [[["sure"], ["pizza!"]]]
    assert BLEND.recall([talk("xyzzy")]) == [[]]


class Lukewarm:
    """Draws "hm", and finds likeliest what I once said."""

    def draw(self, contexts: Sequence[Ids], draws: int, sampling: Sampling) -> list[list[Drawn]]:
        return [[Drawn(ENCODER.encode_reply(["hm"])[:-1], -3.0)] for _ in contexts]

    def score(self, contexts: Sequence[Ids], replies: Sequence[Ids]) -> list[float]:
        mine = ENCODER.encode_reply(["i did"])
        return [-0.5 if list(reply) == mine else -3.0 for reply in replies]


def reply(blend: Blend | None, penalty: float | None = 0.0) -> list[str]:
    choice = Choice(Choosing(penalty=penalty))
    nature = Nature(ModelFacts(1, 1), ENCODER.limits, choice=choice)
    replier = EngineReplier(Lukewarm(), ENCODER, Sampling(1.0, 1.0), nature, memory=blend)
    return replier.reply(talk("did you write the anvil driver"))


def test_what_i_said_once_is_said_again_where_it_answers_best() -> None:
    assert reply(BLEND) == ["i did"]
    assert reply(None) == ["hm"]


def test_pairs_are_read_and_anything_else_is_refused(tmp_path: Path) -> None:
    make_inputs(tmp_path)
    assert load_blend(tmp_path / "pairs").recall([talk("whats up")])[0]
    with pytest.raises(RunError, match="not a whole dataset"):
        load_blend(tmp_path)


@pytest.mark.parametrize("flags", [[], ["--no-messenger", "--host", "0.0.0.0"]])
def test_nobody_else_gets_to_read_it(flags: list[str]) -> None:
    command = [sys.executable, "app.py", "--blend", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--blend: quotes your private chats" in done.stderr
    assert "Traceback" not in done.stderr
