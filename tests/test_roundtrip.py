"""Any sequence of messages, written in any dialect of any format, is read as the same sequence.

What a dialect cannot hold is declared beside its renderer (tests/renderers), with the reason.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from talklikeme.errors import ExportError
from talklikeme.exports import READERS
from talklikeme.exports.items import Tally
from talklikeme.messages import Message
from tests.renderers import DIALECTS, Conversation, Dialect, Line
from tests.renderers.reading import read, sequence

PIECES = [
    "a", "Zoë", "hi you", " ", "  ", "\n", "\n\n", "\n ", "\t", "\r\n", "\r", "\x0b", "\x1c", "\x85", "\u2028", "\0", "\x07",
    "😀", "👩\u200d👧", "❤\ufe0f", "🏴\U000e0067\U000e007f", "e\u0301", "שלום", "مرحبا", "\u202e", "\u200f", "\u200e", "\ufeff",
    "\xa0", "\u202f", "\ufffd", "\ufffc", "Ã©", "â\x80\x99", "<b>", "</div>", "</p>", "<br>", "<", ">", "&", "&amp;", "&lt;", "&#10;",
    '"', '""', "'", "\\", "\\n", "\\u0041", "\\ud83d", ",", ";", "|", "[", "]", "(", ")", "{", "}", ":", ": ", "- ", " - ", "> ",
    "*", "_", "#", "=", "=3D", "=?utf-8?q?a?=", "%", "@", "/", ":wave:", "<@90>", "null", "None", "Me", "From ", "]]>", "<!--",
    "https://ex.org/?a=1&b=2", "{Attachments}", "=" * 62, "Ann: ", "\nAnn: hi",
    "\n[2021-02-03 10:00:00] Ann: hi", "\n[2021-02-03T10:00+01:00] Ann: hi", "\n2/3/21, 10:00 - Ann: hi", "\n[03.02.21, 10:00:00] Ann: hi",
    "\n2021-02-03 10:00:00 <Ann> hi", "\n[Feb 03, 2021 10:00:00] <Ann> hi", "\n[01-May-24 10:00 AM] nova#1234",
    "\n\nJan 05, 2021  8:00:00 AM\nMe\n", "\nFrom 1@xxx Mon Jan 01 10:06:40 +0000 2021\n", '\n{"date": 1}', '"\n"x","y"',
]  # fmt: skip
CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(CHARACTERS, min_size=1, max_size=6)),
    min_size=1,
    max_size=7,
).map("".join)
NAMES = st.lists(
    st.one_of(
        st.sampled_from([
            "Zoë", "Kim", "O'Neil", "李", "שרה", "🌵", " ", "-", ".", "&", "(x)", "/", '"', "<", ">", ",", ":", "#", "@", "\xa0",
            "e\u0301", "+49 170 12", "’", "[", "]", "_", "=", ";",
        ]),
        st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=4),
    ),
    min_size=1, max_size=4,
).map("".join)  # fmt: skip
STEPS = st.one_of(
    st.sampled_from([0, 0, 1, 999, 1_000, 60_000_000, 86_400_000_000]),
    st.integers(0, 6 * 86_400_000_000),
)
# Neither span holds a change of the clocks: an hour that shows twice cannot be told from the first.
STARTS = st.sampled_from(
    [
        datetime(2021, 1, 4, 22, 59, 58, 7, tzinfo=UTC),
        datetime(2021, 6, 10, 11, 0, 0, 500_000, tzinfo=UTC),
    ]
)


def build(start: datetime, people: list[str], said: list[tuple[int, int, str]]) -> Conversation:
    lines, at = [], start
    for who, step, text in said:
        at += timedelta(microseconds=step)
        lines.append(Line(who % len(people), at, text))
    return Conversation(tuple(people), tuple(lines))


def conversations(texts: Any, names: Any) -> Any:
    said = st.lists(st.tuples(st.integers(0, 2), STEPS, texts), min_size=1, max_size=12)
    return st.builds(build, STARTS, st.lists(names, min_size=2, max_size=3), said)


CONVERSATIONS = conversations(TEXTS, NAMES)


def check(dialect: Dialect, raw: Conversation) -> None:
    chat = dialect.fit(raw)
    items = read(dialect, chat)
    problems = [item for item in items if isinstance(item, ExportError) and not item.is_note]
    assert [str(one) for one in problems if one.records or not dialect.limits.breaks_off] == []
    tallied = sum(item.records for item in items if isinstance(item, Tally))
    assert tallied == sum(isinstance(item, Message) for item in items)
    assert sequence(dialect, items, chat.people[0]) == dialect.expected(chat)


FORMATS = {
    reader.FORMAT: [dialect for dialect in DIALECTS if dialect.reader is reader]
    for reader in READERS
}
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def check_all(dialects: Iterable[Dialect], raw: Conversation) -> None:
    for dialect in dialects:
        try:
            check(dialect, raw)
        except BaseException as error:
            error.add_note(f"Dialect: {dialect.name}, {dialect.fit(raw)!r}")
            raise


# All dialects of a format share an example: inventing it takes longer than reading it.
@pytest.mark.parametrize("name", FORMATS)
@settings(derandomize=True, deadline=None, max_examples=15, suppress_health_check=QUIET)
@given(CONVERSATIONS)
def test_what_is_written_is_read_back(name: str, raw: Conversation) -> None:
    check_all(FORMATS[name], raw)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@settings(derandomize=True, deadline=None, max_examples=200, suppress_health_check=QUIET)
@given(CONVERSATIONS)
def test_what_is_written_is_read_back_again_and_again(name: str, raw: Conversation) -> None:
    check_all(FORMATS[name], raw)


# What every app can hold. Minutes, and words of letters: no dialect may change anything.
PLAIN_WORDS = st.text("abc ghst", min_size=1, max_size=20).map(
    lambda text: " ".join(["so", *text.split()]) + "?"
)
PLAIN = st.builds(
    lambda turns: Conversation(
        ("Kim Berg", "Zoe Ruiz"),
        tuple(
            Line(turn % 2, datetime(2021, 1, 14, 9, tzinfo=UTC) + timedelta(minutes=7 * turn), text)
            for turn, text in enumerate(turns)
        ),
    ),
    st.lists(PLAIN_WORDS, min_size=4, max_size=9),
)


@settings(derandomize=True, deadline=None, max_examples=8, suppress_health_check=QUIET)
@given(PLAIN)
def test_all_formats_tell_the_same_of_one_chat(chat: Conversation) -> None:
    for dialect in DIALECTS:
        items = read(dialect, dialect.fit(chat))
        names = dict(zip(dialect.fit(chat).people, chat.people, strict=True))
        told = [
            (text, names[who], at)
            for text, who, at in sequence(dialect, items, dialect.fit(chat).people[0])
        ]
        said = [
            (line.text, chat.name(line), None if dialect.limits.precision == "no" else line.at)
            for line in chat.lines
        ]
        if dialect.limits.is_one_sided:
            said = [(text, chat.people[0], at) for text, _, at in said]
        assert told == said, dialect.name


def test_every_reader_has_a_dialect() -> None:
    assert [name for name, dialects in FORMATS.items() if not dialects] == []
