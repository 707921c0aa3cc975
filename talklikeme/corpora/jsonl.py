"""This repository's base dialogue: JSON Lines, plain or packed by xz or gzip.

`{"id", "turns": [{"speaker", "text"}]}` or `{"id", "turns": [[SPEAKER, TEXT], …]}`; in the threads
of chat rooms one speaker's consecutive messages are one text with line breaks between them. One
person's side of chats says "from" instead of "speaker".
"""

import gzip
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from talklikeme.corpora.dialogue import Dialogue, Said
from talklikeme.errors import ConfigError

_OPENERS: dict[str, Any] = {".xz": lzma.open, ".gz": gzip.open}


def open_text(path: Path) -> IO[str]:
    """A text file, unpacked while it is read."""
    opener = _OPENERS.get(path.suffix, open)
    file: IO[str] = opener(path, "rt", encoding="utf-8", errors="replace", newline="")
    return file


def read_jsonl(path: Path) -> Iterator[Dialogue]:
    """The dialogues of one file; raises ConfigError at the first line of another shape."""
    with open_text(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield Dialogue(_read_line(path, number, line))


def _read_line(path: Path, number: int, line: str) -> list[Said]:
    try:
        turns = json.loads(line)["turns"]
        return [said for turn in turns for said in _bubbles(turn)]
    except (ValueError, TypeError, KeyError, IndexError):
        raise ConfigError(
            f'mix: {path}:{number}: not dialogue. Needs lines like {{"id": "1", "turns": '
            '[{"speaker": "A", "text": "hi"}]} or {"id": "1", "turns": [["A", "hi"]]}'
        ) from None


def _bubbles(turn: Any) -> Iterator[Said]:
    if isinstance(turn, dict):
        who, text = turn["speaker"] if "speaker" in turn else turn["from"], turn["text"]
    else:
        who, text = turn[0], turn[1]
    for bubble in text.splitlines():
        yield str(who), bubble
