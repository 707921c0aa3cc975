"""Held-out pairs wait until all of train is known: what train holds too proves nothing.

"lol" → "haha" is in every chat, and a model that has memorised it would look good on it. So a pair of
validation or test whose last friend turn and reply both stand in train is dropped, and those of its
messages that are in no other pair get the fate "cross-split duplicate".
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import msgspec

from talklikeme.messages import Message
from talklikeme.pairs import Pair, Split

IN_REPLY = "in a pair as reply"
IN_PROMPT = "in a pair as prompt"
KNOWN = "cross-split duplicate"


class HeldPair(msgspec.Struct, array_like=True, gc=False):
    """One pair that waits; `reply` and `prompt` are places in HeldChat.messages."""

    exchange: int
    has_prompt: bool
    reply: list[int]
    prompt: list[int]
    split: Split
    row: dict[str, Any]


class HeldMessage(msgspec.Struct, array_like=True, gc=False):
    """A message in a pair that waits, and its fate if it is in a pair of train too."""

    file: str
    platform: str
    fate_in_train: str | None


class HeldChat(msgspec.Struct, array_like=True, gc=False):
    """The waiting pairs of one conversation: they share messages."""

    messages: list[HeldMessage]
    pairs: list[HeldPair]


def exchange_of(pair: Pair) -> int:
    """A 64-bit hash of the friend's last turn and my reply."""
    last: list[str] = []
    for message in reversed(pair.prompt):
        if message.is_me or message.sender_id != pair.prompt[-1].sender_id:
            break
        last.append(message.text)
    words = "\0".join([*reversed(last), "\1", *(message.text for message in pair.reply)])
    digest = hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def hold_back(
    pairs: Sequence[Pair], in_train: Mapping[int, str], rows: Iterable[dict[str, Any]]
) -> HeldChat:
    """The held-out pairs of one conversation; `in_train` has fates by id() of the message."""
    place: dict[int, int] = {}
    messages: list[HeldMessage] = []

    def places(said: Iterable[Message]) -> list[int]:
        for message in said:
            if id(message) not in place:
                place[id(message)] = len(messages)
                fate = in_train.get(id(message))
                messages.append(HeldMessage(message.source_file, message.platform, fate))
        return [place[id(message)] for message in said]

    held = [
        HeldPair(
            exchange_of(pair) if pair.prompt else 0,
            bool(pair.prompt),
            places(pair.reply),
            places(pair.prompt),
            pair.split,
            row,
        )
        for pair, row in zip(pairs, rows, strict=True)
    ]
    return HeldChat(messages, held)


def release(
    chat: HeldChat, known: Set[int]
) -> tuple[list[HeldPair], list[tuple[HeldMessage, str]]]:
    """The pairs that may stay, and the fate of every message that waited."""
    kept = [pair for pair in chat.pairs if not (pair.has_prompt and pair.exchange in known)]
    replies = {place for pair in kept for place in pair.reply}
    prompts = {place for pair in kept for place in pair.prompt}
    fates = []
    for place, message in enumerate(chat.messages):
        if place in replies:
            fate = IN_REPLY
        else:
            fate = message.fate_in_train or (IN_PROMPT if place in prompts else KNOWN)
        fates.append((message, fate))
    return kept, fates


def write_held(chats: Sequence[HeldChat], path: Path) -> None:
    """Put the waiting pairs of a bucket away."""
    path.write_bytes(msgspec.msgpack.encode(chats))


def read_held(path: Path) -> Iterator[HeldChat]:
    """Take them out again."""
    yield from msgspec.msgpack.decode(path.read_bytes(), type=list[HeldChat])
