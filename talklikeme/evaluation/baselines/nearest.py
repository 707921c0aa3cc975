"""My past reply to the context most like this one: TF-IDF and cosine (Salton & Buckley 1988).

It has no likelihood of its own (`score` raises NotScored). Among given replies it prefers those most
like what I said in the nearest contexts, so it can be asked for hits@1 through `prefer`.
"""

import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from talklikeme.evaluation.contestants import Context, NotScored, Reply

NEIGHBOURS_ASKED = 20  # how many past replies `prefer` compares with
_AT_ONCE = 256  # contexts compared with all of train in one product
_WORD = r"\w+|[^\w\s]+"  # ":)" and emoji are words in chat
_NOTHING = "\x00"  # a context or reply without words is a word of its own: openers are alike


class NearestNeighbour:
    """Answers with what I answered in the most similar context of train."""

    name = "nearest neighbour"

    def __init__(
        self, contexts: Sequence[Context], replies: Sequence[Reply], *, seed: int = 0
    ) -> None:
        self._replies = [list(reply) for reply in replies]
        self._seed = seed
        self._hear = TfidfVectorizer(token_pattern=_WORD, ngram_range=(1, 2), sublinear_tf=True)
        self._contexts = self._hear.fit_transform(map(_text_of_context, contexts))
        self._read = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        self._said = self._read.fit_transform(map(_text_of_reply, self._replies))

    def score(self, contexts: Sequence[Context], replies: Sequence[Reply]) -> list[float]:
        """Raises NotScored: a similarity is no likelihood."""
        del contexts, replies
        raise NotScored("similarity is no likelihood")

    def answer(self, contexts: Sequence[Context], *, seed: int) -> list[list[str]]:
        """The past reply to the nearest context; of several equally near ones a drawn one."""
        generator = random.Random(f"{self._seed} {seed}")
        answers = []
        for likeness in self._likenesses(contexts):
            nearest = np.flatnonzero(likeness >= likeness.max() - 1e-9)
            answers.append(list(self._replies[generator.choice(nearest.tolist())]))
        return answers

    def prefer(
        self, contexts: Sequence[Context], candidates: Sequence[Sequence[Reply]]
    ) -> list[list[float]]:
        """Each candidate's cosine with my replies in the nearest contexts, weighted by nearness."""
        wishes = []
        for likeness, replies in zip(self._likenesses(contexts), candidates, strict=True):
            nearest = np.argsort(-likeness, kind="stable")[:NEIGHBOURS_ASKED]
            offered = self._read.transform(map(_text_of_reply, replies))
            wishes.append((offered @ (self._said[nearest].T @ likeness[nearest])).tolist())
        return wishes

    def recall(self, contexts: Sequence[Context], count: int) -> list[list[list[str]]]:
        """For each context at most `count` different past replies, that to the nearest context first.

        None to a context that has no word in common with it.
        """
        found = []
        for likeness in self._likenesses(contexts):
            order = np.argsort(-likeness, kind="stable")
            near = (self._replies[place] for place in order if likeness[place] > 0)
            found.append(_first_different(near, count))
        return found

    def _likenesses(self, contexts: Sequence[Context]) -> Any:
        """For each context its cosines with those of train, an array of train's length."""
        for start in range(0, len(contexts), _AT_ONCE):
            heard = map(_text_of_context, contexts[start : start + _AT_ONCE])
            yield from (self._hear.transform(heard) @ self._contexts.T).toarray()


def _first_different(replies: Iterable[list[str]], count: int) -> list[list[str]]:
    different: dict[str, list[str]] = {}
    for reply in replies:
        different.setdefault(_text_of_reply(reply), reply)
        if len(different) == count:
            break
    return list(different.values())


def _text_of_context(context: Context) -> str:
    return " ".join(turn["content"] for turn in context).strip() or _NOTHING


def _text_of_reply(reply: Reply) -> str:
    return " ".join(reply).strip() or _NOTHING
