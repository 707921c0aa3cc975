"""Which files have the columns that the user named, and what is said of those that lack one."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from talklikeme.errors import ExportError
from talklikeme.exports.csv_tables import column_key, find_header, likest_header, read_head
from talklikeme.exports.files import ExportFile
from talklikeme.exports.generic_columns import Columns, map_columns, name_columns
from talklikeme.exports.generic_json import find_layout, likest_fields
from talklikeme.options import ColumnMapping

_JSON: Final = {".json", ".jsonl", ".ndjson"}
_TABLES: Final = {".csv", ".tsv", ".tab", *_JSON}
_MAYBE_TABLES: Final = {".txt", ".log", ""}
_SHOWN: Final = 12
_LONGEST_NAME: Final = 30


def is_json(text: str) -> bool:
    """Whether a text begins as JSON does; JSON lines do, too."""
    return text.lstrip("\ufeff \t\r\n").startswith(("{", "["))


def has_columns(text: str, told: Columns) -> bool:
    """Whether a file that begins so has all the columns."""
    if is_json(text) and find_layout(text, told):
        return True
    return find_header(text, lambda keys: told.named <= set(keys)) is not None


class _Lack(NamedTuple):
    """A table that lacks some of the columns, and what is said of it."""

    is_near: bool
    present: int
    error: ExportError


class ColumnSearch:
    """Looks for the named columns in the files that no surer reader takes."""

    def __init__(self, mapping: ColumnMapping) -> None:
        self._told = map_columns(mapping)
        self._names = name_columns(mapping)
        self._lacks: list[_Lack] = []
        self._has_found = False

    def fits(self, file: ExportFile, head: bytes, *, is_known: bool) -> bool:
        """Whether it has them all; else what it lacks is remembered."""
        suffix = PurePosixPath(file.path).suffix.lower()
        if suffix not in _TABLES | _MAYBE_TABLES:
            return False
        text = read_head(head)
        if has_columns(text, self._told):
            self._has_found = True
            return True
        lack = _describe_lack(file.path, text, self._names, is_known=is_known)
        if lack.present or suffix in _TABLES:
            self._lacks.append(lack)
        return False

    def problems(self, where: str) -> list[ExportError]:
        """One for each table that was surely meant; if no table fits, at least the nearest one."""
        near = [lack for lack in self._lacks if lack.is_near]
        if not self._has_found and not near and self._lacks:
            near = [max(self._lacks, key=lambda lack: lack.present)]
        if not self._has_found and not near:
            return [ExportError(where, "no table for which columns could be meant", is_note=True)]
        return [lack.error for lack in near]


def _describe_lack(path: str, text: str, names: Mapping[str, str], *, is_known: bool) -> _Lack:
    found = likest_fields(text, names.keys()) if is_json(text) else []
    if not found and PurePosixPath(path).suffix.lower() not in _JSON:
        found = likest_header(text, names.keys())
    keys = {column_key(name) for name in found}
    missing = " and ".join(f'"{name}"' for key, name in names.items() if key not in keys)
    why = f"it has no column {missing}; its columns: {_show(found) or 'none'}"
    hint = "Name these in columns, or leave the file out"
    if is_known:
        hint = "It was read by the usual names"
    error = ExportError(path, why, hint=hint, is_note=is_known)
    return _Lack(next(iter(names)) in keys, len(names.keys() & keys), error)


def _show(names: Sequence[str]) -> str:
    shown = ", ".join(name.strip()[:_LONGEST_NAME] or '""' for name in names[:_SHOWN])
    return shown + (", …" if len(names) > _SHOWN else "")
