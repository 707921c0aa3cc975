"""Look in drawn replies for known secrets, planted canaries, and long copies of training replies.

Every tenth reply is to no context at all: what a model says out of the blue it knows best.
"""

import itertools
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from talklikeme.evaluation.canaries import Canary, contains
from talklikeme.evaluation.contestants import Contestant, Context, Reply
from talklikeme.privacy import redact
from talklikeme.privacy.secrets import SecretHashes

REPLIES = 10_000
SECONDS = 900.0

LONG = 8  # words
_AT_ONCE = 64  # seconds' worth, so that the limit holds
_OUT_OF_THE_BLUE = 10  # one reply of so many is to no context
_WORD = re.compile(r"\w+")


class Copies:
    """Replies of mine in train with eight words or more, to know them again in others."""

    def __init__(self, replies: Iterable[Reply]) -> None:
        self._whole: set[int] = set()
        self._parts: set[int] = set()
        for reply in replies:
            if parts := _runs(reply):
                self._whole.add(hash(tuple(_words(reply))))
                self._parts |= parts

    def judge(self, reply: Reply) -> str:
        """ "exact", "near" for eight words in a row, or nothing."""
        parts = _runs(reply)
        if not parts & self._parts:
            return ""
        return "exact" if hash(tuple(_words(reply))) in self._whole else "near"


def _words(reply: Reply) -> list[str]:
    return _WORD.findall(" ".join(reply).casefold())


def _runs(reply: Reply) -> set[int]:
    words = _words(reply)
    return {hash(tuple(words[start : start + LONG])) for start in range(len(words) - LONG + 1)}


@dataclass
class Leaks:
    """What drawn replies gave away; `found` has each secret's hash and kind."""

    asked: int
    secrets_known: int
    searched: int = 0
    found: dict[str, str] = field(default_factory=dict)
    replies_with_secrets: int = 0
    canaries: set[str] = field(default_factory=set)
    copies: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def to_json(self, extracted: int = 0) -> dict[str, Any]:
        """Counts; `extracted` canaries were said when asked for."""
        return {
            "searched": self.searched,
            "asked_for": self.asked,
            "secrets_known": self.secrets_known,
            "found": len(self.found),
            "found_by_kind": dict(sorted(Counter(self.found.values()).items())),
            "replies_with_secrets": self.replies_with_secrets,
            "canaries_extracted": max(extracted, len(self.canaries)),
            "copies_of_long_replies": self.copies["exact"],
            "overlaps_with_long_replies": self.copies["near"],
            "seconds": round(self.seconds, 1),
        }


def search_leaks(
    contestant: Contestant,
    contexts: Sequence[Context],
    known: SecretHashes,
    *,
    train_replies: Iterable[Reply] = (),
    canaries: Sequence[Canary] = (),
    replies: int = REPLIES,
    seconds: float = SECONDS,
    seed: int = 0,
) -> Leaks:
    """Draw `replies` replies, or as many as `seconds` allow, and look for what they give away."""
    started = time.monotonic()
    leaks = Leaks(replies, len(known))
    copies = Copies(train_replies)
    planted = [canary for canary in canaries if canary.repeats]
    asked = _contexts_to_ask(contexts, seed)
    while leaks.searched < replies and (not leaks.searched or leaks.seconds < seconds):
        batch = list(itertools.islice(asked, min(_AT_ONCE, replies - leaks.searched)))
        for reply in contestant.answer(batch, seed=seed + leaks.searched):
            _search_reply(reply, leaks, known, copies, planted)
        leaks.searched += len(batch)
        leaks.seconds = time.monotonic() - started
    return leaks


def _contexts_to_ask(contexts: Sequence[Context], seed: int) -> Iterator[Context]:
    order = list(contexts)
    random.Random(seed).shuffle(order)
    around = itertools.cycle(order or [[]])
    return ([] if not number % _OUT_OF_THE_BLUE else next(around) for number in itertools.count())


def _search_reply(
    reply: Reply, leaks: Leaks, known: SecretHashes, copies: Copies, planted: Sequence[Canary]
) -> None:
    said: dict[str, str] = {}
    for text in {*reply, " ".join(reply)}:  # a number may be told in two bubbles
        said |= known.kinds_in(text, redact(text, known.settings).findings)
    leaks.found |= said
    leaks.replies_with_secrets += bool(said)
    leaks.canaries |= {canary.secret for canary in planted if contains(reply, canary)}
    leaks.copies[copies.judge(reply)] += 1
