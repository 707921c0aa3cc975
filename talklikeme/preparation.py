"""The second pass of prepare_data.py: from the spool to pairs, all accounted for, on disk."""

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from talklikeme import runs
from talklikeme.cleaning import PrivacyChoice
from talklikeme.errors import TalkLikeMeError
from talklikeme.jobs import Work, run_jobs
from talklikeme.ledger import Ledger
from talklikeme.merging import merge
from talklikeme.messages import name_key
from talklikeme.options import PrepareOptions
from talklikeme.owner import Owners, find_owners, identify_owner, mark_owner
from talklikeme.pairing import Paired, PairingJob, pair_buckets
from talklikeme.pairs import PairPolicy
from talklikeme.parts import readable_beside
from talklikeme.people import load_people
from talklikeme.privacy import RedactionReport, RedactionSettings
from talklikeme.privacy.secrets import SecretHashes
from talklikeme.reading import Reading, find_zone
from talklikeme.releasing import release_all
from talklikeme.report.statistics import ChatStatistics
from talklikeme.selection import Selection

_MOST_JOBS = 64  # more or less; each job's words are counted apart and added up in the end


@dataclass(frozen=True)
class Prepared:
    """What goes to out/pairs: the rows of each split in files, and what is told of them."""

    parts: dict[str, list[Path]]
    ledger: Ledger
    splits: Counter[str]
    openers: int
    redaction: RedactionReport
    statistics: ChatStatistics
    secrets: SecretHashes


def prepare(reading: Reading, options: PrepareOptions, scratch: Path) -> Prepared:
    """Turn what was read into pairs; raises OwnerError, LedgerError, or tells why there are none.

    Some are there to learn from: of so few sessions that their hashes held out all, none is held out.
    """
    prepared = _pair_all(reading, options, scratch)
    if not prepared.splits["train"]:
        all_in_train = replace(options, validation_share=0.0, test_share=0.0)
        prepared = _pair_all(reading, all_in_train, scratch)
    if not prepared.splits["train"]:
        raise TalkLikeMeError(
            f"--test-since {options.test_since}: none of the {prepared.splits.total()} pairs is older, "
            "so there is nothing to learn from. Pass a later day"
        )
    return prepared


def _pair_all(reading: Reading, options: PrepareOptions, scratch: Path) -> Prepared:
    ledger = Ledger()
    for tally in reading.tallies:
        ledger.open_file(tally)
    for problem in reading.problems:
        ledger.note_unreadable(problem)
    owners = identify_owner(reading.survey, options.me)
    job = _job(reading, options, owners, scratch)
    work = Work(partial(pair_buckets, job), "pairing", "bucket")
    numbers = _shares(reading.buckets)
    statistics = ChatStatistics()
    buckets = [
        _hand_over(statistics, bucket)
        for bucket in run_jobs(work, numbers, options.num_proc, total=reading.buckets)
    ]
    held = release_all(buckets, options.num_proc)
    ledger.merge(held.ledger)
    redaction = RedactionReport()
    secrets = SecretHashes(job.privacy.key, job.privacy.settings)
    for bucket in buckets:
        ledger.merge(bucket.ledger)
        redaction.merge(bucket.redaction)
        secrets.merge(bucket.secrets)
    ledger.check()
    splits = Counter({"train": sum(bucket.train_pairs for bucket in buckets)} | held.rows)
    if not splits.total():
        raise TalkLikeMeError(_why_no_pairs(ledger))
    openers = sum(bucket.openers for bucket in buckets) + held.openers
    train = [bucket.train for bucket in buckets if bucket.train_pairs]
    parts = {"train": train} | held.parts
    return Prepared(parts, ledger, splits, openers, redaction, statistics, secrets)


