"""Coverage of tokenizers trained on pairs, beside ones trained on formal text, into docs/tokenizer.md.

python benchmarks/coverage_tables.py me_a=/tmp/people/out_a/pairs me_b=… --base /work/shared/data/base

Goals: 95 % of the slang that comes ten times is one token; 10 % more bytes a token on my held-out
messages than a BPE of the same size trained on formal text (SGD: assistants that book things).
"""

import argparse
import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.tables import write_block
from talklikeme.coverage import Coverage, build_sample, measure
from talklikeme.dataset import load_pairs
from talklikeme.tokenizer import train_tokenizer
from talklikeme.tokens import spell

SIZES = (8192, 16384)
FORMAL = "sgd"
CHATTY = "topical_chat"  # people who write whole sentences: a harder rival than SGD
MIN_FREQUENCY = 2
HEADER = """| pairs | asked, got tokens | slang ≥ 10 that is one token | bytes a token | SGD | gain | Topical-Chat | gain | pieces a word | all slang one token | pieces an emoji |
|---|---|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--base", type=Path, default=ROOT.parent / "shared" / "data" / "base")
    given = parser.parse_args()
    rivals = {name: list(read_texts(given.base / f"{name}.jsonl.xz")) for name in (FORMAL, CHATTY)}
    lines = [HEADER]
    for named in given.pairs:
        name, _, folder = named.partition("=")
        for size in SIZES:
            lines.append(row(name, Path(folder), size, rivals))
            print(lines[-1], flush=True)
    write_block(ROOT / "docs" / "tokenizer.md", "coverage", "\n".join(lines))


def read_texts(path: Path) -> Iterator[str]:
    """Every turn of a base corpus, spelled."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield from (spell(text) for _, text in json.loads(line)["turns"])


def row(name: str, folder: Path, size: int, rivals: dict[str, list[str]]) -> str:
    """One line of the table; the rivals get as many tokens as ours could find."""
    sample = build_sample(load_pairs(folder))
    tokenizer = train_tokenizer(sample.corpus, vocab_size=size, min_frequency=MIN_FREQUENCY)
    ours = measure("ours", tokenizer, sample)
    cells = []
    for texts in rivals.values():
        rival = train_tokenizer(texts, vocab_size=ours.size, min_frequency=MIN_FREQUENCY)
        cells += against(ours, measure("rival", rival, sample))
    frequent = f"{share(ours.frequent_slang_whole)} of {len(sample.frequent_slang)}"
    emoji = f"{ours.emoji_pieces:.2f}" if ours.emoji_pieces else "–"
    return (
        f"| {name} | {size:,}, {ours.size:,} | {frequent} | {ours.bytes_per_token:.2f} | "
        f"{' | '.join(cells)} | {ours.pieces_per_word:.2f} | {share(ours.slang_whole)} | {emoji} |"
    )


def against(ours: Coverage, rival: Coverage) -> list[str]:
    """A rival's bytes a token, and how much more ours has."""
    mine, its = ours.bytes_per_token or 0.0, rival.bytes_per_token or 1.0
    size = "" if rival.size == ours.size else f" ({rival.size:,} tokens)"
    return [f"{its:.2f}{size}", f"{mine / its - 1:+.1%}"]


def share(value: float | None) -> str:
    """A share as a per cent."""
    return "–" if value is None else f"{value:.1%}"


if __name__ == "__main__":
    main()
