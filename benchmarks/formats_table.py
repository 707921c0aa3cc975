"""Read every golden export and write what came of it into docs/formats.md.

python benchmarks/formats_table.py
"""

import io
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from talklikeme.exports import READERS, Assignment, Tally, read_assigned
from talklikeme.exports.files import HEAD_BYTES, ExportFile
from talklikeme.messages import Message
from talklikeme.owner import find_owners
from talklikeme.survey import Survey
from tests.export_folders import SETTINGS, golden_exports

# How well a format is evidenced (A: vendor's source or words, B: several parsers agree, C: one source).
EVIDENCE = {
    "Apple Messages database": "A/B", "Discord data package": "B", "DiscordChatExporter": "A",
    "Facebook messages.htm": "A", "Gmail chats (mbox)": "B", "Google Chat JSON": "B",
    "Google Hangouts JSON": "B", "Google Voice HTML": "B", "Hangouts text": "B",
    "Hinge JSON": "C", "Instagram HTML": "B", "Instagram JSON": "B", "LinkedIn CSV": "B",
    "Messenger HTML": "B", "Messenger JSON": "B", "Messenger end-to-end encrypted JSON": "B",
    "SMS Backup & Restore XML": "A/B", "SMS Backup+ mailbox": "A", "Signal plaintext export": "A",
    "Signal text (signalbackup-tools)": "A", "Slack export": "B", "Telegram HTML": "A",
    "Telegram JSON": "A", "Tinder JSON": "B", "Twitter archive": "B", "WhatsApp text": "B",
    "fbchat-archive-parser": "A", "imessage-exporter HTML": "A", "imessage-exporter text": "A",
    "sigexport": "A",
}  # fmt: skip


@dataclass
class Row:
    """What all golden exports of one format show."""

    variants: set[str] = field(default_factory=set)
    messages: int = 0
    owners: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    one_sided: bool = False


def main() -> None:
    """Read, count, write."""
    rows: dict[str, Row] = {}
    for export in golden_exports():
        read(export, rows)
    lines = [
        "| format | variants tried | messages | owner | times | sides | evidence |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [line(name, row) for name, row in sorted(rows.items())]
    path = ROOT / "docs" / "formats.md"
    text = path.read_text(encoding="utf-8")
    block = "\n".join(lines)
    text = re.sub(
        r"(<!-- table:begin -->\n).*?(<!-- table:end -->)",
        lambda found: f"{found[1]}{block}\n{found[2]}",
        text,
        flags=re.DOTALL,
    )
    path.write_text(text, encoding="utf-8")


def read(export: dict[str, bytes], rows: dict[str, Row]) -> None:
    """Read one golden export as a user's folder is read."""
    claimed: dict[int, list[ExportFile]] = {}
    for path, data in export.items():
        file = ExportFile(path, len(data), lambda data=data: io.BytesIO(data))
        head = data[:HEAD_BYTES]
        number = next((n for n, one in enumerate(READERS) if one.recognises(file, head)), None)
        if number is not None:
            claimed.setdefault(number, []).append(file)
    for number, files in claimed.items():
        items = list(read_assigned(Assignment(number, tuple(files)), SETTINGS))
        formats = {item.source_file: item.format for item in items if isinstance(item, Tally)}
        survey = Survey()
        for message in (item for item in items if isinstance(item, Message)):
            survey.add(message)
        owners = find_owners(survey)
        for message in (item for item in items if isinstance(item, Message)):
            row = rows.setdefault(formats[message.source_file], Row())
            row.variants.add(files[0].path.split("/")[0])
            row.messages += 1
            stated = message.is_me is not None
            told = "stated" if stated else "found" if owners.get(message.platform) else "asked for"
            row.owners[told] += 1
            row.times[message.tz_basis] += 1
            row.one_sided |= message.one_sided


def line(name: str, row: Row) -> str:
    """One format as a line of the table."""
    owner = " or ".join(kind for kind in ("stated", "found", "asked for") if row.owners[kind])
    basis = {"utc": "exact", "offset": "exact", "local": "`--timezone`"}
    times = " or ".join(dict.fromkeys(basis[kind] for kind, _ in row.times.most_common()))
    sides = "mine only" if row.one_sided else "both"
    evidence = EVIDENCE.get(name, "C")
    return f"| {name} | {len(row.variants)} | {row.messages} | {owner} | {times} | {sides} | {evidence} |"


if __name__ == "__main__":
    main()
