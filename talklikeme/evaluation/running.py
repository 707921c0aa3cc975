"""Run all contestants through all measures on held-out pairs; a measure that cannot be is noted."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from datasets import Dataset, DatasetDict
from tqdm import tqdm

from talklikeme.evaluation import choice
from talklikeme.evaluation.bits import bits_per_byte, score_exchanges
from talklikeme.evaluation.contestants import Contestant, Context, NotScored, Reply
from talklikeme.evaluation.exchanges import Exchange, friends_burst, pick, read_exchanges
from talklikeme.evaluation.life import Memory, measure_life
from talklikeme.evaluation.results import FRIENDS, ME, ME_BEFORE, Evaluation, Line
from talklikeme.evaluation.style import (
    FEWEST_TEXTS,
    StyleJudge,
    auc,
    measure_distances,
    measure_habits,
)

FEWEST_ROWS = 20  # below it nothing is measured: an interval would span everything
_BLOCK = 100  # pairs between two moves of the progress bar

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: held-out pairs scored, put beside 19 others, and answered."""

    scored: int = 1000
    chosen: int = 1000
    sampled: int = 1000
    seed: int = 0


AFTER_TRAINING = Plan(scored=1000, chosen=100, sampled=300)  # a minute or two on a laptop


@dataclass(slots=True)
class _Ground:
    """What all contestants are measured on."""

    scored: list[Exchange]
    chosen: list[Exchange]
    candidates: list[list[Reply]]
    sampled: list[Exchange]
    memory: Memory
    judge: StyleJudge | None
    friends: list[Reply]
    friends_marks: list[float] = field(default_factory=list)

    @property
    def contexts(self) -> list[Context]:
        return [exchange.context for exchange in self.sampled]

    @property
    def mine(self) -> list[Reply]:
        return [exchange.reply for exchange in self.sampled]


def evaluate(
    contestants: Sequence[Contestant], pairs: DatasetDict, plan: Plan, *, quiet: bool = False
) -> Evaluation:
    """Measure all contestants on the test split, or on validation if there is none."""
    started = time.monotonic()
    split, held_out = _held_out(pairs)
    sessions = len({exchange.session for exchange in held_out})
    found = Evaluation(split, len(held_out), sessions, plan.seed)
    if split != "test":
        found.notes.append(
            "The test split is empty: judged on validation, which has also chosen the checkpoint."
        )
    if len(held_out) < FEWEST_ROWS:
        found.notes.append(
            f"Only {len(held_out)} held-out pairs: nothing is measured on fewer than {FEWEST_ROWS}."
        )
        return found
    train = read_exchanges(pairs["train"])
    ground = _prepare(train, held_out, plan, found)
    found.lines = list(_reference(train, ground, plan.seed))
    with tqdm(
        total=len(contestants) * 3, desc="evaluation", disable=quiet or None, leave=False
    ) as bar:
        bar.bar_format = "{desc} {percentage:3.0f}% |{bar}| {elapsed}<{remaining}{postfix}"
        for contestant in contestants:
            found.lines.append(_measure(contestant, ground, plan.seed, bar))
    found.seconds = time.monotonic() - started
    return found


def _held_out(pairs: DatasetDict) -> tuple[str, list[Exchange]]:
    empty: Sequence[Dataset] = ()
    for split in ("test", "validation"):
        if exchanges := read_exchanges(pairs.get(split, empty)):
            return split, exchanges
    return "test", []


def _prepare(
    train: Sequence[Exchange], held_out: Sequence[Exchange], plan: Plan, found: Evaluation
) -> _Ground:
    chosen = pick(held_out, plan.chosen, plan.seed)
    candidates = choice.draw_candidates(chosen, pool=held_out, seed=plan.seed)
    if not candidates:
        found.notes.append(
            f"hits@1 is not measured: it needs {choice.CANDIDATES} different replies, held-out has "
            f"{choice.count_different(held_out)}."
        )
        chosen = []
    sampled = pick(held_out, plan.sampled, plan.seed)
    friends: list[Reply] = [
        burst for exchange in sampled if (burst := friends_burst(exchange.context))
    ]
    ground = _Ground(
        scored=pick(held_out, plan.scored, plan.seed),
        chosen=chosen,
        candidates=candidates,
        sampled=sampled,
        memory=Memory([exchange.reply for exchange in train]),
        judge=_train_judge(train, friends, found, plan.seed),
        friends=friends,
    )
    if ground.judge:
        ground.friends_marks = ground.judge.probabilities(friends)
    found.scored, found.chosen, found.sampled = len(ground.scored), len(chosen), len(sampled)
    return ground