def _shares(buckets: int) -> list[range]:
    """The buckets of each job, whatever the number of processes."""
    step = max(buckets // _MOST_JOBS, 1)
    return [range(first, min(first + step, buckets)) for first in range(0, buckets, step)]


def _hand_over(statistics: ChatStatistics, bucket: Paired) -> Paired:
    """Merge a bucket's statistics at once: those of many buckets would fill the memory."""
    statistics.merge(bucket.statistics)
    bucket.statistics = ChatStatistics()
    return bucket


def _job(reading: Reading, options: PrepareOptions, owners: Owners, scratch: Path) -> PairingJob:
    assert reading.spool is not None
    senders = reading.survey.senders
    mine = (senders.get((p, one)) for p, ids in owners.items() for one in ids)
    names = {name_key(name) for sender in mine if sender for name in sender.names}
    return PairingJob(
        spool=reading.spool,
        parts=reading.parts,
        results=scratch,
        owners=owners,
        my_names=frozenset(names | {name.split()[0] for name in names if name}),
        chat_sizes={chat: facts.messages for chat, facts in reading.survey.chats.items()},
        people=load_people(options.people),
        selection=Selection(
            groups=options.groups,
            excluded=frozenset(map(name_key, options.exclude_friend)),
            since=options.since,
            until=options.until,
            min_messages=options.min_messages,
            max_message_chars=options.max_message_chars,
        ),
        policy=_policy(options),
        zone=find_zone(options.timezone),
        privacy=PrivacyChoice(
            mode=options.redact,
            settings=RedactionSettings(options.region, options.keep_hosts),
            friends=_friends(reading, owners) if options.pseudonymise else (),
            seed=options.seed,
        ),
    )


def _friends(reading: Reading, owners: Owners) -> tuple[str, ...]:
    """The names of everybody but me."""
    senders = reading.survey.senders.values()
    friends = (one for one in senders if one.sender_id not in owners.get(one.platform, ()))
    return tuple(sorted({name for friend in friends for name in friend.names}))


def _policy(options: PrepareOptions) -> PairPolicy:
    return PairPolicy(
        session_gap=timedelta(minutes=options.session_gap_minutes),
        max_reply_delay=timedelta(hours=options.max_reply_delay_hours),
        context_turns=options.context_turns,
        validation_share=options.validation_share,
        test_share=options.test_share,
        test_since=options.test_since,
    )


def _why_no_pairs(ledger: Ledger) -> str:
    total = ledger.total()
    reason, count = total.most_common(1)[0]
    return (
        f"no pairs came out of {total.total()} messages. Most of them ({count}) are out as: {reason}. "
        "Check with --inspect who you are in the exports"
    )


def write_pairs(prepared: Prepared, options: PrepareOptions) -> Path:
    """Write dataset, ledger and pairs.txt to out/pairs, all or nothing."""
    from datasets import disable_progress_bars

    from talklikeme import dataset
    from talklikeme.report.writing import write_report

    disable_progress_bars()
    folder = options.pairs_folder
    with runs.publish(folder) as draft:
        dataset.save_parts(prepared.parts, draft)
        ledger = prepared.ledger.to_json(prepared.splits)
        ledger["redaction"] = {"mode": options.redact} | prepared.redaction.to_json()
        text = json.dumps(ledger, indent=1, ensure_ascii=False)
        (draft / "ledger.json").write_text(text, encoding="utf-8")
        write_report(draft, prepared.statistics, ledger)
        _write_readable(prepared, draft / "pairs.txt")
        if options.redact != "off":  # or nothing was looked for
            prepared.secrets.write(draft)
        identity = dataset.fingerprint(draft)
        runs.write_run(draft, runs.describe_run(options, "prepare_data", pairs=identity))
    return folder


def _write_readable(prepared: Prepared, path: Path) -> None:
    with path.open("wb") as out:
        for part in itertools.chain.from_iterable(prepared.parts.values()):
            with readable_beside(part).open("rb") as text:
                shutil.copyfileobj(text, out)


def write_messages(reading: Reading, options: PrepareOptions, path: Path) -> int:
    """Write the unified stream, one JSON object a line, duplicates once; returns how many.

    `is_me` is null where the owner cannot be told.
    """
    count = 0
    owners = find_owners(reading.survey, options.me)
    with runs.publish_file(path) as out:
        for line in _stream(reading, owners):
            out.write(line)
            count += 1
    return count


def _stream(reading: Reading, owners: Owners) -> Iterator[str]:
    for bucket in range(reading.buckets):
        marked = (mark_owner(message, owners) for message in reading.messages(bucket))
        conversations, _ = merge(marked)
        for message in itertools.chain.from_iterable(conversations):
            yield json.dumps(message.to_json(), ensure_ascii=False) + "\n"
