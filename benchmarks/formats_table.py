"""Read every golden export and every dialect that tests write; the result goes into docs/formats.md.

python benchmarks/formats_table.py
"""

import io
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.tables import write_block
from talklikeme.exports import READERS, Assignment, Tally, read_assigned
from talklikeme.exports.files import HEAD_BYTES, ExportFile
from talklikeme.exports.items import Item
from talklikeme.messages import Message
from talklikeme.owner import find_owners
from talklikeme.survey import Survey
from tests.export_folders import SETTINGS, golden_exports
from tests.renderers import DIALECTS, Conversation, Dialect, Line
from tests.renderers.reading import read, sequence

# How well a format is evidenced (A: vendor's source or words, B: several parsers agree, C: one source),
# and the test that compares each of its messages.
FORMATS = {
    "Apple Messages database": ("A/B", "imessage"),
    "Discord data package": ("B", "discord_package"),
    "DiscordChatExporter": ("A", "discord_exporter"),
    "Facebook messages.htm": ("A", "facebook_legacy"),
    "Gmail chats (mbox)": ("B", "gmail_chats"),
    "Google Chat JSON": ("B", "google_chat"),
    "Google Hangouts JSON": ("B", "hangouts"),
    "Google Voice HTML": ("B", "google_voice"),
    "Hangouts text": ("B", "hangouts"),
    "Hinge JSON": ("C", "hinge"),
    "Instagram HTML": ("B", "meta_html"),
    "Instagram JSON": ("B", "instagram"),
    "LinkedIn CSV": ("B", "linkedin"),
    "Messenger HTML": ("B", "meta_html"),
    "Messenger JSON": ("B", "messenger_export"),
    "Messenger end-to-end encrypted JSON": ("B", "messenger_export"),
    "SMS Backup & Restore XML": ("A/B", "sms_xml"),
    "SMS Backup+ mailbox": ("A", "sms_mbox"),
    "Signal plaintext export": ("A", "signal"),
    "Signal text (signalbackup-tools)": ("A", "signal"),
    "Slack export": ("B", "slack"),
    "Telegram HTML": ("A", "telegram_html"),
    "Telegram JSON": ("A", "telegram"),
    "Tinder JSON": ("B", "tinder"),
    "Twitter archive": ("B", "twitter"),
    "WhatsApp text": ("B", "whatsapp"),
    "fbchat-archive-parser": ("A", "fbcap"),
    "imessage-exporter HTML": ("A", "imessage_html"),
    "imessage-exporter text": ("A", "imessage_text"),
    "sigexport": ("A", "signal"),
    "table or transcript of unknown origin": ("C", "generic"),
    "whatsapp_chats.csv of 2017": ("C", "legacy_dataset"),
}
# Formats whose dialects differ in what the columns say: a word of the dialect's name → its group.
GROUPS = {
    "DiscordChatExporter": {"csv": "CSV", "html": "HTML", "json": "JSON", "text": "text"},
    "LinkedIn CSV": {"2016": "to 2019", "2019": "to 2019", "20": "since 2020"},
    "Telegram JSON": {"2020": "to 2021", "2021": "to 2021", "20": "since 2021", "left": "since 2021"},
    "Telegram HTML": {"full": "whole account", "20": "one chat"},
    "WhatsApp text": {"android": "Android", "ios": "iPhone", "iphone": "iPhone"},
    "fbchat-archive-parser": {
        "csv": "CSV", "json": "JSON or YAML", "yaml": "JSON or YAML", "t": "text",
    },
    "sigexport": {"data": "data.json", "m": "Markdown"},
    "table or transcript of unknown origin": {
        "transcript": "transcript", "json": "JSON", "epoch": "JSON", "nested": "JSON", "": "table",
    },
}  # fmt: skip
# What people write, and what a format that forgot an escape would break on.
SAMPLE = Conversation(
    ("Kim Berg", "Zoe Ruiz"),
    tuple(
        Line(number % 2, datetime(2021, 1, 14, 9, tzinfo=UTC) + timedelta(minutes=7 * number), text)
        for number, text in enumerate([
            "hi, are you up?", 'he said "no" & <left>', "oh 😂 né, really?", "two lines\nof it; yes",
            "https://example.org/a?b=1", "10:30 - or later: ok?", "שלום לך", "good night then!",
        ])
    ),
)  # fmt: skip


