"""What one chat mail of Gmail says: one message, or Jabber stanzas by the dozen (formats.md §6.7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Mail
from email.utils import parsedate_to_datetime
from typing import Final
from xml.etree import ElementTree

from talklikeme.exports.gmail_mails import MAIL_ERRORS, bare_address, body_text, header_of
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.times import from_epoch_ms
from talklikeme.messages import Kind, Precision, TimeBasis, clean_name, clean_text

_ROOMS: Final = "@groupchat.google.com"
_BODY: Final = "{jabber:client}body"
_MUC: Final = "{http://jabber.org/protocol/muc#user}x"
_TIME: Final = "{google:timestamp}time"
_SENT: Final = "{google:internal}time-stamp"
_DELAY: Final = "{jabber:x:delay}x"
_AUTO_REPLY: Final = "{google:aim}auto-reply"


@dataclass(frozen=True, slots=True)
class Frame:
    """What the header of a mail tells about the messages in it."""

    sender: str
    persons: tuple[str, ...]
    thread: str


@dataclass(slots=True)
class Draft:
    """One message, before names and owner are known from all mails."""

    source_file: str
    index: int
    sender: str
    persons: tuple[str, ...]
    thread: str
    room: str
    ts: datetime
    ts_raw: str
    precision: Precision
    basis: TimeBasis
    kind: Kind
    text: str
    message_id: str | None = None
    is_automatic: bool = False


def find_stanzas(mail: Mail) -> list[ElementTree.Element] | None:
    """The stanzas of an old conversation; None for a mail that is a message itself."""
    for part in _leaves(mail):
        if part.get_content_type() in ("text/xml", "application/xml"):
            text = body_text(part).strip()
            if "google:archive:conversation" not in text[:2_000]:
                continue
            root = ElementTree.fromstring(text)  # expat refuses entity bombs
            return [child for child in root if child.tag == "{jabber:client}message"]
    return None


def _leaves(mail: Mail) -> Iterator[Mail]:
    return (part for part in mail.walk() if not part.is_multipart())


def parse_single(mail: Mail, frame: Frame, path: str, index: int) -> Draft:
    """A mail that is one message; raises BadRecord with the reason."""
    if not frame.sender:
        raise BadRecord("no sender")
    raw = header_of(mail, "date")
    try:
        ts = parsedate_to_datetime(raw)
        ts = (ts if ts.tzinfo else ts.replace(tzinfo=UTC)).astimezone(UTC)
    except (*MAIL_ERRORS, OverflowError):
        raise BadRecord("no usable time") from None
    if not 1990 < ts.year < 3000:
        raise BadRecord("no usable time")
    leaves = list(_leaves(mail))
    texts = [part for part in leaves if part.get_content_maintype() == "text"]
    plain = [part for part in texts if part.get_content_type() == "text/plain"]
    text = clean_text(body_text((plain or texts)[0])) if texts else ""
    return Draft(
        source_file=path,
        index=index,
        sender=frame.sender,
        persons=frame.persons,
        thread=frame.thread,
        room="",
        ts=ts,
        ts_raw=raw,
        precision="s",
        basis="offset",
        kind="text" if text else "media" if len(leaves) > len(texts) else "empty",
        text=text,
        message_id=header_of(mail, "message-id").strip("<>") or None,
    )


def parse_stanza(stanza: ElementTree.Element, frame: Frame, path: str, index: int) -> Draft:
    """One stanza of a conversation; raises BadRecord with the reason."""
    source, target = clean_name(stanza.get("from", "")), clean_name(stanza.get("to", ""))
    room = next((bare_address(one) for one in (source, target) if _ROOMS in one), "")
    sender = bare_address(stanza.get("jid", "")) or bare_address(source)
    if sender == room:
        sender = clean_name(source).partition("/")[2].casefold()  # a nickname, or the room itself
    body = stanza.find(_BODY)
    is_notice = body is None or stanza.find(_MUC) is not None or body.find(_MUC) is not None
    if not sender and not is_notice:
        raise BadRecord("no sender")
    text = clean_text("".join(body.itertext())) if body is not None and not is_notice else ""
    ts, raw = _parse_time(stanza)
    return Draft(
        source_file=path,
        index=index,
        sender=sender,
        persons=() if room else tuple(one for one in (sender, bare_address(target)) if one),
        thread=frame.thread,
        room=room,
        ts=ts,
        ts_raw=raw,
        precision="ms",
        basis="utc",
        kind="system" if is_notice else "text" if text else "empty",
        text=text,
        is_automatic=stanza.get(_AUTO_REPLY) == "true",
    )


def _parse_time(stanza: ElementTree.Element) -> tuple[datetime, str]:
    """Milliseconds of the server, else of the client, else the delay's seconds."""
    time, delay = stanza.find(_TIME), stanza.find(_DELAY)
    for raw in (time.get("ms") if time is not None else None, stanza.get(_SENT)):
        if raw and raw.isascii() and raw.isdecimal() and len(raw) < 16:
            try:
                return from_epoch_ms(int(raw)), raw
            except ValueError:
                continue
    stamp = clean_name(delay.get("stamp", "")) if delay is not None else ""
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H:%M:%S").replace(tzinfo=UTC), stamp
    except ValueError:
        raise BadRecord("no usable time") from None