def _train_judge(
    train: Sequence[Exchange], held_out_friends: Sequence[Reply], found: Evaluation, seed: int
) -> StyleJudge | None:
    mine = [exchange.reply for exchange in train]
    friends = [burst for exchange in train if (burst := friends_burst(exchange.context))]
    if min(len(mine), len(friends)) < FEWEST_TEXTS or not held_out_friends:
        found.notes.append(
            f"Style is not judged: train has {len(mine)} replies of mine and {len(friends)} of "
            f"friends (it needs {FEWEST_TEXTS} of each), held-out has {len(held_out_friends)} of friends."
        )
        return None
    return StyleJudge(mine, friends, seed=seed)


def _reference(train: Sequence[Exchange], ground: _Ground, seed: int) -> Iterator[Line]:
    """Me, me as I wrote before (how far one sample of me is from another), and my friends."""
    before = [exchange.reply for exchange in pick(train, len(ground.sampled), seed)]
    for name, replies in ((ME, ground.mine), (ME_BEFORE, before), (FRIENDS, ground.friends)):
        line = Line(name, is_reference=True)
        _judge_replies(line, replies, ground)
        if name == ME:
            line.life = measure_life(ground.contexts, replies, ground.memory)
            line.distances = None
        yield line


def _measure(contestant: Contestant, ground: _Ground, seed: int, bar: Any) -> Line:
    line = Line(contestant.name)
    exchanges = ground.scored
    bar.set_postfix_str(f"{contestant.name}: scores my replies")
    with contextlib.suppress(NotScored):
        rows = _in_blocks(
            lambda start, end: score_exchanges(contestant, exchanges[start:end]),
            len(exchanges),
            bar,
        )
        line.bits = bits_per_byte(rows, exchanges, seed=seed)
    if ground.candidates:
        bar.set_postfix_str(f"{contestant.name}: chooses among {choice.CANDIDATES}")
        with contextlib.suppress(NotScored):
            line.choice = _choose(contestant, ground, seed, bar)
    bar.set_postfix_str(f"{contestant.name}: answers")
    _judge_replies(line, list(contestant.answer(ground.contexts, seed=seed)), ground)
    line.life = measure_life(ground.contexts, line.replies, ground.memory)
    bar.update()
    return line


def _choose(contestant: Contestant, ground: _Ground, seed: int, bar: Any) -> choice.Choice:
    judging = choice.Judging(contestant)
    judged = _in_blocks(
        lambda start, end: judging.judge(ground.chosen[start:end], ground.candidates[start:end]),
        len(ground.chosen),
        bar,
    )
    return choice.summarise(judged, ground.chosen, seed=seed)


def _judge_replies(line: Line, replies: Sequence[Reply], ground: _Ground) -> None:
    """Style, habits and distances of a set of replies."""
    line.replies = list(replies)
    line.habits = measure_habits(replies)
    line.distances = measure_distances(replies, ground.mine)
    if ground.judge and replies:
        line.probabilities = ground.judge.probabilities(replies)
        line.probability = sum(line.probabilities) / len(replies)
        line.auc = auc(line.probabilities, ground.friends_marks)


def _in_blocks(work: Callable[[int, int], list[Found]], count: int, bar: Any) -> list[Found]:
    """The work from start to end in blocks, so that the bar moves; all together are one step of it."""
    found: list[Found] = []
    for start in range(0, count, _BLOCK):
        end = min(start + _BLOCK, count)
        found += work(start, end)
        bar.update((end - start) / count)
    return found
