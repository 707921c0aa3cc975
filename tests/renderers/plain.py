"""Tables, JSON and transcripts that no app writes (§20)."""

import csv
import io
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from talklikeme.exports import generic
from tests.renderers.base import Conversation, Dialect, Files, Limits, as_json


def _has_no_word(text: str) -> bool:
    return re.search(r"[^\W\d_]{2}", text) is None


# csv cannot hold NUL; nobody says whose it is; one row, or numbers and signs, could be anything.
JSON = Limits("s", is_owner_stated=False, fewest=2, never=_has_no_word)
TABLE = JSON.but(lacks="\0")
# "Name: words" in a text begins a message if that person speaks twice; most lines must be such;
# "<" near the start is an IRC log's, and NULs are no text's.
TRANSCRIPT = Limits(
    "s", lines=False, lacks="<>\0", name_lacks=":：[](){}<>/\\\"=", is_owner_stated=False, name_like=r"[^\W\d_].{0,39}", people=2, takes_turns=True, fewest=4,
    never=lambda text: ":" in text or "：" in text or "[" in text,
)  # fmt: skip


def _is_unspoken(text: str) -> bool:
    return bool(TRANSCRIPT.never(text)) or re.search(r"[^\W\d_] [^\W\d_]|[?!]", text) is None


def table(
    chat: Conversation, *, columns: Sequence[str], stamp: str = "", newest_first: bool = False,
    encoding: str = "utf-8", name: str = "chat.csv", **options: Any,
) -> Files:  # fmt: skip
    """Any table with a time, a person and words."""
    out = io.StringIO()
    rows = []
    for number, line in enumerate(chat.lines, start=1):
        at = (
            f"{line.wall:{stamp}}".split("|")
            if stamp
            else [line.wall.isoformat(timespec="seconds")]
        )
        extra = [str(number)] if columns[0] == "id" else []
        rows.append([*extra, *at, chat.name(line), line.text])
    rows = rows[::-1] if newest_first else rows
    csv.writer(out, **options).writerows([columns, *rows])
    return {name: out.getvalue().encode(encoding)}


def lines(chat: Conversation) -> Files:
    """JSON lines with seconds since 1970."""
    rows = [{"ts": one.ms // 1000, "user": chat.name(one), "msg": one.text} for one in chat.lines]
    return {"chat.jsonl": b"\n".join(map(as_json, rows)) + b"\n"}


def epoch(chat: Conversation) -> Files:
    """A list with milliseconds, and people as objects."""
    rows = [
        {"timestamp": one.ms, "sender": {"id": number, "name": chat.name(one)}, "text": one.text}
        for number, one in enumerate(chat.lines)
    ]
    return {"chat.json": b"\xef\xbb\xbf" + as_json(rows, indent=1)}


def nested(chat: Conversation) -> Files:
    """Conversations with messages."""
    rows = [
        {"created_at": one.wall.isoformat(timespec="seconds"), "author": chat.name(one), "content": {"text": one.text}}
        for one in chat.lines
    ]  # fmt: skip
    return {
        "chats.json": as_json(
            {"exported": "2024", "conversations": [{"id": "c1", "messages": rows}]}
        )
    }


def transcript(chat: Conversation, *, has_times: bool) -> Files:
    """Name: words."""
    rows = [
        (f"[{one.wall.isoformat(timespec='seconds')}] " if has_times else "")
        + f"{chat.name(one)}: {one.text}\n"
        for one in chat.lines
    ]
    return {"talk.txt": "".join(rows).encode()}


DIALECTS = [
    Dialect("table with ISO times", generic, TABLE, partial(table, columns=("Timestamp", "Sender", "Text"))),
    Dialect("table with local times", generic, TABLE,
            partial(table, columns=("date", "time", "name", "content"), stamp="%d.%m.%Y|%H:%M:%S")),
    Dialect("table quoted, BOM, semicolons", generic, TABLE,
            partial(table, columns=("Date", "From", "Message"), delimiter=";", quoting=csv.QUOTE_ALL, encoding="utf-8-sig")),
    # Newest first is told by the times alone.
    Dialect("table newest first, tabs, UTF-16", generic, TABLE.but(has_ties=False),
            partial(table, columns=("id", "sent_at", "author", "body"), delimiter="\t", newest_first=True,
                    encoding="utf-16", name="chat.tsv")),
    Dialect("JSON lines", generic, JSON, lines),
    Dialect("JSON with milliseconds", generic, JSON.but(precision="ms"), epoch),
    Dialect("JSON, nested", generic, JSON, nested),
    Dialect("transcript with times", generic, TRANSCRIPT, partial(transcript, has_times=True)),
    # A log of single words without times could be settings.
    Dialect("transcript without times", generic, TRANSCRIPT.but(precision="no", filler="so what, then?", never=_is_unspoken),
            partial(transcript, has_times=False)),
]  # fmt: skip
