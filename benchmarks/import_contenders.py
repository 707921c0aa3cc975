"""What the import benchmark runs, each in a process of its own: one tool on one set of files.

python benchmarks/import_contenders.py TOOL FORMAT FOLDER   # prints {"messages": …, "failed": …}

Runs in this project's environment or in that of the other tools: nothing is imported before it is
needed. A file that a tool cannot read is counted, with the reason, and the others are read.
"""

import json
import logging
import re
import sqlite3
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

_PATTERNS: Final = {
    "whatsapp": "**/*.txt",
    "telegram": "**/result.json",
    "telegram-chat": "**/result.json",
    "messenger": "**/message_*.json",
    "sms": "**/*.xml",
    "imessage": "**/chat.db",
}
_WHATSAPP_LINE: Final = r"^\u200e?\[?(\d\d/\d\d/\d{4}, \d\d:\d\d(?::\d\d)?)(?:\]| -) ([^:]+): (.*)$"


def read_ours(_format: str, folder: Path) -> int:
    """This project's readers, into nothing."""
    from zoneinfo import ZoneInfo

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from talklikeme.errors import ExportError
    from talklikeme.exports import ReadSettings, Unknown, read_exports
    from talklikeme.messages import Message

    count = 0
    for item in read_exports([folder], ReadSettings(ZoneInfo("UTC"))):
        if isinstance(item, Message):
            count += 1
        elif isinstance(item, Unknown):
            raise ValueError("no reader recognises it")
        elif isinstance(item, ExportError) and not item.is_note:
            raise item
    return count


def read_chat_miner(name: str, folder: Path) -> int:
    """chat-miner, as its README says."""
    from chatminer import chatparsers

    logging.disable(logging.CRITICAL)
    parsers = {
        "whatsapp": chatparsers.WhatsAppParser,
        "telegram": chatparsers.TelegramJsonParser,
        "telegram-chat": chatparsers.TelegramJsonParser,
        "messenger": chatparsers.FacebookMessengerParser,
    }

    def read(path: Path) -> int:
        parser = parsers[name](str(path))
        parser.parse_file()
        return len(parser.parsed_messages.get_df())

    return _each(read, folder.glob(_PATTERNS[name]))


def read_whatstk(name: str, folder: Path) -> int:
    """whatstk, without its limit of 50 MB."""
    from whatstk import df_from_whatsapp

    return _each(
        lambda path: len(df_from_whatsapp(str(path), max_size=None)), folder.glob(_PATTERNS[name])
    )


def read_json(name: str, folder: Path) -> int:
    """Only json.load: nothing is made of what is in it."""

    def read(path: Path) -> int:
        with path.open(encoding="utf-8") as file:
            data = json.load(file)
        chats = data["chats"]["list"] if name == "telegram" else [data]
        return sum(len(chat["messages"]) for chat in chats)

    return _each(read, folder.glob(_PATTERNS[name]))


def read_pandas(name: str, folder: Path) -> int:
    """The least that a data scientist would write: one table, its times parsed."""
    import pandas as pd

    def read_lines(path: Path) -> int:
        lines = pd.Series(path.read_text(encoding="utf-8").split("\n"))
        table = lines.str.extract(_WHATSAPP_LINE).dropna()
        table["ts"] = pd.to_datetime(table[0], dayfirst=True, format="mixed")
        return len(table)

    def read_xml(path: Path) -> int:
        columns = ["date", "address", "type", "body", "contact_name"]
        table = pd.read_xml(path, iterparse={"sms": columns})
        table["ts"] = pd.to_datetime(table["date"], unit="ms")
        return len(table)

    def read_database(path: Path) -> int:
        with sqlite3.connect(path) as database:
            query = "SELECT text, attributedBody, handle_id, is_from_me, date FROM message"
            table = pd.read_sql(query, database)
        table["ts"] = pd.to_datetime(table["date"] // 10**9 + 978_307_200, unit="s")
        return len(table)

    read = {"whatsapp": read_lines, "sms": read_xml, "imessage": read_database}[name]
    return _each(read, folder.glob(_PATTERNS[name]))


class PartlyReadError(Exception):
    """Some files could not be read."""

    def __init__(self, messages: int, reason: str) -> None:
        super().__init__(reason)
        self.messages = messages


def _each(read: Callable[[Path], int], paths: Iterable[Path]) -> int:
    """The messages of all files; raises PartlyReadError with the commonest reason after the last."""
    count, reasons = 0, Counter[str]()
    for path in sorted(paths):
        try:
            count += read(path)
        except Exception as error:  # whatever another tool raises
            first = re.sub(r"\s+", " ", str(error)).replace(str(path), path.name)[:120]
            reasons[f"{type(error).__name__}: {first}"] += 1
    if reasons:
        reason, times = reasons.most_common(1)[0]
        raise PartlyReadError(count, f"{sum(reasons.values())} files not read ({times} × {reason})")
    return count


CONTENDERS: Final[dict[str, Callable[[str, Path], int]]] = {
    "talklikeme readers": read_ours,
    "chat-miner": read_chat_miner,
    "whatstk": read_whatstk,
    "json.load": read_json,
    "pandas": read_pandas,
}


def main() -> None:
    """Run one and tell how many messages it found, and what it could not read."""
    tool, name, folder = sys.argv[1:]
    warnings.simplefilter("ignore")
    found: dict[str, Any] = {"failed": ""}
    try:
        found["messages"] = CONTENDERS[tool](name, Path(folder))
    except PartlyReadError as error:
        found = {"messages": error.messages, "failed": str(error)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
