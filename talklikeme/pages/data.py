"""My data: the ledger, so that one sees that no message got lost, and the whole report below."""

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr

from talklikeme.options import AppOptions
from talklikeme.pages.look import QUIET, build_heading, render


def build_data_page(out: AppOptions) -> None:
    """Inside a Blocks."""
    build_heading("My data", "Where each message of my exports went.")
    ledger = gr.HTML(elem_id="ledger")
    gr.on(
        None,
        lambda: render("ledger", **_read_ledger(out)),
        outputs=ledger,
        **QUIET,
    )


def _read_ledger(out: AppOptions) -> Mapping[str, Any]:
    # Only now: with them come the readers of all export formats.
    from talklikeme.report.page import explain, order

    try:
        ledger = json.loads((out.pairs_folder / "ledger.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"records": 0, "fates": [], "files": [], "report": ""}
    fates = [
        {
            "name": fate,
            "why": explain(fate),
            "count": f"{ledger['total'][fate]:,}",
            "share": f"{ledger['total'][fate] / ledger['records']:.1%}",
        }
        for fate in order(ledger["total"])
    ]
    files = [
        {"path": path, "format": facts["format"], "records": f"{facts['records']:,}"}
        for path, facts in ledger["files"].items()
    ]
    return {
        "records": f"{ledger['records']:,}",
        "fates": fates,
        "files": files,
        "report": _read_report(out),
    }


def _read_report(out: AppOptions) -> str:
    from talklikeme.report.writing import REPORT_FILE

    try:
        return (out.pairs_folder / REPORT_FILE).read_text(encoding="utf-8")
    except OSError:
        return ""
