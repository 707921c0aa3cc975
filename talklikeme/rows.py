"""A pair as a row of the dataset; the columns are those of talklikeme.dataset.FEATURES."""

from typing import Any

from talklikeme.pairs import Pair
from talklikeme.people import People

ONE_SIDED = "own messages only: "  # before the source of what came from an export of one side


def to_row(pair: Pair, people: People) -> dict[str, Any]:
    """The row of a pair; times are datetimes in UTC."""
    first = pair.reply[0]
    return {
        "prompt": pair.prompt_turns,
        "completion": pair.reply_turns,
        "platform": first.platform,
        "conversation": first.conversation_id,
        "friend": _friend(pair, people),
        "session": pair.session,
        "sent_at": pair.sent_at,
        "reply_delay_s": None if pair.reply_delay is None else pair.reply_delay.total_seconds(),
        "source": (ONE_SIDED if first.one_sided else "") + first.source_file,
    }


def _friend(pair: Pair, people: People) -> str | None:
    """Whom I answered; for an opener, the title of the chat."""
    for message in reversed(pair.prompt):
        if not message.is_me:
            return people.name_of(message)
    return pair.reply[0].conversation_title
