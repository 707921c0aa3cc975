"""Write the example chats as three exports of one owner, as WhatsApp, Messenger and Telegram would.

    python examples/make_example.py [SOURCE] [--out examples/exports]

SOURCE holds one conversation per line: {"friend": NAME, "turns": [{"from": "me" | "friend",
"time": ISO-8601 UTC, "text": one message}]}. Every friend's chat goes to exactly one app. Times are
written in UTC, so read them with --timezone UTC. The same source always gives the same bytes.
"""

import argparse
import hashlib
import json
import lzma
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OWNER = "Robin Vale"
WHATSAPP_ANDROID = ("Rosa Jimenez", "Ben Carter", "Marco Silva")
WHATSAPP_IOS = ("Elin Strand", "Jonas Berg")
MESSENGER = ("Kofi Mensah", "Chris Walsh", "Dana Levi", "Aiko Mori")
TELEGRAM = ("Priya Nair", "Mina Haddad", "Lena Vogel", "Tom Okafor", "Pavel Novak")

# Facebook puts 10,000 messages into one part; the example is smaller and should have several too.
MESSAGES_PER_PART = 600
ENCRYPTION_NOTICE = (
    "Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, "
    "can read or listen to them."
)
LINK = re.compile(r"(https?://[^\s)>\]]+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the source."""

    is_mine: bool
    time: datetime
    text: str


def load_chats(source: Path) -> dict[str, list[Line]]:
    """Each friend's messages, oldest first."""
    chats: dict[str, list[Line]] = defaultdict(list)
    with lzma.open(source, "rt", encoding="utf-8") as stream:
        for row in map(json.loads, stream):
            for turn in row["turns"]:
                time = datetime.fromisoformat(turn["time"])
                chats[row["friend"]].append(Line(turn["from"] == "me", time, turn["text"]))
    return chats


def write_exports(source: Path, out: Path) -> None:
    """Write all three exports."""
    chats = load_chats(source)
    missing = {*WHATSAPP_ANDROID, *WHATSAPP_IOS, *MESSENGER, *TELEGRAM} ^ chats.keys()
    if missing:
        raise SystemExit(
            f"error: {source}: its friends differ from the ones known: {sorted(missing)}"
        )
    write_whatsapp(chats, out / "whatsapp")
    write_messenger(chats, out / "facebook-robinvale-2016-12-10.zip")
    write_telegram(chats, out / "DataExport_2016-12-10" / "result.json")


def write_whatsapp(chats: dict[str, list[Line]], folder: Path) -> None:
    """One text file per friend from Android, one archive per friend from an iPhone."""
    folder.mkdir(parents=True, exist_ok=True)
    for friend in WHATSAPP_ANDROID:
        text = format_android_chat(friend, chats[friend])
        (folder / f"WhatsApp Chat with {friend}.txt").write_bytes(text.encode("utf-8"))
    for friend in WHATSAPP_IOS:
        text = format_ios_chat(friend, chats[friend])
        write_zip(folder / f"WhatsApp Chat - {friend}.zip", {"_chat.txt": text})


def format_android_chat(friend: str, lines: list[Line]) -> str:
    """dd/mm/yyyy, 24 hours, no seconds."""
    rows = [f"{lines[0].time:%d/%m/%Y, %H:%M} - {ENCRYPTION_NOTICE}"]
    rows += [
        f"{line.time:%d/%m/%Y, %H:%M} - {OWNER if line.is_mine else friend}: {line.text}"
        for line in lines
    ]
    return "\n".join(rows) + "\n"


def format_ios_chat(friend: str, lines: list[Line]) -> str:
    """Brackets, seconds, Windows line ends, and U+200E before what WhatsApp itself says."""
    rows = [f"[{lines[0].time:%d/%m/%Y, %H:%M:%S}] {friend}: \u200e{ENCRYPTION_NOTICE}"]
    rows += [
        f"[{line.time:%d/%m/%Y, %H:%M:%S}] {OWNER if line.is_mine else friend}: {line.text}"
        for line in lines
    ]
    return "\r\n".join(rows) + "\r\n"


def write_messenger(chats: dict[str, list[Line]], archive: Path) -> None:
    """A "Download your information" archive: parts newest first, each byte of text escaped."""
    root = "your_facebook_activity/messages"
    files = {
        f"{root}/autofill_information.json": {"autofill_information_v2": {"FULL_NAME": [OWNER]}},
        "personal_information/profile_information/profile_information.json": {
            "profile_v2": {"name": {"full_name": OWNER, "first_name": "Robin", "last_name": "Vale"}}
        },
    }
    for friend in MESSENGER:
        folder = f"inbox/{friend.replace(' ', '').lower()}_{make_number(friend, digits=15)}"
        newest_first = chats[friend][::-1]
        for part, start in enumerate(range(0, len(newest_first), MESSAGES_PER_PART), start=1):
            lines = newest_first[start : start + MESSAGES_PER_PART]
            files[f"{root}/{folder}/message_{part}.json"] = {
                "participants": [{"name": friend}, {"name": OWNER}],
                "messages": [build_messenger_message(friend, line) for line in lines],
                "title": friend,
                "is_still_participant": True,
                "thread_path": folder,
                "magic_words": [],
            }
    write_zip(archive, {name: dump_like_facebook(content) for name, content in files.items()})


def build_messenger_message(friend: str, line: Line) -> dict[str, Any]:
    """One message as Facebook writes it since about 2023."""
    return {
        "sender_name": OWNER if line.is_mine else friend,
        "timestamp_ms": round(line.time.timestamp() * 1000),
        "content": line.text,
        "is_geoblocked_for_viewer": False,
        "is_unsent_image_by_messenger_kid_parent": False,
    }


def dump_like_facebook(content: Any) -> str:
    r"""JSON with every byte of UTF-8 as its own escape: "é" → "\u00c3\u00a9"."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    escaped = (f"\\u00{byte:02x}" if byte > 127 else chr(byte) for byte in text.encode("utf-8"))
    return "".join(escaped)


def write_telegram(chats: dict[str, list[Line]], path: Path) -> None:
    """A whole account's result.json, as Telegram Desktop indents and escapes it."""
    owner_id = make_number(OWNER, digits=9)
    message_ids = iter(range(1, 1_000_000))
    content = {
        "about": "Here is the data you requested.",
        "personal_information": {
            "user_id": owner_id,
            "first_name": "Robin",
            "last_name": "Vale",
            "username": "@robinvale",
        },
        "chats": {
            "about": "This page lists all chats from this export.",
            "list": [
                build_telegram_chat(friend, chats[friend], owner_id, message_ids)
                for friend in TELEGRAM
            ],
        },
    }
    text = json.dumps(content, indent=1, ensure_ascii=False)
    # Telegram Desktop escapes control characters as \xNN, which JSON does not know.
    text = re.sub(r"\\u00([01][0-9a-f])", lambda code: rf"\x{code[1].upper()}", text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def build_telegram_chat(
    friend: str, lines: list[Line], owner_id: int, message_ids: Any
) -> dict[str, Any]:
    """One personal chat."""
    friend_id = make_number(friend, digits=9)
    return {
        "name": friend,
        "type": "personal_chat",
        "id": friend_id,
        "messages": [
            {
                "id": next(message_ids),
                "type": "message",
                "date": f"{line.time:%Y-%m-%dT%H:%M:%S}",
                "date_unixtime": str(int(line.time.timestamp())),
                "from": OWNER if line.is_mine else friend,
                "from_id": f"user{owner_id if line.is_mine else friend_id}",
                "text": split_links(line.text),
            }
            for line in lines
        ],
    }


def split_links(text: str) -> str | list[str | dict[str, str]]:
    """Telegram gives text with links as a list of its pieces."""
    pieces = LINK.split(text)
    if len(pieces) == 1:
        return text
    is_link = (index % 2 == 1 for index in range(len(pieces)))
    return [
        {"type": "link", "text": piece} if link else piece
        for piece, link in zip(pieces, is_link, strict=True)
        if piece
    ]


def make_number(name: str, digits: int) -> int:
    """An id that is always the same for the same name."""
    value = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    smallest = int(10 ** (digits - 1))
    return smallest + value % (9 * smallest)


def write_zip(path: Path, members: dict[str, str]) -> None:
    """An archive without the time of writing in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            member = zipfile.ZipInfo(name, date_time=(2016, 12, 10, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # else it would tell the system that wrote it
            archive.writestr(member, text.encode("utf-8"))


def main() -> None:
    """Parse the options and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source", type=Path, nargs="?", default=HERE / "me_a.jsonl.xz")
    parser.add_argument("--out", type=Path, default=HERE / "exports")
    options = parser.parse_args()
    write_exports(options.source, options.out)
    print(f"wrote the exports to {options.out}")


if __name__ == "__main__":
    main()
