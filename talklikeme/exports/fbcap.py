"""What fbchat-archive-parser made of Facebook's old archive: text, CSV, JSON or YAML.

Follows ../shared/formats.md §4.4; the text form is the `fbMessages.txt` of the project's 2017
version. Conversation ids are made as in `facebook_legacy`, so that both meet in one conversation.

Not supported: the `stats` output.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.fbcap_forms import (
    ANSI,
    HEADER_LINE,
    STAMP,
    THREAD_LINE,
    Form,
    RawMessage,
    read_csv,
    read_json,
    read_manifest,
    read_text,
    read_yaml,
)
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.meta import NOBODY, Content, distinct_names, judge_text
from talklikeme.exports.meta_sentences import SentenceJudge
from talklikeme.messages import Attachment, Message, clean_text, name_key

FORMAT = "fbchat-archive-parser"

_CSV_HEADER = re.compile(rb"(?:thread,)?sender,date,message\r?\n")
_JSON_START = re.compile(rb"[{\[]")
_JSON_STAMP = re.compile(rb'"date"\s*:\s*"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?:Z|[+-]\d\d:?\d\d)"')
_YAML_MARK = re.compile(
    rb"^\s*(?:- )?date: ['\"]?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?:Z|[+-])", re.MULTILINE
)
_MANIFEST = b"Chat history manifest for: "
_IMAGE = re.compile(r"\(image reference: (.+)\)")
_JUDGE: Final = SentenceJudge()
_READERS: Final = {"text": read_text, "csv": read_csv, "json": read_json, "yaml": read_yaml}


def recognises(file: ExportFile, head: bytes) -> bool:  # noqa: ARG001 - names tell nothing
    """By content: the stamps or the head line, the CSV header, or the keys of a message."""
    return _tell_form(head) is not None


def _tell_form(head: bytes) -> Form | None:
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"\0" in head:
        return None
    if _CSV_HEADER.match(head):
        return "csv"
    if _JSON_START.match(head) and not _looks_like_text(head):
        has_keys = b'"message"' in head and b'"sender"' in head
        return "json" if has_keys and _JSON_STAMP.search(head) else None
    if head.startswith(_MANIFEST):
        return "manifest"
    if _looks_like_text(head):
        return "text"
    is_yaml = b"sender:" in head and b"message:" in head and _YAML_MARK.search(head)
    return "yaml" if is_yaml else None


def _looks_like_text(head: bytes) -> bool:
    """The head line, or a thread's title or a stamp first and most brackets stamps.

    Other files may quote a stamped line.
    """
    lines = [ANSI.sub("", line) for line in head.decode("utf-8", "replace").split("\n")[:60]]
    if any(HEADER_LINE.match(line) for line in lines[:4]):
        return True
    first = next((line for line in lines if line.strip()), "")
    if not STAMP.match(first) and not THREAD_LINE.fullmatch(first):
        return False
    stamped = sum(1 for line in lines if STAMP.match(line))
    others = sum(1 for line in lines if line.startswith("[") and not STAMP.match(line))
    return stamped > 0 and stamped > others


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:  # noqa: ARG001
    """Read all files; the manifest of a folder tells the owner for the others in it."""
    manifests: dict[str, str] = {}
    forms: list[tuple[ExportFile, Form]] = []
    for file in files:
        try:
            form = _tell_form(file.head())
            if form == "manifest":
                yield Tally(file.path, FORMAT, 0)
                manifests[file.parent] = read_manifest(file)
            elif form:
                forms.append((file, form))
        except ExportError as error:
            yield error
    counts: Counter[str] = Counter()
    for file, form in forms:
        yield from _FileReader(file, form, manifests.get(file.parent, "")).read(counts)


class _FileReader:
    """Reads one file twice: for its people and owner, then for its messages."""

    def __init__(self, file: ExportFile, form: Form, owner: str) -> None:
        self._file = file
        self._form = form
        self._owner = owner
        self._records = 0
        self._threads: dict[str, dict[str, None]] = {}
        self._chats: dict[str, _Chat] = {}

    def read(self, counts: Counter[str]) -> Iterator[Item]:
        """Count the records, then yield them; a file that breaks off keeps what stands before."""
        broken = self._survey()
        yield Tally(self._file.path, FORMAT, self._records)
        if broken:
            yield broken
        self._settle_people()
        try:
            for index, raw in enumerate(self._raw_messages()):
                yield self._build_message(raw, index, counts)
        except ExportError:  # the survey met it and reported it
            return

    def _raw_messages(self) -> Iterator[RawMessage]:
        return _READERS[self._form](self._file)

    def _survey(self) -> ExportError | None:
        try:
            for raw in self._raw_messages():
                self._records += 1
                self._owner = self._owner or raw.owner
                people = self._threads.setdefault(raw.thread, dict.fromkeys(raw.participants))
                if raw.sender:
                    people[raw.sender] = None
        except ExportError as error:
            return error
        return None

    def _settle_people(self) -> None:
        self._owner = self._owner or self._outsider()
        place = PurePosixPath(self._file.path).stem
        for thread, names in self._threads.items():
            self._chats[thread] = _build_chat(names, self._owner, place)

    def _outsider(self) -> str:
        """The only sender who is never named among a thread's others: the list leaves out the owner."""
        outside = None
        for thread, people in self._threads.items():
            declared = {name_key(name) for name in thread.split(", ")} if thread else set()
            here = {name for name in people if name_key(name) not in declared}
            if declared and here:
                outside = here if outside is None else outside & here
        return next(iter(outside)) if outside and len(outside) == 1 else ""

    def _build_message(self, raw: RawMessage, index: int, counts: Counter[str]) -> Item:
        chat = self._chats[raw.thread]
        seq = counts[chat.conversation_id]
        counts[chat.conversation_id] += 1
        ts = _parse_stamp(raw.stamp)
        if ts is None or not raw.sender:
            why = "no sender" if ts else "no such date or time"
            return ExportError(self._file.path, why, line=raw.line or index, records=1)
        content, attachments = _judge(raw)
        sender_id = chat.keys[raw.sender]
        return Message(
            platform="messenger",
            conversation_id=chat.conversation_id,
            sender_id=sender_id,
            ts=ts,
            seq=seq,
            kind=content.kind,
            source_file=self._file.path,
            conversation_title=chat.title,
            is_group=len(chat.people) > 2,
            participants=chat.people,
            sender_name=raw.sender,
            is_me=sender_id == chat.owner if chat.owner else None,
            ts_raw=raw.stamp,
            ts_precision="min",
            tz_basis="utc" if raw.stamp.endswith("Z") else "offset",
            text=content.text,
            attachments=attachments,
            deleted=content.kind == "deleted",
            system=content.kind == "system",
            source_line=raw.line or index,
        )


