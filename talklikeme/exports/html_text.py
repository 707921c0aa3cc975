"""What HTML exports have in common: pages taken apart piece by piece, and text as it is shown.

Pages are cut before each message and every piece is parsed for itself, so that memory does not grow
with the page.
"""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text

_BLOCKS = {
    "div", "p", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr",
}  # fmt: skip
_SILENT = {"script", "style", "svg", "template"}
# Far deeper than any exporter nests; a page built to exhaust the parser is refused before it.
_DEEPEST = 5_000
_WINDOW = 1 << 16
# What is never closed, wherever it stands; not "<div/>", which the parser takes for "<div>".
_ALONE = re.compile(r"<(?:br|hr|img|meta)[\s/>]", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n]+")


def load_page(file: ExportFile) -> tuple[str, list[ExportError]]:
    """The page's text, and what is doubtful about it."""
    text, guessed = decode_text(file.read())
    why = "not UTF-8 text, read as Windows-1252"
    return text, [ExportError(file.path, why, is_note=True)] if guessed else []


def cut_before(text: str, start: re.Pattern[str], most: int = 1) -> Iterator[tuple[int, str]]:
    """Pieces that begin at a match, of `most` matches each, with the line they begin on."""
    found = [match.start() for match in start.finditer(text)][::most]
    line, counted = 1, 0
    for begin, end in zip(found, [*found[1:], len(text)], strict=False):
        line += text.count("\n", counted, begin)
        counted = begin
        yield line, text[begin:end]


def parse_piece(piece: str) -> LexborHTMLParser | None:
    """The piece as a tree; None if it is nested like no chat."""
    return None if is_too_deep(piece) else LexborHTMLParser(piece)


def is_too_deep(text: str) -> bool:
    """Whether tags are opened and not closed by the thousand: parsing time grows with the square."""
    if text.count("<") < _DEEPEST:
        return False
    depth = 0
    for start in range(0, len(text), _WINDOW):
        part = text[start : start + _WINDOW]
        alone = len(_ALONE.findall(part))
        depth = max(0, depth + part.count("<") - 2 * part.count("</") - alone)
        if depth > _DEEPEST:
            return True
    return False


def classes(node: LexborNode) -> list[str]:
    """The classes of an element."""
    return (node.attributes.get("class") or "").split()


def attribute(node: LexborNode | None, name: str) -> str:
    """An attribute's value, or nothing."""
    return (node.attributes.get(name) or "") if node is not None else ""


def shown_text(node: LexborNode | None, skipped: str = "", *, keeps_space: bool = True) -> str:
    """The text of an element as a browser shows it; pictures of emoji speak by their `alt`.

    Elements with the class `skipped` are left out. `keeps_space` says whether line breaks of the
    source are shown; else only <br>, block elements and <pre> break lines.
    """
    if node is None:
        return ""
    shown = _Shown(skipped, keeps_space)
    stack: list[LexborNode | None] = [node]
    while stack:
        current = stack.pop()
        if current is None:
            shown.break_line()
        elif current.tag == "-text":
            shown.add_text(current.text_content or "")
        else:
            stack += shown.add_element(current, is_root=current == node)
    return "".join(shown.parts)


class _Shown:
    """The text so far; elements hand back what they hold, last part first, None for a block's end."""

    def __init__(self, skipped: str, keeps_space: bool) -> None:
        self.parts: list[str] = []
        self._skipped = skipped
        self._keeps_space = keeps_space

    def add_text(self, text: str) -> None:
        """Add words; where the source's line breaks mean nothing, they are spaces."""
        if not self._keeps_space:
            text = _SPACE.sub(" ", text)
            if self.parts and self.parts[-1].endswith("\n"):
                text = text.lstrip(" ")
        if text:
            self.parts.append(text)

    def break_line(self, *, always: bool = False) -> None:
        """Begin a new line, unless nothing stands on this one."""
        if self.parts and not self._keeps_space:
            self.parts[-1] = self.parts[-1].rstrip(" ")
        if always or (self.parts and not self.parts[-1].endswith("\n")):
            self.parts.append("\n")

    def add_element(self, node: LexborNode, *, is_root: bool) -> list[LexborNode | None]:
        """Add what the element shows by itself."""
        tag = node.tag
        if tag is None or tag in _SILENT or (self._skipped and self._skipped in classes(node)):
            return []
        if tag == "br":
            self.break_line(always=True)
        elif tag == "img":
            self.parts.append(_shown_emoji(node))
        is_block = tag in _BLOCKS and not is_root
        if is_block:
            self.break_line()
        if tag == "pre" and is_block and not self._keeps_space:
            self.parts.append(shown_text(node))
            return [None]
        inner: list[LexborNode | None] = list(node.iter(include_text=True))
        return ([*inner, None] if is_block else inner)[::-1]


def _shown_emoji(node: LexborNode) -> str:
    alt = attribute(node, "alt")
    is_emoji = any("emoji" in name for name in classes(node))
    if not is_emoji:
        return ""
    return f":{alt}:" if re.fullmatch(r"\w{2,32}", alt, re.ASCII) else alt
