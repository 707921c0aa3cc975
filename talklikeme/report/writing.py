"""Both files of the data report, together: report.html for people, words.json for the browser's page."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talklikeme.report.page import render_report
from talklikeme.report.statistics import ChatStatistics
from talklikeme.report.telling import WORDS_FILE, to_json

REPORT_FILE = "report.html"


def write_report(
    folder: Path, statistics: ChatStatistics, ledger_json: Mapping[str, Any], note: str = ""
) -> None:
    """Write them into a folder of pairs; a note stands on top of the page."""
    page = render_report(statistics, ledger_json, note)
    (folder / REPORT_FILE).write_text(page, encoding="utf-8")
    words = json.dumps(to_json(statistics), ensure_ascii=False, indent=1)
    (folder / WORDS_FILE).write_text(words, encoding="utf-8")
