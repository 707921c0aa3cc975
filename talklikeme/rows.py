"""A pair as a row of the dataset; the columns are those of talklikeme.schema."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from talklikeme.messages import Message
from talklikeme.pairs import Pair
from talklikeme.people import People
from talklikeme.turns import Turn

_SAYS = ": "
_LABELS = {"user": "them: ", "assistant": "me:   "}
ONE_SIDED = "own messages only: "  # before the source of what came from an export of one side


class RowBuilder:
    """Makes rows; `rename` invents names where that is wished.

    A message stands in the context of several pairs: its turn is made once.
    """

    def __init__(self, people: People, rename: Callable[[str], str] = str) -> None:
        self._people = people
        self._rename = rename
        self._turns: dict[int, Turn] = {}

    def build(self, pairs: Iterable[Pair]) -> list[dict[str, Any]]:
        """The rows of one conversation's pairs; times are datetimes in UTC."""
        self._turns.clear()  # ids are unique only while the conversation lives
        return [self._build(pair) for pair in pairs]

    def _build(self, pair: Pair) -> dict[str, Any]:
        first = pair.reply[0]
        friend = _friend(pair, self._people)
        delay = pair.reply_delay
        return {
            "prompt": [self._turn(message) for message in pair.prompt],
            "completion": [self._turn(message) for message in pair.reply],
            "platform": first.platform,
            "conversation": self._rename(first.conversation_id),
            "friend": self._rename(friend) if friend else friend,
            "session": self._rename(pair.session),
            "sent_at": pair.sent_at,
            "reply_delay_s": None if delay is None else delay.total_seconds(),
            "source": self._rename((ONE_SIDED if first.one_sided else "") + first.source_file),
        }

    def _turn(self, message: Message) -> Turn:
        turn = self._turns.get(id(message))
        if turn is None:
            turn = self._turns[id(message)] = self._build_turn(message)
        return turn

    def _build_turn(self, message: Message) -> Turn:
        """A message as a chat turn: the friend is the user, I am the assistant; groups tell who."""
        if message.is_me:
            return {"role": "assistant", "content": message.text}
        name = self._rename(self._people.name_of(message)) if message.is_group else ""
        return {"role": "user", "content": f"{name}{_SAYS}{message.text}" if name else message.text}


def _friend(pair: Pair, people: People) -> str | None:
    """Whom I answered; for an opener, the title of the chat."""
    for message in reversed(pair.prompt):
        if not message.is_me:
            return people.name_of(message)
    return pair.reply[0].conversation_title


def speaker_of(turn: Mapping[str, str]) -> str:
    """Who speaks in a group's turn; whatever comes before the first colon elsewhere."""
    return turn["content"].partition(_SAYS)[0] if turn["role"] == "user" else ""


def show_row(row: Mapping[str, Any]) -> str:
    """A pair for a person's eyes."""
    lines = [_show(_LABELS[turn["role"]], turn["content"]) for turn in row["prompt"]]
    lines += [_show("ME>   ", turn["content"]) for turn in row["completion"]]
    return "\n".join(lines) + "\n\n"


def _show(label: str, content: str) -> str:
    return label + content.replace("\n", "\n      ")
