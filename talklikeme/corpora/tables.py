"""Dialogue in CSV tables: the Ubuntu Dialogue Corpus, and tweets to and from customer support.

Ubuntu (Lowe et al. 2015, as dialogueText.csv): folder, dialogueID, date, from, to, text; a dialogue's
rows follow one another. Tweets (as twcs.csv): tweet_id, author_id, inbound, text, response_tweet_id,
in_response_to_tweet_id; an answer stands near what it answers.
"""

import csv
import html
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path

from talklikeme.corpora.dialogue import Dialogue
from talklikeme.corpora.jsonl import open_text
from talklikeme.errors import ConfigError

Row = Mapping[str, str]
TWEETS_AT_ONCE = 300_000  # held in memory to follow who answers whom; threads across blocks are cut
_CALLED = re.compile(r"^(?:@\w+\s+)+")  # whom a tweet answers: no part of what it says


def read_table(path: Path) -> Iterator[Dialogue]:
    """The dialogues of a CSV file; raises ConfigError if its columns are of neither corpus."""
    csv.field_size_limit(2**27)
    with open_text(path) as lines:
        rows = csv.DictReader(line.replace("\0", "") for line in lines)
        columns = set(rows.fieldnames or ())
        for needed, read in _READERS.items():
            if set(needed) <= columns:
                yield from read(rows)
                return
    known = " or ".join(", ".join(needed) for needed in _READERS)
    raise ConfigError(
        f"mix: {path}: no known dialogue. Needs the columns {known}; found "
        f"{', '.join(sorted(columns)) or 'none'}"
    )


def _read_ubuntu(rows: Iterator[Row]) -> Iterator[Dialogue]:
    def key(row: Row) -> tuple[str, str]:
        return row.get("folder") or "", row["dialogueID"]

    for _, lines in groupby(rows, key=key):
        yield Dialogue([(row["from"] or "", row["text"] or "") for row in lines])


def _read_tweets(rows: Iterator[Row]) -> Iterator[Dialogue]:
    while block := {row["tweet_id"]: row for row in islice(rows, TWEETS_AT_ONCE)}:
        answered = {row["in_response_to_tweet_id"] for row in block.values()}
        for last in block:
            if last not in answered:
                yield Dialogue(_follow_up(last, block))


def _follow_up(last: str, block: Mapping[str, Row]) -> list[tuple[str, str]]:
    """The thread that ends with this tweet; a tweet that answers itself ends it too."""
    thread: dict[str, tuple[str, str]] = {}
    at = last
    while at in block and at not in thread:
        row = block[at]
        thread[at] = row["author_id"], html.unescape(_CALLED.sub("", row["text"] or ""))
        at = row["in_response_to_tweet_id"] or ""
    return list(reversed(thread.values()))


_READERS: dict[tuple[str, ...], Callable[[Iterator[Row]], Iterator[Dialogue]]] = {
    ("dialogueID", "from", "text"): _read_ubuntu,
    ("tweet_id", "author_id", "text", "in_response_to_tweet_id"): _read_tweets,
}
