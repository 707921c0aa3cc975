"""From a model and its pairs to the written evaluation: what the command and finetune.py call."""

import logging
from dataclasses import replace
from pathlib import Path

from datasets import DatasetDict
from rich.console import Console

from talklikeme.errors import is_disk_full
from talklikeme.evaluation.contestants import Contestant
from talklikeme.evaluation.results import Evaluation
from talklikeme.evaluation.running import AFTER_TRAINING, FEWEST_ROWS, Plan, evaluate
from talklikeme.evaluation.table import SECTIONS, show, to_markdown
from talklikeme.evaluation.writing import write_evaluation

logger = logging.getLogger(__name__)


def judge(
    contestant: Contestant,
    pairs: DatasetDict,
    folder: Path,
    plan: Plan,
    *,
    baselines: bool = True,
    quiet: bool = False,
) -> Evaluation:
    """Measure a model, with the baselines beside it, and write the results into its folder."""
    contestants = [contestant]
    if baselines and len(pairs["train"]) and _is_enough(pairs):
        contestants += make_baselines(pairs, folder, plan.seed)
    evaluation = evaluate(contestants, pairs, plan, quiet=quiet)
    write_evaluation(evaluation, folder)
    return evaluation


def judge_after_training(
    contestant: Contestant, pairs: DatasetDict, folder: Path, *, seed: int
) -> str:
    """The same for finetune.py: a little less of it, the tables shown; returns them as Markdown.

    A mistake in here must not cost the training: it is told, and the model stays without a verdict.
    """
    plan = replace(AFTER_TRAINING, seed=seed)
    try:
        evaluation = judge(contestant, pairs, folder, plan)
    except Exception as error:
        if is_disk_full(error):
            raise
        logger.warning(
            "the model was not judged (%s). Run python -m talklikeme.evaluation on its folder",
            type(error).__name__,
        )
        return ""
    show(evaluation, Console(), sections=SECTIONS[:2])
    return to_markdown(evaluation, level=3)


def make_baselines(pairs: DatasetDict, tokenizer_folder: Path, seed: int) -> list[Contestant]:
    """The baselines of talklikeme.evaluation.baselines, made from train."""
    from talklikeme.evaluation.baselines import build_baselines  # scikit-learn: a second

    rows = pairs["train"].select_columns(["prompt", "completion"]).to_list()
    return build_baselines(rows, tokenizer_folder, seed)


def _is_enough(pairs: DatasetDict) -> bool:
    return any(
        len(pairs[split]) >= FEWEST_ROWS for split in ("test", "validation") if split in pairs
    )
