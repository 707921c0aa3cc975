"""Facebook Messenger, "Download your information" as JSON (formats.md §1) or as HTML (§3).

One folder per thread with `message_1.json` (the newest part), `message_2.json`, …; every byte of
the text is escaped for itself. The HTML pages have the same folders. Conversation ids follow one
rule, shared with `messenger_e2ee` and `facebook_legacy`:

* A thread of two people is "messenger:" and their two names, sorted. So the same thread in
  `inbox`, in `e2ee_cutover` and in the archive of encrypted chats is one conversation.
* When two people share several threads with different thread ids (two friends of one name), none
  is merged: each id is followed by " #" and the thread id. `e2ee_cutover/<folder>` has the thread
  id of `inbox/<folder>` and stays with it.
* Groups, and threads of which only one person is left, go by their thread id.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.items import Item, ReadSettings
from talklikeme.exports.meta import parse_name
from talklikeme.exports.meta_html import is_page
from talklikeme.exports.meta_owner import OwnerClue, read_owner_page
from talklikeme.exports.meta_paths import THREAD_PATH, is_from_instagram
from talklikeme.exports.meta_reading import App, read_export
from talklikeme.exports.meta_sentences import SentenceJudge
from talklikeme.exports.meta_threads import is_page_name
from talklikeme.messages import name_key

FORMAT = "Messenger JSON"

_PART_NAME = re.compile(r"messages?(?:_\d+)?(?: \(\d+\)| \d+)?\.json", re.IGNORECASE)
_OWNER_FILES = {
    "autofill_information": b'"autofill_information_v2"',
    "profile_information": b'"profile',
}
_OWNER_FIELDS = (
    ("autofill_information_v2", "FULL_NAME"),
    ("profile_v2", "name"),
    ("profile", "name"),
)
_META_PAGE = re.compile(rb"_a6-g|_2lek|uiBoxWhite|_a6_q|_51m-")


def recognises(file: ExportFile, head: bytes) -> bool:
    """Parts of threads by path and keys, or by keys alone; and the files that name the owner."""
    if is_from_instagram(file.path):
        return False
    return is_owner_file(file, head) or is_part(file, head)


def is_part(file: ExportFile, head: bytes) -> bool:
    """Whether the file is one part of a thread, of whichever of the two apps."""
    if is_page_name(file):
        return is_page(file, head)
    if not file.name.lower().endswith(".json"):
        return False
    if (
        not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
        or b'"messages"' not in head
    ):
        return False
    has_senders = b'"sender_name"' in head
    if THREAD_PATH.fullmatch(file.path) and _PART_NAME.fullmatch(file.name):
        return has_senders or b'"participants"' in head
    return has_senders and b'"timestamp' in head


def is_owner_file(file: ExportFile, head: bytes) -> bool:
    """Whether the file says whose export it is."""
    mark = _OWNER_FILES.get(file.plain_stem.lower())
    if mark is None:
        return False
    if is_page_name(file):
        return bool(_META_PAGE.search(head))
    return file.name.lower().endswith(".json") and mark in head


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read all threads; the archives of one export, and overlapping exports, may come together."""
    yield from read_export(files, settings, _APP)


def _is_owner_name(file: ExportFile) -> bool:
    return file.plain_stem.lower() in _OWNER_FILES


def _read_owner(file: ExportFile) -> OwnerClue:
    """The owner's name keys from autofill_information or profile_information."""
    if is_page_name(file):
        return read_owner_page(file)
    data = load_json(file)
    for root, key in _OWNER_FIELDS:
        fields = data.get(root) if isinstance(data, dict) else None
        value: Any = fields.get(key) if isinstance(fields, dict) else None
        if isinstance(value, dict):
            value = value.get("full_name")
        names = value if isinstance(value, list) else [value]
        if found := {name_key(name) for raw in names if (name := parse_name(raw))}:
            return OwnerClue(frozenset(found))
    return OwnerClue()


_APP = App("messenger", FORMAT, "Messenger HTML", _is_owner_name, _read_owner, SentenceJudge)
