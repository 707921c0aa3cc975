"""What Facebook's two JSON exports have in common: broken encoding, times, attachments, content.

`messenger` reads the "Download your information" archive (formats.md §1), `messenger_e2ee` the
separate archive of end-to-end encrypted chats (§2).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, load_json
from talklikeme.exports.loose_values import BadRecord, dicts_of
from talklikeme.exports.meta_sentences import SentenceJudge
from talklikeme.exports.times import from_epoch_ms
from talklikeme.messages import Attachment, Kind, Precision, Reaction, clean_name, name_key

_LATIN_1_RUN = re.compile("[\u0080-\u00ff]+")
_MEDIA_KINDS = {
    "photos": "photo",
    "videos": "video",
    "audio_files": "audio",
    "gifs": "gif",
    "files": "file",
    "media": "media",
}
# Older exports count in seconds; formats.md §0.3 gives the bound.
_FIRST_MILLISECONDS = 100_000_000_000

# What stands for people who left Facebook; two of them are not one person.
NOBODY: Final = frozenset(
    {"facebook user", "facebook-nutzer", "utilisateur facebook", "usuario de facebook",
     "utente di facebook", "usuário do facebook", "facebookgebruiker", "unknown", ""}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thread:
    """What all messages of one conversation share."""

    conversation_id: str
    title: str | None
    is_group: bool
    participants: tuple[str, ...]
    owners: frozenset[str]
    judge: SentenceJudge
    section: str | None = None

    def is_mine(self, sender_key: str) -> bool | None:
        """Whether the owner sent it, or None when the export names no owner."""
        return sender_key in self.owners if self.owners else None


@dataclass(frozen=True, slots=True)
class Content:
    """What one raw message says: its kind, and its text only if somebody wrote it."""

    kind: Kind
    text: str = ""


def load_thread(file: ExportFile) -> dict[str, Any]:
    """The root object of one part; raises ExportError if it holds no list of messages."""
    data = load_json(file)
    if not isinstance(data, dict) or not isinstance(data.get("messages"), list):
        raise ExportError(file.path, "no list of messages in it")
    return data


def fix_mojibake(text: str) -> str:
    r"""Undo Facebook's writing of each UTF-8 byte as a character: "J\u00c3\u00b6rg" → "Jörg".

    Strings that also hold real characters beyond Latin-1 are repaired run by run; text that is
    right already stays as it is (formats.md §1.4).
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeEncodeError:
        return _LATIN_1_RUN.sub(_fix_run, text)
    except UnicodeDecodeError:
        return text


def _fix_run(match: re.Match[str]) -> str:
    try:
        return match[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def parse_name(value: Any) -> str:
    """A display name, repaired and cleaned; "" for anything that is no name."""
    return clean_name(fix_mojibake(value)) if isinstance(value, str) else ""


def parse_people(value: Any) -> list[str]:
    """Names of a participants list, of both shapes: [{"name": …}] and plain strings."""
    people = value if isinstance(value, list) else []
    names = (parse_name(one.get("name") if isinstance(one, dict) else one) for one in people)
    return [name for name in names if name]


def parse_time(value: Any) -> tuple[datetime, Precision]:
    """Milliseconds since 1970 (seconds in the first exports of 2018) → UTC."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRecord("no usable time")
    is_seconds = 0 < value < _FIRST_MILLISECONDS
    try:
        return from_epoch_ms(value * 1000 if is_seconds else value), "s" if is_seconds else "ms"
    except ValueError:
        raise BadRecord("no usable time") from None


def oldest_first(times: Sequence[int | None]) -> list[int]:
    """Indices of records in the order of sending; newest-first files keep ties reversed too.

    >>> oldest_first([30, 20, 20, 10])
    [3, 2, 1, 0]
    """
    known = [time for time in times if time is not None]
    indices = list(range(len(times)))
    if not known or known[0] >= known[-1]:
        indices.reverse()
    return indices


def parse_sender(record: Mapping[str, Any], key: str) -> str:
    """The sender's display name; a record without one is refused."""
    name = parse_name(record.get(key))
    if not name:
        raise BadRecord("no sender")
    return name


def parse_body(record: Mapping[str, Any], key: str) -> str:
    """What the record says in words, repaired; absent and null mean nothing."""
    body = record.get(key)
    if body is None:
        return ""
    if not isinstance(body, str):
        raise BadRecord("its text is not text")
    return fix_mojibake(body)


def judge_text(text: str, sender: str, judge: SentenceJudge) -> Content | None:
    """A person's words, or a sentence by Messenger, whose text is kept only if it tells an event."""
    if not text:
        return None
    kind = judge.classify(sender, text)
    if kind is None:
        return Content("text", text)
    return Content(kind, text if kind == "system" else "")


def parse_attachments(record: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Pictures, files, stickers and link previews of both exports."""
    return tuple(_attachments(record))


def _attachments(record: Mapping[str, Any]) -> Iterator[Attachment]:
    for key, kind in _MEDIA_KINDS.items():
        for item in dicts_of(record.get(key)):
            yield Attachment(kind, _uri(item))
    sticker = record.get("sticker")
    if isinstance(sticker, dict):
        yield Attachment("sticker", _uri(sticker))
    share = record.get("share")
    if isinstance(share, dict) and isinstance(share.get("link"), str):
        yield Attachment("link", fix_mojibake(share["link"]))


def _uri(item: Mapping[str, Any]) -> str | None:
    """The path of a file; the encrypted export writes a sentence where it has none."""
    uri = item.get("uri")
    if not isinstance(uri, str) or not uri or uri == "Failed to download media":
        return None
    return fix_mojibake(uri).removeprefix("./")


def parse_reactions(record: Mapping[str, Any]) -> tuple[Reaction, ...]:
    """Who put which emoji on a message."""
    return tuple(
        Reaction(fix_mojibake(item["reaction"]), parse_name(item.get("actor")) or None)
        for item in dicts_of(record.get("reactions"))
        if isinstance(item.get("reaction"), str)
    )


def distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    """Each person once, in order of first appearance."""
    people: dict[str, str] = {}
    for name in names:
        people.setdefault(name_key(name), name)
    return tuple(people.values())
