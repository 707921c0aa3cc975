"""Chats of Apple's Messages as web pages, written by imessage-exporter (formats.md §18.6).

Pages are cut before each message, and every piece is parsed for itself. Not supported: the words
inside app messages other than links.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.html_text import attribute, classes, load_page, parse_piece, shown_text
from talklikeme.exports.imessage_blocks import EMOJI, STAMP, parse_stamp
from talklikeme.exports.imessage_people import ORPHANED, OWNER, handle_key
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.times import LocalClock
from talklikeme.messages import Attachment, Kind, Message, Reaction, clean_name, clean_text

FORMAT = "imessage-exporter HTML"

_BLOCK = re.compile(r'<div class ?="(?P<what>message|announcement|reply)"')
_HEAD = re.compile(
    rb'<div class="message"[^>]*>\s*<div class="(?:sent \w+|received)">'
    rb'|<div class ?="announcement">\s*<p><span class="timestamp">'
)
_COPY = re.compile(r" \(\d+\)$")
_GROUP = re.compile(r" - \d+$")
_GUID = re.compile(r"message-guid=([\w-]+)")
_FILLED: Final = ".attachment, .sticker, .app, .edited, .bubble, .unsent, .app_error"
_REACTION = re.compile(r"(?P<what>\S{1,20}) by (?P<who>.+)")
_MEDIA: Final = (
    ("img", "src", "photo"), ("video source", "src", "video"), ("audio", "src", "audio"),
    ("a", "href", "file"),
)  # fmt: skip


def recognises(file: ExportFile, head: bytes) -> bool:
    """A page whose messages are marked as sent or received, behind its style."""
    return file.name.lower().endswith((".html", ".htm")) and bool(_HEAD.search(head))


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read one chat after the other."""
    counts: Counter[str] = Counter()
    for file in files:
        try:
            page, notes = load_page(file)
        except ExportError as error:
            yield error
            continue
        yield from notes
        chat = _Chat(file, page, LocalClock(settings.timezone))
        yield Tally(file.path, FORMAT, len(chat.starts))
        for line, piece in chat.pieces(page):
            seq = counts[chat.conversation_id]
            counts[chat.conversation_id] += 1
            try:
                yield chat.build_message(piece, line, seq)
            except (ValueError, OverflowError) as error:
                yield ExportError(file.path, str(error), line=line, records=1)


def _find_starts(page: str) -> list[int]:
    """Where messages begin; answers are copied below what they answer, inside of "reply"."""
    starts = []
    is_copy = False
    for match in _BLOCK.finditer(page):
        if match["what"] == "reply":
            is_copy = True
        else:
            if not is_copy:
                starts.append(match.start())
            is_copy = False
    return starts


