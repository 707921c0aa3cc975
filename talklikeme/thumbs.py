"""What visitors of the chat page think of a reply: one row for each thumb, in a private file.

A chat in the browser is kept nowhere, so a thumb keeps what it speaks of. The rows are those of
`python -m talklikeme.feedback export`, which adds them to Messenger's.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from talklikeme.journal import Journal, read_rows
from talklikeme.turns import Turn

THUMBS_FILE: Final = Path("state") / "thumbs.jsonl"  # in out/


def note_thumb(
    journal: Journal, prompt: Sequence[Turn], bubbles: Sequence[str], *, is_liked: bool
) -> None:
    """Keep one, on the disk when it returns; raises OSError."""
    completion = [{"role": "assistant", "content": text} for text in bubbles]
    journal.add({"prompt": list(prompt), "completion": completion, "label": is_liked})


def read_thumbs(path: Path) -> list[dict[str, Any]]:
    """The last thumb that each reply got."""
    rows = {json.dumps([row["prompt"], row["completion"]]): row for row in read_rows(path)}
    return list(rows.values())
