"""The blind test: draw its rounds, and sum up what testers picked.

    python -m talklikeme.blindtest draw out
    python app.py configs/me.yaml --blind-test-pool out/blindtest/pool.json
    python -m talklikeme.blindtest report out/blindtest/pool.json

`draw` takes held-out chats that no training saw, and lets out/model answer them. They quote chats, so the page
shows none before you approved it there, under "Review".
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from talklikeme.blindtest.answers import ANSWERS_FILE, read_answers
from talklikeme.blindtest.pool import POOL_FILE, Pool, Round
from talklikeme.blindtest.result import Result, sum_up, sum_up_testers
from talklikeme.choosing import fill_holes
from talklikeme.commands import Parser, positive
from talklikeme.errors import RunError, run_script
from talklikeme.evaluation.exchanges import Exchange, friend_of, read_exchanges
from talklikeme.options import AppOptions

_TRIES: Final = 4  # exchanges looked at for a round that is wanted


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = Parser("python -m talklikeme.blindtest", __doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    drawing = commands.add_parser("draw", help="make a pool of rounds from held-out chats")
    drawing.add_argument("out", type=Path)
    drawing.add_argument("--rounds", type=positive, default=60)
    drawing.add_argument("--seed", type=int, default=0)
    drawing.add_argument("--fresh", action="store_true", help="replace a pool that is there")
    drawing.set_defaults(run=draw)
    reporting = commands.add_parser("report", help="sum up by tester")
    reporting.add_argument("pool", type=Path)
    reporting.set_defaults(run=report)
    given = parser.parse_args(argv)
    given.run(given)
    return 0


def draw(given: argparse.Namespace) -> None:
    """Write out/blindtest/pool.json."""
    from talklikeme.dataset import load_pairs
    from talklikeme.replies import load_replier

    options = AppOptions(out=given.out)
    path = given.out / POOL_FILE
    if path.exists() and not given.fresh:
        raise RunError(
            f"{path}: is there already, with what you approved. Pass --fresh to replace it"
        )
    pairs = load_pairs(options.pairs_folder)
    split = "test" if len(pairs["test"]) else "validation"
    exchanges = [one for one in read_exchanges(pairs[split]) if is_fair(one)]
    random.Random(given.seed).shuffle(exchanges)
    replier = load_replier(options.model_folder)
    rounds = []
    for number, one in enumerate(exchanges[: _TRIES * given.rounds]):
        bots = replier.reply(one.context, friend_of(one.context))
        mine = fill_holes(one.reply)
        if bots != mine:
            rounds.append(Round(f"r{number}", list(one.context), mine, bots))
        if len(rounds) == given.rounds:
            break
    if not rounds:
        raise RunError(
            f"{options.pairs_folder}: no held-out exchange to ask about. Lower --test-share?"
        )
    Pool(path, rounds).write()
    say(f"wrote {path}: {len(rounds)} rounds of the {split} part. They quote your chats: approve those that "
        f"others may see, with python app.py … --blind-test-pool {path}")  # fmt: skip


def is_fair(exchange: Exchange) -> bool:
    """Whether there is something to go by: a friend's words before it."""
    return bool(exchange.context) and exchange.context[-1]["role"] == "user"


def report(given: argparse.Namespace) -> None:
    """Print a line a tester, and one for all."""
    answers = read_answers(given.pool.parent / ANSWERS_FILE)
    everybody = sum_up(answers)
    if everybody is None:
        raise RunError(f"{given.pool}: nobody has answered yet")
    for line in render({**sum_up_testers(answers), "all": everybody}):
        say(line)


def render(results: dict[str, Result]) -> Iterator[str]:
    """A table; guessing gives 50 %."""
    width = max(map(len, results))
    yield f"{'':{width}}  right  share  95 % interval"
    for name, one in results.items():
        interval = f"{one.low:.0%} to {one.high:.0%}"
        yield f"{name:{width}}  {one.right:>2}/{one.of:<3} {one.share:>5.0%}  {interval:<14} {one.verdict}"


def say(line: str) -> None:
    """To the terminal: the command's answer."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    run_script(main)
