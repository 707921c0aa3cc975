"""Write one invented chat as Instagram's JSON of three ages (formats.md §5): python make.py."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NOON = 1_610_000_000_000
ROOTS = {
    "2020_by_its_owner_file": "messages",
    "2022/instagram-kim": "messages",
    "2024": "your_instagram_activity/messages",
}
# Newest first: sender, text, further fields, milliseconds after NOON.
CHAT: list[tuple[str, str | None, dict[str, Any], int]] = [
    ("Kim Berg", "bis gleich 🌵", {}, 50_000),
    ("Zoë Ruiz", "Liked a message", {}, 40_000),
    ("Zoë Ruiz", "Reacted 😂 to your message ", {}, 30_000),
    ("Kim Berg", None, {"photos": [{"uri": "ROOT/inbox/zoeruiz_1015/photos/7.jpg"}]}, 20_000),
    ("Kim Berg", "ok 👍\nné <3", {"reactions": [{"reaction": "❤", "actor": "Zoë Ruiz"}]}, 10_500),
    ("Zoë Ruiz", "hej, schläfst du?", {}, 0),
]
KINDS = ["text", "text", "media", "reaction_notice", "reaction_notice", "text"]


def broken(value: Any) -> Any:
    """Every byte of UTF-8 as a character, as Meta writes."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode().decode("latin-1"))


def thread(root: str) -> dict[str, Any]:
    """The chat in one age's folders."""
    said = []
    for sender, text, more, after in CHAT:
        record = {"sender_name": sender, "timestamp_ms": NOON + after}
        record |= {} if text is None else {"content": text}
        record |= json.loads(json.dumps(more).replace("ROOT", root))
        said.append(record)
    people = [{"name": "Zoë Ruiz"}, {"name": "Kim Berg"}]
    return {
        "participants": people, "messages": said, "title": "Zoë Ruiz", "is_still_participant": True,
        "thread_path": "inbox/zoeruiz_1015",
    }  # fmt: skip


def write(path: str, value: Any) -> None:
    """Indented, with every character beyond ASCII escaped."""
    target = HERE / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(broken(value), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    owner = {"profile_user": [{"string_map_data": {"Name": {"value": "Kim Berg"}}}]}
    for age, root in ROOTS.items():
        write(f"{age}/{root}/inbox/zoeruiz_1015/message_1.json", thread(root))
        write(f"{age}/personal_information/personal_information.json", owner)
    expected = [
        {
            "sender_name": sender, "is_me": sender == "Kim Berg", "kind": kind,
            "text": text if kind == "text" else "", "ms": NOON + after,
            "files": [one["uri"].rsplit("/", 1)[-1] for one in more.get("photos", [])],
            "reactions": [[one["reaction"], one["actor"]] for one in more.get("reactions", [])],
        }
        for (sender, text, more, after), kind in zip(reversed(CHAT), KINDS, strict=True)
    ]  # fmt: skip
    (HERE / "expected.json").write_text(
        json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
