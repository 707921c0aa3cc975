"""Which files make one thread of Facebook or Instagram, and which threads are one conversation.

A first look at every part, before any message is yielded, finds the people, the title and the
thread id, because these stand behind the messages in the JSON, and the language of HTML pages.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from talklikeme.errors import ExportError
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import DateOrder
from talklikeme.exports.meta import (
    Thread,
    distinct_names,
    fix_mojibake,
    load_thread,
    parse_name,
    parse_people,
)
from talklikeme.exports.meta_dates import DateReader
from talklikeme.exports.meta_html import load_page
from talklikeme.exports.meta_paths import THREAD_PATH, export_root
from talklikeme.exports.meta_sentences import SentenceJudge, third_person_start
from talklikeme.messages import name_key

# Ten letters and digits in older exports, 15 to 17 digits in newer ones.
_THREAD_ID = re.compile(r"_([0-9A-Za-z]{10,20})$")
_PART_NUMBER = re.compile(r"_(\d+)$")
_ENOUGH_SENDERS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a thread and the section of the export that it lies in."""

    file: ExportFile
    section: str | None

    @property
    def is_page(self) -> bool:
        """Whether it is HTML, which tells local times."""
        return is_page_name(self.file)

    def order(self) -> tuple[bool, int, str]:
        """Oldest first: what was written before the move to encryption, then high numbers."""
        found = _PART_NUMBER.search(self.file.plain_stem)
        number = int(found[1]) if found else 1  # message.json of 2018 has no number
        return self.section != "e2ee_cutover", -number, self.file.path


@dataclass
class Survey:
    """What the parts of one thread say about it."""

    key: str
    parts: list[Part] = field(default_factory=list)
    title: str = ""
    declared: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    is_stated_group: bool | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody: those in the list and those who wrote and left."""
        return distinct_names([*self.declared, *self.senders])

    @property
    def is_group(self) -> bool:
        """What the export states, else whether more than two people were ever seen."""
        return len(self.people) > 2 if self.is_stated_group is None else self.is_stated_group

    def pair(self) -> str | None:
        """The two people of a 1:1 thread as one key; None for groups and one-sided remains.

        A group that all but two have left is known by its title, which names neither of them.
        """
        keys = sorted({name_key(name) for name in self.people})
        is_titled_otherwise = bool(self.title) and name_key(self.title) not in keys
        if len(keys) != 2 or self.is_group or is_titled_otherwise:
            return None
        return " + ".join(keys)

    def note(self, data: dict[str, Any]) -> None:
        """Add what one part says."""
        self.title = self.title or parse_name(data.get("title"))
        self.declared += (
            n for n in parse_people(data.get("participants")) if n not in self.declared
        )
        kind = data.get("thread_type")
        if "joinable_mode" in data or kind == "RegularGroup":
            self.is_stated_group = True
        elif kind == "Regular":
            self.is_stated_group = False


@dataclass
class Surveys:
    """All threads of an import, the files that turned out to be none, and what all tell together."""

    date_order: DateOrder
    threads: dict[str, Survey] = field(default_factory=dict)
    errors: list[ExportError] = field(default_factory=list)
    starts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _dates: dict[str, DateReader] = field(default_factory=dict)

    def dates(self, file: ExportFile) -> DateReader:
        """The reader of the dates of the export that a page is of; each has its language."""
        return self._dates.setdefault(export_root(file.path), DateReader(self.date_order))

    def shared_starts(self) -> set[str]:
        """Beginnings of sentences that so many people share that they are nobody's own."""
        return {start for start, who in self.starts.items() if len(who) >= _ENOUGH_SENDERS}


def is_page_name(file: ExportFile) -> bool:
    """Whether a part is HTML and not JSON; readers take parts by content before."""
    return file.name.lower().endswith((".html", ".htm"))


def load_part(file: ExportFile) -> dict[str, Any]:
    """The root object of one part, in whichever of the two forms it is."""
    return load_page(file) if is_page_name(file) else load_thread(file)


def survey_threads(files: Sequence[ExportFile], date_order: DateOrder = "auto") -> Surveys:
    """Look through all parts once; a broken one is reported and left out.

    A folder with both forms holds the same thread twice, and JSON says more: it wins.
    """
    surveys = Surveys(date_order)
    in_json: set[tuple[str, str]] = set()
    for file in sorted(files, key=is_page_name):
        place = file.parent, locate_thread(file, {})[1]
        if is_page_name(file) and place in in_json:
            why = "its folder holds the same messages as JSON, which was read"
            surveys.errors.append(ExportError(file.path, why, is_note=True))
            continue
        try:
            _survey_part(file, surveys)
        except ExportError as error:
            surveys.errors.append(error)
            continue
        if not is_page_name(file):
            in_json.add(place)
    for survey in surveys.threads.values():
        survey.parts.sort(key=Part.order)
    return surveys


def _survey_part(file: ExportFile, surveys: Surveys) -> None:
    data = load_part(file)
    section, key = locate_thread(file, data)
    survey = surveys.threads.setdefault(key, Survey(key))
    survey.parts.append(Part(file, section))
    survey.note(data)
    _note_senders(survey, data["messages"], surveys.starts)
    if is_page_name(file):
        dates = surveys.dates(file)
        records = data["messages"]
        for record in records[:: 1 + len(records) // 1000]:  # enough to show the language
            dates.learn(record["local_time"])


def _note_senders(survey: Survey, messages: Iterable[Any], starts: dict[str, set[str]]) -> None:
    names: dict[str, str] = {}
    for record in messages:
        raw = record.get("sender_name") if isinstance(record, dict) else None
        if not isinstance(raw, str):
            continue
        name = names.get(raw)
        if name is None:
            name = names[raw] = parse_name(raw)
        content = record.get("content")
        if isinstance(content, str) and content.startswith(raw):
            start = third_person_start(name, fix_mojibake(content))
            if start:
                starts[start].add(name)
    survey.senders += (name for name in names.values() if name and name not in survey.senders)


def locate_thread(file: ExportFile, data: dict[str, Any]) -> tuple[str | None, str]:
    """The section and the id of a thread, from `thread_path` or else from the file's folder."""
    stated = data.get("thread_path")
    path = fix_mojibake(stated) if isinstance(stated, str) else ""
    on_disk = THREAD_PATH.fullmatch(file.path)
    section = on_disk[1].lower() if on_disk else (path.split("/")[0] if "/" in path else None)
    folder = path.rsplit("/", 1)[-1] or (on_disk[2] if on_disk else file.path)
    found = _THREAD_ID.search(folder)
    return section or None, found[1] if found else folder


def build_thread(
    survey: Survey, platform: str, judge: SentenceJudge, owners: frozenset[str], pairs: Counter[str]
) -> Thread:
    """Settle the conversation id, the title and the people of one thread."""
    pair = survey.pair()
    if pair is None:
        conversation_id = survey.key
    else:
        conversation_id = pair if pairs[pair] == 1 else f"{pair} #{survey.key}"
    return Thread(
        conversation_id=f"{platform}:{conversation_id}",
        title=survey.title or ", ".join(survey.people) or None,
        is_group=survey.is_group,
        participants=survey.people,
        owners=owners,
        judge=judge,
    )


def count_pairs(threads: Iterable[Survey]) -> Counter[str]:
    """How many threads each two people share; more than one are threads of namesakes."""
    return Counter(pair for survey in threads if (pair := survey.pair()))
