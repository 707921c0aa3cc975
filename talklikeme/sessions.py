"""Conversations cut into sessions by silence, and sessions into turns by speaker."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from talklikeme.messages import Message


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """All that one person says before somebody else speaks; `texts` may be empty (only a photo)."""

    is_mine: bool
    texts: tuple[Message, ...]
    start: datetime
    end: datetime
    conversation: str

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

    @property
    def start(self) -> datetime:
        """When the first message was sent."""
        return self.turns[0].start


def split_sessions(chat: Iterable[Message], gap: timedelta) -> Iterator[Session]:
    """Cut one conversation, oldest first, wherever nobody says anything for longer than `gap`."""
    turns: list[SpokenTurn] = []
    said: list[Message] = []
    speaker: object = None
    latest: datetime | None = None
    for message in chat:
        if message.system:
            continue
        is_new = latest is None or message.ts - latest > gap
        who = _speaker(message)
        if said and (is_new or who != speaker):
            turns.append(_build_turn(said))
            said = []
        if turns and is_new:
            yield _build_session(turns)
            turns = []
        said.append(message)
        speaker = who
        latest = message.ts if latest is None or message.ts > latest else latest
    if said:
        yield _build_session([*turns, _build_turn(said)])


def _speaker(message: Message) -> object:
    """What changes between turns; where the others' messages are missing, every message is a turn."""
    if message.one_sided:
        return message.seq
    return True if message.is_me else message.sender_id


def _build_session(turns: Sequence[SpokenTurn]) -> Session:
    first = turns[0]
    return Session(f"{first.conversation}@{first.start.isoformat()}", tuple(turns))


def _build_turn(messages: Sequence[Message]) -> SpokenTurn:
    first = messages[0]
    is_mine = bool(first.is_me)
    usable = has_own_words if is_mine else has_words
    texts = tuple([message for message in messages if usable(message)])
    return SpokenTurn(is_mine, texts, first.ts, messages[-1].ts, first.conversation_id)


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
