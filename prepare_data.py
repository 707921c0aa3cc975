"""Chat exports → a dataset of (what the friend said, what I answered) pairs.

    python prepare_data.py configs/tiny.yaml --exports ~/Downloads/chats --me "Robin Vale"

Writes out/pairs: the dataset, ledger.json (where every message went) and pairs.txt (to read).
--inspect only looks and tells what it found. Exit code 3: done, but a part could not be read.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from talklikeme.config import parse
from talklikeme.errors import PARTLY_READ, run_script
from talklikeme.options import PrepareOptions

if TYPE_CHECKING:
    from talklikeme.reading import Reading


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; returns the exit code."""
    options = parse(PrepareOptions, "prepare_data", __doc__ or "", argv)
    from talklikeme import runs
    from talklikeme.jobs import ease_collection

    ease_collection()
    if options.inspect and not options.messages:
        return look(options, spool=None)
    beside = options.messages if options.inspect and options.messages else options.pairs_folder
    with runs.workspace(beside) as scratch:
        return look(options, scratch) if options.inspect else make_pairs(options, scratch)


def look(options: PrepareOptions, spool: Path | None) -> int:
    """Tell what is in the exports."""
    from talklikeme import inspection, owner, reading

    found = reading.read_all(options, spool)
    write_extras(options, found)
    inspection.print_files(found, owner.find_owners(found.survey, options.me))
    return 0 if found.is_whole else PARTLY_READ


def make_pairs(options: PrepareOptions, scratch: Path) -> int:
    """Read, pair, account for, write."""
    from talklikeme import hub, inspection, preparation, reading, runs

    hub.check_push(options)
    found = reading.read_all(options, scratch)
    reading.need_messages(found, options)
    inspection.print_problems(found)
    write_extras(options, found)
    runs.claim(options.pairs_folder, options, fresh=options.fresh)
    prepared = preparation.prepare(found, options, scratch)
    folder = preparation.write_pairs(prepared, options)
    inspection.print_redaction(prepared.redaction, options.redact)
    inspection.print_ledger(prepared.ledger, prepared.splits, prepared.openers)
    print(f"wrote {folder}. Next: python train_tokenizer.py {options.config or ''}")
    hub.push_made(folder, options)
    return 0 if found.is_whole else PARTLY_READ


def write_extras(options: PrepareOptions, found: "Reading") -> None:
    """Write what was found, the message stream and the suggested people, where they are asked for."""
    from talklikeme import owner, people, preparation, runs

    if options.found:
        from talklikeme.guide.findings import describe, write_findings

        owners = owner.find_owners(found.survey, options.me)
        write_findings(options.found, describe(found, owners))

    if options.messages:
        count = preparation.write_messages(found, options, options.messages)
        print(f"{options.messages}: {count:,} messages")
    if options.suggest_people:
        owners = owner.find_owners(found.survey, options.me)
        with runs.publish_file(options.suggest_people) as out:
            out.write(people.suggest_people(found.survey, owners))
        print(f"{options.suggest_people}: check it, then pass it with --people")


if __name__ == "__main__":
    run_script(main)
