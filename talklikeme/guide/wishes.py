"""What was chosen in the guide, on the disk: a page that is opened again knows it."""

import json
from pathlib import Path
from typing import Final

from talklikeme import runs
from talklikeme.guide.steps import FOUND_FILE, Wish

_WISH_FILE: Final = "wish.json"


def keep_wish(folder: Path, wish: Wish) -> None:
    """Write it, readable by its owner alone: it holds a name."""
    with runs.publish_file(folder / _WISH_FILE) as out:
        json.dump({"exports": str(wish.exports), "me": list(wish.me)}, out, ensure_ascii=False)


def read_wish(folder: Path) -> Wish | None:
    """None if nothing was chosen."""
    try:
        values = json.loads((folder / _WISH_FILE).read_text(encoding="utf-8"))
        return Wish(Path(values["exports"]), tuple(values["me"]))
    except (OSError, ValueError, KeyError):
        return None


def forget_wish(folder: Path) -> None:
    """Forget it, and what was found."""
    for name in (_WISH_FILE, FOUND_FILE):
        (folder / name).unlink(missing_ok=True)
