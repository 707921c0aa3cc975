"""DiscordChatExporter's JSON, as a stream: one file may be larger than memory (formats.md §15.2)."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from talklikeme.errors import ExportError
from talklikeme.exports.discord_exporter_records import JsonChannel, build_message, shown_names
from talklikeme.exports.files import ExportFile
from talklikeme.exports.items import Item, ReadSettings, Tally
from talklikeme.exports.json_stream import stream_events, stream_items
from talklikeme.exports.loose_values import BadRecord, dict_of, id_of, text_of
from talklikeme.messages import clean_name, name_key

_DIRECT: Final = {"DirectTextChat", "1"}
_SOUGHT: Final = {"channel.id", "channel.type", "channel.name"}


@dataclass(slots=True)
class _Survey:
    """What the head of a file tells."""

    file: ExportFile
    fields: dict[str, Any] = field(default_factory=dict)
    first_ids: list[int] = field(default_factory=list)
    has_messages: bool = False

    @property
    def channel_id(self) -> str:
        """The channel's id, else the file's name."""
        return id_of(self.fields.get("channel.id")) or self.file.plain_stem

    @property
    def kind(self) -> str:
        """The channel's type, a number in the first exports."""
        return id_of(self.fields.get("channel.type")) or ""

    @property
    def title(self) -> str:
        """The channel's name; in a direct message, the partner's."""
        return clean_name(text_of(self.fields.get("channel.name")))

    @property
    def is_direct(self) -> bool:
        """Whether it is a talk of two."""
        return self.kind in _DIRECT

    @property
    def is_newest_first(self) -> bool:
        """Since 2026 the exporter has a --reverse option."""
        return len(self.first_ids) > 1 and self.first_ids[0] > self.first_ids[1]


def read_json(
    files: Sequence[ExportFile], counts: Counter[str], settings: ReadSettings
) -> Iterator[Item]:
    """Read file by file, the parts of one channel in the order of their first messages."""
    surveys = [_survey(file) for file in files]
    surveys.sort(key=lambda survey: (survey.channel_id, survey.first_ids[:1]))
    owners: dict[str, str | None] = {}
    for survey in surveys:
        number = survey.channel_id
        owners[number] = owners.get(number) or _find_owner(survey)
    for survey in surveys:
        channel = _build_channel(survey, owners[survey.channel_id])
        yield from _read_file(survey, channel, counts, settings)


def _survey(file: ExportFile) -> _Survey:
    """Read up to the second message: the channel comes first, and two ids show the order."""
    survey = _Survey(file)
    with contextlib.suppress(ExportError):  # told when the messages are read
        for prefix, event, value in stream_events(file):
            if prefix in _SOUGHT and event in ("string", "number"):
                survey.fields[prefix] = value
            elif prefix == "messages":
                survey.has_messages = survey.has_messages or event == "start_array"
            elif prefix == "messages.item.id":
                _take_id(survey, value)
            if len(survey.first_ids) >= 2 and "channel.id" in survey.fields:
                break
    return survey


def _take_id(survey: _Survey, value: Any) -> None:
    number = id_of(value)
    if number and number.isascii() and number.isdecimal() and len(number) <= 20:
        survey.first_ids.append(int(number))


def _read_file(
    survey: _Survey, channel: JsonChannel, counts: Counter[str], settings: ReadSettings
) -> Iterator[Item]:
    path = survey.file.path
    problems: list[ExportError] = []
    records: Iterable[tuple[int, Any]] = enumerate(_until_broken(survey.file, problems))
    if survey.is_newest_first:
        records = list(records)[::-1]
    total = 0
    for index, record in records:
        total += 1
        seq = counts[channel.conversation_id]
        counts[channel.conversation_id] += 1
        try:
            yield build_message(record, channel, settings, path, index=index, seq=seq)
        except BadRecord as error:
            yield ExportError(path, str(error), line=index, records=1)
    yield Tally(path, "DiscordChatExporter", total)
    yield from problems
    if not survey.has_messages and not problems:
        yield ExportError(path, "no list of messages in it")


def _until_broken(file: ExportFile, problems: list[ExportError]) -> Iterator[Any]:
    """All whole messages; an interrupted export ends in the middle of one."""
    try:
        yield from stream_items(file, "messages.item")
    except ExportError as error:
        problems.append(error)


def _build_channel(survey: _Survey, owner: str | None) -> JsonChannel:
    title = survey.title or None
    return JsonChannel(
        conversation_id=f"discord:{survey.channel_id}",
        title=title,
        is_group=not survey.is_direct if survey.kind else None,
        participants=(title,) if survey.is_direct and title else (),
        owner=owner,
    )


def _find_owner(survey: _Survey) -> str | None:
    """In a direct message named after one person, the owner is the other one (§15.2)."""
    if not survey.is_direct or not survey.title:
        return None
    wanted = name_key(survey.title)
    partner = other = None
    with contextlib.suppress(ExportError):
        for raw in stream_items(survey.file, "messages.item.author"):
            author = dict_of(raw)
            number = id_of(author.get("id"))
            if number is None or number in (partner, other):
                continue
            if wanted in {name_key(name) for name in shown_names(author)}:
                partner = partner or number
            elif other is None:
                other = number
            else:
                return None
            if partner and other:
                return other
    return None
