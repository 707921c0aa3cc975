"""One person's chat of ../shared/data/one_person as an export that prepare_data.py reads.

    python benchmarks/people_exports.py ../shared/data/one_person/me_c.jsonl.xz CHATS_C/chats.jsonl
    python prepare_data.py --exports CHATS_C --me Me --timezone UTC --test-since DAY --out OUT_C

Prints the DAY from which on the newest tenth of the person's messages was written.
"""

import argparse
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ME: Final = "Me"
HELD_OUT: Final = 0.1


def main() -> None:
    """Write the messages, and say which day divides them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    given.target.parent.mkdir(parents=True, exist_ok=True)
    mine: list[str] = []
    with given.target.open("w", encoding="utf-8") as out:
        for message in read_messages(given.corpus):
            out.write(json.dumps(message, ensure_ascii=False) + "\n")
            if message["sender"] == ME:
                mine.append(message["time"])
    mine.sort()
    print(mine[int(len(mine) * (1 - HELD_OUT))][:10])


def read_messages(corpus: Path) -> Iterator[dict[str, Any]]:
    """One record a message, with the names that tables of unknown origin are read by."""
    with lzma.open(corpus, "rt", encoding="utf-8") as lines:
        for conversation in map(json.loads, lines):
            for turn in conversation["turns"]:
                yield {
                    "conversation": conversation["friend"],
                    "sender": ME if turn["from"] == "me" else conversation["friend"],
                    "time": turn["time"],
                    "text": turn["text"],
                }


if __name__ == "__main__":
    main()
