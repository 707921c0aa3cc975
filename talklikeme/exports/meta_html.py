"""A thread as an HTML page of Facebook's or Instagram's export (formats.md §3).

`load_page` gives a page the shape of the JSON export's `message_N.json`, so that `meta_threads`
reads both; a record's time is the page's text under "local_time", for the page tells no zone.

Pages are taken apart by structure: a box holds the sender first, the time last, the body between.
Class names only find the boxes, and where they have changed, a time at the end of a group does.

Not supported: Instagram's `ai_conversations` (nested tables) and the index pages.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text
from talklikeme.exports.html_text import is_too_deep
from talklikeme.exports.meta_dates import looks_like_stamp
from talklikeme.exports.meta_paths import THREAD_PATH

_BOXES: Final = ".uiBoxWhite, ._a6-g:not(.uiBoxWhite)"  # a node that two parts match comes twice
_LONGEST_NAME: Final = 120
_LINE_BREAK: Final = "\x1f"  # stands for <br>; messages hold no control characters

_PAGE_NAME = re.compile(r"messages?(?:_\d+)?(?: \(\d+\)| \d+)?\.html?", re.IGNORECASE)
_BOX_MARK = re.compile(rb"uiBoxWhite|[\"' ]_a6-g[\"' ]")
# The body of a message, and of nothing else in these exports, begins with an empty part.
_BODY_MARK = re.compile(rb"(?:_a6-p|_2let)[^>]*>\s*<div>\s*<div>\s*</div>\s*<div>")
_STAMP_MARK = re.compile(rb">[^<>]{0,40}\d{4}[^<>]{0,24}\d{1,2}[:.]\d{2}[^<>]{0,12}<")
_BR = re.compile(r"<br\s*/?\s*>", re.IGNORECASE)
_SOURCE_BREAK = re.compile(r"[ \t\r]*\n\s*")
_SECONDS_AGO = re.compile(r"\s*\([^()]*\d[^()]*\)$")
_EMOJI: Final = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|\\S)(?:[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d\\S)*"
)
_REACTION = re.compile(rf"({_EMOJI})\s*(.+)", re.DOTALL)
_PARTICIPANTS = re.compile(r"[^:]{2,40}:\s*(\S.*)", re.DOTALL)
_AND = re.compile(r"\s+(?:and|und|et|y|e|en|och|og|ja|i|a|и|та|ve|és|și|&)\s+")
_FOLDER_KEYS: Final = {
    "photos": "photos", "videos": "videos", "audio": "audio_files", "gifs": "gifs", "files": "files",
}  # fmt: skip


def is_page(file: ExportFile, head: bytes) -> bool:
    """Whether it is a thread's page: by its place and name, or by the look of its messages."""
    if PurePosixPath(file.path).suffix.lower() not in (".html", ".htm"):
        return False
    if "ai_conversations" in file.path.lower():
        return False
    if _PAGE_NAME.fullmatch(file.name) and THREAD_PATH.fullmatch(file.path):
        return bool(_BOX_MARK.search(head) or _STAMP_MARK.search(head))
    return bool(_BOX_MARK.search(head) and _BODY_MARK.search(head))


def load_page(file: ExportFile) -> dict[str, Any]:
    """A page as the root object of a JSON part; raises ExportError if it holds no message."""
    text, _ = decode_text(file.read())
    if "<br" in text or "<BR" in text:
        text = _BR.sub(_LINE_BREAK, text)
    if is_too_deep(text):
        raise ExportError(file.path, "nested too deeply to be a chat export")
    tree = LexborHTMLParser(text)
    boxes = _find_boxes(tree)
    if not boxes:
        raise ExportError(file.path, "no message found in it")
    messages: list[dict[str, Any]] = []
    people: list[str] = []
    for cells in boxes:
        if len(cells) > 1 and (messages or _is_timed(cells)):
            messages.append(_build_record(cells))
        else:
            people += _people_in(cells, people)
    return {"participants": people, "title": _find_title(tree), "messages": messages}


def _find_title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title") or tree.css_first("._a70e, ._3b0d")
    return _plain_text(node) if node else ""


def _find_boxes(tree: LexborHTMLParser) -> list[list[LexborNode]]:
    """The cells of every box, header boxes too; a box inside a box belongs to a message."""
    boxes = tree.css(_BOXES)
    if boxes:
        parent = boxes[0].parent
        first = parent.mem_id if parent else 0
        found = [_cells(box) for box in boxes if box.parent and box.parent.mem_id == first]
        if any(_is_timed(cells) for cells in found):
            return found
    return _find_boxes_by_time(tree)


