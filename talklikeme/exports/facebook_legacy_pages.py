"""Take one page of Facebook's old archive apart without holding it in memory (formats.md §4.2).

The file is cut at the tags that open a thread and a message. A first pass over it notes where the
messages lie, in chunks of bounded size; any chunk can be read again later, so that a page of
hundreds of megabytes that runs newest first can be read oldest first.
"""

import functools
import hashlib
import html
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Final, NamedTuple, Self

from selectolax.lexbor import LexborHTMLParser

from talklikeme.errors import ExportError
from talklikeme.exports.archives import READ_ERRORS
from talklikeme.exports.files import ExportFile
from talklikeme.exports.html_text import is_too_deep
from talklikeme.messages import clean_name

_READ_BYTES: Final = 1 << 18
_CHUNK_MESSAGES: Final = 2_000
_SAMPLED: Final = 16  # the language of the dates shows in every 16th stamp, too
_LONGEST_PIECE: Final = 1 << 24  # a message or header beyond this is cut off
_CONTROLS: Final = bytes([*range(9), 11, 12, *range(14, 32)])

_MARK = re.compile(rb"<div\b[^<>]{0,200}?\bclass\s*=\s*[\"']?(thread|message)(?=[\"'\s>])[^<>]*>")
_LONGEST_MARK: Final = 512
_H1 = re.compile(rb"<h1\b[^>]*>(.*?)</h1>", re.IGNORECASE | re.DOTALL)
_PAGE_TITLE = re.compile(rb"<title\b[^>]*>(.*?) - [^<>-]+</title>", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(rb"<a\b[^>]*href=[\"']\.\./messages/([^\"'/]+)[\"'][^>]*>(.*?)</a>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_PLAIN = re.compile(
    r"\s*<div class=\"message_header\">\s*<span class=\"user\">([^<]*)</span>\s*"
    r"<span class=\"meta\">([^<]*)</span>\s*</div>\s*</div>\s*<p>([^<]*)</p>(?:\s|</div>)*"
)
_LABEL = re.compile(r"[^:,]{2,40}:\s+")
_BR = re.compile(r"<br\s*/?\s*>", re.IGNORECASE)
_FILES: Final = "img, video, audio, p a"


class RawMessage(NamedTuple):
    """One message as it stands on the page."""

    sender: str
    stamp: str
    text: str
    files: tuple[str, ...] = ()


class Chunk(NamedTuple):
    """Messages that lie together in the file."""

    start: int
    size: int
    first: int  # the place of its first message on the page


@dataclass(slots=True)
class Block:
    """One `div.thread`: up to 10,000 messages of a conversation."""

    header: str = ""
    chunks: list[Chunk] = field(default_factory=list)
    count: int = 0
    senders: dict[str, None] = field(default_factory=dict)
    first_stamp: str = ""
    last_stamp: str = ""
    fingerprint: bytes = b""


@dataclass(slots=True)
class Page:
    """What a first pass over a page finds."""

    file: ExportFile
    owner: str = ""
    blocks: list[Block] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)


class OpenPage:
    """Holds one page open at a time; a member of an archive is unpacked once for it."""

    def __init__(self) -> None:
        self._path = ""
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def turn_to(self, file: ExportFile) -> "PageStream":
        """The page's stream; whichever was open before is closed."""
        if self._stream is None or self._path != file.path:
            self._close()
            self._stream, self._path = _open_for_seeking(file), file.path
        return PageStream(file, self._stream)

    def _close(self) -> None:
        if self._stream:
            self._stream.close()
        self._stream = None


def _open_for_seeking(file: ExportFile) -> IO[bytes]:
    stream = file.open()
    if isinstance(getattr(stream, "raw", None), io.FileIO):
        return stream
    spooled = tempfile.TemporaryFile()  # noqa: SIM115 - OpenPage closes it
    try:
        with stream:
            shutil.copyfileobj(stream, spooled, _READ_BYTES)
    except READ_ERRORS:
        spooled.close()
        raise ExportError(file.path, "damaged inside its archive") from None
    return spooled


