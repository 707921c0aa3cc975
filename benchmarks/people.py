"""The proof: three people's models from four starts beside all baselines, judged on their newest pairs.

    python benchmarks/people.py --people me_a=A/pairs me_b=B/pairs me_c=C/pairs   # hours; resumable
    python benchmarks/people.py --table                                          # writes the pages

Every model is made by the real commands (train_tokenizer.py, finetune.py, talklikeme.evaluation), each
run in a folder of its own under --work; what --results holds is not done again. --only does some runs,
and --finetune max_steps=20 makes a short trial. The pairs are those of prepare_data.py --test-since.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.people_baselines import do_baselines
from benchmarks.people_recipes import BASELINES, CANARIES, EXTENSION, STARTS, Run, Settings
from benchmarks.people_results import read_people
from benchmarks.people_runs import check_pairs, do
from benchmarks.people_tables import write_pages
from benchmarks.people_triples import add_triples
from talklikeme.errors import ConfigError, run_script

WORK = Path("/tmp/talklikeme-people")
RESULTS = ROOT / "benchmarks" / "results" / "people"  # outlive the machine: they are committed


def main(argv: list[str] | None = None) -> int:
    """Do the runs, or write the pages."""
    given = parse(argv)
    if given.table:
        write_pages(
            read_people(given.results),
            given.goals_on,
            given.page,
            given.evaluation_page,
            given.readme,
        )
        print(f"wrote {given.page}, {given.evaluation_page}, {given.readme}")
        return 0
    settings = read_settings(given)
    people = read_assignments(given.people, "--people")
    for pairs in people.values():
        check_pairs(Path(pairs))
    settings.work.mkdir(mode=0o700, parents=True, exist_ok=True)
    for person, pairs in people.items():
        for start in given.only or (*STARTS, BASELINES, CANARIES):
            if start != CANARIES or given.only or person == given.goals_on:
                work_on(Run(person, start, Path(pairs)), settings)
    return 0


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    defaults = Settings(WORK, RESULTS)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", nargs="+", metavar="NAME=PAIRS", default=[])
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--results", type=Path, default=RESULTS, help="a record for each run")
    parser.add_argument("--base", type=Path, default=defaults.base, help="the base model")
    parser.add_argument(
        "--base-data",
        type=Path,
        default=defaults.base_data,
        help="folder of the corpora to mix in, or a dataset of pairs",
    )
    parser.add_argument("--only", nargs="+", choices=(*STARTS, BASELINES, CANARIES))
    parser.add_argument("--limit", type=int, default=defaults.limit, help="held-out pairs judged")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--canaries", type=int, default=defaults.canaries)
    parser.add_argument("--leak-replies", type=int, default=defaults.leak_replies)
    parser.add_argument("--finetune", nargs="+", metavar="OPTION=VALUE", default=[])
    parser.add_argument("--goals-on", default="me_c", help="the person whose goals are checked")
    parser.add_argument("--table", action="store_true", help="only write the pages")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "people.md")
    parser.add_argument("--evaluation-page", type=Path, default=ROOT / "docs" / "evaluation.md")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    given = parser.parse_args(argv)
    if not given.table and not given.people:
        parser.error("pass --people NAME=PAIRS …, or --table")
    return given


def read_settings(given: argparse.Namespace) -> Settings:
    """What all runs share."""
    return Settings(
        given.work,
        given.results,
        given.base,
        given.base_data,
        limit=given.limit,
        seed=given.seed,
        canaries=given.canaries,
        leak_replies=given.leak_replies,
        finetune={
            name: yaml.safe_load(value)
            for name, value in read_assignments(given.finetune, "--finetune").items()
        },
    )


def read_assignments(texts: list[str], option: str) -> Mapping[str, str]:
    """NAME=VALUE each; raises ConfigError for anything else."""
    found = dict(text.partition("=")[::2] for text in texts)
    for name, value in found.items():
        if not (name and value) or not set(name) <= _ALLOWED:
            raise ConfigError(f"{option} {name}: needs NAME=VALUE, the name of letters, digits, _")
    return found


_ALLOWED = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def work_on(run: Run, settings: Settings) -> None:
    """One run, and a line about it."""
    record: dict[str, Any]
    if run.start == BASELINES:
        record = do_baselines(run, settings)
    else:
        record = do(run, settings)
        if run.start == EXTENSION:
            add_triples(run, settings, record)
    took = ", ".join(f"{step} {one['seconds']:,.0f} s" for step, one in record["steps"].items())
    print(f"{run.person} {run.start}: {took}", flush=True)


if __name__ == "__main__":
    run_script(main)
