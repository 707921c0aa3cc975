"""What Apple's Messages keeps in blobs: styled text as a typedstream, edits as a property list.

Follows ../shared/formats.md §18.4 and §18.3.
"""

import plistlib
from typing import Any, Final

_TEXT_CLASSES: Final = (b"NSString", b"NSMutableString")
_TEXT_START: Final = b"+"
_LENGTH_SIZES: Final = {0x81: 2, 0x82: 4}
_FIRST_MARK: Final = 0x80
_MOST_HOPS: Final = 5
_BROKEN_PLIST: Final = (
    plistlib.InvalidFileException, ValueError, TypeError, KeyError, IndexError, AttributeError,
    OverflowError, RecursionError, MemoryError,
)  # fmt: skip


def decode_styled_text(blob: bytes) -> str:
    """The plain text of `attributedBody`; "" if there is none, its start if it is cut off."""
    if blob.startswith(b"bplist00"):
        return _decode_archive(blob)
    names = [at for name in _TEXT_CLASSES if (at := blob.find(name)) >= 0]
    start = blob.find(_TEXT_START, min(names)) + 1 if names else 0
    if not 0 < start < len(blob):
        return ""
    length, size = blob[start], 0
    if length >= _FIRST_MARK:
        size = _LENGTH_SIZES.get(length, 0)
        length = int.from_bytes(blob[start + 1 : start + 1 + size], "little")
    text = start + 1 + size
    return blob[text : text + length].decode("utf-8", errors="replace")


def _decode_archive(blob: bytes) -> str:
    """The rare form of an NSKeyedArchiver."""
    try:
        archive = plistlib.loads(blob)
        objects = archive["$objects"]
        value = objects[archive["$top"]["root"].data]
        for _ in range(_MOST_HOPS):
            if isinstance(value, plistlib.UID):
                value = objects[value.data]
            elif isinstance(value, dict):
                value = value.get("NS.string", value.get("NSString"))
    except _BROKEN_PLIST:
        return ""
    return value if isinstance(value, str) else ""


def parse_edits(blob: bytes) -> tuple[str, bool]:
    """The last wording in `message_summary_info`, and whether a part was unsent."""
    try:
        summary = plistlib.loads(blob)
        is_unsent = bool(summary.get("rp"))
        parts = summary.get("ec") or {}
        ordered = [parts[key] for key in sorted(parts, key=_number)]
        texts = [_decode_edit(history) for history in ordered if history]
    except _BROKEN_PLIST:
        return "", False
    return "".join(texts), is_unsent


def _number(key: str) -> int:
    return int(key) if key.isascii() and key.isdecimal() else 0


def _decode_edit(history: Any) -> str:
    text = history[-1].get("t")
    return decode_styled_text(text) if isinstance(text, bytes) else ""
