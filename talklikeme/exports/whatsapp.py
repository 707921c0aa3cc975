"""WhatsApp's "Export chat": one text file per chat, from iPhones and Android phones of any language.

Follows ../shared/formats.md §16. `whatsapp_headers` finds where messages begin, `whatsapp_dates`
decides which number is the day, `whatsapp_chat` tells people's words from the app's.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile, decode_text, split_lines
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.whatsapp_chat import Chat, build_chat
from talklikeme.exports.whatsapp_dates import DateOrders, Kin, Order
from talklikeme.exports.whatsapp_forms import header_style
from talklikeme.exports.whatsapp_headers import (
    Header,
    dates_by_kin,
    drop_pasted,
    find_candidates,
    match_header,
)
from talklikeme.exports.whatsapp_names import find_title, is_bare_name, is_chat_name
from talklikeme.exports.whatsapp_times import StampClock
from talklikeme.messages import Message, clean_text, name_key

FORMAT = "WhatsApp text"

# Other tools write lines like WhatsApp's into these (sigexport's chat.md, for one).
_OTHER_FORMATS = {".md", ".json", ".jsonl", ".html", ".htm", ".csv", ".tsv", ".xml", ".vcf", ".pdf"}
_HEAD_LINES = 50
_NICKNAME = re.compile(r"<[^>]{1,60}>\s")
_AUTHOR = re.compile(r"[^:]{1,100}:(?:\s|$)")


def recognises(file: ExportFile, head: bytes) -> bool:
    """By its stamps: one is enough under WhatsApp's own file name, else three or most lines."""
    if PurePosixPath(file.path).suffix.lower() in _OTHER_FORMATS or _is_binary(head):
        return False
    lines = [line for line in split_lines(_decode_head(head)) if line.strip()]
    is_named = is_chat_name(file)
    if not lines or (lines[0].startswith(("=====", "{", "<")) and not is_named):
        return False
    found = [match for line in lines if (match := match_header(line))]
    if is_named and found:
        return True
    styles = Counter(header_style(match) for match in found if _is_telling(match))
    hits = max(styles.values(), default=0)
    has_author = any(_AUTHOR.match(match.string, match.end()) for match in found)
    return has_author and (hits >= 3 or hits >= 0.6 * len(lines[:_HEAD_LINES]))


def _is_telling(match: re.Match[str]) -> bool:
    """Whether a stamp in an unknown file looks like WhatsApp's and not like a log's or IRC's."""
    if _NICKNAME.match(match.string, match.end()):
        return False
    return header_style(match) != "bare" or bool(match["colon"])


def _is_binary(head: bytes) -> bool:
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return False
    nuls = head.count(0)
    return nuls > len(head) // 100 and not 0.2 < nuls / len(head) < 0.6


def _decode_head(head: bytes) -> str:
    """Decode a start of a file that may end in the middle of a character."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"} or 5 * head.count(0) > len(head):
        return decode_text(head[: len(head) // 2 * 2])[0]
    return head.decode("utf-8-sig", errors="replace")


@dataclass(slots=True)
class _Draft:
    """A file whose header lines are found and whose dates may still be open."""

    file: ExportFile
    lines: list[str]
    headers: list[Header]
    orders: DateOrders
    notes: list[ExportError]


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read all chats; one whose dates are open waits for what the others prove."""
    proved: Counter[tuple[Kin, Order]] = Counter()
    counts: Counter[str] = Counter()
    waiting: list[_Draft] = []
    for file in files:
        if _is_attachment(file, files):
            why = "taken for a file that was sent in the chat beside it, and not read"
            yield ExportError(file.path, why, is_note=True)
            continue
        try:
            draft = _draft(file, settings)
        except ExportError as error:
            yield error
            continue
        proved.update(draft.orders.proved)
        if draft.orders.is_settled:
            yield from _finish(draft, settings, counts)
        else:
            waiting.append(draft)
    for draft in waiting:
        draft.orders.settle_rest(proved)
        yield from _finish(draft, settings, counts)


