"""Which of the people in the exports is "me": the cascade of formats.md §0.5.

What an export states comes first, then the names that the user gave, then structure: the only
person who takes part in every conversation. Nothing is guessed beyond that.
"""

from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from talklikeme.errors import OwnerError
from talklikeme.messages import Message, name_key
from talklikeme.survey import ChatFacts, SenderFacts, Survey

CANDIDATES_SHOWN = 8

Owners = dict[str, set[str]]  # platform → the sender ids that are me


def identify_owner(survey: Survey, me: Iterable[str] = ()) -> Owners:
    """Who is me on each platform; raises OwnerError with the candidates if it is not clear."""
    me = tuple(me)
    owners = find_owners(survey, me)
    unclear = [s for s in survey.senders.values() if s.is_open and not owners.get(s.platform)]
    if unclear:
        raise OwnerError(_unclear(unclear, me))
    mine = (survey.senders.get((p, one)) for p, ids in owners.items() for one in ids)
    if not any(sender and sender.messages for sender in mine):
        raise OwnerError(_nothing_of_mine(survey.senders.values(), me))
    return owners


def mark_owner(message: Message, owners: Owners) -> Message:
    """The message with `is_me` filled in, where the export left it open and the owner is known."""
    ids = owners.get(message.platform)
    if message.is_me is not None or not ids:
        return message
    return replace(message, is_me=message.sender_id in ids)


def find_owners(survey: Survey, me: Iterable[str] = ()) -> Owners:
    """The sender ids that are me, for each platform; empty where it is not clear."""
    wanted = {name_key(name) for name in me}
    senders = survey.senders.values()
    names = wanted | {name_key(n) for sender in senders if sender.is_stated for n in sender.names}
    owners: Owners = defaultdict(set)
    for sender in senders:
        keys = {name_key(name) for name in (*sender.names, sender.sender_id)} - {""}
        if sender.is_stated or keys & names:
            owners[sender.platform].add(sender.sender_id)
    for platform, chats in _unsettled(survey, owners).items():
        owners[platform] = _owner_by_structure(chats)
    return dict(owners)


def _unsettled(survey: Survey, owners: Owners) -> dict[str, list[ChatFacts]]:
    unsettled: dict[str, list[ChatFacts]] = defaultdict(list)
    for chat in survey.chats.values():
        if chat.open_senders and not owners.get(chat.platform):
            unsettled[chat.platform].append(chat)
    return unsettled


def _owner_by_structure(chats: Iterable[ChatFacts]) -> set[str]:
    """The only person in all conversations, else the one who is never the title of a 1:1 chat."""
    chats = list(chats)
    distinct = {frozenset(chat.open_senders) for chat in chats}
    if len(distinct) > 1:
        everywhere = frozenset.intersection(*distinct)
        if len(everywhere) == 1:
            return set(everywhere)
    return _never_the_title(chats)


def _never_the_title(chats: Iterable[ChatFacts]) -> set[str]:
    others = set()
    for chat in chats:
        title = name_key(chat.title or "")
        if len(chat.open_senders) == 2 and title in chat.open_senders:
            others |= chat.open_senders - {title}
    return others if len(others) == 1 else set()


def _unclear(senders: list[SenderFacts], me: tuple[str, ...]) -> str:
    platforms = ", ".join(sorted({sender.platform for sender in senders}))
    start = f"{_quoted(me)} is nobody in the {platforms} chats" if me else (
        f"the {platforms} chats do not tell which person is you"
    )  # fmt: skip
    return f"{start}. Pass --me NAME; the people there: {_candidates(senders)}"


def _nothing_of_mine(senders: Iterable[SenderFacts], me: tuple[str, ...]) -> str:
    who = f"of {_quoted(me)}" if me else "of yours"
    return f"no message {who} in these exports. Pass --me NAME; the people there: {_candidates(senders)}"


def _quoted(names: tuple[str, ...]) -> str:
    return " or ".join(f'"{name}"' for name in names)


def _candidates(senders: Iterable[SenderFacts]) -> str:
    ranked = sorted(senders, key=lambda sender: -sender.messages)
    shown = [f"{show_name(one)} ({one.messages})" for one in ranked[:CANDIDATES_SHOWN]]
    more = len(ranked) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "") if shown else "nobody"


def show_name(sender: SenderFacts) -> str:
    """A sender's display name, or the id where there is none."""
    return min(sender.names, default=sender.sender_id)
