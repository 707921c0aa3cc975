"""Damaged exports of every app: no traceback, no hang, no message lost without a word.

Every golden file is cut, flipped, re-encoded and shuffled; whatever comes out is read as a user's folder
is read. The seed is fixed: what fails here fails again.
"""

import io
import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from talklikeme.errors import ExportError
from talklikeme.exports import READERS, Assignment, Tally, read_assigned
from talklikeme.exports.files import HEAD_BYTES, ExportFile
from talklikeme.exports.items import Item
from talklikeme.messages import Message
from tests.export_folders import SETTINGS, golden_exports

LONGEST_SECONDS = 10


def cut(data: bytes, where: int, chance: random.Random) -> bytes:
    return data[:where] if chance.random() < 0.7 else data[where:]


def flip(data: bytes, where: int, chance: random.Random) -> bytes:
    flipped = bytearray(data)
    for _ in range(chance.randint(1, 20) if data else 0):
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    return bytes(flipped)


def recode(data: bytes, where: int, chance: random.Random) -> bytes:
    encoding = chance.choice(["utf-16", "utf-16-le", "latin-1", "cp1252"])
    return data.decode("utf-8", "replace").encode(encoding, "replace")


def shuffle(data: bytes, where: int, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def repeat(data: bytes, where: int, chance: random.Random) -> bytes:
    return data[:where] + data[where // 2 :]


def unquote(data: bytes, where: int, chance: random.Random) -> bytes:
    return data.replace(b'"', chance.choice([b"'", b"", b'""']), chance.randint(1, 9))


def insert(data: bytes, where: int, chance: random.Random) -> bytes:
    odd = [b"\0", b"\xff\xfe", b"1e400", b"-1", b"null", b"[" * 300, b"1" * 6000, b"\xed\xa0\x80"]
    return data[:where] + chance.choice(odd) + data[where:]


DAMAGES = (cut, flip, recode, shuffle, repeat, unquote, insert)


def damage(data: bytes, chance: random.Random) -> bytes:
    """One of the things that happen to files."""
    return chance.choice(DAMAGES)(data, chance.randrange(len(data) + 1), chance)


def read(files: list[ExportFile]) -> Iterator[Item]:
    """As read_exports does, of files in memory."""
    claimed: dict[int, list[ExportFile]] = {}
    for file in files:
        head = file.read(HEAD_BYTES)
        number = next(
            (n for n, reader in enumerate(READERS) if reader.recognises(file, head)), None
        )
        if number is not None:
            claimed.setdefault(number, []).append(file)
    for number, mine in claimed.items():
        yield from read_assigned(Assignment(number, tuple(mine)), SETTINGS)


def check(items: list[Item]) -> None:
    """The sums agree for every file, and where nothing comes out, something is said."""
    found: Counter[str] = Counter()
    told: Counter[str] = Counter()
    is_silent = bool(items)
    for item in items:
        match item:
            case Message():
                found[item.source_file] += 1
                is_silent = False
                item.text.encode()  # no lone surrogates
            case ExportError():
                found[item.path] += item.records
                is_silent = False
                assert "\n" not in str(item)
            case Tally():
                told[item.source_file] += item.records
    assert +found == +told
    assert not is_silent


def in_memory(path: str, data: bytes) -> ExportFile:
    return ExportFile(path, len(data), lambda: io.BytesIO(data))


def fuzz(rounds: int, seed: int) -> int:
    chance = random.Random(seed)
    exports = golden_exports()
    for _ in range(rounds):
        export = chance.choice(exports)
        victim = chance.choice(sorted(export))
        damaged = damage(export[victim], chance)
        files = [in_memory(p, damaged if p == victim else data) for p, data in export.items()]
        start = time.perf_counter()
        check(list(read(files)))
        assert time.perf_counter() - start < LONGEST_SECONDS
    return rounds


def test_every_reader_has_an_export_to_damage() -> None:
    covered = set()
    for export in golden_exports():
        for path, data in export.items():
            file = in_memory(path, data)
            head = data[:HEAD_BYTES]
            covered.add(next((r.FORMAT for r in READERS if r.recognises(file, head)), None))
    assert covered >= {reader.FORMAT for reader in READERS}


def test_damaged_exports_are_read_as_far_as_they_go() -> None:
    assert fuzz(1_000, seed=1) == 1_000


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_more_damaged_exports(seed: int) -> None:
    assert fuzz(4_000, seed) == 4_000


@pytest.mark.parametrize("count", [5_000, 50_000])
@pytest.mark.parametrize(
    "start",
    [
        '{"name":"Z","type":"personal_chat","id":1,"messages":[{"id":1,"type":"message","from_id":',
        '[{"sender":"a","timestamp":17000000,"text":"hi"},{"sender":"a","text":"x","timestamp":',
        '{"conversations":[{"conversation":{"conversation_id":{"id":"x"}},"events":[{"timestamp":',
        '{"guild":{"id":"0"},"channel":{"id":"1"},"messages":[{"id":',
        'window.YTD.direct_messages.part0 = [{"dmConversation":{"conversationId":',
    ],
)
def test_a_number_without_end_does_not_end_the_process(start: str, count: int) -> None:
    """ijson's C code dies of it (3.6)."""
    list(read([in_memory("export/result.json", start.encode() + b"1" * count + b"}]}")]))
