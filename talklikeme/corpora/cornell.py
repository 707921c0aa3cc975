"""Cornell Movie-Dialogs (Danescu-Niculescu-Mizil and Lee 2011): two files of fields by " +++$+++ ".

movie_lines.txt: line, character, movie, name, text. movie_conversations.txt: two characters, movie,
and the lines as a Python list, `['L194', 'L195']`. The files are Latin-1 with a few odd bytes.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from talklikeme.corpora.dialogue import Dialogue
from talklikeme.errors import ConfigError

LINES = "movie_lines.txt"
CONVERSATIONS = "movie_conversations.txt"
_BETWEEN = " +++$+++ "
_LINE_ID = re.compile(r"\w+")


def read_cornell(folder: Path) -> Iterator[Dialogue]:
    """The conversations of the folder; raises ConfigError if a file is missing or has other fields."""
    said = {line[0]: (line[1], line[4]) for line in _read(folder / LINES, fields=5)}
    for *_, listed in _read(folder / CONVERSATIONS, fields=4):
        yield Dialogue([said[line] for line in _LINE_ID.findall(listed) if line in said])


def _read(path: Path, fields: int) -> Iterator[list[str]]:
    try:
        text = path.read_text(encoding="iso-8859-1")
    except FileNotFoundError:
        raise ConfigError(f"mix: {path}: not there, and the corpus needs it") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        found = (line.rstrip("\r") + " ").split(_BETWEEN)  # a line without words ends at the mark
        if len(found) != fields:
            raise ConfigError(
                f"mix: {path}:{number}: not Cornell Movie-Dialogs. Needs {fields} fields with "
                f"{_BETWEEN.strip()} between them, found {len(found)}"
            )
        yield found
