"""Before and after: what tuned choosing does to the replies of three people's models.

python benchmarks/reranker.py me_a=OUT me_b=OUT me_c=OUT      # OUT holds model and pairs; writes docs/replies.md

Tuned on validation pairs by talklikeme.tune, judged here on test pairs, which neither training nor tuning saw.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.tables import write_block
from talklikeme.dataset import load_pairs
from talklikeme.evaluation.exchanges import pick, read_exchanges
from talklikeme.replies import load_replier, read_sampling
from talklikeme.sampling import FIRST, Choosing
from talklikeme.tune import describe_shares, describe_trial, read_pairs
from talklikeme.tuning import Shares, Trial, Tuner, ways_to_draw

PAGE: Final = ROOT / "docs" / "replies.md"
HEAD: Final = (
    "person", "replies", "temperature", "top-p", "draws", "penalty", "fit", "handicap",
    "among my 20 commonest", "distinct-2", "taken for me", "hits@1 of 20", "distance",
)  # fmt: skip


WAYS: Final = ("the first that fits", "chosen, not tuned", "tuned")


def main() -> None:
    """Tune and judge everybody, write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("people", nargs="+", metavar="NAME=OUT")
    parser.add_argument("--limit", type=int, default=300, help="messages tuned on, and judged on")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    lines: list[list[str]] = [list(HEAD), ["---", "---", *["---:"] * (len(HEAD) - 2)]]
    for name, _, out in (person.partition("=") for person in given.people):
        mine, *found = compare(Path(out), given.limit, given.seed)
        lines.append([name, "mine", *["–"] * 6, *describe_shares(mine), "0.000"])
        for label, trial in zip(WAYS, found, strict=True):
            lines.append([name, label, *describe_trial(trial)])
        print(" | ".join(lines[-1]), flush=True)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    write_block(PAGE, "reranker", table)


def compare(out: Path, limit: int, seed: int) -> tuple[Shares, Trial, Trial, Trial]:
    """Mine and the three ways, on the test pairs."""
    train, validation = read_pairs(out / "pairs", limit, seed)
    replier, trained = load_replier(out / "model", seed=seed), read_sampling(out / "model")
    tuner = Tuner(replier.engine, replier.encoder, train, validation, seed=seed)
    trials = (trial for trials in tuner.try_all(ways_to_draw()) for trial in trials)
    best = min(trials, key=lambda trial: trial.distance)
    test = pick(read_exchanges(load_pairs(out / "pairs")["test"]), limit, seed)
    judge = Tuner(replier.engine, replier.encoder, train, test, seed=seed)
    [[first, chosen]] = judge.try_all([trained], [FIRST, Choosing()])
    [[tuned]] = judge.try_all([best.sampling], [best.choosing])
    return judge.mine, first, chosen, tuned


if __name__ == "__main__":
    main()
