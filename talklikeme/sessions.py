"""Conversations cut into sessions by silence, and sessions into turns by speaker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from talklikeme.messages import Message


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """All that one person says before somebody else speaks; `texts` may be empty (only a photo)."""

    is_mine: bool
    texts: tuple[Message, ...]
    start: datetime
    end: datetime

    @property
    def is_one_sided(self) -> bool:
        """Whether what was said before it is not in the export."""
        return any(message.one_sided for message in self.texts)


@dataclass(frozen=True, slots=True)
class Session:
    """A stretch of one conversation without a long silence.

    `key` names it for good: it depends on nothing but the conversation and the first time in it,
    so that the split stays where it is when another export is added.
    """

    key: str
    turns: tuple[SpokenTurn, ...]


def split_sessions(chat: Sequence[Message], gap: timedelta) -> list[Session]:
    """Cut one conversation, oldest first, wherever nobody says anything for longer than `gap`."""
    pieces: list[list[Message]] = []
    latest: datetime | None = None
    for message in chat:
        if message.system:
            continue
        if latest is None or message.ts - latest > gap:
            pieces.append([])
        pieces[-1].append(message)
        latest = message.ts if latest is None else max(latest, message.ts)
    return [_build_session(piece) for piece in pieces]


def _build_session(messages: Sequence[Message]) -> Session:
    first = messages[0]
    spoken = groupby(messages, key=_speaker)
    return Session(
        key=f"{first.conversation_id}@{first.ts.isoformat()}",
        turns=tuple(_build_turn(bool(is_mine), list(said)) for (is_mine, _, _), said in spoken),
    )


def _speaker(message: Message) -> tuple[bool | None, str | None, int | None]:
    """What changes between turns; where the others' messages are missing, every message is a turn."""
    who = None if message.is_me else message.sender_id
    return message.is_me, who, message.seq if message.one_sided else None


def _build_turn(is_mine: bool, messages: Sequence[Message]) -> SpokenTurn:
    usable = has_own_words if is_mine else has_words
    return SpokenTurn(
        is_mine=is_mine,
        texts=tuple(message for message in messages if usable(message)),
        start=messages[0].ts,
        end=messages[-1].ts,
    )


def has_words(message: Message) -> bool:
    """Whether the model can read it: text, also when forwarded."""
    return (
        message.kind == "text" and bool(message.text) and not message.deleted and not message.draft
    )


def has_own_words(message: Message) -> bool:
    """Whether its sender wrote it: what is forwarded or made by a bot teaches another's style."""
    return has_words(message) and not message.forwarded and not message.via_bot


def all_texts(turns: Iterable[SpokenTurn]) -> tuple[Message, ...]:
    """The readable messages of some turns, in order."""
    return tuple(message for turn in turns for message in turn.texts)
