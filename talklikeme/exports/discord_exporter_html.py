"""DiscordChatExporter's HTML pages from 2017 until today (formats.md §15.2).

Since 2019 each message has its id, and the id tells the time to the millisecond in UTC. Older pages
show the exporter's clock, once for each group of messages.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from talklikeme.errors import ExportError
from talklikeme.exports.discord_exporter_chat import (
    Channel,
    Entry,
    build_messages,
    event_kind,
    find_channel,
    plain_author,
)
from talklikeme.exports.discord_text import kind_of_file, snowflake_time
from talklikeme.exports.files import ExportFile
from talklikeme.exports.html_text import (
    attribute,
    classes,
    cut_before,
    load_page,
    parse_piece,
    shown_text,
)
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.messages import Attachment, Reaction, clean_name, clean_text, name_key

_GROUP = re.compile(
    r"""<div class=(?:"(?:chatlog__message-group|msg)"|'(?:chatlog__message-group|msg)'|(?:chatlog__message-group|msg)(?=[\s>]))"""
)
_MESSAGES: Final = "[data-message-id]"
_OLD_CONTENTS: Final = ".chatlog__messages .chatlog__content, .msg-content"
_AUTHORS: Final = ".chatlog__author, .chatlog__author-name, .msg-user"
_STAMPS: Final = ".chatlog__timestamp, .msg-date"
_TITLES: Final = (
    ".preamble__entry, .info__guild-name, .info__channel-name, .guild-name, .channel-name"
)
_WORDS: Final = ".chatlog__markdown-preserve, .preserve-whitespace, span.markdown"
_EDITED: Final = ("chatlog__edited-timestamp", "msg-edited")
_BOT_TAGS: Final = ("chatlog__author-tag", "chatlog__bot-tag")
_TARGET = re.compile(r"scrollToMessage\(event,\s*'(\d+)'")
_EVENT_MARK: Final = "chatlog__system-notification"
_MOST_IN_HEAD: Final = 200_000


def read_html(file: ExportFile, counts: Counter[str], settings: ReadSettings) -> Iterator[Item]:
    """Read one channel, or one part of it."""
    try:
        page, problems = load_page(file)
    except ExportError as error:
        yield error
        return
    first = _GROUP.search(page)
    channel = _find_channel(file, page[: min(first.start() if first else len(page), _MOST_IN_HEAD)])
    entries: list[Entry] = []
    for line, piece in cut_before(page, _GROUP):
        group = parse_piece(piece)
        if group is None:
            problems.append(ExportError(file.path, "nested too deeply to be a chat", line=line))
        else:
            entries += _build_entries(group, piece, line)
    if _EVENT_MARK not in page:
        _find_events(entries)
    yield Tally(file.path, "DiscordChatExporter", len(entries))
    yield from problems
    if not entries:
        yield ExportError(file.path, "no message found")
    yield from build_messages(entries, channel, file, counts, settings)


def _find_events(entries: list[Entry]) -> None:
    """Pages before 2022 show events like words."""
    for entry in entries:
        entry.kind = event_kind(entry.text) or entry.kind


def _find_channel(file: ExportFile, head: str) -> Channel:
    # Styles come before the titles and are of no use here.
    body = head[head.rfind("</head>") + 1 :]
    tree = parse_piece(body)
    titles = [shown_text(node).strip() for node in tree.css(_TITLES)] if tree else []
    guild, name = (titles[0], titles[1]) if len(titles) > 1 else ("", "")
    return find_channel(file, guild, name.lstrip("#"))


def _build_entries(group: LexborHTMLParser, piece: str, line: int) -> Iterator[Entry]:
    """All messages under one name; those of 2017 and 2018 have no ids."""
    author = group.css_first(_AUTHORS)
    stamp = _read_stamp(group.css_first(_STAMPS))
    is_bot = any(tag in piece for tag in _BOT_TAGS) and bool(
        group.css(",".join(f".{tag}" for tag in _BOT_TAGS))
    )
    for node in group.css(_MESSAGES) or group.css(_OLD_CONTENTS):
        own = node.css_first(".chatlog__author, .chatlog__system-notification-author")
        entry = _build_entry(node, own or author, stamp, line)
        entry.via_bot = is_bot
        yield entry


def _build_entry(node: LexborNode, author: LexborNode | None, stamp: str, line: int) -> Entry:
    full_name = clean_name(attribute(author, "title") or shown_text(author))
    shown = clean_name(shown_text(author))
    number = attribute(node, "data-message-id") or None
    entry = Entry(
        line=line,
        author=plain_author(shown or full_name),
        author_id=attribute(author, "data-user-id") or name_key(full_name),
        stamp=stamp,
        full_name=full_name,
        id_time=snowflake_time(number),
        message_id=number,
    )
    if number is None:
        _read_words(entry, node)
        entry.kind = "text" if entry.text else "empty"
    else:
        _read_parts(entry, node)
    return entry


def _read_stamp(node: LexborNode | None) -> str:
    return re.sub(r"\s", " ", shown_text(node)).strip()


def _read_parts(entry: Entry, node: LexborNode) -> None:
    """Walk over the named parts of a message; the one that it answers is not part of it."""
    for part in _parts(node):
        for name in classes(part):
            if read_part := _READ_PART.get(name):
                read_part(entry, part)
    if entry.kind == "text" and not entry.text:
        is_sticker = any(one.kind == "sticker" for one in entry.attachments)
        entry.kind = "sticker" if is_sticker else "media" if entry.attachments else "empty"


_CONTAINERS: Final = {
    "chatlog__message", "chatlog__message-aside", "chatlog__message-primary", "chatlog__forwarded",
    "chatlog__forwarded-message", "chatlog__forwarded-content",
}  # fmt: skip


def _parts(node: LexborNode) -> Iterator[LexborNode]:
    """The message's parts, wherever the age of the page has put them."""
    stack = list(node.iter())[::-1]
    while stack:
        part = stack.pop()
        names = classes(part)
        yield part
        if not _CONTAINERS.isdisjoint(names):
            stack += list(part.iter())[::-1]


