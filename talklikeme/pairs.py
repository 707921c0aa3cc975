"""Pairs of (what the friend said, what I answered), out of conversations.

Input: conversations of Message, oldest first, owner known. Output: Pair records, split by session.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from talklikeme.messages import Message
from talklikeme.privacy import is_redacted_away
from talklikeme.sessions import Session, SpokenTurn, all_texts, split_sessions

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPolicy:
    """What counts as one conversation and as an answer in it."""

    session_gap: timedelta = timedelta(hours=1)
    max_reply_delay: timedelta = timedelta(hours=24)
    context_turns: int = 4
    validation_share: float = 0.05
    test_share: float = 0.05
    test_since: date | None = None  # sessions of this day (UTC) and later are the test, no others


@dataclass(frozen=True, slots=True)
class Pair:
    """One reply of mine, all its bubbles, and the messages that it answers (none: I opened)."""

    prompt: tuple[Message, ...]
    reply: tuple[Message, ...]
    session: str
    split: Split
    reply_delay: timedelta | None

    @property
    def sent_at(self) -> datetime:
        """When my first bubble was sent."""
        return self.reply[0].ts


def build_pairs(chat: Sequence[Message], policy: PairPolicy) -> Iterator[Pair]:
    """All pairs of one conversation, oldest first."""
    before: Session | None = None
    for session in split_sessions(chat, policy.session_gap):
        for position, turn in enumerate(session.turns):
            if not turn.is_mine or not _learnable(turn):
                continue
            if turn.is_one_sided:
                yield _build_pair(turn, session, (), policy)
            elif position:
                earlier = _up_to_the_friend(session.turns, position, policy.context_turns)
                yield _build_pair(turn, session, earlier, policy)
            elif before is not None and _answers_late(turn, before, policy):
                yield _build_pair(turn, before, before.turns, policy)
            else:
                yield _build_pair(turn, session, (), policy)
        before = session


def _learnable(turn: SpokenTurn) -> tuple[Message, ...]:
    """The bubbles to be learned: a model that has seen "<phone>" as an answer would send that."""
    return tuple(message for message in turn.texts if not is_redacted_away(message.text))


def _up_to_the_friend(turns: Sequence[SpokenTurn], end: int, most: int) -> Sequence[SpokenTurn]:
    """The last turns up to a friend's word: what an export of my side alone adds, I do not answer."""
    while end and turns[end - 1].is_mine:
        end -= 1
    return turns[max(end - most, 0) : end]


def _answers_late(turn: SpokenTurn, before: Session, policy: PairPolicy) -> bool:
    """A slow reply is still a reply, if the friend had the last word and it came in time."""
    asked = before.turns[-1]
    return not asked.is_mine and turn.start - asked.end <= policy.max_reply_delay


def _build_pair(
    turn: SpokenTurn, session: Session, earlier: Sequence[SpokenTurn], policy: PairPolicy
) -> Pair:
    # An answer to something without words (a photo) has no prompt that the model could read.
    readable = bool(earlier) and bool(earlier[-1].texts)
    context = earlier[-policy.context_turns :] if readable else ()
    return Pair(
        prompt=all_texts(context),
        reply=_learnable(turn),
        session=session.key,
        split=choose_split(session, policy),
        reply_delay=turn.start - earlier[-1].end if context else None,
    )


def choose_split(session: Session, policy: PairPolicy) -> Split:
    """The split of a session, by the hash of its key: the same on every machine and for ever.

    With `test_since` its day decides whether it is the test.
    """
    digest = hashlib.sha256(session.key.encode("utf-8", "surrogatepass")).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    since = policy.test_since
    is_test = session.start.date() >= since if since else share < policy.test_share
    if is_test:
        return "test"
    is_validation = policy.test_share <= share < policy.test_share + policy.validation_share
    return "validation" if is_validation else "train"
