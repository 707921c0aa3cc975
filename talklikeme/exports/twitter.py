"""Direct messages of a Twitter/X archive, with one person and in groups (formats.md §12).

Nobody has a name in these files but the owner; tweets that mention a friend tell the friend's.
Not read: tweets as messages, and the header files, which have no text.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.twitter_messages import Chat, Entry, build_entries, build_message
from talklikeme.exports.twitter_people import People, is_people_file, read_people
from talklikeme.exports.twitter_stream import read_conversation_ids, read_values

FORMAT = "Twitter archive"

_SCRIPT: Final = re.compile(
    rb"\s*window\.YTD\.(direct_messages?(?:_group)?|account|tweets?)\.part\d+\s*="
)
_MANIFEST: Final = re.compile(rb"\s*window\.__THAR_CONFIG\s*=")


def recognises(file: ExportFile, head: bytes) -> bool:
    """By the variable that the script assigns to, whatever the file is called."""
    del file
    start = head.removeprefix(b"\xef\xbb\xbf")[:200]
    return bool(_SCRIPT.match(start) or _MANIFEST.match(start))


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read all archives; the files of one have the same folder."""
    del settings  # its times are UTC
    for root in dict.fromkeys(_root(file) for file in files):
        yield from _Archive([file for file in files if _root(file) == root]).read()


def _root(file: ExportFile) -> str:
    folder = PurePosixPath(file.parent)
    return str(folder.parent if folder.name.lower() == "data" else folder)


class _Archive:
    """Walks through the files of one account, holding no more than one conversation.

    Long conversations are cut into several items, also across files; these are held together.
    """

    def __init__(self, files: Sequence[ExportFile]) -> None:
        self._messages = [file for file in files if not is_people_file(file)]
        self._others = [file for file in files if is_people_file(file)]
        self._pieces: Counter[str] = Counter()  # still to come, by conversation
        self._waiting: dict[str, list[tuple[str, list[Any]]]] = defaultdict(list)

    def read(self) -> Iterator[Item]:
        """Yield everything of this account."""
        for file in self._messages:
            self._pieces.update(read_conversation_ids(file))
        self._people = People(self._pieces.keys())
        if self._messages:
            yield from read_people(self._others, self._people)
        else:
            yield ExportError(self._others[0].path, "no direct messages beside it", is_note=True)
        for file in self._messages:
            yield from self._read_file(file)
        for conversation_id in list(self._waiting):
            yield from self._build(conversation_id)

    def _read_file(self, file: ExportFile) -> Iterator[Item]:
        records = 0
        broken = None
        try:
            for value in read_values(file, "item"):
                conversation_id, messages = _parse_item(value)
                if messages is None:
                    yield ExportError(file.path, "a conversation without a list of messages")
                    continue
                records += len(messages)
                self._waiting[conversation_id].append((file.path, messages))
                self._pieces[conversation_id] -= 1
                if self._pieces[conversation_id] <= 0:
                    yield from self._build(conversation_id)
        except ExportError as error:
            broken = error
        yield Tally(file.path, FORMAT, records)
        if broken is not None:
            yield broken

    def _build(self, conversation_id: str) -> Iterator[Item]:
        entries: list[Entry] = []
        for path, messages in self._waiting.pop(conversation_id):
            entries += build_entries(path, messages)
        good = [entry for entry in entries if entry.ts is not None]
        good.sort(key=lambda entry: (entry.ts, entry.number))
        chat = Chat(conversation_id, good, self._people)
        for entry in entries:
            if entry.ts is None:
                yield _refuse(entry, entry.why)
        for seq, entry in enumerate(good):
            try:
                yield build_message(entry, chat, seq)
            except BadRecord as error:
                yield _refuse(entry, str(error))


def _refuse(entry: Entry, why: str) -> ExportError:
    return ExportError(entry.file, why, line=entry.index, records=1)


def _parse_item(value: Any) -> tuple[str, list[Any] | None]:
    """The id and the messages of an item; archives before 2020 have it without a wrapper."""
    inner = value.get("dmConversation", value) if isinstance(value, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(inner.get("messages"), list):
        return "", None
    conversation_id = inner.get("conversationId")
    return str(conversation_id) if isinstance(conversation_id, str | int) else "", inner["messages"]
