"""Write chat exports of any size, as the apps write them (formats.md §1, §4, §8, §16, §17, §18).

python benchmarks/exports_generator.py FOLDER --size 50 --formats whatsapp telegram
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.exports_online import (
    write_messenger,
    write_telegram,
    write_telegram_chat,
    write_whatsapp,
)
from benchmarks.exports_output import Written
from benchmarks.exports_phone import write_imessage, write_legacy, write_sms

MEGABYTE: Final = 1 << 20


def write_mixed(folder: Path, size: int, seed: str) -> Written:
    """A Downloads folder with exports of five apps, of equal size."""
    done = Written("mixed")
    for name in ("whatsapp", "telegram", "messenger", "sms", "imessage"):
        part = WRITERS[name](folder, size // 5, seed)
        done.files += part.files
        done.messages += part.messages
        done.texts += part.texts
        done.size += part.size
    return done


WRITERS: Final[dict[str, Callable[[Path, int, str], Written]]] = {
    "whatsapp": write_whatsapp,
    "telegram": write_telegram,
    "telegram-chat": write_telegram_chat,
    "messenger": write_messenger,
    "sms": write_sms,
    "imessage": write_imessage,
    "facebook-legacy": write_legacy,
    "mixed": write_mixed,
}


def write_export(name: str, folder: Path, megabytes: float, seed: int = 0) -> Written:
    """Write about so many megabytes of one format; the same arguments give the same files."""
    return WRITERS[name](folder, int(megabytes * MEGABYTE), str(seed))


def main() -> None:
    """Write and tell what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=float, default=50, help="megabytes of each format")
    parser.add_argument("--formats", nargs="+", choices=WRITERS, default=["mixed"])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for name in given.formats:
        done = write_export(name, given.folder / name, given.size, given.seed)
        print(f"{name}: {done.messages:,} messages, {done.size / MEGABYTE:,.1f} MB")


if __name__ == "__main__":
    main()
