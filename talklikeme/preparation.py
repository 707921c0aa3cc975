"""The whole of prepare_data.py in steps: read, find the owner, merge, pair, account, write."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from talklikeme import runs
from talklikeme.errors import ConfigError, ExportError, TalkLikeMeError
from talklikeme.exports import ReadSettings, Tally, Unknown, read_exports
from talklikeme.ledger import DUPLICATE, Ledger, place_all
from talklikeme.merging import merge
from talklikeme.messages import Message
from talklikeme.options import PrepareOptions
from talklikeme.owner import find_owners, identify_owner, mark_owner
from talklikeme.pairs import Pair, PairPolicy, build_pairs, drop_known_pairs
from talklikeme.selection import leave_out


@dataclass
class Reading:
    """Everything that the readers yielded, sorted by what it is."""

    messages: list[Message] = field(default_factory=list)
    problems: list[ExportError] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether everything that was recognised could be read."""
        return all(problem.is_note for problem in self.problems)


def read_all(options: PrepareOptions) -> Reading:
    """Read the exports; raises ConfigError if none are named and ExportError if none is readable."""
    if not options.exports:
        raise ConfigError("no exports named. Pass --exports PATH, a file, folder or zip")
    reading = Reading()
    for item in read_exports(options.exports, ReadSettings(_zone(options), options.date_order)):
        match item:
            case Message():
                reading.messages.append(item)
            case ExportError():
                reading.problems.append(item)
            case Tally():
                reading.tallies.append(item)
            case Unknown():
                reading.unknown.append(item)
    return reading


def _zone(options: PrepareOptions) -> ZoneInfo:
    from tzlocal import get_localzone

    if options.timezone is None:
        return get_localzone()
    try:
        return ZoneInfo(options.timezone)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"--timezone {options.timezone}: no such time zone. Use a name like Europe/Berlin"
        ) from None


def need_messages(reading: Reading, options: PrepareOptions) -> None:
    """Raise the likeliest reason if nothing at all could be read."""
    if reading.messages:
        return
    if reading.problems:
        raise reading.problems[0]
    paths = ", ".join(str(path) for path in options.exports)
    if reading.tallies:
        raise ExportError(paths, "the exports hold no messages")
    raise ExportError(
        paths, "no chat export recognised", hint="Known: WhatsApp, Messenger, Telegram JSON"
    )


@dataclass(frozen=True)
class Prepared:
    """What is written to out/pairs."""

    pairs: list[Pair]
    ledger: Ledger


def prepare(reading: Reading, options: PrepareOptions) -> Prepared:
    """Turn what was read into pairs; raises OwnerError, LedgerError, or tells why there are none."""
    ledger = Ledger()
    for tally in reading.tallies:
        ledger.open_file(tally)
    for problem in reading.problems:
        ledger.note_unreadable(problem)
    conversations, duplicates = merge(identify_owner(reading.messages, options.me))
    chats, left_out = leave_out(conversations, options.groups)
    kept, dropped = drop_known_pairs(build_pairs(chats, _policy(options)))
    for message in duplicates:
        ledger.place(message, DUPLICATE)
    for message, reason in left_out:
        ledger.place(message, reason)
    place_all(ledger, chats, kept, dropped)
    ledger.check()
    if not kept:
        raise TalkLikeMeError(_why_no_pairs(ledger))
    return Prepared(kept, ledger)


def _policy(options: PrepareOptions) -> PairPolicy:
    return PairPolicy(
        session_gap=timedelta(minutes=options.session_gap_minutes),
        max_reply_delay=timedelta(hours=options.max_reply_delay_hours),
        context_turns=options.context_turns,
        validation_share=options.validation_share,
        test_share=options.test_share,
    )


def _why_no_pairs(ledger: Ledger) -> str:
    total = ledger.total()
    reason, count = total.most_common(1)[0]
    return (
        f"no pairs came out of {total.total()} messages. Most of them ({count}) are out as: {reason}. "
        "Check with --inspect who you are in the exports"
    )


def with_known_owner(reading: Reading, options: PrepareOptions) -> list[Message]:
    """The messages with `is_me` as far as it can be told; None where it cannot."""
    return mark_owner(reading.messages, find_owners(reading.messages, options.me))


def write_messages(messages: Sequence[Message], path: Path) -> int:
    """Write the unified stream, one JSON object a line, duplicates once; returns how many."""
    conversations, _ = merge(messages)
    stream = list(itertools.chain(*conversations))
    with runs.publish_file(path) as out:
        for message in stream:
            out.write(json.dumps(message.to_json(), ensure_ascii=False) + "\n")
    return len(stream)


def write_pairs(prepared: Prepared, options: PrepareOptions) -> Path:
    """Write dataset, ledger and pairs.txt to out/pairs, all or nothing."""
    from datasets import disable_progress_bars

    from talklikeme.dataset import build_dataset, fingerprint, save_dataset, write_readable

    disable_progress_bars()  # a chat is saved at once
    folder = options.pairs_folder
    with runs.publish(folder) as draft:
        save_dataset(build_dataset(prepared.pairs), draft)
        ledger = prepared.ledger.to_json(prepared.pairs)
        (draft / "ledger.json").write_text(
            json.dumps(ledger, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        write_readable(prepared.pairs, draft / "pairs.txt")
        identity = fingerprint(prepared.pairs)
        runs.write_run(draft, runs.describe_run(options, "prepare_data", pairs=identity))
    return folder
