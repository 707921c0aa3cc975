"""Telegram Desktop's HTML export, of the whole account or of one chat (formats.md §17.5).

Pages `messages.html`, `messages2.html`, … of one folder are one chat; `export_results.html` names
the owner. The pages tell of people by name only, so two chats of one name are kept apart by their
folder. Not supported, because the pages do not show them: who did what a service line tells, and
its time, for which the message before it stands.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.html_text import cut_before, load_page, parse_piece, shown_text
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.loose_values import BadRecord
from talklikeme.exports.telegram_html_records import HtmlChat, build_message, is_day_line
from talklikeme.exports.times import LocalClock
from talklikeme.messages import clean_name, name_key

FORMAT = "Telegram HTML"

_PAGE = re.compile(rb"""class=["']page_wrap""")
_MESSAGE = re.compile(r"""<div class="message (?:default|service)[^"]*" id="message-?\d+">""")
_HISTORY = re.compile(rb'class="history"|class="message (?:default|service)')
_TITLE = re.compile(r'class="page_header">.*?class="text bold">\s*(.*?)\s*</div>', re.DOTALL)
# A forwarded message's name is followed by its date inside the same element, and not matched.
_NAME = re.compile(r'class="from_name">\s*([^<]*?)\s*</div>')
_GROUP_EVENT = re.compile(
    r"created group &laquo;|to a supergroup|to this supergroup|joined group by|changed group|removed group"
)
_OWNER_VALUE = ".personal_info .names .value"
_PAGE_NUMBER = re.compile(r"messages(\d{1,9})?", re.IGNORECASE)
_HEAD_CHARS: Final = 20_000


def recognises(file: ExportFile, head: bytes) -> bool:
    """All pages of the export; those without messages are known, and left aside."""
    if not file.name.lower().endswith((".html", ".htm")):
        return False
    return bool(_PAGE.search(head)) and (b"Exported Data" in head or bool(_HISTORY.search(head)))


def read(files: Sequence[ExportFile], settings: ReadSettings) -> Iterator[Item]:
    """Read the owner of each export, then chat by chat and page by page."""
    chats: dict[str, list[ExportFile]] = defaultdict(list)
    owners: dict[str, str] = {}
    for file in files:
        try:
            head = file.head().decode("utf-8", errors="replace")
        except ExportError as error:
            yield error
            continue
        if _MESSAGE.search(head):
            chats[file.parent].append(file)
        else:
            yield Tally(file.path, FORMAT, 0)
            if owner := _read_owner(head):
                owners[file.parent] = owner
    titles: Counter[str] = Counter()
    for folder, pages in chats.items():
        yield from _ChatReader(folder, pages, owners, settings).read(titles)


def _read_owner(page: str) -> str | None:
    """First and last name from export_results.html."""
    if "personal_info" not in page:
        return None
    tree = parse_piece(page)
    names = [shown_text(node).strip() for node in tree.css(_OWNER_VALUE)] if tree else []
    return name_key(" ".join(names)) or None


def _page_order(file: ExportFile) -> tuple[int, str]:
    found = _PAGE_NUMBER.fullmatch(file.plain_stem)
    return int(found[1] or 1) if found else 0, file.path


class _ChatReader:
    """All pages of one chat, in the order of their numbers."""

    def __init__(
        self,
        folder: str,
        pages: Iterable[ExportFile],
        owners: dict[str, str],
        settings: ReadSettings,
    ) -> None:
        self._folder = folder
        self._pages = sorted(pages, key=_page_order)
        self._clock = LocalClock(settings.timezone)
        self._zone = settings.timezone
        around = [root for root in owners if f"{folder}/".startswith(f"{root}/") or root == "."]
        self._owner = owners[max(around, key=len)] if around else None
        self._title: str | None = None
        self._names: dict[str, str] = {}
        self._tells_of_group = False
        self._seq = 0

    def read(self, titles: Counter[str]) -> Iterator[Item]:
        """Look through all pages for names first, then yield the messages of each."""
        for file in self._pages:
            try:
                self._survey(load_page(file)[0])
            except ExportError:
                continue  # told below
        chat = self._build_chat(titles)
        for file in self._pages:
            try:
                page, problems = load_page(file)
            except ExportError as error:
                yield error
                continue
            yield from self._read_page(file.path, page, chat)
            yield from problems
        if chat.zone_doubt:
            hint = "Is --timezone right"
            yield ExportError(self._pages[0].path, chat.zone_doubt, hint=hint, is_note=True)

    def _survey(self, page: str) -> None:
        found = None if self._title else _TITLE.search(page, 0, _HEAD_CHARS)
        if found and (tree := parse_piece(found[1])):
            self._title = clean_name(shown_text(tree.body)) or None
        for raw in dict.fromkeys(_NAME.findall(page)):
            tree = parse_piece(raw)
            name = clean_name(shown_text(tree.body)) if tree else ""
            name = re.sub(r" via @\w+$", "", name)
            self._names.setdefault(name_key(name), name)
        self._tells_of_group = self._tells_of_group or bool(_GROUP_EVENT.search(page))

    def _build_chat(self, titles: Counter[str]) -> HtmlChat:
        key = name_key(self._title or PurePosixPath(self._folder).name)
        titles[key] += 1
        if titles[key] > 1:
            key = f"{key}/{PurePosixPath(self._folder).name}"
        return HtmlChat(
            conversation_id=f"telegram:{key}",
            title=self._title,
            is_group=self._is_group(),
            participants=tuple(self._names.values()),
            owner=self._owner,
            clock=self._clock,
            zone=self._zone,
        )

    def _is_group(self) -> bool | None:
        if self._tells_of_group or len(self._names) > 2:
            return True
        is_pair = name_key(self._title or "") in self._names and len(self._names) == 2
        return False if is_pair else None

    def _read_page(self, path: str, page: str, chat: HtmlChat) -> Iterator[Item]:
        chat.begin_page()
        records = 0
        for line, piece in cut_before(page, _MESSAGE):
            tree = parse_piece(piece)
            node = tree.css_first("div.message") if tree else None
            if node is not None and (day := is_day_line(node)):
                chat.begin_day(day)
                continue
            records += 1
            seq, self._seq = self._seq, self._seq + 1
            try:
                if node is None:
                    raise BadRecord("nested too deeply to be a message")
                yield build_message(node, chat, path, line=line, seq=seq)
            except BadRecord as error:
                yield ExportError(path, str(error), line=line, records=1)
        yield Tally(path, FORMAT, records)
