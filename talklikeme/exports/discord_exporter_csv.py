"""DiscordChatExporter's CSV: semicolons until 2019, ids of authors since then (formats.md §15.2)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.csv_tables import read_table
from talklikeme.exports.discord_exporter_chat import (
    Entry,
    build_messages,
    event_kind,
    find_channel,
    plain_author,
)
from talklikeme.exports.discord_text import kind_of_file, render_markup
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Attachment, Reaction, clean_name, clean_text, name_key

_NEEDED: Final = {"author", "date", "content"}
_COUNTED = re.compile(r"(.+?)(?: \(\d+\))?", re.DOTALL)


def read_csv(file: ExportFile, counts: Counter[str], settings: ReadSettings) -> Iterator[Item]:
    """Read one channel, or one part of it."""
    try:
        table = read_table(file, _is_header)
    except ExportError as error:
        yield error
        return
    yield Tally(file.path, "DiscordChatExporter", len(table.rows))
    yield from table.problems
    entries = [_build_entry(line, table.keys, row, settings) for line, row in table.rows]
    yield from build_messages(entries, find_channel(file), file, counts, settings)


def _is_header(keys: Sequence[str]) -> bool:
    return set(keys) >= _NEEDED


def _build_entry(line: int, keys: list[str], row: list[str], settings: ReadSettings) -> Entry:
    fields = dict(zip(keys, row, strict=False))
    if not fields.keys() >= _NEEDED:
        return Entry(line, "", "", "", problem="columns are missing")
    full_name = clean_name(fields["author"])
    text = clean_text(render_markup(fields["content"], {}, {}, settings.timezone))
    addresses = (one.strip() for one in fields.get("attachments", "").split(","))
    attachments = tuple(Attachment(kind_of_file(url), url) for url in addresses if url)
    return Entry(
        line=line,
        author=plain_author(full_name),
        author_id=fields.get("authorid", "").strip() or name_key(full_name),
        stamp=fields["date"].strip(),
        text=text,
        kind=event_kind(text) or ("text" if text else "media" if attachments else "empty"),
        full_name=full_name,
        attachments=attachments,
        reactions=tuple(_reactions(fields.get("reactions", ""))),
    )


def _reactions(text: str) -> Iterator[Reaction]:
    """One for each emoji of "👍 (2), ❤"."""
    for part in text.split(","):
        if found := _COUNTED.fullmatch(part.strip()):
            yield Reaction(found[1])
