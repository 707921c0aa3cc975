"""How much of what it was told once, twice … sixteen times does a model give away? An audit.

Trains with finetune.py's own code on given pairs with canaries planted, measures their exposure and
searches drawn replies, and writes table and curve into docs/privacy-audit.md.

    python benchmarks/canary_exposure.py OUT CONFIG --canaries 4 --trainer max_steps=500

OUT holds pairs/ and tokenizer/, as after the first two scripts; the model goes to OUT-canaries/, so
that none with canaries lies where one without is expected.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.tables import write_block
from talklikeme import runs
from talklikeme.config import parse
from talklikeme.evaluation import leaks
from talklikeme.options import FinetuneOptions

PAGE: Final = Path("docs/privacy-audit.md")
CURVE: Final = Path("docs/canary-exposure.png")


def train(out: Path, rest: list[str]) -> tuple[FinetuneOptions, float]:
    """Fine-tune with canaries in a folder of its own; returns its options and the epochs."""
    from talklikeme import finetuning
    from talklikeme.inputs import load_inputs

    beside = out.with_name(f"{out.name}-canaries")
    for stage in ("pairs", "tokenizer"):
        shutil.rmtree(beside / stage, ignore_errors=True)
        shutil.copytree(runs.need(out / stage, "prepare_data"), beside / stage)
    argv = [*rest, "--out", str(beside), "--fresh"]
    options = parse(FinetuneOptions, "finetune", __doc__ or "", argv)
    numbers = finetuning.finetune(options, load_inputs(options))
    return options, numbers.epochs


def describe(values: Mapping[str, Any], options: FinetuneOptions, epochs: float) -> str:
    """The table and what it was made from; numbers only."""
    canaries, found = values["canaries"], values["leaks"]
    space = ", ".join(f"{kind} {bits}" for kind, bits in canaries["space_bits"].items())
    rows = [
        f"| {number} | {one['canaries']} | {one['mean_bits']:.1f} | {one['lowest_bits']:.1f} | "
        f"{one['highest_bits']:.1f} | {one['said_greedily']:.0%} | {one['said_drawn']:.0%} |"
        for number, one in canaries["repeats"].items()
    ]
    return "\n".join([
        f"{epochs:.1f} epochs, d_model {options.d_model}, {options.encoder_layers}+"
        f"{options.decoder_layers} layers. Bits of the space: {space}.",
        "",
        "| times planted | canaries | mean bits | lowest | highest | said greedily | said in 20 draws |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        f"{found['searched']:,} drawn replies: {found['found']} of {found['secrets_known']:,} known "
        f"secrets said; {found['copies_of_long_replies']} copies of training replies of eight words "
        f"or more, {found['overlaps_with_long_replies']} with eight words of one in a row.",
        "",
        f"![exposure against repeats]({CURVE.name})",
    ])  # fmt: skip


def main() -> None:
    """Train, audit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--replies", type=int, default=10_000)
    parser.add_argument("--page", type=Path, default=PAGE)
    given, rest = parser.parse_known_args()  # the rest are finetune.py's, its YAML among them
    options, epochs = train(given.out, rest)
    if not options.canaries:
        parser.error("pass --canaries 4, or so")
    values = leaks.audit_model(options.model_folder, options.pairs_folder, replies=given.replies)
    shutil.copy(options.model_folder / leaks.CURVE, given.page.with_name(CURVE.name))
    write_block(given.page, "audit", describe(values, options, epochs))
    print(json.dumps(values, indent=1))


if __name__ == "__main__":
    main()
