"""One HTML file of Google Voice as entries (formats.md §10)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from talklikeme.exports.html_text import attribute
from talklikeme.exports.loose_values import BadRecord
from talklikeme.messages import Attachment, Kind, clean_name, clean_text, name_key

_NUMBER = re.compile(r"\+?[\d\s().-]{3,24}")
_MEDIA_TEXTS: Final = {"MMS Sent", "MMS Received"}
_MEDIA: Final = (
    ("img", "src", "photo"), ("a.video", "href", "video"), ("a.vcard", "href", "contact"),
    ("a.audio", "href", "audio"), ("audio", "src", "audio"), ("video", "src", "video"),
)  # fmt: skip
_SECTIONS: Final = ("spam", "trash")


@dataclass(frozen=True, slots=True)
class Entry:
    """A text or a call; `person` is the sender's number, or the folded name where it is hidden."""

    index: int
    person: str
    name: str | None
    is_me: bool
    ts: datetime
    ts_raw: str
    kind: Kind
    text: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(slots=True)
class Page:
    """What one file holds."""

    records: int = 0
    entries: list[Entry] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    people: dict[str, str | None] = field(default_factory=dict)
    is_group: bool = False
    section: str | None = None


def parse_page(text: str) -> Page:
    """Read one file; broken entries are listed as problems."""
    tree = LexborHTMLParser(text.replace("\x00", ""))
    messages = tree.css("div.hChatLog > div.message")
    calls = tree.css("body > div.haudio")
    page = Page(records=len(messages) + len(calls), section=_parse_section(tree))
    declared = tree.css_first("div.participants")
    if declared is not None:
        page.is_group = True
        page.people.update(_parse_person(cite)[:2] for cite in declared.css("cite"))
    for index, node in enumerate([*messages, *calls]):
        try:
            if index < len(messages):
                page.entries.append(_parse_text(node, index))
            else:  # a call names the partner, whoever made it
                page.entries.append(_parse_call(node, index))
                page.people.update([_parse_person(node)[:2]])
        except BadRecord as error:
            page.problems.append((index, str(error)))
    return page


def parse_number(text: str) -> str:
    """A phone number in one spelling, "" if it is none; Google Voice lives in North America."""
    text = clean_name(text)
    if not _NUMBER.fullmatch(text):
        return ""
    digits = "".join(character for character in text if character in "0123456789")
    if text.startswith("+") or (len(digits) == 11 and digits[0] == "1"):
        return f"+{digits}"
    return f"+1{digits}" if len(digits) == 10 else digits


def _parse_section(tree: LexborHTMLParser) -> str | None:
    """Whether it lay in spam or trash; the labels' addresses are the same in all languages."""
    labels = {attribute(link, "href").rpartition("#")[2] for link in tree.css("a[rel=tag]")}
    return next((section for section in _SECTIONS if section in labels), None)


def _parse_person(node: LexborNode) -> tuple[str, str | None, bool]:
    """Number, name and whether it is the owner: only the owner's name stands in an <abbr>."""
    link = node.css_first("a.tel")
    shown = node.css_first(".tel .fn") or node.css_first("cite .fn")
    name = clean_name(shown.text()) if shown is not None else ""
    number = parse_number(attribute(link, "href").removeprefix("tel:"))
    is_me = shown is not None and shown.tag == "abbr"
    return number or name_key(name), name or None, is_me


def _parse_text(node: LexborNode, index: int) -> Entry:
    person, name, is_me = _parse_person(node)
    if not person:
        raise BadRecord("no sender")
    ts, raw = _parse_time(node.css_first("abbr.dt"))
    text = _parse_quote(node.css_first("q"))
    attachments = tuple(_attachments(node))
    if text in _MEDIA_TEXTS:
        text = ""
        attachments = attachments or (Attachment("file"),)
    kind: Kind = "text" if text else "media" if attachments else "empty"
    return Entry(index, person, name, is_me, ts, raw, kind, text, attachments)


def _parse_call(node: LexborNode, index: int) -> Entry:
    """A call or voicemail; the labels tell who began it."""
    ts, raw = _parse_time(node.css_first("abbr.published"))
    person, name, _ = _parse_person(node)
    labels = [attribute(link, "href") for link in node.css("a[rel=tag]")]
    if any(label.endswith("#placed") for label in labels):
        return Entry(index, "", None, True, ts, raw, "call")
    return Entry(index, person, name, False, ts, raw, "call", "", tuple(_attachments(node)))


def _parse_time(node: LexborNode | None) -> tuple[datetime, str]:
    raw = attribute(node, "title").strip()
    try:
        ts = datetime.fromisoformat(raw)
        if ts.tzinfo is None:
            ts = ts.replace(tzinfo=UTC)
        ts = ts.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRecord("no usable time") from None
    if not 1970 < ts.year < 3000:
        raise BadRecord("no usable time")
    return ts, clean_text(raw)


def _parse_quote(node: LexborNode | None) -> str:
    """The words, with a line break for each <br>."""
    if node is None:
        return ""
    for line_break in node.css("br"):
        line_break.replace_with("\n")
    return clean_text(node.text())


def _attachments(node: LexborNode) -> Iterator[Attachment]:
    for selector, where, kind in _MEDIA:
        for found in node.css(selector):
            path = attribute(found, where)
            yield Attachment(kind, clean_name(path) if path else None)