@dataclass(frozen=True, slots=True)
class PageStream:
    """A page that can be read at any place."""

    file: ExportFile
    _stream: IO[bytes]

    def survey(self, learn: Callable[[str], None]) -> Page:
        """The first pass; every stamp is shown to `learn`, for the language of the dates."""
        builder = _PageBuilder(Page(self.file), learn)
        for start, kind, piece in self._pieces():
            builder.add(start, kind, piece)
        return builder.finish()

    def messages(self, chunk: Chunk) -> list[tuple[int, RawMessage | None]]:
        """A chunk's messages with their places on the page; None for one without a header."""
        data = self._read_at(chunk.start, chunk.size)
        found = list(_MARK.finditer(data))
        ends = [mark.start() for mark in found[1:]] + [len(data)]
        pieces = (data[mark.end() : end] for mark, end in zip(found, ends, strict=True))
        return [(chunk.first + n, parse_message(piece)) for n, piece in enumerate(pieces)]

    def _read_at(self, start: int, size: int) -> bytes:
        self._stream.seek(start)
        return self._stream.read(size)

    def _pieces(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Where each piece starts, which tag opened it ("" before the first), and its bytes."""
        held = b""
        kind = b""
        start = tag_end = searched = 0
        while data := self._read_at(start + len(held), _READ_BYTES):
            held += data
            cut = 0
            for found in _MARK.finditer(held, searched):
                yield start + cut, kind, held[cut : found.start()]
                kind, cut, tag_end = found[1], found.start(), found.end() - found.start()
            start, held = start + cut, held[cut:]
            searched = max(tag_end, len(held) - _LONGEST_MARK)
            if len(held) > _LONGEST_PIECE:
                raise ExportError(self.file.path, "it holds a piece too long to be a message")
        yield start, kind, held


class _PageBuilder:
    """Gathers the pieces of a page into blocks and chunks."""

    def __init__(self, page: Page, learn: Callable[[str], None]) -> None:
        self._page = page
        self._learn = learn
        self._count = 0
        self._digest = hashlib.blake2b()

    def add(self, start: int, kind: bytes, piece: bytes) -> None:
        """Take the next piece of the file."""
        if kind == b"message":
            self._add_message(start, piece)
        elif kind == b"thread":
            self._close_block()
            self._page.blocks.append(Block(_parse_header(piece.partition(b">")[2])))
        else:
            self._read_preamble(piece)

    def finish(self) -> Page:
        """The page, when all pieces were taken."""
        self._close_block()
        self._page.blocks = [block for block in self._page.blocks if block.count]
        return self._page

    def _read_preamble(self, piece: bytes) -> None:
        page = self._page
        owner = _H1.search(piece) or _PAGE_TITLE.search(piece)
        page.owner = _strip_tags(_decode(owner[1])) if owner else ""
        page.links = {
            _decode(found[1]): _strip_tags(_decode(found[2])) for found in _LINK.finditer(piece)
        }
        # Thread pages need not have a div.thread around their messages.
        page.blocks.append(Block(_parse_header(piece) if b"</h3>" in piece else ""))

    def _add_message(self, start: int, piece: bytes) -> None:
        block = self._page.blocks[-1]
        if block.count % _CHUNK_MESSAGES == 0:
            block.chunks.append(Chunk(start, 0, self._count))
        chunk = block.chunks[-1]
        block.chunks[-1] = Chunk(chunk.start, start + len(piece) - chunk.start, chunk.first)
        block.count += 1
        self._count += 1
        message = parse_message(piece.partition(b">")[2])
        if message is None:
            return
        self._digest.update("\0".join(message[:3]).encode("utf-8", "replace"))
        if block.count % _SAMPLED == 1:
            self._learn(message.stamp)
        block.senders[message.sender] = None
        block.first_stamp = block.first_stamp or message.stamp
        block.last_stamp = message.stamp

    def _close_block(self) -> None:
        if self._page.blocks:
            self._page.blocks[-1].fingerprint = self._digest.digest()
        self._digest = hashlib.blake2b()


def parse_message(piece: bytes) -> RawMessage | None:
    """One message, from behind its opening tag to the next one's; None if it has no header."""
    text = _decode(piece)
    found = _PLAIN.match(text)
    if found and "<" not in text[found.end() :]:
        sender, stamp, body = found.groups()
        if "&" in text:
            sender, stamp, body = map(html.unescape, (sender, stamp, body))
        return RawMessage(_clean_sender(sender), stamp.strip(), body)
    return _parse_odd_message(text)


def _parse_odd_message(text: str) -> RawMessage | None:
    """One with markup in its text, or the last of a block, with the end of the page behind it."""
    if is_too_deep(text):
        return None
    tree = LexborHTMLParser(_BR.sub("\n", text))
    sender, stamp = tree.css_first("span.user"), tree.css_first("span.meta")
    if stamp is None:
        return None
    paragraphs = [node.text().strip() for node in tree.css("p")]
    uris = [node.attributes.get("src") or node.attributes.get("href") for node in tree.css(_FILES)]
    return RawMessage(
        clean_name(sender.text()) if sender else "",
        stamp.text().strip(),
        "\n".join(filter(None, paragraphs)),
        tuple(dict.fromkeys(uri for uri in uris if uri)),
    )


_clean_sender = functools.lru_cache(maxsize=4096)(clean_name)


def _decode(data: bytes) -> str:
    return data.translate(None, _CONTROLS).decode("utf-8", errors="replace")


def _parse_header(piece: bytes) -> str:
    """The names at the head of a thread, without "Conversation with …" and "Participants: "."""
    text = _decode(piece)
    names = _strip_tags(text.rpartition("</h3>")[2])
    return _LABEL.sub("", names, count=1) if "</h3>" in text else names


def _strip_tags(text: str) -> str:
    return " ".join(clean_name(html.unescape(_TAG.sub(" ", text))).split())
