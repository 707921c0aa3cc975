"""What a WhatsApp message is: typed text, or a placeholder for a picture, a call, a deleted message.

Follows ../shared/formats.md §16.6. A placeholder must fill the whole body or its first line, so a
sentence that only mentions "audio omitted" stays text; and where people could have typed the same
words, U+200E must stand before them, which WhatsApp puts there and no keyboard has.
"""

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from talklikeme.exports import whatsapp_words as words
from talklikeme.messages import Attachment, Kind, clean_text

_BEFORE_TEXT = "\u200e\u200f\ufeff "
_LONGEST_PLACEHOLDER = 250
_FILE_NAME = re.compile(r"\S.{0,240}\.\w{2,5}")
_OWN_FILE_NAME = re.compile(
    r"(?:IMG|VID|PTT|AUD|STK|DOC|GIF|VN)-\d{8}-WA\d+\.\w+"
    r"|\d{6,}-[A-Z]+-[\d-]+\.\w+|[\d-]{10,}-[A-Z]+-\d+\.\w+"
)
_ANDROID_FILE = re.compile(r"(?P<file>\S.{0,240}\.\w{2,5}) \((?P<word>[^()]{2,40})\)")
_IOS_FILE = re.compile(r"(?P<word>[^<>:：]{1,24})[:：]\s?(?P<file>[^<>]{1,240}\.\w{2,5})")
_LOCATION = re.compile(
    r"[^:\n]{2,40}:\s?(?P<url>https?://(?:maps\.google\.com/\?q=-?\d+(?:\.\d+)?,\s?-?\d+(?:\.\d+)?"
    r"|(?:www\.)?foursquare\.com/v/\S+))"
)
_OPTION = re.compile(r"^\S{2,20}: .+ \(\d+[^()\d]*\)$", re.MULTILINE)
_DELETED_BY_ADMIN = re.compile(
    r"this message was deleted by admin .{1,100}"
    r"|diese nachricht wurde von (?:gruppen)?admin .{1,100} gelöscht"
)
_VIEW_ONCE = re.compile(r"you (?:received|sent) a view once .{1,120}")


