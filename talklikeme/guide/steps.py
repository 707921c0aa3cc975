"""The same scripts with the same config as on the command line, for what was chosen in the browser."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from talklikeme.guide.errand import ROOT, Step
from talklikeme.options import AppOptions

EXAMPLE: Final = ROOT / "examples" / "exports"
FOUND_FILE: Final = "found.json"  # in the guide's folder
_CONFIG: Final = ROOT / "configs" / "me.yaml"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was chosen: where the exports are, and who is me."""

    exports: Path
    me: Sequence[str] = ()


def guide_folder(options: AppOptions) -> Path:
    """Where the guide keeps what it does."""
    return options.out / "guide"


def make_uploads_folder(options: AppOptions) -> Path:
    """An empty one, for this machine's user alone, in which the server keeps what is dropped on the page."""
    folder = guide_folder(options) / "uploads"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def list_look(options: AppOptions, wish: Wish) -> list[Step]:
    """One step, that writes found.json."""
    found = guide_folder(options) / FOUND_FILE
    command = _prepare(options, wish)
    return [Step("Look into the files", [*command, "--inspect", "--found", str(found.resolve())])]


def list_training(options: AppOptions, wish: Wish) -> list[Step]:
    """Three steps, that end with a model."""
    return [
        Step("Read and pair the messages", [*_prepare(options, wish), "--fresh"]),
        Step("Learn the words", [*_script(options, "train_tokenizer.py"), "--fresh"]),
        Step("Learn to answer", _script(options, "finetune.py")),
    ]


def _prepare(options: AppOptions, wish: Wish) -> list[str]:
    command = [*_script(options, "prepare_data.py"), "--exports", str(wish.exports.resolve())]
    for name in wish.me:
        command += ["--me", name]
    # The bundled WhatsApp files hold UTC clock times.
    is_example = wish.exports.resolve() == EXAMPLE
    return [*command, "--timezone", "UTC"] if is_example else command


def _script(options: AppOptions, name: str) -> list[str]:
    config = (options.config or _CONFIG).resolve()
    return [sys.executable, str(ROOT / name), str(config), "--out", str(options.out.resolve())]
