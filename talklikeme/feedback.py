"""What friends thought of the bot's replies, as a preference dataset.

    python -m talklikeme.feedback export out feedback.jsonl

Thumbs and reactions in Messenger are kept beside the reply, thumbs in the browser in a file. Each line has `prompt` (turns as in
out/pairs), `completion` (the bubbles of the reply) and `label` (true: liked), the unpaired preference format
of TRL (huggingface.co/docs/trl, "Dataset formats"). Friends' names are not in it.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from talklikeme import runs
from talklikeme.commands import Parser
from talklikeme.errors import RunError, run_script
from talklikeme.options import AppOptions
from talklikeme.store.addresses import address_of
from talklikeme.store.database import Database
from talklikeme.store.history import read_turns
from talklikeme.store.tables import events, labels, outbox
from talklikeme.thumbs import THUMBS_FILE, read_thumbs

_GOOD: Final = {"good response", "love", "like", "smile", "wow", "❤", "👍", "😆", "😂"}
_BAD: Final = {"bad response", "dislike", "angry", "👎", "😠"}
_GAP_MS: Final = 60 * 60 * 1000


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = Parser("python -m talklikeme.feedback", __doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    export = commands.add_parser("export", help="write the labels as JSON Lines")
    export.add_argument("out", type=Path)
    export.add_argument("target", type=Path)
    export.add_argument("--store", default="", help="as in app.py")
    given = parser.parse_args(argv)
    url = given.store or AppOptions(out=given.out).store_url
    rows = [*_read_messengers(url), *read_thumbs(given.out / THUMBS_FILE)]
    if not rows:
        raise RunError(f"{given.out}: nobody has said yet what they think of a reply")
    with runs.publish_file(given.target) as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"wrote {given.target}: {len(rows)} labelled replies")  # noqa: T201 - the command's answer
    return 0


def _read_messengers(url: str) -> list[dict[str, Any]]:
    """Nothing where Messenger's service has not made its file."""
    if url.startswith("sqlite") and not Path(url.partition("///")[2]).exists():
        return []
    with Database(url) as database:
        return list(read_labels(database))


def read_labels(database: Database) -> Iterator[dict[str, Any]]:
    """Each reply that was clearly liked or disliked, with what was said before it."""
    query = sa.select(labels, outbox.c.turn, outbox.c.created_ms).join(
        outbox, labels.c.outbox_id == outbox.c.id
    )
    with database.read() as connection:
        for row in list(connection.execute(query.order_by(labels.c.at_ms))):
            label = read_label(row.value)
            asked = list(connection.execute(sa.select(events).where(events.c.turn == row.turn)))
            said = sa.select(outbox.c.text).where(outbox.c.turn == row.turn)
            if label is None or not asked:
                continue
            turns = read_turns(
                connection,
                address_of(asked[0]),
                asked,
                gap_ms=_GAP_MS,
                since_ms=0,
                until_ms=row.created_ms,
            )
            bubbles = connection.execute(said.order_by(outbox.c.part)).scalars()
            completion = [{"role": "assistant", "content": text} for text in bubbles]
            yield {"prompt": turns, "completion": completion, "label": label}


def read_label(value: str) -> bool | None:
    """Whether it was liked; None for what does not say."""
    word = value.casefold()
    return True if word in _GOOD else False if word in _BAD else None


if __name__ == "__main__":
    run_script(main)
