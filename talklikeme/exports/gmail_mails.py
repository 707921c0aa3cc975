"""The mails of an mbox file that are chats, one at a time (formats.md §6.7).

A Gmail archive may be as large as the mailbox, and its longest mails are no chats: their bodies
are passed over line by line and never held.
"""

import functools
import re
from collections.abc import Iterator
from email import errors, message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.utils import getaddresses
from typing import BinaryIO, Final

from selectolax.lexbor import LexborHTMLParser

from talklikeme.exports.html_text import is_too_deep
from talklikeme.messages import clean_name

SEPARATOR: Final = re.compile(rb"From \S+.{0,80}?\d\d:\d\d.{0,40}\r?\n", re.DOTALL)
CHAT_HEADER: Final = re.compile(
    rb"^Message-ID:\s*<[^>\n]*\.chat@gmail\.com>"
    rb"|^X-Gmail-Labels:(?:[^\n]|\n[ \t])*?(?<![\w-])Chats?(?![\w-])"
    rb"|^Subject: Chat with ",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_LINE_BYTES: Final = 1 << 16
_MAX_HEADER_LINES: Final = 2_000
_MAX_MAIL_BYTES: Final = 64 << 20
MAIL_ERRORS: Final = (
    ValueError, LookupError, TypeError, AttributeError, RecursionError, errors.MessageError,
)  # fmt: skip


def chat_mails(stream: BinaryIO) -> Iterator[bytes]:
    """Each mail that its header calls a chat, without its separator line."""
    header: list[bytes] = []
    body: list[bytes] | None = None
    is_header, after_blank, size = False, True, 0
    while line := stream.readline(_LINE_BYTES):
        if after_blank and line.startswith(b"From ") and SEPARATOR.fullmatch(line):
            if body is not None:
                yield b"".join([*header, b"\n", *body])
            header, body, is_header, size = [], None, True, 0
        elif is_header and line.strip() and len(header) < _MAX_HEADER_LINES:
            header.append(line)
        elif is_header:
            is_header = False
            body = [] if CHAT_HEADER.search(b"".join(header)) else None
        elif body is not None and size < _MAX_MAIL_BYTES:
            size += len(line)
            body.append(line)
        after_blank = not line.strip()
    if is_header and CHAT_HEADER.search(b"".join(header)):
        body = []
    if body is not None:
        yield b"".join([*header, b"\n", *body])


def parse_mail(data: bytes) -> Mail:
    """The parsed mail; "From " at the start of a line was quoted for the mbox."""
    return message_from_bytes(_QUOTED_FROM.sub(rb"\1", data))


def header_of(mail: Mail, name: str) -> str:
    """A header as it stands, "" if it is missing; some hold bare UTF-8."""
    found = (str(value) for key, value in mail.raw_items() if key.lower() == name)
    raw = next(found, "").encode("utf-8", "surrogateescape")
    return clean_name(raw.decode("utf-8", "replace"))


@functools.lru_cache(maxsize=4096)
def _decode(raw: str) -> str:
    try:
        return clean_name(str(make_header(decode_header(raw)))) if "=?" in raw else clean_name(raw)
    except MAIL_ERRORS:
        return clean_name(raw)


@functools.lru_cache(maxsize=4096)
def parse_addresses(raw: str) -> tuple[tuple[str, str], ...]:
    """Names and addresses of a From or To header; the name may be "".

    >>> parse_addresses("Zoë Ruiz <Z@ex.org>, k@ex.org")
    (('Zoë Ruiz', 'z@ex.org'), ('', 'k@ex.org'))
    """
    try:
        pairs = getaddresses([raw])
    except MAIL_ERRORS:
        return ()
    found = ((clean_name(_decode(name)), bare_address(address)) for name, address in pairs)
    return tuple((name if "@" not in name else "", address) for name, address in found if address)


def bare_address(jid: str) -> str:
    """A Jabber or mail address without the device behind it, folded."""
    address = clean_name(jid).partition("/")[0].casefold()
    return address if "@" in address else ""


def body_text(part: Mail) -> str:
    """What a text part says, in words; HTML's line breaks become lines."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        text = data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = data.decode("utf-8", "replace")
    if part.get_content_type() != "text/html":
        return text
    if is_too_deep(text):
        raise ValueError("nested too deeply")
    tree = LexborHTMLParser(text.replace("\x00", ""))
    for line_break in tree.css("br"):
        line_break.replace_with("\n")
    return tree.body.text() if tree.body is not None else ""
