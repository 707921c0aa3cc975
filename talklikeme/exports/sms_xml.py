"""SMS Backup & Restore, and the XML of Signal, TextSecure and Silence (formats.md §8).

Texts, pictures' captions, groups and the call log beside them. The pictures are never decoded.
Not supported: encrypted backups, and telling apart a message that says "null" from an empty one.
A backup's order is that of a phone's database, so `seq` is made from the time.
"""

import re
from collections.abc import Iterator, Sequence

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.reaction_texts import ReactionJudge
from talklikeme.exports.sms_chats import Phone
from talklikeme.exports.sms_xml_records import build_message
from talklikeme.exports.sms_xml_repair import repair
from talklikeme.exports.sms_xml_stream import Record, RecordParser, Refused
from talklikeme.exports.streams import open_stream
from talklikeme.messages import Message

FORMAT = "SMS Backup & Restore XML"

_ROOT = re.compile(rb"<(?:smses|calls)[\s>/]")
_ROOT_WITHIN = 8_192


def recognises(file: ExportFile, head: bytes) -> bool:  # noqa: ARG001 - any name will do
    """By the root element, which a declaration and comments may stand before."""
    start = head[: 2 * _ROOT_WITHIN]
    if b"\0" in start[:4]:
        start = start.replace(b"\0", b"")
    start = start.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if not start.lstrip().startswith(b"<"):
        return False
    found = _ROOT.search(start[:_ROOT_WITHIN])
    return found is not None and b"<html" not in start[: found.start()].lower()


def read(
    files: Sequence[ExportFile],
    settings: ReadSettings,  # noqa: ARG001 - its times are UTC
) -> Iterator[Item]:
    """Read all backups of one phone; later ones know the people of the earlier ones."""
    phone = Phone()
    for file in files:
        yield from _FileReader(file, phone).read()


class _FileReader:
    """Walks through one backup, holding one record at a time."""

    def __init__(self, file: ExportFile, phone: Phone) -> None:
        self._file = file
        self._phone = phone
        self._judge = ReactionJudge()
        self._parser = RecordParser()
        self._seen: set[int] = set()

    def read(self) -> Iterator[Item]:
        """Yield every record's item, then the tally, then what is wrong with the file."""
        trouble = None
        try:
            with open_stream(self._file) as raw:
                for piece in repair(raw):
                    self._parser.feed(piece)
                    yield from self._convert(self._parser.take())
            self._parser.close()
        except ExportError as error:
            trouble = error
        except Refused:
            why = "it declares a document type, which no backup does; not read beyond that"
            trouble = ExportError(self._file.path, why)
        yield from self._convert(self._parser.take())
        yield Tally(self._file.path, FORMAT, self._parser.count)
        if trouble := trouble or self._doubt():
            yield trouble

    def _convert(self, records: Sequence[Record]) -> Iterator[Item]:
        for record in records:
            try:
                message = build_message(record, self._phone, self._judge, self._file.path)
            except BadRecord as error:
                yield self._error(str(error), record)
                continue
            if record.tag == "mms" and self._is_repeated(message):
                yield self._error("the network delivered this MMS twice", record)
            else:
                yield message

    def _error(self, why: str, record: Record) -> ExportError:
        return ExportError(self._file.path, why, line=record.index, records=1)

    def _is_repeated(self, message: Message) -> bool:
        """Some networks deliver an MMS twice, under one id."""
        if message.message_id is None:
            return False
        key = hash((message.message_id, message.conversation_id, message.sender_id, message.text))
        is_known = key in self._seen
        self._seen.add(key)
        return is_known

    def _doubt(self) -> ExportError | None:
        parser, path = self._parser, self._file.path
        if parser.has_damage:
            return ExportError(path, "damaged between its records", hint="Export it again")
        if not parser.is_closed:
            why = "it breaks off; what stands before that was read"
            return ExportError(path, why, hint="Export it again to have the rest")
        declared = parser.declared or ""
        if declared.isascii() and declared.isdecimal() and declared != str(parser.count):
            why = f"its head announces {declared[:12]} records, it holds {parser.count}"
            return ExportError(path, why, is_note=True)
        return None
