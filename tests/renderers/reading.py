"""Reading what was written, as a user's folder is read."""

import io
from collections.abc import Iterable
from functools import partial
from typing import Any

from talklikeme.exports import READERS
from talklikeme.exports.files import HEAD_BYTES, ExportFile
from talklikeme.exports.items import Item
from talklikeme.messages import Message
from tests.renderers.base import Conversation, Dialect


def read(dialect: Dialect, chat: Conversation) -> list[Item]:
    """As a user's folder is read: every reader is asked, in order, whether a file is its own."""
    mine = []
    for path, data in dialect.render(chat).items():
        file = ExportFile(path, len(data), partial(io.BytesIO, data))
        head = data[:HEAD_BYTES]
        reader = next((reader for reader in READERS if reader.recognises(file, head)), None)
        if reader is dialect.reader:
            mine.append(file)
        else:
            assert reader is None, f"{path} is taken for {reader.FORMAT}"
    assert mine, "not recognised"
    return list(dialect.reader.read(mine, dialect.settings))


def sequence(dialect: Dialect, items: Iterable[Item], owner: str) -> list[tuple[str, str, Any]]:
    """Text, sender and time of all messages, in the order of the conversation."""
    found = [item for item in items if isinstance(item, Message)]
    assert len({message.conversation_id for message in found}) <= 1
    found.sort(key=lambda message: message.seq)
    is_timed = dialect.limits.precision != "no"
    return [
        (message.text, _sender(dialect, message, owner), message.ts if is_timed else None)
        for message in found
    ]


def _sender(dialect: Dialect, message: Message, owner: str) -> str:
    if not dialect.limits.is_owner_named and message.is_me:
        return owner
    if dialect.limits.is_owner_stated:
        assert message.is_me is not None
    if message.is_me:
        assert message.sender_name == owner
    return message.sender_name or message.sender_id
