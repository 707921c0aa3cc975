"""SMS Backup+: text messages as mails, in a mailbox from Gmail (formats.md §9).

Other mails in the mailbox are passed over. A group is known by a message that the owner sent to
several people; what came in its thread before the first of these counts as said to the owner alone.
Not supported: single mails (.eml), and calls and texts that were put into a calendar.
"""

import re
from collections.abc import Iterator, Sequence
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.phone_numbers import UNKNOWN, split_addresses
from talklikeme.exports.reaction_texts import ReactionJudge
from talklikeme.exports.sms_chats import Chat, Phone, When, parse_time
from talklikeme.exports.sms_mail import Mail, decode_words, parse_mail, split_mails
from talklikeme.exports.streams import open_stream
from talklikeme.messages import Kind, Message, clean_name, clean_text

FORMAT = "SMS Backup+ mailbox"

_DATATYPE = re.compile(rb"^X-smssync-datatype[ \t]*:", re.IGNORECASE | re.MULTILINE)
_NUMBER_AT_END = re.compile(r"\s*\([+\d\s().-]+\)$")
_LIKE_A_NUMBER = re.compile(r"[+\d\s().\-*#@]*(?:unknown\.email)?", re.IGNORECASE)
_LABELLED = re.compile(r"\[[^\]]*\]\s*(.+)")
_DRAFT: Final = "3"
# An MMS has the type of its delivery, in old versions the box that it lay in.
_MINE: Final = {
    "SMS": {"1": False, "2": True, "3": True, "4": True, "5": True, "6": True},
    "MMS": {"132": False, "128": True, "1": False, "2": True},
    "CALLLOG": {"1": False, "2": True, "3": False, "4": False, "5": False, "6": False, "7": False},
}


def recognises(file: ExportFile, head: bytes) -> bool:  # noqa: ARG001 - any name will do
    """A mailbox whose first mails have the app's headers."""
    return head.startswith(b"From ") and bool(_DATATYPE.search(head))


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Read all mailboxes of one phone."""
    phone = Phone()
    for file in files:
        yield from _Mailbox(file, phone).read()


class _Mailbox:
    """Walks through one mailbox, holding one mail at a time."""

    def __init__(self, file: ExportFile, phone: Phone) -> None:
        self._file = file
        self._phone = phone
        self._judge = ReactionJudge()
        self._groups: dict[str, tuple[str, ...]] = {}

    def read(self) -> Iterator[Item]:
        """Yield every message, then the tally, and an error if the file breaks off."""
        count = 0
        trouble = None
        try:
            with open_stream(self._file) as raw:
                for count, mail in enumerate(split_mails(raw), start=1):
                    yield self._convert(mail, count - 1)
        except ExportError as error:
            trouble = error
        yield Tally(self._file.path, FORMAT, count)
        if trouble:
            yield trouble

    def _convert(self, raw: bytes, index: int) -> Item:
        try:
            return self._build_message(parse_mail(raw), index)
        except BadRecord as error:
            return ExportError(self._file.path, str(error), line=index, records=1)

    def _build_message(self, mail: Mail, index: int) -> Message:
        datatype = mail.headers["x-smssync-datatype"].strip().upper()
        direction = mail.headers.get("x-smssync-type", "").strip()
        is_me = _MINE.get(datatype, {}).get(direction)
        if is_me is None:
            raise BadRecord("neither received nor sent")
        chat = self._find_chat(mail, is_me=is_me)
        kind: Kind = "media" if mail.attachments else "empty"
        if mail.attachments and all(one.kind == "contact" for one in mail.attachments):
            kind = "contact"
        text = clean_text(mail.text)
        if datatype == "CALLLOG":
            text, kind = "", "call"
        elif text and self._judge.is_reaction(text, chat.conversation_id, is_me=is_me):
            text, kind = "", "reaction_notice"
        return self._phone.build_message(
            chat,
            _parse_time(mail),
            sender=None if is_me else self._parse_sender(mail, chat),
            kind="text" if text else kind,
            text=text,
            attachments=mail.attachments,
            draft=datatype == "SMS" and direction == _DRAFT,
            precision="s" if datatype == "MMS" else "ms",
            source_file=self._file.path,
            source_line=index,
        )

    def _find_chat(self, mail: Mail, *, is_me: bool) -> Chat:
        thread = mail.headers.get("x-smssync-thread", "").strip()
        partners = mail.headers.get("to" if is_me else "from", "")
        people = tuple(split_addresses(mail.headers.get("x-smssync-address")))
        if is_me and partners.count("@") > 1:
            written = getaddresses([partners])
            numbers = tuple(_number_or_mail(address) for _, address in written)
            if len(numbers) > 1:
                people = numbers
                self._groups[thread] = people
        elif thread and not is_me:
            people = self._groups.get(thread, people)
        name = None if len(people) > 1 else _parse_name(mail, partners)
        return self._phone.find_chat(people or ((name,) if name else ()), name)

    def _parse_sender(self, mail: Mail, chat: Chat) -> str:
        if not chat.is_group:
            return chat.people[0]
        key = self._phone.book.key(mail.headers.get("x-smssync-address", ""))
        return key if key in chat.people else UNKNOWN


def _number_or_mail(address: str) -> str:
    """The number in an address that the app made up, else the contact's own mail address."""
    number, _, host = address.partition("@")
    return number if host.lower() == "unknown.email" else address


def _parse_name(mail: Mail, partners: str) -> str | None:
    """The contact's name, from the sender's or from the subject."""
    shown = decode_words(partners).partition("<")[0].strip().strip('"')
    name = clean_name(_NUMBER_AT_END.sub("", shown))
    if _LIKE_A_NUMBER.fullmatch(name) or "@" in name:
        labelled = _LABELLED.fullmatch(clean_name(decode_words(mail.headers.get("subject", ""))))
        name = labelled[1] if labelled else ""
    return None if _LIKE_A_NUMBER.fullmatch(name) else name


def _parse_time(mail: Mail) -> When:
    """The phone's own stamp, else the mail's date."""
    try:
        return parse_time(mail.headers.get("x-smssync-date", "").strip())
    except BadRecord:
        raw = mail.headers.get("date", "")
    try:
        moment = parsedate_to_datetime(raw)
        return When(raw, int(moment.timestamp()) * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise BadRecord("no usable time") from None
