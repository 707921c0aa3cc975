"""evaluation.json of a model folder: each part of the verdict writes its own keys."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talklikeme import runs

REPORT = "evaluation.json"


def add_to_report(folder: Path, values: Mapping[str, Any]) -> None:
    """Put some keys into evaluation.json, which may not exist yet."""
    report = read_report(folder) | dict(values)
    with runs.publish_file(folder / REPORT) as out:
        json.dump(report, out, indent=1, ensure_ascii=False)


def read_report(folder: Path) -> dict[str, Any]:
    """evaluation.json, empty if there is none or it is broken."""
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}
