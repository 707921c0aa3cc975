"""whatsapp_chats.csv, the one input of the 2017 project that nothing else writes (formats.md §20.4).

It has the columns From and Content; others are ignored, and no time in it is to be relied on. The
project's other inputs have readers of their own: fbMessages.txt `fbcap`, GoogleTextForm/*.txt
`hangouts_text`, Inbox.csv `linkedin`, WhatsAppChatLogs `whatsapp`, DiscordChatLogs
`discord_exporter`.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.csv_tables import find_header, read_head, read_table
from talklikeme.exports.files import ExportFile
from talklikeme.exports.generic_columns import Columns
from talklikeme.exports.generic_records import Record, RecordReader
from talklikeme.exports.items import Item, ReadSettings, Tally

FORMAT = "whatsapp_chats.csv of 2017"

_COLUMNS: Final = Columns(text="content", sender="from")


def recognises(file: ExportFile, head: bytes) -> bool:
    """By its name and its columns: without times, the columns alone could be anything."""
    return (
        file.plain_stem.lower() == "whatsapp_chats"
        and find_header(read_head(head), _is_header) is not None
    )


def _is_header(keys: Sequence[str]) -> bool:
    return {"from", "content"} <= set(keys)


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one file after the other, in the order of its rows."""
    for file in files:
        try:
            table = read_table(file, _is_header)
        except ExportError as error:
            yield error
            continue
        yield Tally(file.path, FORMAT, len(table.rows))
        yield from table.problems
        records = [
            Record(line, dict(zip(table.keys, row, strict=False))) for line, row in table.rows
        ]
        yield from RecordReader(file, _COLUMNS, settings, "whatsapp").read(records)
