"""What is known of all messages together before the first pair is made: people, chats, files.

Readers' messages pass by once and only counts stay: who is me, what --inspect shows and which chats
are too short can be told from them.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime

from talklikeme.messages import Message


@dataclass(slots=True)
class SenderFacts:
    """One sender of one platform."""

    platform: str
    sender_id: str
    names: set[str] = field(default_factory=set)
    messages: int = 0
    is_stated: bool = False  # the export says of some message that it is the owner's
    is_open: bool = False  # of some message it does not say whose it is


@dataclass(slots=True)
class ChatFacts:
    """One conversation; `open_senders` are those of whom the export does not say who they are."""

    platform: str
    title: str | None = None
    messages: int = 0
    open_senders: set[str] = field(default_factory=set)


@dataclass(slots=True)
class FileFacts:
    """One file of an export."""

    chats: set[str] = field(default_factory=set)
    senders: set[tuple[str, str]] = field(default_factory=set)
    messages: int = 0
    first: datetime | None = None
    last: datetime | None = None
    one_sided: int = 0  # messages of an export that holds only its owner's


_Noted = tuple[FileFacts, ChatFacts, SenderFacts | None]


@dataclass
class Survey:
    """Facts of all senders, chats and files."""

    senders: dict[tuple[str, str], SenderFacts] = field(default_factory=dict)
    chats: dict[str, ChatFacts] = field(default_factory=dict)
    files: dict[str, FileFacts] = field(default_factory=dict)
    _noted: dict[Hashable, _Noted] = field(default_factory=dict, repr=False, compare=False)

    @property
    def messages(self) -> int:
        """How many messages passed by."""
        return sum(facts.messages for facts in self.files.values())

    def add(self, message: Message) -> None:
        """Take note of one message; most are like an earlier one in all but text and time."""
        alike = (
            message.source_file, message.conversation_id, message.sender_id, message.is_me,
            message.system, message.sender_name, message.conversation_title, message.one_sided,
        )  # fmt: skip
        noted = self._noted.get(alike)
        if noted is None:
            noted = self._noted[alike] = self._note(message)
        file, chat, sender = noted
        file.messages += 1
        chat.messages += 1
        if sender is not None:
            sender.messages += 1
        if message.one_sided:
            file.one_sided += 1
        ts = message.ts
        if file.first is None or ts < file.first:
            file.first = ts
        if file.last is None or ts > file.last:
            file.last = ts

    def _note(self, message: Message) -> _Noted:
        """What stays the same for all messages like this one, and whose counts they add to."""
        file = self.files.setdefault(message.source_file, FileFacts())
        file.chats.add(message.conversation_id)
        chat = self.chats.setdefault(message.conversation_id, ChatFacts(message.platform))
        chat.title = message.conversation_title or chat.title
        if message.system:
            return file, chat, None
        key = (message.platform, message.sender_id)
        file.senders.add(key)
        sender = self.senders.setdefault(key, SenderFacts(*key))
        if message.sender_name:
            sender.names.add(message.sender_name)
        if message.is_me:
            sender.is_stated = True
        elif message.is_me is None:
            sender.is_open = True
            chat.open_senders.add(message.sender_id)
        return file, chat, sender

    def merge(self, other: "Survey") -> None:
        """Take over what another process noted."""
        for key, theirs in other.senders.items():
            ours = self.senders.setdefault(key, SenderFacts(*key))
            ours.names |= theirs.names
            ours.messages += theirs.messages
            ours.is_stated |= theirs.is_stated
            ours.is_open |= theirs.is_open
        for chat_id, chat in other.chats.items():
            known = self.chats.setdefault(chat_id, ChatFacts(chat.platform))
            known.title = chat.title or known.title
            known.messages += chat.messages
            known.open_senders |= chat.open_senders
        self.files.update(other.files)
