"""Chat exports → a dataset of (what the friend said, what I answered) pairs.

    python prepare_data.py configs/tiny.yaml --exports ~/Downloads/chats --me "Robin Vale"

Writes out/pairs: the dataset, ledger.json (where every message went) and pairs.txt (to read).
--inspect only looks and tells what it found. Exit code 3: done, but a part could not be read.
"""

from collections.abc import Sequence

from talklikeme.config import parse
from talklikeme.errors import run_script
from talklikeme.options import PrepareOptions

PARTLY_READ = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; returns the exit code."""
    options = parse(PrepareOptions, "prepare_data", __doc__ or "", argv)
    from talklikeme import inspection, preparation, runs

    reading = preparation.read_all(options)
    exit_code = 0 if reading.is_whole else PARTLY_READ
    if options.inspect or options.messages:
        messages = preparation.with_known_owner(reading, options)
    if options.messages:
        count = preparation.write_messages(messages, options.messages)
        print(f"{options.messages}: {count:,} messages")
    if options.inspect:
        inspection.print_files(reading, messages)
        return exit_code
    preparation.need_messages(reading, options)
    inspection.print_problems(reading)
    runs.claim(options.pairs_folder, options, fresh=options.fresh)
    prepared = preparation.prepare(reading, options)
    folder = preparation.write_pairs(prepared, options)
    inspection.print_ledger(prepared.ledger, prepared.pairs)
    print(f"wrote {folder}. Next: python train_tokenizer.py {options.config or ''}")
    return exit_code


if __name__ == "__main__":
    run_script(main)