def _find_boxes_by_time(tree: LexborHTMLParser) -> list[list[LexborNode]]:
    """Groups that begin with a short text and end with a time, whatever their classes are."""
    found: dict[int, tuple[LexborNode, list[LexborNode]]] = {}
    for node in tree.css("div, span, td, p, time, footer, li, h2, h3"):
        if next(_elements(node), None) is None and looks_like_stamp(node.text()):
            box = _climb(node)
            cells = _cells(box) if box else []
            if box and len(cells) > 1 and _is_timed(cells) and _is_name(cells[0]):
                found[box.mem_id] = (box, cells)
    return [cells for box, cells in found.values() if not _is_inside(box, found.keys())]


def _climb(node: LexborNode) -> LexborNode | None:
    """The group that a lone time closes."""
    parent = node.parent
    while parent and len(_cells(parent)) == 1:
        parent = parent.parent
    return parent


def _is_inside(box: LexborNode, others: Iterable[int]) -> bool:
    parent = box.parent
    while parent:
        if parent.mem_id in others:
            return True
        parent = parent.parent
    return False


def _is_name(cell: LexborNode) -> bool:
    return 0 < len(cell.text().strip()) <= _LONGEST_NAME


def _is_timed(cells: list[LexborNode]) -> bool:
    return bool(cells) and looks_like_stamp(cells[-1].text().strip())


def _elements(node: LexborNode) -> Iterator[LexborNode]:
    """The element children of a node."""
    return node.iter()


def _cells(node: LexborNode) -> list[LexborNode]:
    return list(node.iter())


def _plain_text(node: LexborNode) -> str:
    """A text with the line breaks that a reader of the page sees."""
    text = node.text()
    if "\n" in text:
        text = _SOURCE_BREAK.sub(" ", text)
    return text.replace(_LINE_BREAK, "\n").strip()


def _people_in(cells: list[LexborNode], known: list[str]) -> list[str]:
    """The names of "Participants: A, B and C"; the same box may hold an invitation instead."""
    text = " ".join(_plain_text(cell) for cell in cells)
    found = _PARTICIPANTS.fullmatch(text)
    if not found or "http" in text or known:
        return []
    *names, last = found[1].split(", ")
    return [name for name in (*names, *_AND.split(last)) if name]


def _build_record(cells: list[LexborNode]) -> dict[str, Any]:
    """One box as a message of the JSON export."""
    record: dict[str, Any] = {
        "sender_name": _plain_text(cells[0]),
        "local_time": cells[-1].text().strip(),
    }
    for body in cells[1:-1]:
        _read_body(body, record)
    return record


def _read_body(body: LexborNode, record: dict[str, Any]) -> None:
    """An empty part, the text, and then cards, files and reactions."""
    inner = next(body.iter(), None)
    parts = _cells(inner) if inner is not None and inner.tag == "div" else []
    if len(parts) < 2:
        record["content"] = _plain_text(body)
        return
    record["content"] = _plain_text(parts[1])
    for part in parts[2:]:
        if part.child is not None:
            _read_extras(part, record)


def _read_extras(part: LexborNode, record: dict[str, Any]) -> None:
    for node in part.css("img, video, audio, a, li"):
        if node.tag == "li":
            if reaction := _parse_reaction(_plain_text(node)):
                record.setdefault("reactions", []).append(reaction)
        elif uri := node.attributes.get("src") or node.attributes.get("href"):
            _note_file(uri, record)


def _parse_reaction(text: str) -> dict[str, str] | None:
    """ "❤Zoë Ruiz (Mar 06, 2023 6:27 pm)" without the time."""
    found = _REACTION.fullmatch(_SECONDS_AGO.sub("", text))
    if not found or found[1].isalnum():
        return None
    return {"reaction": found[1], "actor": found[2]}


def _note_file(uri: str, record: dict[str, Any]) -> None:
    """A picture stands twice, as a link and as an image; a link to the web is what was shared."""
    if uri.startswith(("http://", "https://")):
        record.setdefault("share", {"link": uri})
        return
    path = uri.removeprefix("./")
    while path.startswith("../"):
        path = path[3:]
    if "stickers_used" in path:
        record["sticker"] = {"uri": path}
        return
    key = next((_FOLDER_KEYS[name] for name in path.split("/") if name in _FOLDER_KEYS), "media")
    files = record.setdefault(key, [])
    if {"uri": path} not in files:
        files.append({"uri": path})
