"""Tuning finds the way to draw and choose that is most like me, and what it found is used."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from talklikeme import tune
from talklikeme.bare_tokenizer import load_bare_tokenizer
from talklikeme.engines import Drawn, Ids
from talklikeme.errors import RunError
from talklikeme.evaluation.exchanges import Exchange
from talklikeme.facts import Limits
from talklikeme.finetuning import finetune
from talklikeme.inputs import load_inputs
from talklikeme.replies import load_replier, read_sampling
from talklikeme.sampling import FIRST, Choosing, Sampling
from talklikeme.tokens import ChatEncoder
from talklikeme.tuning import Shares, Trial, Tuner
from tests.models import make_inputs, tiny
from tests.test_bare_tokenizer import BASE

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")]

ENCODER = ChatEncoder(load_bare_tokenizer(BASE), Limits(4, 64, 24))
COLD, WARM = Sampling(0.5, 0.9), Sampling(0.9, 0.9)


def answer(number: int) -> str:
    return f"i said number {number} now"


def exchanges(first: int, count: int) -> list[Exchange]:
    return [
        Exchange([{"role": "user", "content": f"Tell me {n}?"}], [answer(n)], str(n))
        for n in range(first, first + count)
    ]


class Listener:
    """Draws "lol" thrice and then what is meant, which is 0.8 nats a token likelier in its place.

    Cold, it draws nothing but "lol".
    """

    def draw(self, contexts: Sequence[Ids], draws: int, sampling: Sampling) -> list[list[Drawn]]:
        lol, *meant = (self._ids(text) for text in ("lol", *map(self._meant, contexts)))
        said = [[lol] * 3 + [lol if sampling == COLD else one] * (draws - 3) for one in meant]
        end = ENCODER.end_id
        return [
            [Drawn(ids, self.score([context], [[*ids, end]])[0]) for ids in replies]
            for context, replies in zip(contexts, said, strict=True)
        ]

    def score(self, contexts: Sequence[Ids], replies: Sequence[Ids]) -> list[float]:
        nothing = ENCODER.encode_context([])
        return [self._score(list(c) == nothing, self._meant(c), r) for c, r in zip(contexts, replies, strict=True)]  # fmt: skip

    def _score(self, is_alone: bool, meant: str, reply: Ids) -> float:
        if list(reply[:-1]) == list(self._ids("lol")):
            return -0.1 * len(reply)
        fits = not is_alone and list(reply[:-1]) == list(self._ids(meant))
        # some of mine fit everybody better than others
        anywhere = 1 + ENCODER.decode_reply(reply)[0].count("1")
        return -(anywhere - 0.8 * fits) * len(reply)

    def _ids(self, text: str) -> Ids:
        return ENCODER.encode_reply([text])[:-1]

    def _meant(self, context: Ids) -> str:
        text = ENCODER.decode_reply(list(context[1:-1]))
        return answer(int(text[0].rstrip("?").split()[-1])) if text else ""


def make_tuner(engine: Any = None) -> Tuner:
    return Tuner(engine or Listener(), ENCODER, exchanges(0, 60), exchanges(100, 30))


def test_what_answers_is_found_and_what_always_says_lol_is_not() -> None:
    tuner = make_tuner()
    cold, warm = tuner.try_all([COLD, WARM])
    best = min([*cold, *warm], key=lambda trial: trial.distance)
    assert best.sampling == WARM
    assert best.choosing.penalty
    assert best.shares.hits == 1.0
    deaf = next(trial for trial in warm if trial.choosing.penalty == 0.0)
    assert deaf.shares.hits < 0.7
    assert best.distance < 0.1
    first = next(trial for trial in warm if trial.choosing == FIRST)
    assert first.shares.distinct_2 == 0.0  # "lol" to everybody
    assert first.distance > 0.5


def test_the_distance_from_me_is_the_sum_of_four_shares() -> None:
    mine = Shares(common=0.2, distinct_2=0.8, style=0.9, hits=1.0)
    assert mine.distance(mine) == 0.0
    other = Shares(common=0.3, distinct_2=0.6, style=1.0, hits=0.4)
    assert other.distance(mine) == pytest.approx(0.1 + 0.2 + 0.1 + 0.6)


def test_the_shares_of_my_shapes_sum_to_one() -> None:
    assert sum(make_tuner().shapes.values()) == pytest.approx(1.0)


def test_the_table_fits_a_terminal_of_eighty_columns() -> None:
    way = Sampling(0.75, 0.95), Choosing(16, penalty=0.75, fit=0.3, handicap=0.75)
    ways = [way, (way[0], FIRST), (way[0], Choosing(penalty=0.0, handicap=0.0))]
    trials = [Trial(*one, Shares(0.333, 0.66, 0.777, 0.123), 1.234) for one in ways]
    table = tune.build_table(Shares(0.222, 0.88, 0.999, 1.0), trials, way)
    shown = io.StringIO()
    Console(file=shown, width=80).print(table)
    lines = shown.getvalue().splitlines()
    assert "…" not in shown.getvalue()
    assert any(line.startswith("me ") and "100.0 %" in line for line in lines)
    assert any("penalty" in line and "handicap" in line and "hits@1" in line for line in lines)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    make_inputs(folder, validation=24)
    finetune(tiny(folder, max_steps=2, sample_steps=100), load_inputs(tiny(folder)))
    return folder


def run(out: Path, monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    monkeypatch.setattr(tune, "ways_to_draw", lambda: [Sampling(0.5, 1.0)])
    return tune.main([str(out / "model"), *argv])


def test_what_was_found_is_what_chat_and_app_use(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_replier(out / "model").nature.choice
    assert run(out, monkeypatch, "--dry-run") == 0
    assert load_replier(out / "model").nature.choice == before
    assert "wrote" not in capsys.readouterr().out

    best = replace(before.choosing, penalty=0.25, draws=4)
    ranked: list[Any] = []

    def settle(tuner: Tuner, now: Sampling, console: Any) -> Any:
        [trials] = tuner.try_all([Sampling(0.5, 1.0)])
        chosen = next(t for t in trials if t.choosing == best)
        ranked.append(replace(chosen, distance=-1.0))
        return [*trials, *ranked]

    monkeypatch.setattr(tune, "try_all", settle)
    assert run(out, monkeypatch) == 0
    assert read_sampling(out / "model") == Sampling(0.5, 1.0)
    replier = load_replier(out / "model")
    assert replier.nature.choice.choosing == best
    assert replier.nature.choice.shapes
    assert load_replier(out / "model", penalty=1.0).nature.choice.choosing.penalty == 1.0
    assert replier.reply([{"role": "user", "content": "whats up"}])
    json.loads((out / "model" / "talklikeme.json").read_text())


def test_too_few_pairs_are_refused(out: Path, tmp_path: Path) -> None:
    make_inputs(tmp_path, validation=8)
    with pytest.raises(RunError, match="64 pairs in train and 8 in validation"):
        tune.main([str(out / "model"), "--pairs", str(tmp_path / "pairs")])
