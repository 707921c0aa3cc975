"""The bundled example: what was written into the exports is what the readers get out of them."""

import zipfile
from collections import defaultdict
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from examples.make_example import (
    HERE,
    MESSENGER,
    OWNER,
    TELEGRAM,
    WHATSAPP_ANDROID,
    WHATSAPP_IOS,
    Line,
    load_chats,
    write_exports,
)
from talklikeme.errors import ExportError
from talklikeme.exports import read_exports
from talklikeme.exports.items import Item, ReadSettings, Tally, Unknown
from talklikeme.messages import Message, clean_text

SOURCE = HERE / "me_a.jsonl.xz"
EXPORTS = HERE / "exports"
FRIENDS = {
    friend: platform
    for platform, friends in (
        ("whatsapp", (*WHATSAPP_ANDROID, *WHATSAPP_IOS)),
        ("messenger", MESSENGER),
        ("telegram", TELEGRAM),
    )
    for friend in friends
}


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return list(read_exports([EXPORTS], ReadSettings(ZoneInfo("UTC"))))


@pytest.fixture(scope="module")
def source() -> dict[str, list[Line]]:
    return load_chats(SOURCE)


@pytest.fixture(scope="module")
def chats(items: list[Item]) -> dict[str, list[Message]]:
    """Each friend's chat in the order that the reader gives, without the app's own notices."""
    found: dict[str, list[Message]] = defaultdict(list)
    for item in items:
        if isinstance(item, Message) and not item.system:
            found[item.conversation_title or ""].append(item)
    return {title: sorted(chat, key=lambda message: message.seq) for title, chat in found.items()}


def test_every_file_is_read_and_every_record_is_a_message(items: list[Item]) -> None:
    assert [item for item in items if isinstance(item, Unknown | ExportError)] == []
    tallied = sum(item.records for item in items if isinstance(item, Tally))
    assert tallied == sum(isinstance(item, Message) for item in items)


def test_nobody_is_missing_and_nobody_is_new(
    chats: dict[str, list[Message]], source: dict[str, list[Line]]
) -> None:
    assert sorted(chats) == sorted(source) == sorted(FRIENDS)


@pytest.mark.parametrize("friend", sorted(FRIENDS))
def test_every_message_comes_back(
    friend: str, chats: dict[str, list[Message]], source: dict[str, list[Line]]
) -> None:
    written = [
        (clean_text(line.text), OWNER if line.is_mine else friend, to_minute(line.time.isoformat()))
        for line in source[friend]
    ]
    read = [(m.text, m.sender_name, to_minute(m.ts.isoformat())) for m in chats[friend]]
    assert read == written
    assert {message.kind for message in chats[friend]} == {"text"}
    assert {message.platform for message in chats[friend]} == {FRIENDS[friend]}
    assert len({message.conversation_id for message in chats[friend]}) == 1


def to_minute(moment: str) -> str:
    """WhatsApp on Android writes no seconds."""
    return moment[: len("2016-01-01T00:00")]


@pytest.mark.parametrize("platform", ["messenger", "telegram"])
def test_the_exports_that_name_their_owner_are_believed(
    platform: str, chats: dict[str, list[Message]]
) -> None:
    for friend, chat in chats.items():
        if FRIENDS[friend] == platform:
            assert all(message.is_me == (message.sender_name == OWNER) for message in chat)


def test_making_it_again_gives_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_exports(SOURCE, first)
    write_exports(SOURCE, second)
    assert contents(first) == contents(second)
    assert unpacked(first) == unpacked(EXPORTS)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def unpacked(folder: Path) -> dict[str, bytes]:
    """Archives by their members: another build of zlib may pack the same bytes differently."""
    found: dict[str, bytes] = {}
    for name, data in contents(folder).items():
        if not name.endswith(".zip"):
            found[name] = data
            continue
        with zipfile.ZipFile(folder / name) as archive:
            found |= {f"{name}/{one.filename}": archive.read(one) for one in archive.infolist()}
    return found


def test_it_is_small_and_brings_its_licence() -> None:
    assert sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file()) < 3_000_000
    assert "BSD 3-Clause" in (HERE / "LICENSE.me_a").read_text(encoding="utf-8")
