"""A pair as a row of the dataset; the columns are those of talklikeme.schema."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from talklikeme.messages import Message, name_key
from talklikeme.pairs import Pair
from talklikeme.people import People
from talklikeme.turns import Turn

_SAYS = ": "
_LONGEST_NAME = 200  # before a group's turn; no name is that long
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

    def build(self, pairs: Iterable[Pair]) -> Iterator[dict[str, Any]]:
        """The rows of one conversation's pairs; times are datetimes in UTC."""
        self._turns.clear()  # ids are unique only while the conversation lives
        yield from map(self._build, pairs)

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


def is_from_group(row: Mapping[str, Any]) -> bool:
    """Whether a row's turns tell who speaks: then the friend whom I answer stands before the last."""
    asked = row["prompt"][-1]["content"] if row["prompt"] else ""
    return bool(row["friend"]) and asked.startswith(f"{row['friend']}{_SAYS}")


def words_of(turn: Mapping[str, str], *, is_group: bool) -> str:
    """What is said in a friend's turn, without the speaker's name as far as that can be told."""
    speaker, says, words = turn["content"].partition(_SAYS)
    return words if is_group and says and "\n" not in speaker else turn["content"]


def speaks(turn: Mapping[str, str], wanted: Set[str], known: Set[str]) -> bool:
    """Whether one of some people (name keys) speaks in a group's turn.

    Names may hold a colon: of several that fit, the longest of all `known` is the speaker's.
    """
    if turn["role"] != "user":
        return False
    content = turn["content"]
    fitting = ""
    at = content.find(_SAYS)
    while 0 <= at <= _LONGEST_NAME:
        name = name_key(content[:at])
        if name in known or name in wanted:
            fitting = name
        at = content.find(_SAYS, at + 1)
    return fitting in wanted


def last_burst(
    prompt: Sequence[Mapping[str, str]], *, of_one_speaker: bool
) -> list[Mapping[str, str]]:
    """What was said since my last message; on request only by the one who spoke last, in a group."""
    asked: list[Mapping[str, str]] = []
    speaker = prompt[-1]["content"].partition(_SAYS)[0] + _SAYS if prompt else ""
    for turn in reversed(prompt):
        if turn["role"] != "user":
            break
        if of_one_speaker and not turn["content"].startswith(speaker):
            break
        asked.append(turn)
    return asked[::-1]


def show_row(row: Mapping[str, Any]) -> str:
    """A pair for a person's eyes."""
    lines = [_show(_LABELS[turn["role"]], turn["content"]) for turn in row["prompt"]]
    lines += [_show("ME>   ", turn["content"]) for turn in row["completion"]]
    return "\n".join(lines) + "\n\n"


def _show(label: str, content: str) -> str:
    return label + content.replace("\n", "\n      ")
