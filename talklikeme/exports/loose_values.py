"""Values of JSON that other programs wrote: any key may be absent, null or of another type."""

import math
import re
from datetime import datetime
from typing import Any


class BadRecord(Exception):
    """One raw record lacks what a message needs; the text says what."""


_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def text_of(value: Any) -> str:
    r"""The string, or nothing; halves of characters ("\ud83d"), which no file can hold, are left out."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else _LONE_SURROGATES.sub("", value)


def dict_of(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, without whatever else stands in it."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts_of(value: Any) -> list[str]:
    """The strings of a list, without whatever else stands in it."""
    items = value if isinstance(value, list) else []
    return [text_of(item) for item in items if isinstance(item, str)]


def id_of(value: Any) -> str | None:
    """An id as a string, also where the export has it as a bare number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = int(value) if math.isfinite(value) and value.is_integer() else None
    if isinstance(value, int):
        return str(value) if 0 <= value < 1 << 64 else None
    return text_of(value) or None


def parse_iso(value: Any) -> datetime | None:
    """An ISO 8601 time, aware or naive as written; None for anything that no chat can have."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        time = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return time if 1970 < time.year < 3000 else None