def _read_event(entry: Entry, part: LexborNode) -> None:
    entry.text = clean_text(re.sub(r"\s+", " ", shown_text(part)))
    entry.kind = "call" if entry.text.startswith("started a call") else "system"


def _read_words(entry: Entry, content: LexborNode) -> None:
    edited = next((name for name in _EDITED if content.css_first(f".{name}")), "")
    entry.edited = entry.edited or bool(edited)
    words = content.css_first(_WORDS)
    text = clean_text(shown_text(content if words is None else words, edited))
    entry.text = "\n".join(filter(None, (entry.text, text)))


def _read_reply(entry: Entry, part: LexborNode) -> None:
    found = (_TARGET.search(attribute(link, "onclick")) for link in part.css("[onclick]"))
    entry.reply_to = next((match[1] for match in found if match), None)


def _read_forward(entry: Entry, part: LexborNode) -> None:  # noqa: ARG001 - its parts come next
    entry.forwarded = True


def _read_attachment(entry: Entry, part: LexborNode) -> None:
    address = _address(part)
    title = next((attribute(one, "title") for one in part.css("[title]")), "")
    kind = _FILE_KINDS.get(title.partition(":")[0]) or kind_of_file(address)
    entry.attachments += (Attachment(kind, address or None),)


def _read_embed(entry: Entry, part: LexborNode) -> None:
    entry.attachments += (Attachment("link", _address(part) or None),)


def _read_sticker(entry: Entry, part: LexborNode) -> None:
    entry.attachments += (Attachment("sticker", _address(part) or None),)


def _read_reactions(entry: Entry, part: LexborNode) -> None:
    emojis = (shown_text(image) for image in part.css("img"))
    entry.reactions += tuple(Reaction(emoji) for emoji in emojis if emoji)


def _read_short_stamp(entry: Entry, part: LexborNode) -> None:
    entry.stamp = attribute(part, "title") or entry.stamp


def _address(node: LexborNode) -> str:
    """Where the first link, picture or film in it leads."""
    for key in ("href", "src", "data-source"):
        if found := node.css_first(f"[{key}]"):
            return attribute(found, key)
    return ""


_FILE_KINDS: Final = {"Image": "photo", "Video": "video", "Audio": "audio"}
_READ_PART: Final[dict[str, Callable[[Entry, LexborNode], None]]] = {
    "chatlog__system-notification-content": _read_event,
    "chatlog__reply": _read_reply,
    "chatlog__reference": _read_reply,
    "chatlog__forwarded": _read_forward,
    "chatlog__content": _read_words,
    "chatlog__attachment": _read_attachment,
    "chatlog__embed": _read_embed,
    "chatlog__sticker": _read_sticker,
    "chatlog__reactions": _read_reactions,
    "chatlog__short-timestamp": _read_short_stamp,
}
