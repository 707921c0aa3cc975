"""Instagram's JSON: the ages of its folders; the rest is Messenger's (test_messenger_export.py)."""

import json
from pathlib import Path

import pytest

from talklikeme.exports import meta_archive
from talklikeme.exports.items import Tally
from tests.export_checks import errors, messages, read_with

GOLDEN = Path(__file__).parent / "golden" / "instagram"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("age", sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))
def test_every_age_of_export_gives_the_same_messages(age: str) -> None:
    items = read_with(meta_archive, GOLDEN / age)
    assert not errors(items)
    assert {item.format for item in items if isinstance(item, Tally)} == {"Instagram JSON"}
    found = [
        {
            "sender_name": one.sender_name, "is_me": one.is_me, "kind": one.kind, "text": one.text,
            "ms": round(one.ts.timestamp() * 1000),
            "files": [Path(file.path or "").name for file in one.attachments],
            "reactions": [[reaction.emoji, reaction.actor] for reaction in one.reactions],
        }
        for one in messages(items)
    ]  # fmt: skip
    assert found == EXPECTED
    assert {one.platform for one in messages(items)} == {"instagram"}
