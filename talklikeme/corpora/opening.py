"""Which reader fits a corpus, told by what lies there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from talklikeme.corpora.cornell import LINES, read_cornell
from talklikeme.corpora.dialogue import Dialogue
from talklikeme.corpora.hub import read_hub, read_saved
from talklikeme.corpora.jsonl import read_jsonl
from talklikeme.corpora.tables import read_table
from talklikeme.errors import ConfigError

_PACKED = {".xz", ".gz"}
_READERS = {".jsonl": read_jsonl, ".csv": read_table}
_SAVED = ("dataset_dict.json", "state.json")


@dataclass(frozen=True, slots=True)
class CorpusSpec:
    """A corpus: a path or a Hub name, and for the Hub its config, split and columns."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where it lies, if it is on this disk."""
        return Path(self.name).expanduser()


def open_corpus(spec: CorpusSpec) -> Iterator[Dialogue]:
    """Its dialogues, read as they are asked for; raises ConfigError for what fits no reader."""
    path = spec.path
    if path.is_dir():
        yield from _open_folder(path)
    elif path.name == LINES:
        yield from read_cornell(path.parent)
    elif path.is_file():
        yield from _open_file(path)
    elif _is_hub_name(spec.name):
        yield from read_hub(spec.name, spec.columns)
    else:
        raise ConfigError(f"mix: {path}: no such file")


def _is_hub_name(name: str) -> bool:
    """`owner/name` or `name`: no path that points elsewhere, and no file of a kind that we read."""
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        return False
    return not {*Path(name).suffixes} & {*_READERS, *_PACKED}


def _open_folder(folder: Path) -> Iterator[Dialogue]:
    if any((folder / name).exists() for name in _SAVED):
        yield from read_saved(folder)
        return
    if movies := next(folder.rglob(LINES), None):
        yield from read_cornell(movies.parent)
        return
    files = [path for path in sorted(folder.rglob("*")) if _kind(path) in _READERS]
    if not files:
        raise ConfigError(
            f"mix: {folder}: no dialogue in it. Needs .jsonl or .csv files, {LINES}, or a dataset"
        )
    for path in files:
        yield from _open_file(path)


def _open_file(path: Path) -> Iterator[Dialogue]:
    reader = _READERS.get(_kind(path))
    if reader is None:
        raise ConfigError(
            f"mix: {path}: unknown kind. Known: .jsonl, .csv, also packed as .xz, .gz"
        )
    yield from reader(path)


def _kind(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix in _PACKED else path.suffix
