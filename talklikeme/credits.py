"""CREDITS.md of a model folder: the licence of the model it was made from, and whom that one credits.

It begins with front matter, `license:` an id of https://huggingface.co/docs/hub/repositories-licenses.
A model that was trained on from such a folder carries the file on, and so does what is made of that.
"""

import shutil
from pathlib import Path

import yaml

CREDITS_FILE = "CREDITS.md"
_FENCE = "---\n"


def carry_credits(start: str, folder: Path) -> None:
    """Copy the credits of the model that training began with into a model folder, if it has any."""
    credits_file = Path(start) / CREDITS_FILE
    if credits_file.is_file():
        shutil.copyfile(credits_file, folder / CREDITS_FILE)


def read_licence(folder: Path) -> str | None:
    """The licence that the model's start asks for; None if the folder has no credits."""
    try:
        text = (folder / CREDITS_FILE).read_text(encoding="utf-8")
        front = yaml.safe_load(text.removeprefix(_FENCE).partition(_FENCE)[0])
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    return str(front["license"]) if isinstance(front, dict) and "license" in front else None
