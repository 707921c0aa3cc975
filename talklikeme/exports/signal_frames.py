"""The frames of a Signal export, from JSON lines or from one array (formats.md §19.1)."""

import json
from collections.abc import Iterator
from typing import Any, Final

from talklikeme.exports.files import ExportFile
from talklikeme.exports.json_stream import stream_items
from talklikeme.exports.streams import open_stream

Frame = dict[str, Any] | None  # None where a line is broken

_BOM: Final = b"\xef\xbb\xbf"


def read_frames(file: ExportFile) -> Iterator[tuple[int, Frame]]:
    """Each frame with its line, or its place in the array, counted from 1."""
    if file.read(200).removeprefix(_BOM).lstrip().startswith(b"["):
        for place, value in enumerate(stream_items(file, "item"), start=1):
            yield place, value if isinstance(value, dict) else None
        return
    with open_stream(file) as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
            if text:
                yield number, _parse(text)


def _parse(line: bytes) -> Frame:
    try:
        value = json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