class _Chat:
    """What the messages of one page share; the page's name is all that says who is in it."""

    def __init__(self, file: ExportFile, page: str, clock: LocalClock) -> None:
        self._path = file.path
        self._clock = clock
        self.starts = _find_starts(page)
        stem = _COPY.sub("", clean_name(PurePosixPath(file.path).stem))
        is_orphaned = stem.lower() == "orphaned"
        self.title = None if is_orphaned else _GROUP.sub("", stem)
        self.conversation_id = ORPHANED if is_orphaned else f"imessage:{handle_key(stem)}"
        is_group = bool(_GROUP.search(stem)) or ", " in stem
        self.is_group = None if is_orphaned else is_group

    def pieces(self, page: str) -> Iterator[tuple[int, str]]:
        """Each message's part of the page, with the line it begins on."""
        line, counted = 1, 0
        for start, end in zip(self.starts, [*self.starts[1:], len(page)], strict=True):
            line += page.count("\n", counted, start)
            counted = start
            yield line, page[start:end]

    def build_message(self, piece: str, line: int, seq: int) -> Message:
        """A piece as a message; raises ValueError with the reason."""
        tree = parse_piece(piece)
        if tree is None:
            raise ValueError("nested too deeply to be a message")
        for copies in tree.css(".replies"):
            copies.decompose()
        stamp = STAMP.search(shown_text(tree.css_first(".timestamp")))
        if stamp is None:
            raise ValueError("no usable time")
        return self._build(tree, piece, line, seq, stamp[0])

    def _build(
        self, tree: LexborHTMLParser, piece: str, line: int, seq: int, stamp: str
    ) -> Message:
        is_notice = tree.css_first("div.message") is None
        is_me = None if is_notice else tree.css_first("div.sent") is not None
        sender = clean_name(shown_text(tree.css_first(".sender")))
        attachments = tuple(_attachments(tree))
        kind, text = _judge(tree, attachments, is_notice=is_notice)
        guid = _GUID.search(piece)
        return Message(
            platform="imessage",
            conversation_id=self.conversation_id,
            conversation_title=self.title,
            is_group=self.is_group,
            participants=(self.title,) if self.title and not self.is_group else (),
            sender_id=OWNER if is_me else handle_key(sender),
            sender_name=sender or None,
            is_me=is_me,
            ts=self._clock.to_utc(_parse_stamp(stamp)),
            ts_raw=stamp,
            ts_precision="s",
            tz_basis="local",
            seq=seq,
            kind=kind,
            text=text,
            attachments=attachments,
            reactions=tuple(_reactions(tree)),
            message_id=guid[1] if guid else None,
            edited=kind == "text" and bool(tree.css(".edited, .message_part table")),
            deleted=kind == "deleted" or tree.css_first(".deleted") is not None,
            system=kind == "system",
            source_file=self._path,
            source_line=line,
        )


def _parse_stamp(stamp: str) -> datetime:
    try:
        return parse_stamp(stamp)
    except ValueError:
        raise ValueError("no such date or time") from None


def _judge(
    tree: LexborHTMLParser, attachments: tuple[Attachment, ...], *, is_notice: bool
) -> tuple[Kind, str]:
    if is_notice or tree.css_first(".shareplay, .shared_location") is not None:
        return "system", ""
    if text := _parse_text(tree):
        return "text", text
    if attachments:
        is_sticker = all(one.kind == "sticker" for one in attachments)
        return ("sticker" if is_sticker else "media"), ""
    if tree.css_first(".app, .app_error, .attachment_error") is not None:
        return "media", ""
    is_gone = tree.css_first(".unsent, .deleted") is not None
    return ("deleted" if is_gone else "empty"), ""


def _parse_text(tree: LexborHTMLParser) -> str:
    """The subject, the bubbles, of edited ones the last wording, and links with a preview."""
    lines = [shown_text(tree.css_first(".subject"))]
    for part in tree.css(".message_part"):
        rows = part.css("table tr")
        if rows and part.css_first(".app") is None:
            lines.append(shown_text(rows[-1].css("td")[-1] if rows[-1].css("td") else None))
        elif (bubble := part.css_first(".bubble")) is not None:
            lines.append(shown_text(bubble))
        elif (link := part.css_first(".app a")) is not None:
            address = attribute(link, "href")
            lines.append(address if address.startswith("http") else "")
    return clean_text("\n".join(stripped for line in lines if (stripped := line.strip())))


def _attachments(tree: LexborHTMLParser) -> Iterator[Attachment]:
    """Files of the message; old versions put them into the part itself."""
    for part in tree.css(".attachment, .sticker, .message_part"):
        if "message_part" in classes(part) and part.css_first(_FILLED) is not None:
            continue
        is_sticker = "sticker" in classes(part)
        if found := _find_file(part):
            path, kind = found
            yield Attachment("sticker" if is_sticker else kind, path or None)


def _find_file(part: LexborNode) -> tuple[str, str] | None:
    found: Any
    for selector, name, kind in _MEDIA:
        if (found := part.css_first(selector)) is not None:
            return clean_text(attribute(found, name)), kind
    return None


def _reactions(tree: LexborHTMLParser) -> Iterator[Reaction]:
    for node in tree.css("span.tapback, span.reaction"):
        found = _REACTION.fullmatch(clean_text(shown_text(node)))
        what = found["what"] if found else ""
        emoji = EMOJI.get(what, "" if what.isascii() else what)
        if found and emoji:
            yield Reaction(emoji, clean_name(found["who"]))