@dataclass
class Row:
    """What all exports of one format, or of a group of its dialects, show."""

    golden: set[str] = field(default_factory=set)
    written: int = 0
    records: int = 0
    messages: int = 0
    owners: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    one_sided: bool = False


Rows = dict[tuple[str, str], Row]


def main() -> None:
    """Read, count, write."""
    rows: Rows = {}
    for export in golden_exports():
        read_golden(export, rows)
    for dialect in DIALECTS:
        read_written(dialect, rows)
    lines = [
        "| format | golden | written | messages | read | owner | times | sides | evidence | test |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [line(*key, rows[key]) for key in sorted(rows)]
    write_block(ROOT / "docs" / "formats.md", "table", "\n".join(lines))


def read_golden(export: dict[str, bytes], rows: Rows) -> None:
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
        variant = files[0].path.split("/")[0]
        formats = formats_of(items)
        for item in items:
            if isinstance(item, Tally) and item.records:
                row = row_of(rows, item.format, variant)
                row.golden.add(variant)
                row.records += item.records
        owners = find_owners(survey_of(items))
        for message in messages_of(items):
            row = row_of(rows, formats[message.source_file], variant)
            row.messages += 1
            note(row, message, is_found=bool(owners.get(message.platform)))


def read_written(dialect: Dialect, rows: Rows) -> None:
    """Write the sample in one dialect and count what is read back right."""
    chat = dialect.fit(SAMPLE)
    items = read(dialect, chat)
    [name] = {item.format for item in items if isinstance(item, Tally) and item.records}
    row = row_of(rows, name, dialect.name.removeprefix(name.partition(" ")[0]))
    expected = dialect.expected(chat)
    row.written += 1
    row.records += len(expected)
    pairs = zip(sequence(dialect, items, chat.people[0]), expected, strict=True)
    row.messages += sum(got == wanted for got, wanted in pairs)
    owners = find_owners(survey_of(items))
    for message in messages_of(items):
        note(row, message, is_found=bool(owners.get(message.platform)))


def row_of(rows: Rows, name: str, dialect: str) -> Row:
    """The row of a format, or of the group that the dialect's name tells."""
    groups = GROUPS.get(name, {})
    group = next((value for key, value in groups.items() if key in dialect.lower()), "")
    return rows.setdefault((name, group), Row())


def formats_of(items: Iterable[Item]) -> dict[str, str]:
    """The format of each file."""
    return {item.source_file: item.format for item in items if isinstance(item, Tally)}


def messages_of(items: Iterable[Item]) -> list[Message]:
    """The messages among what a reader yields."""
    return [item for item in items if isinstance(item, Message)]


def survey_of(items: Iterable[Item]) -> Survey:
    """Who is in which conversations."""
    survey = Survey()
    for message in messages_of(items):
        survey.add(message)
    return survey


def note(row: Row, message: Message, *, is_found: bool) -> None:
    """Take down what is known of one message."""
    stated = message.is_me is not None
    row.owners["stated" if stated else "found" if is_found else "asked for"] += 1
    row.times[message.tz_basis] += 1
    row.one_sided |= message.one_sided


def line(name: str, group: str, row: Row) -> str:
    """One format, or one group of its dialects, as a line of the table."""
    evidence, test = FORMATS[name]
    test = f"tests/test_{test}.py"
    if not (ROOT / test).exists():
        raise SystemExit(f"{name}: there is no {test}")
    owner = " or ".join(kind for kind in ("stated", "found", "asked for") if row.owners[kind])
    basis = {"utc": "exact", "offset": "exact", "local": "`--timezone`"}
    times = " or ".join(dict.fromkeys(basis[kind] for kind, _ in row.times.most_common()))
    cells = [
        f"{name}: {group}" if group else name, len(row.golden), row.written, row.records,
        f"{100 * row.messages / row.records:.4g} %", owner, times,
        "mine only" if row.one_sided else "both", evidence, f"`{test}`",
    ]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
