"""Find how to draw and choose replies so that a model is most like me, and keep it.

    python -m talklikeme.tune out/model

Reads out/model and the pairs beside it and tries temperatures, top-p, numbers of draws and penalties on
validation pairs. What is best goes into the model's generation_config.json and talklikeme.json, where
chat and app.py find it; --dry-run only tells.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from talklikeme import runs
from talklikeme.commands import Parser, positive
from talklikeme.dataset import load_pairs
from talklikeme.errors import RunError, run_script
from talklikeme.evaluation.exchanges import Exchange, friends_burst, pick, read_exchanges
from talklikeme.evaluation.style import FEWEST_TEXTS
from talklikeme.facts import Choice, read_nature, write_nature
from talklikeme.replies import GENERATION_FILE, load_replier, read_sampling
from talklikeme.sampling import FIRST, Choosing, Sampling
from talklikeme.tuning import Shares, Trial, Tuner, ways_to_draw

FEWEST = 20  # held-out messages; fewer would let chance choose
_BEST = 5  # of the table
_COLUMNS = ("temp", "top-p", "draws", "penalty", "fit", "handicap")
_FOUND = ("common", "pairs", "for me", "hits@1", "off")
_CAPTION = (
    "common: among my 20 commonest. pairs: of words, the share of distinct ones.\n"
    "for me: taken for me by the judge. hits@1: my true reply among 20.\n"
    "off: how far from me in all four, smaller is better."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    given = build_parser().parse_args(argv)
    folder = runs.need(given.model, "finetune")
    pairs_folder = runs.need(given.pairs or folder.parent / "pairs", "prepare_data")
    train, asked = read_pairs(pairs_folder, given.limit, given.seed)
    replier = load_replier(folder)
    now = read_sampling(folder), replier.nature.choice.choosing
    tuner = Tuner(replier.engine, replier.encoder, train, asked, seed=given.seed)
    console = Console()
    trials = try_all(tuner, now[0], console)
    best = min(trials, key=lambda trial: trial.distance)
    console.print(build_table(tuner.mine, trials, now))
    if not given.dry_run:
        keep(folder, best, tuner.shapes)
        console.print(f"wrote {folder}/{GENERATION_FILE} and talklikeme.json", highlight=False)
    return 0


def build_parser() -> Parser:
    """The command's arguments."""
    parser = Parser("python -m talklikeme.tune", __doc__)
    parser.add_argument("model", type=Path, help="folder that finetune.py wrote")
    parser.add_argument(
        "--pairs", type=Path, help="folder of the pairs (default: beside the model)"
    )
    parser.add_argument(
        "--limit", type=positive, default=300, metavar="N", help="messages answered (default: 300)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the messages drawn by lot")
    parser.add_argument("--dry-run", action="store_true", help="show the table, keep nothing")
    return parser


def read_pairs(folder: Path, limit: int, seed: int) -> tuple[list[Exchange], list[Exchange]]:
    """Train, and at most `limit` of validation; raises RunError if there are too few to tell anything."""
    pairs = load_pairs(folder)
    train, held_out = (read_exchanges(pairs.get(name, ())) for name in ("train", "validation"))
    bursts = sum(bool(friends_burst(one.context)) for one in train)
    if len(held_out) < FEWEST or min(len(train), bursts) < FEWEST_TEXTS:
        raise RunError(
            f"{folder}: {len(train)} pairs in train and {len(held_out)} in validation, and tuning needs "
            f"{FEWEST_TEXTS} and {FEWEST}. Keep what finetune.py chose"
        )
    return train, pick(held_out, limit, seed)


def try_all(tuner: Tuner, now: Sampling, console: Console) -> list[Trial]:
    """Every trial, those of the model's present way to draw first."""
    ways = [now, *(way for way in ways_to_draw() if way != now)]
    rounds = track(tuner.try_all(ways), "trying", len(ways), console=console, transient=True)
    return [trial for trials in rounds for trial in trials]


def build_table(mine: Shares, trials: Sequence[Trial], now: tuple[Sampling, Choosing]) -> Table:
    """Me, the way it is now, the first and the likeliest of eight, and the best ways."""
    columns = ("", *_COLUMNS, *_FOUND)
    table = Table(*columns, title="How like me are the replies?", box=None, padding=(0, 1, 0, 0))
    table.caption, table.caption_justify = _CAPTION, "left"
    table.add_row("me", *["–"] * len(_COLUMNS), *describe_shares(mine), "0.000")
    known = {(trial.sampling, trial.choosing): trial for trial in trials}
    likeliest = Choosing(penalty=0.0, handicap=0.0)
    for name, choosing in (("now", now[1]), ("first", FIRST), ("likely", likeliest)):
        if trial := known.get((now[0], choosing)):
            table.add_row(name, *describe_trial(trial))
    best = sorted(trials, key=lambda trial: trial.distance)[:_BEST]
    for number, trial in enumerate(best, start=1):
        table.add_row(f"{number}.", *describe_trial(trial))
    return table


def describe_trial(trial: Trial) -> list[str]:
    """How it was drawn and chosen, its shares and its distance, as cells of a table."""
    sampling, choosing = trial.sampling, trial.choosing
    way: list[Any] = [sampling.temperature, sampling.top_p, choosing.draws]
    if choosing.penalty is None:
        way += ["first", "–", "–"]
    else:
        way += [choosing.penalty, choosing.fit, choosing.handicap]
    return [
        *map(str, way),
        *describe_shares(trial.shares),
        f"{trial.distance:.3f}",
    ]


def describe_shares(shares: Shares) -> list[str]:
    """The four as cells of a table."""
    return [
        f"{100 * shares.common:.1f} %",
        f"{shares.distinct_2:.2f}",
        f"{100 * shares.style:.1f} %",
        f"{100 * shares.hits:.1f} %",
    ]


def keep(folder: Path, best: Trial, shapes: dict[str, float]) -> None:
    """Write it beside the weights."""
    path = folder / GENERATION_FILE
    values = json.loads(path.read_text(encoding="utf-8"))
    values |= {"temperature": best.sampling.temperature, "top_p": best.sampling.top_p}
    path.write_text(json.dumps(values | {"do_sample": True}, indent=2) + "\n", encoding="utf-8")
    write_nature(folder, replace(read_nature(folder), choice=Choice(best.choosing, shapes)))


if __name__ == "__main__":
    run_script(main)
