"""DiscordChatExporter's files of all ages: JSON, CSV, text and HTML (formats.md §15.2).

None of them says whose they are; in a direct message it is whoever is not the channel's name.
Times of JSON, and of HTML since 2019, are UTC; text, CSV and older HTML show the exporter's clock.
Not supported: contents of embeds (they are no one's words), replies and ids of text and CSV files,
which do not have them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from talklikeme.exports.discord_exporter_csv import read_csv
from talklikeme.exports.discord_exporter_html import read_html
from talklikeme.exports.discord_exporter_json import read_json
from talklikeme.exports.discord_exporter_text import read_text
from talklikeme.exports.files import ExportFile, decode_text
from talklikeme.exports.items import Item, ReadSettings

FORMAT = "DiscordChatExporter"

_BOM: Final = b"\xef\xbb\xbf"
_CSV_HEADER = re.compile(
    r'"?(?:author_?id"?[,;]"?)?author"?[,;]"?date"?[,;]"?content"?[,;\r\n]', re.IGNORECASE
)
_TEXT_HEADER = re.compile(r"={40,}\r?\n(?:Guild|Server):\s")
_HTML_MARKS: Final = (b"chatlog__message", b'class="msg-user"', b"class=msg-user")


def recognises(file: ExportFile, head: bytes) -> bool:
    """By the first keys, the first line or the names of styles."""
    name = file.name.lower()
    start = head.removeprefix(_BOM).lstrip()
    if name.endswith(".json"):
        return start.startswith(b"{") and all(
            key in head for key in (b'"guild"', b'"channel"', b'"messages"')
        )
    if name.endswith((".html", ".htm")):
        return any(mark in head for mark in _HTML_MARKS)
    if name.endswith((".csv", ".txt")):
        # Without its BOM: the cut may fall inside a character, and what is no UTF-8 keeps its BOM.
        text = decode_text(start[:400])[0].lstrip("\ufeff \r\n")
        return bool((_CSV_HEADER if name.endswith(".csv") else _TEXT_HEADER).match(text))
    return False


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read channel by channel; the parts of one channel follow each other."""
    counts: Counter[str] = Counter()
    by_name = sorted(files, key=_part)
    json_files = [file for file in by_name if file.name.lower().endswith(".json")]
    yield from read_json(json_files, counts, settings)
    for file in by_name:
        name = file.name.lower()
        if name.endswith(".json"):
            continue
        reader = (
            read_csv if name.endswith(".csv") else read_text if name.endswith(".txt") else read_html
        )
        yield from reader(file, counts, settings)


def _part(file: ExportFile) -> tuple[str, int, str]:
    """Parts in order of their numbers: "… [part 2].json" before "… [part 10].json"."""
    found = re.search(r" \[part (\d{1,9})\]", file.name)
    stem = file.path[: -len(file.name)] + file.name.partition(" [part ")[0]
    return stem, int(found[1]) if found else 1, file.path
