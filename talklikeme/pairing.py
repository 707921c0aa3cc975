"""Buckets of messages → rows of pairs, with every message's fate.

Pure work on a share of the conversations, so that several processes can do it side by side.
"""

import itertools
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from talklikeme.cleaning import Cleaner, PrivacyChoice
from talklikeme.heldout import (
    IN_PROMPT,
    IN_REPLY,
    HeldChat,
    exchange_of,
    hold_back,
    write_held,
)
from talklikeme.jobs import Tell
from talklikeme.ledger import DUPLICATE, Ledger, why_unused
from talklikeme.merging import merge
from talklikeme.messages import Message
from talklikeme.owner import Owners, mark_owner
from talklikeme.pairs import Pair, PairPolicy, build_pairs
from talklikeme.parts import PartWriter
from talklikeme.people import People
from talklikeme.privacy import RedactionReport
from talklikeme.privacy.secrets import SecretHashes
from talklikeme.report.statistics import ChatStatistics
from talklikeme.rows import RowBuilder
from talklikeme.selection import NOT_ADDRESSED, OUTSIDE, Selection
from talklikeme.spool import read_bucket


@dataclass(frozen=True)
class PairingJob:
    """What a process needs to know, beside the numbers of its buckets."""

    spool: Path
    parts: Sequence[str]
    results: Path
    owners: Owners
    my_names: frozenset[str]
    chat_sizes: Mapping[str, int]
    people: People
    selection: Selection
    policy: PairPolicy
    zone: ZoneInfo
    privacy: PrivacyChoice = field(default_factory=PrivacyChoice)


def _hashes() -> "array[int]":
    return array("Q")


@dataclass
class Paired:
    """What came of some buckets; rows and waiting pairs lie in files."""

    train: Path
    held: Path
    ledger: Ledger = field(default_factory=Ledger)
    exchanges: "array[int]" = field(default_factory=_hashes)  # of the pairs in train
    held_exchanges: "array[int]" = field(default_factory=_hashes)  # of those that wait
    train_pairs: int = 0
    openers: int = 0
    statistics: ChatStatistics = field(default_factory=ChatStatistics)
    redaction: RedactionReport = field(default_factory=RedactionReport)
    secrets: SecretHashes = field(default_factory=SecretHashes)


def pair_buckets(job: PairingJob, numbers: range, tell: Tell) -> Paired:
    """Pair some buckets, one after the other, and write their rows."""
    name = f"{numbers.start:03}"
    done = Paired(job.results / f"{name}-train.arrow", job.results / f"{name}.held")
    held: list[HeldChat] = []
    cleaner = Cleaner(job.privacy)
    builder = RowBuilder(job.people, cleaner.rename)
    with PartWriter(done.train) as train:
        for number in numbers:
            for chat in _conversations(job, number, done.ledger):
                pairs, waiting, fates = _pair_chat(chat, job, cleaner, done)
                train.add(builder.build(pairs))
                if waiting:
                    held.append(hold_back(waiting, fates, builder.build(waiting)))
            tell(1)
        done.train_pairs = train.rows
    done.redaction, done.secrets = cleaner.report, cleaner.secrets
    write_held(held, done.held)
    done.held_exchanges.extend(
        one.exchange for chat in held for one in chat.pairs if one.has_prompt
    )
    return done


def _conversations(job: PairingJob, number: int, ledger: Ledger) -> Iterator[list[Message]]:
    """The conversations of one bucket, in order; each goes as it is done: a bucket is large."""
    messages = read_bucket(job.spool, number, job.parts)
    conversations, duplicates = merge(mark_owner(message, job.owners) for message in messages)
    for message in duplicates:
        _place(ledger, message, DUPLICATE)
    todo = deque(conversations)
    del conversations, duplicates
    while todo:
        yield todo.popleft()


def _pair_chat(
    chat: Sequence[Message], job: PairingJob, cleaner: Cleaner, done: Paired
) -> tuple[list[Pair], list[Pair], dict[int, str]]:
    """The pairs of train, those that wait, and the fates in train by id(); the rest is placed."""
    size = job.chat_sizes.get(chat[0].conversation_id, len(chat))
    if reason := job.selection.why_not_chat(chat, job.people, size):
        done.ledger.place_all(Counter((m.source_file, m.platform, reason) for m in chat))
        return [], [], {}
    chat, reasons = _select(chat, job, cleaner, done.ledger)
    usable = [message for message in chat if id(message) not in reasons]
    done.statistics.add_messages(usable, job.people, job.zone, rename=cleaner.rename)
    pairs = []
    for pair in build_pairs(chat, job.policy):
        if job.selection.wants(pair, job.my_names):
            pairs.append(pair)
        else:
            reasons.update((id(message), NOT_ADDRESSED) for message in pair.reply)
    done.statistics.add_pairs(pairs)
    train = [pair for pair in pairs if pair.split == "train"]
    waiting = [pair for pair in pairs if pair.split != "train"]
    done.openers += sum(not pair.prompt for pair in train)
    done.exchanges.extend(exchange_of(pair) for pair in train if pair.prompt)
    fates = _fates_in(train)
    _place_rest(chat, reasons, fates, waiting, done.ledger)
    return train, waiting, fates


def _select(
    chat: Sequence[Message], job: PairingJob, cleaner: Cleaner, ledger: Ledger
) -> tuple[list[Message], dict[int, str]]:
    """The messages that take part, and by id() why the words of some of them may not be used.

    An excluded friend's words go, but that somebody spoke stays: what I say then answers them.
    """
    kept: list[Message] = []
    reasons: dict[int, str] = {}
    for message in chat:
        reason = job.selection.why_not(message, job.people)
        if reason == OUTSIDE:
            _place(ledger, message, reason)
            continue
        if reason:
            message = replace(message, kind="empty", text="")
            reasons[id(message)] = reason
        kept.append(cleaner.clean(message))
    return kept, reasons


def _fates_in(pairs: Sequence[Pair]) -> dict[int, str]:
    fates = {id(message): IN_PROMPT for pair in pairs for message in pair.prompt}
    fates.update((id(message), IN_REPLY) for pair in pairs for message in pair.reply)
    return fates


def _place_rest(
    chat: Sequence[Message],
    reasons: Mapping[int, str],
    fates: Mapping[int, str],
    waiting: Sequence[Pair],
    ledger: Ledger,
) -> None:
    """Place every message of a chat but those in waiting pairs, which are placed when released."""
    held = {id(message) for pair in waiting for message in itertools.chain(pair.prompt, pair.reply)}
    places: Counter[tuple[str, str, str]] = Counter()
    for message in chat:
        if id(message) not in held:
            fate = fates.get(id(message)) or reasons.get(id(message)) or why_unused(message)
            places[message.source_file, message.platform, fate] += 1
    ledger.place_all(places)


def _place(ledger: Ledger, message: Message, fate: str) -> None:
    ledger.place(message.source_file, message.platform, fate)
