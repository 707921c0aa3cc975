"""What is in somebody's exports, as prepare_data.py --found writes it and as the browser's guide reads it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from talklikeme import runs
from talklikeme.owner import Owners, show_name
from talklikeme.reading import Reading


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file with messages."""

    path: str
    format: str
    messages: int
    people: int
    first: str  # a day, as 2016-12-10; "" if no message has a time
    last: str


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody who wrote, under one name; is_me where that is clear."""

    name: str
    platform: str
    messages: int
    is_me: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it; problems are lines for a person."""

    files: Sequence[FoundFile]
    people: Sequence[FoundPerson]  # who wrote most first
    unclear: Sequence[str]  # platforms of which it is not clear who is me
    problems: Sequence[str]
    unknown: int  # files that are no export


def describe(reading: Reading, owners: Owners) -> Findings:
    """From what was read and who is me."""
    survey = reading.survey
    files = []
    for tally in reading.tallies:
        facts = survey.files.get(tally.source_file)
        if tally.records and facts is not None:
            days = [f"{ts:%Y-%m-%d}" if ts else "" for ts in (facts.first, facts.last)]
            writers = len(facts.senders)
            files.append(FoundFile(tally.source_file, tally.format, facts.messages, writers, *days))
    senders = sorted(survey.senders.values(), key=lambda one: -one.messages)
    people = [
        FoundPerson(
            show_name(one),
            one.platform,
            one.messages,
            one.sender_id in owners.get(one.platform, ()),
        )
        for one in senders
    ]
    unclear = {one.platform for one in senders if one.is_open and not owners.get(one.platform)}
    problems = [str(problem) for problem in reading.problems]
    return Findings(files, people, sorted(unclear), problems, len(reading.unknown))


def write_findings(path: Path, findings: Findings) -> None:
    """As JSON, readable by its owner alone: it holds names."""
    with runs.publish_file(path) as out:
        json.dump(asdict(findings), out, ensure_ascii=False, indent=1)


def read_findings(path: Path) -> Findings | None:
    """None if there are none, or none that can be read."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        files = [FoundFile(**one) for one in values.pop("files")]
        people = [FoundPerson(**one) for one in values.pop("people")]
        return Findings(files, people, **values)
    except (OSError, ValueError, TypeError, KeyError):
        return None
