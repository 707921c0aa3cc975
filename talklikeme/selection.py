"""Which conversations are left out whole, and why: what is no chat between people, and groups."""

from collections.abc import Iterable, Sequence
from typing import Literal

from talklikeme.messages import Message

# Telegram's chat types that are no talk between people (formats.md §17.1).
_NOT_A_CHAT = {
    "bot_chat": "chat with a bot",
    "private_channel": "channel",
    "public_channel": "channel",
    "replies": "channel",
    "saved_messages": "notes to self",
    "verification_codes": "channel",
}


def leave_out(
    conversations: Iterable[Sequence[Message]], groups: Literal["keep", "drop"]
) -> tuple[list[Sequence[Message]], list[tuple[Message, str]]]:
    """Conversations to train on, and each message left out with its reason."""
    kept, left_out = [], []
    for chat in conversations:
        if reason := _reason(chat, groups):
            left_out += [(message, reason) for message in chat]
        else:
            kept.append(chat)
    return kept, left_out


def _reason(chat: Sequence[Message], groups: Literal["keep", "drop"]) -> str | None:
    section = chat[0].section or ""
    if section in _NOT_A_CHAT:
        return _NOT_A_CHAT[section]
    if groups == "drop" and any(message.is_group for message in chat):
        return "group chat"
    return None
