"""How to draw and choose, so that what is said is most like me: tried on held-out messages.

Every way to draw answers the same messages once; every way to choose picks from what was drawn. Four
shares of 1 tell how far that is from me, and their sum decides, the smaller the better:

    common      |share of replies among my 20 commonest - mine|           (evaluation/life.py)
    variety     |distinct pairs of words - mine|, to the same messages    (evaluation/life.py)
    style       |mean probability of "me" - mine|                         (evaluation/style.py)
    deafness    1 - hits@1: my true reply among 19 others of mine, by the score that chooses

Who says the first that fits does not choose; its hits@1 is that of the likelihood, as in the evaluation.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from statistics import mean
from typing import Final

from talklikeme.choosing import Candidate, rank, shape_of, weigh
from talklikeme.engines import Engine
from talklikeme.evaluation.choice import draw_candidates, summarise
from talklikeme.evaluation.contestants import Context, Reply
from talklikeme.evaluation.exchanges import Exchange, as_text, friend_of, friends_burst
from talklikeme.evaluation.life import Memory, measure_life
from talklikeme.evaluation.style import StyleJudge
from talklikeme.sampling import FIRST, Choosing, Sampling
from talklikeme.tokens import ChatEncoder

# None of the four shares hears nonsense: hotter draws and a full penalty come near to mine in all of them
# and say what nobody would. So those are not tried (docs/replies.md).
TEMPERATURES: Final = (0.5, 0.7, 0.8)
TOP_PS: Final = (0.9, 0.95)
DRAWS: Final = (4, 8, 16)
PENALTIES: Final = (0.0, 0.25, 0.5, 0.75)
FITS: Final = (0.0, 0.3)
HANDICAPS: Final = (0.0, 0.5, 0.75, 1.0)
_TOGETHER: Final = 16  # messages whose replies are drawn at once


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of 1 that tell how alive and how like me a set of replies is."""

    common: float
    distinct_2: float
    style: float
    hits: float

    def distance(self, mine: "Shares") -> float:
        """The sum of the module's docstring."""
        apart = (self.common - mine.common, self.distinct_2 - mine.distinct_2)
        return sum(map(abs, (*apart, self.style - mine.style))) + 1 - self.hits


@dataclass(frozen=True, slots=True)
class Trial:
    """A way to draw and choose, and what came of it."""

    sampling: Sampling
    choosing: Choosing
    shares: Shares
    distance: float


def ways_to_draw() -> list[Sampling]:
    """All that are tried."""
    return [Sampling(*pair) for pair in product(TEMPERATURES, TOP_PS)]


def ways_to_choose() -> list[Choosing]:
    """All that are tried: the first that fits, and every mixture of the score's parts."""
    mixtures = product(DRAWS, PENALTIES, FITS, HANDICAPS)
    return [FIRST, *(Choosing(*mixture) for mixture in mixtures)]


class Tuner:
    """Answers the messages of held-out exchanges in every way and compares the replies with mine.

    `shapes` are the shares of my replies in `train` that have a shape (choosing.shape_of).
    """

    def __init__(
        self,
        engine: Engine,
        encoder: ChatEncoder,
        train: Sequence[Exchange],
        held_out: Sequence[Exchange],
        *,
        seed: int = 0,
    ) -> None:
        self._engine = engine
        self._encoder = encoder
        self._asked = list(held_out)
        self._seed = seed
        replies = [exchange.reply for exchange in train]
        friends = [burst for one in train if (burst := friends_burst(one.context))]
        counts = Counter(map(shape_of, replies))
        self.shapes = {shape: count / len(replies) for shape, count in counts.most_common()}
        self._memory = Memory(replies)
        self._judge = StyleJudge(replies, friends, seed=seed)
        self._marks: dict[str, float] = {}
        self.mine = self._measure([exchange.reply for exchange in held_out], hits=1.0)

    def try_all(
        self, samplings: Sequence[Sampling], choosings: Sequence[Choosing] | None = None
    ) -> Iterator[list[Trial]]:
        """The trials of one way to draw after the other, each with these ways to choose or with all."""
        for sampling in samplings:
            drawn = [one for start in self._starts for one in self._draw(start, sampling)]
            yield [self._try(drawn, sampling, way) for way in choosings or ways_to_choose()]

    @property
    def _starts(self) -> range:
        return range(0, len(self._asked), _TOGETHER)

    def _draw(self, start: int, sampling: Sampling) -> list[list[Candidate]]:
        """What could be said to each message of a batch."""
        asked = self._asked[start : start + _TOGETHER]
        contexts = [self._encode(exchange.context) for exchange in asked]
        drawn = self._engine.draw(contexts, max(DRAWS), sampling)
        talks = [exchange.context for exchange in asked]
        return weigh(self._engine, self._encoder, drawn, talks, compares=True)

    def _encode(self, context: Context) -> list[int]:
        return self._encoder.encode_context(context, friend_of(context))

    def _try(
        self,
        drawn: Sequence[Sequence[Candidate]],
        sampling: Sampling,
        choosing: Choosing,
    ) -> Trial:
        said = [self._choose(candidates, choosing) for candidates in drawn]
        shares = self._measure(said, hits=self._hits[choosing.penalty or 0.0])
        return Trial(sampling, choosing, shares, shares.distance(self.mine))

    def _choose(self, candidates: Sequence[Candidate], choosing: Choosing) -> Reply:
        first = [one for one in candidates if one.place < choosing.draws]
        return rank(first, choosing, self.shapes)[0].bubbles if first else []

    def _measure(self, replies: Sequence[Reply], *, hits: float) -> Shares:
        life = measure_life([one.context for one in self._asked], replies, self._memory)
        return Shares(life.commonest, life.distinct_2, self._judge_style(replies), hits)

    def _judge_style(self, replies: Sequence[Reply]) -> float:
        new = {as_text(reply): reply for reply in replies if as_text(reply) not in self._marks}
        if new:
            marks = self._judge.probabilities(list(new.values()))
            self._marks |= dict(zip(new, marks, strict=True))
        return mean(self._marks[as_text(reply)] for reply in replies)

    @cached_property
    def _hits(self) -> dict[float, float]:
        """Penalty → hits@1 of 20 by the score that chooses; 0 where there are too few to draw from."""
        rows = draw_candidates(self._asked, pool=self._asked, seed=self._seed)
        alone = self._score_alone({as_text(reply): reply for row in rows for reply in row})
        known = [
            self._weigh_known(one.context, row, alone)
            for one, row in zip(self._asked, rows, strict=False)
        ]
        found = {}
        for penalty in PENALTIES:
            scores = [[one.score(penalty) for one in row] for row in known]
            found[penalty] = summarise(scores, self._asked).hits.value if scores else 0.0
        return found

    def _score_alone(self, replies: Mapping[str, Reply]) -> dict[str, float]:
        """log P(reply | nothing): it is the same in every row, so each is scored once."""
        ids = [self._encoder.encode_reply(reply) for reply in replies.values()]
        scores = self._engine.score([self._encoder.encode_context([])] * len(ids), ids)
        return dict(zip(replies, scores, strict=True))

    def _weigh_known(
        self, context: Context, replies: Sequence[Reply], alone: Mapping[str, float]
    ) -> list[Candidate]:
        """Replies of mine as if they had been drawn."""
        ids = [self._encoder.encode_reply(reply) for reply in replies]
        given = self._engine.score([self._encode(context)] * len(ids), ids)
        return [
            Candidate(
                list(reply), len(one), here, alone[as_text(reply)], is_whole=True, is_stale=False
            )
            for reply, one, here in zip(replies, ids, given, strict=True)
        ]
