"""Thirty conversations of six turns with a model, drawn by lot with a fixed seed, pasted as they are.

python benchmarks/conversations.py out-me      # needs model and pairs in there; writes docs/conversations.md

The friend's turns are real ones: three that follow each other in a held-out session. The model answers as in
chat; what I answered then is not shown to it. Texts stand in the repository, so use it on the example only.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.tables import write_block
from talklikeme.dataset import load_pairs
from talklikeme.evaluation.exchanges import Exchange, friends_burst, read_exchanges
from talklikeme.replies import EngineReplier, load_replier
from talklikeme.turns import Turn

PAGE: Final = ROOT / "docs" / "conversations.md"
COUNT: Final = 30
ASKED: Final = 3  # turns of the friend; with the model's, six


def main() -> None:
    """Talk, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    held_out = read_exchanges(load_pairs(given.out / "pairs")["test"])
    replier = load_replier(given.out / "model", seed=given.seed)
    talks = draw_talks(held_out, given.seed)
    write_block(PAGE, "conversations", "\n\n".join(write(talk(replier, one)) for one in talks))
    print(f"wrote {PAGE}: {len(talks)} conversations")


def draw_talks(held_out: Sequence[Exchange], seed: int) -> list[list[list[str]]]:
    """What the friend said in three turns that follow each other, thirty times, no turn twice."""
    sessions: dict[str, list[list[str]]] = {}
    for exchange in held_out:
        if burst := friends_burst(exchange.context):
            sessions.setdefault(exchange.session, []).append(burst)
    talks = [
        bursts[at : at + ASKED]
        for bursts in sessions.values()
        for at in range(0, len(bursts) - ASKED + 1, ASKED)
    ]
    return random.Random(f"conversations {seed}").sample(talks, min(COUNT, len(talks)))


def talk(replier: EngineReplier, bursts: Sequence[Sequence[str]]) -> list[Turn]:
    """The whole conversation."""
    turns: list[Turn] = []
    for burst in bursts:
        turns += [{"role": "user", "content": text} for text in burst]
        turns += [{"role": "assistant", "content": text} for text in replier.reply(turns)]
    return turns


def write(turns: Sequence[Turn]) -> str:
    """As text that Markdown leaves alone."""
    names = {"user": "friend", "assistant": "bot   "}
    lines = [
        f"    {names[turn['role']]}  {line}"
        for turn in turns
        for line in turn["content"].splitlines()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
