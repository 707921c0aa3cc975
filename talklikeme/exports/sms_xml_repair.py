"""An SMS backup's bytes as XML that a parser takes (formats.md §8, quirks 1 and 2).

Backups may have hundreds of megabytes, nearly all of it pictures in base64, which are dropped
before anything parses them. References that XML does not define become plain text.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

_CHUNK_BYTES: Final = 1 << 16
_MEDIA: Final = b' data="'
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/=\r\n]{192}")
_LONGEST_START: Final = 256
_ILLEGAL_BYTES: Final = bytes(i for i in range(32) if i not in (9, 10, 13))
_PAIR = re.compile(
    rb"&#(?:(5529[6-9]|55[3-9]\d\d|56[0-2]\d\d|563[01]\d)|x([dD][89abAB][0-9a-fA-F]{2}));"
    rb"&#(?:(563[2-9]\d|56[4-9]\d\d|57[0-2]\d\d|573[0-3]\d|5734[0-3])|x([dD][c-fC-F][0-9a-fA-F]{2}));"
)
_REFERENCE = re.compile(rb"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_BARE = re.compile(rb"&(?!#[0-9]{1,7};|#x[0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)")
_LONGEST_REFERENCE: Final = 12


def repair(raw: BinaryIO) -> Iterator[bytes]:
    """The file's XML as UTF-8 without pictures, illegal characters and broken emoji."""
    return _mend(_drop_media(_to_utf8(raw)))


def _to_utf8(raw: BinaryIO) -> Iterator[bytes]:
    first = raw.read(_CHUNK_BYTES)
    wide = _wide_encoding(first)
    if wide is None:
        yield first.removeprefix(b"\xef\xbb\xbf")
        yield from iter(lambda: raw.read(_CHUNK_BYTES), b"")
        return
    decoder = codecs.getincrementaldecoder(wide)(errors="replace")
    chunk = first
    while chunk:
        yield _encode(decoder.decode(chunk).replace("\ufeff", ""))
        chunk = raw.read(_CHUNK_BYTES)


def _wide_encoding(start: bytes) -> str | None:
    """UTF-16, which comes from editors that saved a backup again."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(start[:2])


def _encode(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")


def _drop_media(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Empty each `data="…"` that holds a picture; a message that says data="x" stays whole."""
    held, in_media = b"", False
    for piece in pieces:
        data = held + piece
        kept, start, held, in_media = _cut_media(data, in_media)
        yield kept
        if not in_media:
            held = data[start:]
    yield held


def _cut_media(data: bytes, in_media: bool) -> tuple[bytes, int, bytes, bool]:
    """What is no picture, from where on more bytes are needed, and whether a picture goes on."""
    kept: list[bytes] = []
    start = search = 0
    while True:
        if in_media:
            start = search = data.find(b'"', start)
            if start < 0:
                return b"".join(kept), len(data), b"", True
            in_media = False
        search = data.find(_MEDIA, search)
        if search < 0 or len(data) - search < _LONGEST_START:
            break
        search += len(_MEDIA)
        if _BASE64_RUN.match(data, search):
            kept.append(data[start:search])
            start, in_media = search, True
    end = max(start, search if search >= 0 else len(data) - len(_MEDIA))
    kept.append(data[start:end])
    return b"".join(kept), end, b"", False


def _mend(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    held = b""
    for piece in pieces:
        data = held + _encode(decoder.decode(piece)).translate(None, _ILLEGAL_BYTES)
        cut = _decided_length(data)
        held = data[cut:]
        yield mend_references(data[:cut])
    yield mend_references(held + _encode(decoder.decode(b"", True)))


def _decided_length(data: bytes) -> int:
    """How much no later byte can change: all but a reference cut in two, or half an emoji."""
    last = data.rfind(b"&", max(0, len(data) - _LONGEST_REFERENCE))
    cut = len(data) if last < 0 or b";" in data[last:] else last
    before = data.rfind(b"&", max(0, cut - _LONGEST_REFERENCE), cut)
    if before >= 0 and (found := _REFERENCE.fullmatch(data, before, cut)):
        return before if 0xD800 <= _code_point(found) <= 0xDBFF else cut
    return cut


def mend_references(data: bytes) -> bytes:
    """Join emoji that old versions wrote as two numbers, drop what XML forbids (§8, quirk 1)."""
    if b"\xef\xbf" in data:
        data = data.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")
    if b"&" not in data:
        return data
    data = _BARE.sub(b"&amp;", data)
    if b"&#" in data:
        data = _REFERENCE.sub(_keep_legal, _PAIR.sub(_join_pair, data))
    return data


def _join_pair(match: re.Match[bytes]) -> bytes:
    high = int(match[1]) if match[1] else int(match[2], 16)
    low = int(match[3]) if match[3] else int(match[4], 16)
    return b"&#%d;" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _code_point(match: re.Match[bytes]) -> int:
    return int(match[1], 16) if match[1] else int(match[2])


def _keep_legal(match: re.Match[bytes]) -> bytes:
    code = _code_point(match)
    is_legal = (
        code in (9, 10, 13)
        or 32 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )
    return match[0] if is_legal else b""
