"""How Apple's Messages names people and chats, in its database and in texts made from it."""

import re
from typing import Final

from talklikeme.messages import clean_name, name_key

OWNER: Final = "me"
ORPHANED: Final = "imessage:orphaned"
_NUMBER = re.compile(r"\+?[\d\s().\-]+", re.ASCII)
_NOT_DIGITS = re.compile(r"[^\d+]", re.ASCII)


def handle_key(handle: str) -> str:
    """One key for the spellings of a phone number or mail address.

    >>> handle_key("+1 (555) 000-1")
    '+15550001'
    """
    handle = clean_name(handle)
    return _NOT_DIGITS.sub("", handle) if _NUMBER.fullmatch(handle) else name_key(handle)