@dataclass(frozen=True, slots=True)
class _Chat:
    """What all messages of one thread share."""

    conversation_id: str
    title: str | None
    people: tuple[str, ...]
    keys: dict[str, str]
    owner: str


def _build_chat(names: Iterable[str], owner: str, place: str) -> _Chat:
    people = distinct_names([*names, *filter(None, [owner])])
    owner_key = name_key(owner)
    others = [name for name in people if name_key(name) != owner_key]
    # The owner alone, or nobody who has a name, is not the same conversation in two files.
    suffix = f" #{place}" if all(name_key(name) in NOBODY for name in others) else ""
    keys = sorted(name_key(name) for name in people)
    return _Chat(
        conversation_id=f"messenger:{' + '.join(keys)}{suffix}",
        title=", ".join(others) or None,
        people=people,
        keys={name: name_key(name) for name in names},
        owner=owner_key,
    )


def _judge(raw: RawMessage) -> tuple[Content, tuple[Attachment, ...]]:
    text = clean_text(raw.text)
    if image := _IMAGE.fullmatch(text):
        return Content("media"), (Attachment("photo", image[1]),)
    return judge_text(text, raw.sender, _JUDGE) or Content("empty"), ()


def _parse_stamp(stamp: str) -> datetime | None:
    """An ISO time to the minute with its offset → UTC.

    fbchat-archive-parser loses the sign of offsets between 0 and -1 hour; none is in use.
    """
    try:
        found = datetime.fromisoformat(stamp)
        return found.astimezone(UTC) if found.tzinfo and found.year > 1970 else None
    except (ValueError, OverflowError):
        return None
