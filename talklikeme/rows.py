"""A pair as a row of the dataset; the columns are those of talklikeme.dataset.FEATURES."""

from collections.abc import Callable, Mapping
from typing import Any

from talklikeme.messages import Message
from talklikeme.pairs import Pair
from talklikeme.people import People
from talklikeme.turns import Turn

_SAYS = ": "
ONE_SIDED = "own messages only: "  # before the source of what came from an export of one side


def to_row(pair: Pair, people: People, rename: Callable[[str], str] = str) -> dict[str, Any]:
    """The row of a pair; times are datetimes in UTC. `rename` invents names where that is wished."""
    first = pair.reply[0]
    friend = _friend(pair, people)
    return {
        "prompt": [_to_turn(message, people, rename) for message in pair.prompt],
        "completion": [{"role": "assistant", "content": message.text} for message in pair.reply],
        "platform": first.platform,
        "conversation": rename(first.conversation_id),
        "friend": rename(friend) if friend else friend,
        "session": rename(pair.session),
        "sent_at": pair.sent_at,
        "reply_delay_s": None if pair.reply_delay is None else pair.reply_delay.total_seconds(),
        "source": rename((ONE_SIDED if first.one_sided else "") + first.source_file),
    }


def _friend(pair: Pair, people: People) -> str | None:
    """Whom I answered; for an opener, the title of the chat."""
    for message in reversed(pair.prompt):
        if not message.is_me:
            return people.name_of(message)
    return pair.reply[0].conversation_title


def _to_turn(message: Message, people: People, rename: Callable[[str], str]) -> Turn:
    """A message as a chat turn: the friend is the user, I am the assistant; groups tell who."""
    if message.is_me:
        return {"role": "assistant", "content": message.text}
    speaker = f"{rename(people.name_of(message))}{_SAYS}" if message.is_group else ""
    return {"role": "user", "content": speaker + message.text}


def speaker_of(turn: Mapping[str, str]) -> str:
    """Who speaks in a group's turn; whatever comes before the first colon elsewhere."""
    return turn["content"].partition(_SAYS)[0] if turn["role"] == "user" else ""
