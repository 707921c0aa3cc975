"""Which of the people in the exports is "me": the cascade of formats.md §0.5.

What an export states comes first, then the names that the user gave, then structure: the only
person who takes part in every conversation. Nothing is guessed beyond that.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from talklikeme.errors import OwnerError
from talklikeme.messages import Message, name_key

CANDIDATES_SHOWN = 8


def identify_owner(messages: Sequence[Message], me: Iterable[str] = ()) -> list[Message]:
    """Set `is_me` on every message; raises OwnerError with the candidates if it is not clear."""
    owners = find_owners(messages, me)
    unclear = [m for m in messages if m.is_me is None and not owners[m.platform]]
    if unclear:
        raise OwnerError(_unclear(unclear, tuple(me)))
    settled = mark_owner(messages, owners)
    if not any(message.is_me for message in settled):
        raise OwnerError(_nothing_of_mine(messages, tuple(me)))
    return settled


def mark_owner(messages: Iterable[Message], owners: dict[str, set[str]]) -> list[Message]:
    """Fill in `is_me` where the export left it open and the owner of that platform is known."""
    return [
        replace(message, is_me=message.sender_id in owners[message.platform])
        if message.is_me is None and owners[message.platform]
        else message
        for message in messages
    ]


def find_owners(messages: Sequence[Message], me: Iterable[str] = ()) -> dict[str, set[str]]:
    """The sender ids that are me, for each platform; empty where it is not clear."""
    wanted = {name_key(name) for name in me}
    stated = [message for message in messages if message.is_me]
    names = wanted | {name_key(m.sender_name) for m in stated if m.sender_name}
    owners: dict[str, set[str]] = defaultdict(set)
    for message in stated:
        owners[message.platform].add(message.sender_id)
    for message in messages:
        keys = {name_key(message.sender_name or ""), name_key(message.sender_id)} - {""}
        if keys & names and not message.system:
            owners[message.platform].add(message.sender_id)
    for platform, open_messages in _unsettled(messages, owners).items():
        owners[platform] = _owner_by_structure(open_messages)
    return owners


def _unsettled(
    messages: Iterable[Message], owners: dict[str, set[str]]
) -> dict[str, list[Message]]:
    unsettled: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        if message.is_me is None and not message.system and not owners[message.platform]:
            unsettled[message.platform].append(message)
    return unsettled


def _owner_by_structure(messages: Iterable[Message]) -> set[str]:
    """The only person in all conversations, else the one who is never the title of a 1:1 chat."""
    people: dict[str, set[str]] = defaultdict(set)
    titles: dict[str, str] = {}
    for message in messages:
        people[message.conversation_id].add(message.sender_id)
        titles[message.conversation_id] = name_key(message.conversation_title or "")
    distinct = {frozenset(members) for members in people.values()}
    if len(distinct) > 1:
        everywhere = frozenset.intersection(*distinct)
        if len(everywhere) == 1:
            return set(everywhere)
    return _never_the_title(people, titles)


def _never_the_title(people: dict[str, set[str]], titles: dict[str, str]) -> set[str]:
    others = {
        next(iter(members - {titles[chat]}))
        for chat, members in people.items()
        if len(members) == 2 and titles[chat] in members
    }
    return others if len(others) == 1 else set()


def _unclear(messages: Sequence[Message], me: tuple[str, ...]) -> str:
    platforms = ", ".join(sorted({message.platform for message in messages}))
    start = f"{_quoted(me)} is nobody in the {platforms} chats" if me else (
        f"the {platforms} chats do not tell which person is you"
    )  # fmt: skip
    return f"{start}. Pass --me NAME; the people there: {_candidates(messages)}"


def _nothing_of_mine(messages: Sequence[Message], me: tuple[str, ...]) -> str:
    who = f"of {_quoted(me)}" if me else "of yours"
    return f"no message {who} in these exports. Pass --me NAME; the people there: {_candidates(messages)}"


def _quoted(names: tuple[str, ...]) -> str:
    return " or ".join(f'"{name}"' for name in names)


def _candidates(messages: Iterable[Message]) -> str:
    counts = Counter(m.sender_name or m.sender_id for m in messages if not m.system)
    shown = [f"{name} ({count})" for name, count in counts.most_common(CANDIDATES_SHOWN)]
    more = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "") if shown else "nobody"
