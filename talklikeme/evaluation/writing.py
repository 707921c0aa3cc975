"""Write what the evaluation found into a model folder: evaluation.json, evaluation.md, pictures."""

import json
from pathlib import Path
from typing import Any

from talklikeme import runs
from talklikeme.evaluation.plots import draw_plots
from talklikeme.evaluation.results import Evaluation
from talklikeme.evaluation.table import to_markdown

REPORT = "evaluation.json"
TABLES = "evaluation.md"


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Write or replace the three kinds of files; other keys of evaluation.json stay."""
    pictures = draw_plots(evaluation, folder)
    text = "# How near it comes to me\n\n" + to_markdown(evaluation)
    text += "".join(f"\n![{title}]({name})\n" for name, title in pictures.items())
    with runs.publish_file(folder / TABLES) as out:
        out.write(text)
    add_to_report(folder, "evaluation", evaluation.to_json())


def add_to_report(folder: Path, key: str, value: Any) -> None:
    """Put one key into evaluation.json, which may not exist yet."""
    report = read_report(folder) | {key: value}
    with runs.publish_file(folder / REPORT) as out:
        json.dump(report, out, indent=1, ensure_ascii=False)


def read_report(folder: Path) -> dict[str, Any]:
    """evaluation.json, empty if there is none or it is broken."""
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}
