"""Which conversation a text message belongs to, for all backups of Android phones.

A conversation is its set of numbers without the owner's own, so that a chat in an XML backup
(formats.md §8) and the same chat in a mailbox (§9) are one.
"""

from dataclasses import dataclass
from typing import Final

from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.phone_numbers import UNKNOWN, PhoneBook
from talklikeme.exports.times import from_epoch_ms
from talklikeme.messages import Attachment, Kind, Message, Precision, clean_text

OWNER: Final = "me"
_FIRST_MILLISECONDS: Final = 100_000_000_000  # formats.md §0.3
_CACHE_SIZE: Final = 10_000
_TIES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Chat:
    """What all messages of one conversation share."""

    conversation_id: str
    title: str
    people: tuple[str, ...]  # keys
    participants: tuple[str, ...]

    @property
    def is_group(self) -> bool:
        """Whether more than one other person is in it."""
        return len(self.people) > 1


@dataclass(frozen=True, slots=True)
class When:
    """A time, as it was written and in milliseconds since 1970."""

    raw: str
    milliseconds: int


def parse_time(raw: str | None) -> When:
    """Milliseconds, or seconds where the number is too small for them."""
    try:
        value = int(raw or "")
    except ValueError:
        raise BadRecord("no usable time") from None
    if 0 < value < _FIRST_MILLISECONDS:
        value *= 1000
    return When(raw or "", value)


class Phone:
    """What the backups of one phone have taught so far: people, chats and the owner's numbers."""

    def __init__(self) -> None:
        self.book = PhoneBook()
        self._own: set[str] = set()
        self._chats: dict[tuple[tuple[str, ...], str | None], Chat] = {}
        self._last: tuple[int, int] = (0, 0)

    def learn_own(self, address: str) -> None:
        """Remember one of the owner's numbers: it is no partner in a group."""
        key = self.book.key(address)
        if key not in self._own and key != UNKNOWN:
            self._own.add(key)
            self._chats.clear()

    def find_chat(self, addresses: tuple[str, ...], name: str | None) -> Chat:
        """The conversation with these people; `name` is theirs, or all of their names."""
        found = self._chats.get((addresses, name))
        if found is None:
            if len(self._chats) >= _CACHE_SIZE:
                self._chats.clear()
            found = self._chats[addresses, name] = self._build_chat(addresses, name)
        return found

    def _build_chat(self, addresses: tuple[str, ...], name: str | None) -> Chat:
        people: dict[str, str] = {}
        for address in addresses:
            people.setdefault(self.book.key(address), clean_text(address))
        others = {key: one for key, one in people.items() if key not in self._own} or people
        if len(others) == 1 and name:
            self.book.names[next(iter(others))] = name
        shown = [self.book.names.get(key, one) for key, one in others.items()]
        if not others:
            others, shown = {UNKNOWN: ""}, [name or UNKNOWN]
        return Chat(
            conversation_id="sms:" + ",".join(sorted(others)),
            title=name or ", ".join(shown),
            people=tuple(others),
            participants=tuple(shown),
        )

    def number(self, milliseconds: int) -> int:
        """The place of a message: backups have no order of their own, so its time is its place."""
        last, ties = self._last
        ties = min(ties + 1, _TIES - 1) if milliseconds == last else 0
        self._last = milliseconds, ties
        return milliseconds * _TIES + ties

    def build_message(
        self,
        chat: Chat,
        when: When,
        *,
        sender: str | None,
        kind: Kind,
        source_file: str,
        text: str = "",
        attachments: tuple[Attachment, ...] = (),
        draft: bool = False,
        precision: Precision = "ms",
        message_id: str | None = None,
        source_line: int | None = None,
    ) -> Message:
        """A message from the person with the key `sender`, or from the owner without one."""
        try:
            ts = from_epoch_ms(when.milliseconds)
        except ValueError:
            raise BadRecord("no usable time") from None
        name = None if sender is None else self.book.names.get(sender)
        if sender is not None and name is None and not chat.is_group:
            name = chat.title
        return Message(
            platform="sms",
            conversation_id=chat.conversation_id,
            conversation_title=chat.title,
            is_group=chat.is_group,
            participants=chat.participants,
            sender_id=OWNER if sender is None else sender,
            sender_name=name,
            is_me=sender is None,
            ts=ts,
            ts_raw=when.raw,
            ts_precision=precision,
            seq=self.number(when.milliseconds),
            kind=kind,
            text=text,
            attachments=attachments,
            draft=draft,
            message_id=message_id,
            source_file=source_file,
            source_line=source_line,
        )
