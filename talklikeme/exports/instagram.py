"""Instagram, "Download your information" as JSON (formats.md §5) or as HTML (§3).

Folders, schema and broken encoding are Facebook's, so `meta_reading` reads both. Names are display
names; the user name of the other person stands only in the folder's name.

Not supported: `ai_conversations`. Old exports are said to hold local times; they are read as UTC.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.items import Item, ReadSettings
from talklikeme.exports.messenger import is_part
from talklikeme.exports.meta import fix_mojibake, parse_name
from talklikeme.exports.meta_owner import OwnerClue, read_owner_page
from talklikeme.exports.meta_paths import is_from_instagram
from talklikeme.exports.meta_reading import App, read_export
from talklikeme.exports.meta_sentences import SentenceJudge
from talklikeme.exports.meta_threads import is_page_name
from talklikeme.messages import Kind, name_key

FORMAT = "Instagram JSON"

_OWNER_FILE: Final = "personal_information"
_META_PAGE = re.compile(rb"_a6-g|_2lek|uiBoxWhite|_a6_q|_51m-")
_LABELS: Final = frozenset({"name", "username"})
_WHOLE: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("reaction_notice", re.compile(r"Liked a message")),
    ("call", re.compile(r"(?:Audio|Video) (?:call|chat) ended\.?")),
    ("call", re.compile(r"You (?:started|missed) an? (?:audio|video) (?:call|chat)\.?")),
)
_AFTER_NAME: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("call", re.compile(r" (?:started|missed) an? (?:audio |video )?(?:call|chat)\.?")),
    ("reaction_notice", re.compile(r" liked a message\.?")),
)
_QUIET = re.compile(r".{1,120} wasn't notified about this message because they're in quiet mode\.")


def recognises(file: ExportFile, head: bytes) -> bool:
    """Threads whose path names Instagram, and the file that names the owner."""
    return is_owner_file(file, head) or (is_from_instagram(file.path) and is_part(file, head))


def is_owner_file(file: ExportFile, head: bytes) -> bool:
    """Whether the file says whose Instagram it is."""
    if not _is_owner_name(file):
        return False
    return bool(_META_PAGE.search(head)) if is_page_name(file) else b'"profile_user"' in head


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read all threads; the archives of one export, and overlapping exports, may come together."""
    yield from read_export(files, settings, _APP)


def _is_owner_name(file: ExportFile) -> bool:
    return file.plain_stem.lower() == _OWNER_FILE and file.name.lower().endswith(
        (".json", ".html", ".htm")
    )


def _read_owner(file: ExportFile) -> OwnerClue:
    """The owner's name and user name; where labels are translated, every value is a candidate."""
    if is_page_name(file):
        return read_owner_page(file)
    stated, mentioned = set(), set()
    for label, value in _profile_values(load_json(file)):
        mentioned.add(name_key(value))
        if fix_mojibake(label).casefold() in _LABELS:
            stated.add(name_key(value))
    return OwnerClue(frozenset(stated), frozenset(mentioned))


def _profile_values(data: Any) -> Iterator[tuple[str, str]]:
    users = data.get("profile_user") if isinstance(data, dict) else None
    for user in users if isinstance(users, list) else ():
        fields = user.get("string_map_data") if isinstance(user, dict) else None
        for label, field in fields.items() if isinstance(fields, dict) else ():
            if isinstance(field, dict) and (value := parse_name(field.get("value"))):
                yield label, value


class InstagramJudge(SentenceJudge):
    """Knows the sentences that only Instagram writes, and Messenger's."""

    def classify(self, sender: str, text: str) -> Kind | None:
        """The kind of a sentence by Instagram, or None for the sender's own words."""
        for kind, pattern in _WHOLE:
            if pattern.fullmatch(text):
                return kind
        if text.startswith(f"{sender} "):
            for kind, pattern in _AFTER_NAME:
                if pattern.fullmatch(text, len(sender)):
                    return kind
        return "system" if _QUIET.fullmatch(text) else super().classify(sender, text)


_APP = App("instagram", FORMAT, "Instagram HTML", _is_owner_name, _read_owner, InstagramJudge)