def _alternatives(phrases: Iterable[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


_THINGS, _VERBS = _alternatives(words.OMITTED_THINGS), _alternatives(words.OMITTED_VERBS)
_OMITTED = re.compile(
    rf"(?:(?P<file>\S.{{0,200}}?\.\w{{2,5}})(?: • .{{1,40}}?)? )?"
    rf"(?:(?P<thing>{_THINGS}) (?:{_VERBS})|(?:{_VERBS}) (?P<thing2>{_THINGS}))"
)
_LAST_WORDS = frozenset(
    phrase.rpartition(" ")[2] for phrase in {*words.OMITTED_THINGS, *words.OMITTED_VERBS}
)
_CALL = re.compile(rf"(?:{_alternatives(words.CALLS)})(?:$|[.,•])")

_EXTENSIONS = {
    "image": "jpg jpeg png heic heif bmp",
    "video": "mp4 3gp mov mkv avi webm m4v",
    "audio": "opus m4a mp3 aac ogg oga amr wav caf",
    "sticker": "webp was",
    "gif": "gif",
    "contact": "vcf",
}
_KIND_OF_EXTENSION = {
    ext: kind for kind, all_of_it in _EXTENSIONS.items() for ext in all_of_it.split()
}
_KIND_OF_MESSAGE: dict[str, Kind] = {"sticker": "sticker", "contact": "contact"}


class Body(msgspec.Struct, frozen=True, gc=False):
    """What a message says, once WhatsApp's own words are taken out."""

    kind: Kind
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    edited: bool = False
    deleted: bool = False
    is_me: bool | None = None


EMPTY = Body("empty")
_WHOLE: dict[str, Body] = {
    **dict.fromkeys(words.DELETED, Body("deleted", deleted=True)),
    **dict.fromkeys(words.DELETED_BY_ME, Body("deleted", deleted=True, is_me=True)),
    **dict.fromkeys(words.WAITING, EMPTY),
    **dict.fromkeys(words.LIVE_LOCATION, Body("location")),
    **dict.fromkeys(words.MISSED_CALLS, Body("call")),
}
# What a body that is no plain text ends with; it spares nearly all messages a closer look.
_TELLING_ENDS = _LAST_WORDS | {phrase.rpartition(" ")[2] for phrase in _WHOLE}
_TELLING_STARTS = ("This message was deleted", "Diese Nachricht wurde von", "You ")


def is_marked(raw: str) -> bool:
    """Whether WhatsApp's mark stands before it."""
    return raw[:1] in _BEFORE_TEXT and raw.lstrip("\ufeff ").startswith(("\u200e", "\u200f"))


def find_repeated(bodies: Iterable[str]) -> frozenset[str]:
    """Bodies that look like placeholders of an unknown language and occur again and again."""
    counts = Counter(
        clean_text(raw).casefold()
        for raw in bodies
        if (raw[-1:] == ">" or raw[:1] in _BEFORE_TEXT)
        and len(raw) <= _LONGEST_PLACEHOLDER
        and (is_marked(raw) or _is_bracketed(raw))
    )
    return frozenset(body for body, count in counts.items() if count > 1)


def _is_bracketed(raw: str) -> bool:
    return raw[-1:] == ">" and raw[:1] == "<" and raw.count("<") == 1 and 5 <= len(raw) <= 62


def read_body(
    raw: str, *, is_android: bool = False, repeated: frozenset[str] = frozenset()
) -> Body:
    """Tell text from placeholder; `raw` still has its direction marks."""
    text = clean_text(raw)
    if text in {"", ".", ":."}:
        return EMPTY
    if is_android and text == "null":  # what Android writes for a view-once photo
        return _file_body("media", None, "")
    if _is_plain(raw, text):
        return Body("text", text)
    edited = text[-1] == ">" and (start := _edit_note(raw, text)) is not None
    if edited:
        text = text[:start].rstrip()
    body = _placeholder(raw, text, repeated) if text else EMPTY
    if body is None:
        body = Body("text", text)
    return msgspec.structs.replace(body, edited=True) if edited else body


def _is_plain(raw: str, text: str) -> bool:
    if raw[0] in _BEFORE_TEXT or text[-1] == ">":
        return False
    first = text.partition("\n")[0]
    return (
        first[-1] not in "):>"
        and first.rpartition(" ")[2].casefold().rstrip(". ") not in _TELLING_ENDS
        and "://" not in first
        and not text.startswith(_TELLING_STARTS)
    )


def _edit_note(raw: str, text: str) -> int | None:
    """Where "<This message was edited>" begins at the end of the text."""
    start = text.rfind("<")
    note = text[start + 1 : -1].casefold().rstrip(".")
    if note in words.EDITED:
        return start
    is_unknown = start > 0 and 8 <= len(note) <= 60 and not re.search("[:：]", note)
    before = text[:start].rstrip()
    if not is_unknown or note in words.ATTACHED or _FILE_NAME.fullmatch(before):
        return None
    return start if raw[raw.rfind("<") - 1] == "\u200e" else None


def _placeholder(raw: str, text: str, repeated: frozenset[str]) -> Body | None:
    first, _, caption = text.partition("\n")
    if len(first) <= _LONGEST_PLACEHOLDER:
        key = first.casefold().rstrip(". ")
        marked = raw[0] in _BEFORE_TEXT and is_marked(raw)
        if not caption and (body := _whole_body(text, key, marked)):
            return body
        if body := _omitted(key, caption, marked) or _android_file(first, caption, marked):
            return body
    if text[-1] == ">" and (body := _ios_file(raw, text)):
        return body
    if caption and first[-1:] == ":":
        return _poll(first, caption)
    if repeated and text.casefold() in repeated:
        return _file_body("media", None, "")
    return None


def _whole_body(text: str, key: str, marked: bool) -> Body | None:
    if body := _WHOLE.get(key):
        return body
    if "://" in text and (found := _LOCATION.fullmatch(text)):
        return Body("location", attachments=(Attachment("location", found["url"]),))
    if _DELETED_BY_ADMIN.fullmatch(key):
        return Body("deleted", deleted=True)
    if marked and _CALL.match(key):
        return Body("call")
    if _VIEW_ONCE.fullmatch(key):
        return _file_body("media", None, "")
    return None


def _omitted(key: str, caption: str, marked: bool) -> Body | None:
    in_brackets = key[:1] == "<" and key[-1:] == ">"
    phrase = key[1:-1].rstrip(". ") if in_brackets else key
    if in_brackets and phrase in words.OMITTED_MEDIA:
        return _file_body("media", None, caption)
    if phrase.rpartition(" ")[2] not in _LAST_WORDS or (caption and not (in_brackets or marked)):
        return None
    found = _OMITTED.fullmatch(phrase)
    if found is None:
        return None
    return _file_body(words.OMITTED_THINGS[found["thing"] or found["thing2"]], None, caption)


def _android_file(first: str, caption: str, marked: bool) -> Body | None:
    found = _ANDROID_FILE.fullmatch(first) if first[-1:] == ")" else None
    if found is None:
        return None
    file = found["file"]
    if marked or found["word"].casefold() in words.ATTACHED or _OWN_FILE_NAME.fullmatch(file):
        return _file_body(_kind_of_file(file), file, caption)
    return None


def _ios_file(raw: str, text: str) -> Body | None:
    start = text.rfind("<")
    before, inner = text[:start].strip(), text[start + 1 : -1]
    if inner.casefold() in words.ATTACHED and _FILE_NAME.fullmatch(before):
        return _file_body(_kind_of_file(before), before, "")
    found = _IOS_FILE.fullmatch(inner)
    if found is None:
        return None
    marked = raw[max(raw.rfind("<") - 1, 0)] == "\u200e"
    file = found["file"].strip()
    if not (marked or found["word"].casefold() in words.ATTACHED or _OWN_FILE_NAME.fullmatch(file)):
        return None
    is_title = " • " in before or _FILE_NAME.fullmatch(before)
    return _file_body(_kind_of_file(file), file, "" if is_title else before)


def _poll(first: str, caption: str) -> Body | None:
    word = first[:-1]
    is_capital = word.isupper() or not any(char.islower() for char in word)
    if " " in word or len(word) > 25 or not is_capital or not _OPTION.search(caption):
        return None
    return Body("poll")


def _file_body(kind: str, path: str | None, caption: str) -> Body:
    attachments = (Attachment(kind, path),)
    if caption := caption.strip():
        return Body("text", caption, attachments)
    return Body(_KIND_OF_MESSAGE.get(kind, "media"), "", attachments)


def _kind_of_file(name: str) -> str:
    if name.startswith("STK-") or "-STICKER-" in name:
        return "sticker"
    if name.startswith("GIF-") or "-GIF-" in name:
        return "gif"
    return _KIND_OF_EXTENSION.get(name.rpartition(".")[2].lower(), "document")
