"""Does it sound like me? A judge of style, and how far six habits are from mine.

The judge is a classifier of character n-grams (stylometry's strongest single feature: Stamatatos
2009): logistic regression on TF-IDF of 1 to 4 characters, my replies against my friends' bursts of
train, both sides weighing the same. Its probability of "me" is averaged over a set of replies, and AUC
is the chance that it takes one of the set for more like me than one of my friends': 0.5 is a stranger,
and what my real held-out replies get is the ceiling. It hears words too, so topics that are mine count
as style. A set that repeats one reply of mine can pass the ceiling; Life (life.py) shows that.

Distances, 0 is the same as mine, on the same contexts:
    length       Jensen-Shannon distance (base 2, at most 1) of characters a reply, in powers of two
    bubbles      the same of bubbles a reply (1, 2, 3, 4, 5 or more)
    case         the same of how a bubble is written: lower, capital first, all capitals, no letter
    punctuation  the same of how a bubble ends: word, emoji, ".", "!", "?", "...", ...
    emoji        absolute difference of emoji and smileys a bubble
    slang        absolute difference of the share of words that are slang (data/slang_core.txt)
"""

import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import jensenshannon
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline

from talklikeme.evaluation.contestants import Reply
from talklikeme.evaluation.exchanges import as_text
from talklikeme.evaluation.words import (
    case_of,
    count_emoji,
    count_punctuation,
    end_of,
    slang_words,
)

MOST_TEXTS = 20_000  # a side, to train the judge on
FEWEST_TEXTS = 20
FOLDS = 3
_FEATURES = 100_000
_LONGEST_BURST = 5


class StyleJudge:
    """Tells me from my friends by single replies; no text is judged by a model that has read it.

    Texts fall into folds by their hash, one model learns from all folds but one and judges that one:
    who copies from train gets no better marks for it than who writes the same anew.
    """

    def __init__(self, mine: Sequence[Reply], friends: Sequence[Reply], *, seed: int = 0) -> None:
        texts = [(text, 1) for text in _sample(mine, seed)]
        texts += [(text, 0) for text in _sample(friends, seed)]
        self._models: list[Pipeline] = []
        for fold in range(FOLDS):
            read = [(text, label) for text, label in texts if _fold(text) != fold]
            self._models.append(
                _fit([text for text, _ in read], [label for _, label in read], seed)
            )

    def probabilities(self, replies: Sequence[Reply]) -> list[float]:
        """The probability of "me" for each reply."""
        texts = [as_text(reply) for reply in replies]
        marks = np.zeros(len(texts))
        for fold, model in enumerate(self._models):
            rows = [row for row, text in enumerate(texts) if _fold(text) == fold]
            if rows:
                marks[rows] = model.predict_proba([texts[row] for row in rows])[:, 1]
        said: list[float] = marks.tolist()
        return said


def _fit(texts: Sequence[str], labels: Sequence[int], seed: int) -> Pipeline:
    model: Pipeline = make_pipeline(
        TfidfVectorizer(
            analyzer="char",
            ngram_range=(1, 4),
            lowercase=False,
            sublinear_tf=True,
            min_df=2,
            max_features=_FEATURES,
            dtype=np.float32,
        ),
        LogisticRegression(C=3.0, class_weight="balanced", max_iter=200, random_state=seed),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near enough is good enough
        model.fit(texts, labels)
    return model


def _fold(text: str) -> int:
    return zlib.crc32(text.encode()) % FOLDS


def auc(replies: Sequence[float], friends: Sequence[float]) -> float:
    """The chance that one of the replies is taken for more like me than one of the friends'."""
    labels = [1] * len(replies) + [0] * len(friends)
    return float(roc_auc_score(labels, [*replies, *friends]))


def _sample(replies: Sequence[Reply], seed: int) -> list[str]:
    texts = [text for text in map(as_text, replies) if text]
    if len(texts) > MOST_TEXTS:
        chosen = np.random.default_rng(seed).choice(len(texts), MOST_TEXTS, replace=False)
        texts = [texts[position] for position in sorted(chosen)]
    return texts


@dataclass(frozen=True, slots=True)
class Habits:
    """Averages of a set of replies, in words that a user knows."""

    characters: float  # a reply
    bubbles: float  # a reply
    capitals: float  # share of bubbles that begin with a capital letter
    punctuation: float  # marks in 100 characters
    emoji: float  # in 100 bubbles
    slang: float  # words in 100


def measure_habits(replies: Sequence[Reply]) -> Habits:
    """The habits of a set of replies; all 0 for one without any text."""
    bubbles = [bubble for reply in replies for bubble in reply]
    characters = sum(map(len, bubbles))
    words = sum(len(bubble.split()) for bubble in bubbles)
    capitals = sum(case_of(bubble) in ("capital first", "all capitals") for bubble in bubbles)
    return Habits(
        characters=_share(characters, len(replies)),
        bubbles=_share(len(bubbles), len(replies)),
        capitals=_share(capitals, len(bubbles)),
        punctuation=100 * _share(sum(map(count_punctuation, bubbles)), characters),
        emoji=100 * _share(sum(map(count_emoji, bubbles)), len(bubbles)),
        slang=100 * _share(sum(map(slang_words, bubbles)), words),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def length_class(reply: Reply) -> int:
    """The power of two that the number of characters reaches: 0, 1, 2-3, 4-7, 8-15 …"""
    return sum(map(len, reply)).bit_length()


def burst_class(reply: Reply) -> int:
    """The number of bubbles, 5 for more."""
    return min(len(reply), _LONGEST_BURST)


def measure_distances(replies: Sequence[Reply], mine: Sequence[Reply]) -> dict[str, float]:
    """How far a set of replies is from mine in the six habits of the module's docstring."""
    theirs, own = measure_habits(replies), measure_habits(mine)
    return {
        "length": _divergence(replies, mine, length_class),
        "bubbles": _divergence(replies, mine, burst_class),
        "case": _divergence(_bubbles(replies), _bubbles(mine), lambda bubble: case_of(bubble[0])),
        "punctuation": _divergence(
            _bubbles(replies), _bubbles(mine), lambda bubble: end_of(bubble[0])
        ),
        "emoji": abs(theirs.emoji - own.emoji) / 100,
        "slang": abs(theirs.slang - own.slang) / 100,
    }


def _bubbles(replies: Sequence[Reply]) -> list[Reply]:
    return [[bubble] for reply in replies for bubble in reply]


def _divergence(
    replies: Sequence[Reply], mine: Sequence[Reply], class_of: Callable[[Reply], Hashable]
) -> float:
    """Jensen-Shannon distance of the classes' shares; 1 if one side has nothing at all."""
    if not replies or not mine:
        return 1.0
    counts: list[Mapping[Hashable, int]] = [
        Counter(map(class_of, replies)),
        Counter(map(class_of, mine)),
    ]
    classes = list(counts[0].keys() | counts[1].keys())
    shares = [[side.get(one, 0) for one in classes] for side in counts]
    return float(np.nan_to_num(jensenshannon(*shares, base=2)))
