"""Before and after: what tuned choosing does to the replies of three people's models.

python benchmarks/reranker.py me_a=OUT me_b=OUT me_c=OUT      # OUT holds model and pairs; writes docs/replies.md

Tuned on validation pairs by talklikeme.tune, judged here on test pairs, which neither training nor tuning saw.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.tables import table, write_block
from talklikeme.dataset import load_pairs
from talklikeme.evaluation.exchanges import pick, read_exchanges
from talklikeme.replies import load_replier, read_sampling
from talklikeme.sampling import FIRST, Choosing, Sampling
from talklikeme.tune import describe_shares, describe_trial, read_pairs
from talklikeme.tuning import HANDICAPS, Shares, Trial, Tuner, ways_to_draw

PAGE: Final = ROOT / "docs" / "replies.md"
HEAD: Final = (
    "person", "replies", "temperature", "top-p", "draws", "penalty", "fit", "handicap",
    "among my 20 commonest", "distinct-2", "taken for me", "hits@1 of 20", "distance",
)  # fmt: skip
WAYS: Final = ("the first that fits", "chosen, not tuned", "tuned")


@dataclass(frozen=True, slots=True)
class Compared:
    """One person: what was tried on validation pairs, and what three ways came to on test pairs."""

    tried: list[Trial]
    mine_tried: Shares
    mine: Shares
    judged: tuple[Trial, ...]  # one for each of WAYS
    trained: Sampling


def main() -> None:
    """Tune and judge everybody, write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("people", nargs="+", metavar="NAME=OUT")
    parser.add_argument("--limit", type=int, default=300, help="messages tuned on, and judged on")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found: dict[str, Compared] = {}
    for name, _, out in (person.partition("=") for person in given.people):
        found[name] = compare(Path(out), given.limit, given.seed)
        print(name, *map(describe_trial, found[name].judged), flush=True)
    write_block(PAGE, "handicap", handicap_table(found))
    write_block(PAGE, "reranker", reranker_table(found))


def compare(out: Path, limit: int, seed: int) -> Compared:
    """Try every way on validation pairs; judge the three on the test pairs."""
    train, validation = read_pairs(out / "pairs", limit, seed)
    replier, trained = load_replier(out / "model", seed=seed), read_sampling(out / "model")
    tuner = Tuner(replier.engine, replier.encoder, train, validation, seed=seed)
    tried = [trial for trials in tuner.try_all(ways_to_draw()) for trial in trials]
    best = min(tried, key=lambda trial: trial.distance)
    test = pick(read_exchanges(load_pairs(out / "pairs")["test"]), limit, seed)
    judge = Tuner(replier.engine, replier.encoder, train, test, seed=seed)
    [untuned] = judge.try_all([trained], [FIRST, Choosing()])
    [[tuned]] = judge.try_all([best.sampling], [best.choosing])
    return Compared(tried, tuner.mine, judge.mine, (*untuned, tuned), trained)


def handicap_table(found: Mapping[str, Compared]) -> str:
    """The share of my commonest replies for each handicap, on validation pairs, all else as trained."""
    rows = [["mine", *(f"{100 * one.mine_tried.common:.1f} %" for one in found.values())]]
    for handicap in HANDICAPS:
        shares = (common_share(one, handicap) for one in found.values())
        rows.append([str(handicap), *(f"{100 * share:.1f} %" for share in shares)])
    return table(["handicap", *found], rows)


def common_share(one: Compared, handicap: float) -> float:
    """How often one of my commonest replies was chosen with this handicap."""
    way = one.trained, Choosing(handicap=handicap)
    [share] = [
        trial.shares.common for trial in one.tried if (trial.sampling, trial.choosing) == way
    ]
    return share


def reranker_table(found: Mapping[str, Compared]) -> str:
    """Mine and the three ways, on test pairs."""
    rows = []
    for name, one in found.items():
        rows.append([name, "mine", *["–"] * 6, *describe_shares(one.mine), "0.000"])
        for label, trial in zip(WAYS, one.judged, strict=True):
            rows.append([name, label, *describe_trial(trial)])
    return table(HEAD, rows, texts=2)


if __name__ == "__main__":
    main()