def _is_attachment(file: ExportFile, files: Sequence[ExportFile]) -> bool:
    if not file.parent.lower().endswith(".zip") or is_bare_name(file):
        return False
    return any(other.parent == file.parent and is_bare_name(other) for other in files)


def _draft(file: ExportFile, settings: ReadSettings) -> _Draft:
    text, notes = _decode(file)
    lines = split_lines(text)
    headers = find_candidates(lines)
    orders = DateOrders(dates_by_kin(headers), settings.date_order)
    return _Draft(file, lines, headers, orders, notes)


def _decode(file: ExportFile) -> tuple[str, list[ExportError]]:
    data = file.read()
    text, guessed = decode_text(data)
    if not guessed:
        return text, []
    # One broken character must not turn every umlaut of the chat into two wrong letters.
    mended = data.decode("utf-8-sig", errors="replace")
    broken = mended.count("\ufffd")
    if 10 * broken < len(data) - len(data.translate(None, bytes(range(128, 256)))):
        why = f"{broken} damaged character{'s' if broken > 1 else ''}"
        return mended, [ExportError(file.path, why)]
    why = "not UTF-8 text, read as Windows-1252"
    return text, [ExportError(file.path, why, hint="Export it again if letters look wrong")]


def _finish(draft: _Draft, settings: ReadSettings, counts: Counter[str]) -> Iterator[Item]:
    path = draft.file.path
    headers = drop_pasted(draft.headers, draft.orders)
    yield Tally(path, FORMAT, len(headers))
    yield from draft.notes
    yield from _notes_on_dates_and_start(draft, headers)
    if headers:
        is_android = headers[0].style == "dash"
        chat = build_chat(draft.lines, headers, find_title(draft.file), is_android=is_android)
        clock = StampClock(draft.orders, settings.timezone)
        yield from _build_messages(chat, draft, clock, counts)


def _notes_on_dates_and_start(draft: _Draft, headers: Sequence[Header]) -> Iterator[ExportError]:
    path = draft.file.path
    start = headers[0].line if headers else len(draft.lines)
    for number, line in enumerate(draft.lines[:start], start=1):
        if clean_text(line):
            what = "text before the first message" if headers else "no message found"
            yield ExportError(path, what, line=number)
            break
    if draft.orders.is_doubtful:
        why = "its dates do not show which number is the day; read as day first"
        hint = "Pass --date-order month-first if that is wrong, or day-first to confirm it"
        yield ExportError(path, why, hint=hint, is_note=True)


def _build_messages(
    chat: Chat, draft: _Draft, clock: StampClock, counts: Counter[str]
) -> Iterator[Message | ExportError]:
    path = draft.file.path
    # Two exports of one chat meet under its title; without one, only the path tells chats apart.
    conversation_id = f"whatsapp:{name_key(chat.title) if chat.title else path}"
    first = counts[conversation_id]
    counts[conversation_id] += len(chat.entries)
    title, is_group, participants, people = (
        chat.title, chat.is_group, chat.participants, chat.people,
    )  # fmt: skip
    for seq, entry in enumerate(chat.entries, start=first):
        header, body, is_system = entry.header, entry.body, entry.is_system
        ts = clock.to_utc(header)
        if ts is None:
            why = f"no such date or time: {clean_text(header.stamp)}"
            yield ExportError(path, why, line=header.line + 1, records=1)
            continue
        name, key = (None, "") if is_system else people[entry.author]
        yield Message(
            platform="whatsapp",
            conversation_id=conversation_id,
            conversation_title=title,
            is_group=is_group,
            participants=participants,
            sender_id=key,
            sender_name=name,
            is_me=None if is_system else body.is_me,
            ts=ts,
            ts_raw=header.stamp,
            ts_precision="s" if header.form.has_seconds else "min",
            tz_basis="local",
            seq=seq,
            kind="system" if is_system else body.kind,
            text=body.text,
            attachments=body.attachments,
            edited=body.edited,
            deleted=body.deleted,
            system=is_system,
            source_file=path,
            source_line=header.line + 1,
        )
