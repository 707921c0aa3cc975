"""Output folders: written whole or not at all, and never over another config's results.

Each stage's folder holds a run.yaml: the script, its resolved options and what it was made from.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

import yaml

import talklikeme
from talklikeme.errors import RunError, is_disk_full
from talklikeme.options import SharedOptions

RUN_FILE = "run.yaml"
SEARCH_FILE = "search.json"  # what finetune.py --search tried
_NOT_RECORDED = {
    "out",
    "fresh",
    "evaluate",
    "found",
    "inspect",
    "messages",
    "config",
    "suggest_people",
    "num_proc",
    "push_to_hub",
    "hub_private",
    "push_despite_leaks",
}


def claim(folder: Path, options: SharedOptions, *, fresh: bool) -> None:
    """Raise RunError if `folder` holds the results of another config, unless they may be replaced."""
    if fresh or not folder.exists() or not any(folder.iterdir()):
        return
    made_by, ours = read_run(folder).get("config"), config_name(options)
    if made_by != ours:
        raise RunError(
            f"{folder}: was made with {made_by or 'no config'}, not with {ours}. "
            "Pass --fresh to replace it, or --out for another folder"
        )


def config_name(options: SharedOptions) -> str:
    """How run.yaml names the config: its file, or "no config"."""
    return options.config.as_posix() if options.config else "no config"


def describe_run(options: SharedOptions, script: str, **inputs: Any) -> dict[str, Any]:
    """What run.yaml says: enough to do it again."""
    resolved = {
        option.name: _plain(getattr(options, option.name))
        for option in fields(options)
        if option.name not in _NOT_RECORDED
    }
    return {
        "script": script,
        "version": talklikeme.__version__,
        "config": config_name(options),
        "options": resolved,
        "inputs": inputs,
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(part) for name, part in asdict(value).items() if part}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path | date) else value


def write_run(folder: Path, run: dict[str, Any]) -> None:
    """Write run.yaml into a folder."""
    text = yaml.safe_dump(run, sort_keys=False, allow_unicode=True)
    (folder / RUN_FILE).write_text(text, encoding="utf-8")


def read_run(folder: Path) -> dict[str, Any]:
    """The folder's run.yaml, empty if there is none."""
    try:
        run = yaml.safe_load((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, yaml.YAMLError, UnicodeDecodeError):
        return {}
    return run if isinstance(run, dict) else {}


def need(folder: Path, script: str) -> Path:
    """The folder of an earlier stage; raises RunError naming the script that makes it."""
    restore(folder)
    if not (folder / RUN_FILE).exists():
        raise RunError(f"{folder}: not there yet. Run python {script}.py first")
    return folder


@contextlib.contextmanager
def publish(folder: Path) -> Iterator[Path]:
    """A private folder to write into, which takes the place of `folder` once all is written.

    Whatever goes wrong before that (full disk, Ctrl-C) leaves the earlier results as they were.
    """
    restore(folder)
    with workspace(folder) as draft:
        yield draft
        _replace(folder, draft)


@contextlib.contextmanager
def workspace(beside: Path) -> Iterator[Path]:
    """A private folder on the disk of `beside`, gone afterwards; a full disk is told as `beside`'s."""
    created = not beside.parent.exists()
    with disk_errors(beside):
        beside.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{beside.name}-", dir=beside.parent))
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            if created:
                with contextlib.suppress(OSError):  # something was written into it: it stays
                    beside.parent.rmdir()


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full disk into one clear line, whichever library met it."""
    try:
        yield
    except Exception as error:
        if is_disk_full(error):
            raise RunError(
                f"{folder}: the disk is full. Earlier results are untouched; free some space and "
                "run the same command again"
            ) from None
        raise


def _replace(folder: Path, draft: Path) -> None:
    earlier = _earlier(folder)
    if folder.exists():
        folder.rename(earlier)
    draft.rename(folder)
    shutil.rmtree(earlier, ignore_errors=True)


def restore(folder: Path) -> None:
    """Bring the earlier results back if a crash came between the two renames of _replace."""
    if not folder.exists() and _earlier(folder).exists():
        _earlier(folder).rename(folder)


def _earlier(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}-earlier")


@contextlib.contextmanager
def publish_file(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` once it is written whole; readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk_errors(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                yield out
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)


def pairs_identity(folder: Path) -> str | None:
    """The fingerprint of the pairs that a stage's folder was made from."""
    identity = read_run(folder).get("inputs", {}).get("pairs")
    return str(identity) if identity else None
