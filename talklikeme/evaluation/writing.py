"""Write what the evaluation found into a model folder: evaluation.json, evaluation.md, pictures."""

from pathlib import Path

from talklikeme import runs
from talklikeme.evaluation.plots import draw_plots
from talklikeme.evaluation.report import add_to_report
from talklikeme.evaluation.results import Evaluation
from talklikeme.evaluation.table import to_markdown

TABLES = "evaluation.md"


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Write or replace the three kinds of files; other keys of evaluation.json stay."""
    pictures = draw_plots(evaluation, folder)
    text = "# How near it comes to me\n\n" + to_markdown(evaluation)
    text += "".join(f"\n![{title}]({name})\n" for name, title in pictures.items())
    with runs.publish_file(folder / TABLES) as out:
        out.write(text)
    add_to_report(folder, {"evaluation": evaluation.to_json()})
