"""Names in WhatsApp exports: the chat's, from its file name, and the authors', from its lines.

Follows ../shared/formats.md §16.1 and §16.5.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from talklikeme.exports.files import ExportFile
from talklikeme.exports.whatsapp_notices import is_half_notice
from talklikeme.messages import clean_name, name_key

_LONGEST_NAME = 100
_COUNTER = re.compile(r"[ _]?\(\d+\)$")
_BARE_NAME = re.compile(r"_chat(?P<copy>[ _]?\(\d+\)| \d+)?", re.IGNORECASE)
# Before "<" the mark sets off a file or an edit at the end of a body.
_MARKED_BODY = re.compile(r"(.{1,100}?): \u200e(?!<)")
# "with" in the languages of WhatsApp's menus; those that formats.md lacks are from memory.
_WITH = "-|with|mit|avec|con|com|met|med|с|со|з|із|z|s|so|cu|με|dengan|với|amb|עם|مع|vele:"
_TITLES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:[^\W\d_]+[ _]){{0,2}}WhatsApp(?:[ _-][^\W\d_]+)?[ _](?:{_WITH})[ _](?P<title>.+)",
        r"[与與][ _]?(?P<title>.+?)[ _]?的[ _]?WhatsApp[ _]?(?:聊天|對話|对话)(?:记录|記錄)?",
        r"(?P<title>.+?)(?:[ _]ile|[ _]के[ _]साथ|님과의)[ _]WhatsApp[ _][^\W\d_]+",
        r"WhatsApp[ _-]Chat[ _](?P<title>.+)",
    )
]


def is_chat_name(file: ExportFile) -> bool:
    """Whether the file is called as WhatsApp calls its exports."""
    stem = PurePosixPath(file.path).stem
    return is_bare_name(file) or "whatsapp" in stem.casefold()


def is_bare_name(file: ExportFile) -> bool:
    """Whether it is an iPhone's `_chat.txt`, which only its folder or archive tells apart."""
    return _BARE_NAME.fullmatch(PurePosixPath(file.path).stem) is not None


def find_title(file: ExportFile) -> str | None:
    """The chat's name: "WhatsApp Chat with Ann (1).txt" → "Ann"."""
    bare = _BARE_NAME.fullmatch(PurePosixPath(file.path).stem)
    if bare is None:
        return _title_in(PurePosixPath(file.path).stem)
    folder = PurePosixPath(file.parent)
    name = folder.stem if folder.suffix.lower() == ".zip" else folder.name
    # Several numbered copies in one folder are different chats: its name is none of theirs.
    return _title_in(name) or (None if bare["copy"] else clean_name(name) or None)


def _title_in(stem: str) -> str | None:
    stem = _COUNTER.sub("", stem)
    for pattern in _TITLES:
        if found := pattern.fullmatch(stem):
            title = found["title"]
            return clean_name(title if " " in stem else title.replace("_", " ")) or None
    return None


class AuthorSplitter:
    """Splits "Ann: hello" behind the name, for names of one chat that may contain ": " themselves.

    A longer name wins if its bearer writes several times and the shorter name hardly ever
    stands alone, or if WhatsApp's mark shows where a body begins; else "Ann: PS: hello" is Ann's
    postscript.
    """

    def __init__(self, rests: Sequence[str]) -> None:
        self._rests = rests
        self._names, self._bodies = _split_at_colon(rests)
        shortest = Counter(self._names)
        longer: Counter[tuple[str, str]] = Counter()
        marked: set[str] = set()
        for name, body, rest in zip(self._names, self._bodies, rests, strict=True):
            if name and ":" in body:
                start = rest[: _LONGEST_NAME + 2]
                if start[-1:] == ":":
                    start += " "
                longer.update((name, full) for full in _longer_names(start, len(name)))
                marked.update(found[1] for found in [_MARKED_BODY.match(start)] if found)
        self._no_names = {n for n, count in shortest.items() if count < 3 and is_half_notice(n)}
        self._no_names.update(name for name in shortest if name.isspace())
        self._longer: dict[str, list[str]] = {}
        for (name, full), count in longer.items():
            if full in marked or (count >= 3 and count >= 3 * (shortest[name] - count)):
                self._longer.setdefault(name, []).append(full)
        for fulls in self._longer.values():
            fulls.sort(key=len, reverse=True)

    def split(self) -> tuple[list[str], list[str]]:
        """The authors, empty where there is none, and the bodies."""
        authors, bodies = self._names, self._bodies
        if self._no_names or self._longer:
            for place, name in enumerate(authors):
                if name in self._no_names:
                    authors[place], bodies[place] = "", self._rests[place]
                elif name in self._longer:
                    authors[place], bodies[place] = self._split_longer(place)
        return authors, bodies

    def _split_longer(self, place: int) -> tuple[str, str]:
        rest = self._rests[place]
        for full in self._longer[self._names[place]]:
            if rest.startswith(full + ":"):
                return full, rest[len(full) + 1 :].removeprefix(" ")
            if rest.startswith(full + " "):  # "Kim: work left"
                return "", rest
        return self._names[place], self._bodies[place]


def _split_at_colon(rests: Iterable[str]) -> tuple[list[str], list[str]]:
    names: list[str] = []
    bodies: list[str] = []
    known: dict[str, str] = {}  # one string for each name, not for each message
    for rest in rests:
        name, colon, body = rest.partition(": ")
        if not colon:
            name, body = (rest[:-1], "") if rest[-1:] == ":" else ("", rest)
        if len(name) > _LONGEST_NAME or not name:
            name, body = "", rest
        names.append(known.setdefault(name, name))
        bodies.append(body)
    return names, bodies


def _longer_names(start: str, end: int) -> Iterable[str]:
    while (end := start.find(": ", end + 1)) > 0:
        yield start[:end]


def name_people(raw_names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The display name of each author of one chat, and what the name is compared by."""
    cleaned = {raw: clean_name(raw) for raw in raw_names}
    contacts = {name_key(name) for name in cleaned.values() if not name.startswith("~")}
    names = {raw: _drop_tilde(name, contacts) for raw, name in cleaned.items()}
    return {raw: (name, name_key(name)) for raw, name in names.items()}


def _drop_tilde(name: str, contacts: set[str]) -> str:
    """Take the sign of "not a contact" away, unless a contact bears the same name."""
    stripped = name.lstrip("~ ")
    if not name.startswith("~") or not stripped or name_key(stripped) in contacts:
        return name
    return stripped
