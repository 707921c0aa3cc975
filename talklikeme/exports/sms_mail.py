"""The mails of a mailbox, one at a time, and what SMS Backup+ put into one (formats.md §9)."""

import binascii
import email
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import BinaryIO, Final

from talklikeme.exports.loose_values import BadRecord
from talklikeme.messages import Attachment, clean_text

_LONGEST_LINE: Final = 1 << 20
_LARGEST_MAIL: Final = 32 << 20
_SEPARATOR = re.compile(rb"From \S.*\d\d:\d\d")
_SMS_MAIL = re.compile(rb"^X-smssync-datatype[ \t]*:", re.IGNORECASE | re.MULTILINE)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_HEADER = re.compile(r"^([^\s:]+)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
_BLANK_LINE: Final = (b"\n", b"\r\n")
_MEDIA: Final = {"image": "photo", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: its headers in lower case, its text and the names of its attachments."""

    headers: Mapping[str, str]
    text: str
    attachments: tuple[Attachment, ...] = ()


def split_mails(raw: BinaryIO) -> Iterator[bytes]:
    """The mails of SMS Backup+, without their separators; one too large keeps only its start."""
    lines: list[bytes] = []
    size = 0
    after_blank = at_start = True
    for line in iter(lambda: raw.readline(_LONGEST_LINE), b""):
        if after_blank and line.startswith(b"From ") and _SEPARATOR.match(line):
            yield from _if_sms(lines)
            lines, size = [], 0
        elif size <= _LARGEST_MAIL:
            lines.append(line)
            size += len(line)
        after_blank = at_start and line in _BLANK_LINE
        at_start = line.endswith(b"\n")
    yield from _if_sms(lines)


def _if_sms(lines: list[bytes]) -> Iterator[bytes]:
    mail = b"".join(lines)
    head, _ = _split_head(mail)
    if _SMS_MAIL.search(head):
        yield mail


def _split_head(mail: bytes) -> tuple[bytes, bytes]:
    ends = [(at, end) for end in (b"\n\n", b"\n\r\n") if (at := mail.find(end)) >= 0]
    if not ends:
        return mail, b""
    at, end = min(ends)
    return mail[: at + 1], mail[at + len(end) :]


def parse_mail(mail: bytes) -> Mail:
    """Read one mail; raises BadRecord."""
    if len(mail) > _LARGEST_MAIL:
        raise BadRecord("a mail too large to be a text message")
    mail = _QUOTED_FROM.sub(rb"\1", mail)
    head, body = _split_head(mail)
    text = head.decode("utf-8", errors="replace").replace("\r\n", "\n")
    headers: dict[str, str] = {}
    for name, value in _HEADER.findall(text):
        headers.setdefault(name.lower(), value.replace("\n", ""))
    kind = headers.get("content-type", "text/plain").lower()
    if kind.startswith("multipart/"):
        return _parse_parts(mail, headers)
    return Mail(headers, _decode(_unpack(body, headers), kind))


def _unpack(body: bytes, headers: Mapping[str, str]) -> bytes:
    packing = headers.get("content-transfer-encoding", "").strip().lower()
    if packing == "quoted-printable":
        return binascii.a2b_qp(body)
    if packing != "base64":
        return body
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        raise BadRecord("its text is damaged") from None


def _decode(data: bytes, content_type: str) -> str:
    found = _CHARSET.search(content_type)
    try:
        return data.decode(found[1] if found else "utf-8")
    except (LookupError, UnicodeDecodeError, ValueError):
        return data.decode("utf-8", errors="replace")


def _parse_parts(mail: bytes, headers: Mapping[str, str]) -> Mail:
    texts, attachments = [], []
    try:
        for part in email.message_from_bytes(mail).walk():
            mime = part.get_content_type()
            if part.is_multipart() or mime == "application/smil":
                continue
            if mime == "text/plain" and part.get_filename() is None:
                data = part.get_payload(decode=True)
                kind = f"charset={part.get_content_charset('utf-8')}"
                texts.append(_decode(data, kind) if isinstance(data, bytes) else "")
            else:
                name = clean_text(part.get_filename() or "") or None
                kind = "contact" if "vcard" in mime else _MEDIA.get(mime.split("/")[0], "file")
                attachments.append(Attachment(kind, name, mime))
    except (RecursionError, LookupError, ValueError, AssertionError, TypeError):
        raise BadRecord("its parts are damaged") from None
    return Mail(headers, "\n".join(text.strip() for text in texts if text), tuple(attachments))


@functools.lru_cache(maxsize=4096)  # each chat has the same few
def decode_words(value: str) -> str:
    """A header's words, which stand in it as "=?UTF-8?Q?Zo=C3=AB?=" unless they are ASCII."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value
