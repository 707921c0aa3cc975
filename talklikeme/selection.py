"""What is left out of the pairs by the user's choice or by its nature, each with its reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from talklikeme.messages import Message, name_key
from talklikeme.pairs import Pair
from talklikeme.people import People
from talklikeme.sessions import has_words

# Telegram's chat types that are no talk between people (formats.md §17.1).
_NOT_A_CHAT = {
    "bot_chat": "chat with a bot",
    "private_channel": "channel",
    "public_channel": "channel",
    "replies": "channel",
    "saved_messages": "notes to self",
    "verification_codes": "channel",
}
REQUEST = "message request"
SPAM = "spam"
THROWN_AWAY = "in the trash"
# Where apps put what is no chat of mine unless I take it out: then some of it lies elsewhere.
# Archived chats and those before an app's encryption are chats like all others.
_NOT_MY_CHAT = {
    "filtered_threads": REQUEST,  # Messenger and Instagram (formats.md §1)
    "message_requests": REQUEST,
    "spam": SPAM,  # LinkedIn and Google Voice
    "trash": THROWN_AWAY,  # Google Voice
}
TOO_LONG = "too long"
EXCLUDED = "excluded friend"
OUTSIDE = "outside the dates"
NOT_ADDRESSED = "group, not an answer to one person"


@dataclass(frozen=True)
class Selection:
    """What the user wants in; dates are days in UTC, both included."""

    groups: Literal["keep", "drop", "addressed"] = "addressed"
    excluded: frozenset[str] = frozenset()  # name keys
    since: date | None = None
    until: date | None = None
    min_messages: int = 0
    max_message_chars: int = 4_000

    def why_not_chat(self, chat: Sequence[Message], people: People, messages: int) -> str | None:
        """Why a whole conversation is left out, if it is; `messages` counts all exports of it."""
        section = chat[0].section or ""
        if section in _NOT_A_CHAT:
            return _NOT_A_CHAT[section]
        if section in _NOT_MY_CHAT and all(one.section in _NOT_MY_CHAT for one in chat):
            return _NOT_MY_CHAT[section]
        if messages < self.min_messages:
            return "chat too short"
        if any(message.is_group for message in chat):
            return "group chat" if self.groups == "drop" else None
        if not self.excluded:
            return None
        is_excluded = name_key(chat[-1].conversation_title or "") in self.excluded or any(
            self.why_not(message, people) == EXCLUDED for message in chat
        )
        return EXCLUDED if is_excluded else None

    def why_not(self, message: Message, people: People) -> str | None:
        """Why one message is left out, if it is."""
        day = message.ts.date()
        if (self.since and day < self.since) or (self.until and day > self.until):
            return OUTSIDE
        if self.excluded and not message.is_me:
            names = {name_key(people.name_of(message)), name_key(message.sender_name or "")}
            if names & self.excluded:
                return EXCLUDED
        if len(message.text) > self.max_message_chars and has_words(message):
            return TOO_LONG
        return None

    def wants(self, pair: Pair, my_names: Collection[str]) -> bool:
        """Whether a reply in a group is to one person; outside groups every reply is."""
        if self.groups != "addressed" or not pair.prompt or not pair.reply[0].is_group:
            return True
        asked = _since_my_last(pair.prompt)
        if len({message.sender_id for message in asked}) == 1:
            return True
        ids = {message.message_id for message in pair.prompt} - {None}
        if any(message.reply_to in ids for message in pair.reply):
            return True
        texts = [message.text.casefold() for message in asked]
        return any(f"@{name}" in text for name in my_names for text in texts)


def _since_my_last(prompt: Sequence[Message]) -> list[Message]:
    since: list[Message] = []
    for message in reversed(prompt):
        if message.is_me:
            break
        since.append(message)
    return since
