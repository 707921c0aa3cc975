"""Pairs and tokenizer → a model that answers like me.

    accelerate launch --quiet finetune.py configs/tiny.yaml
    python finetune.py configs/tiny.yaml

Reads out/pairs and out/tokenizer, writes out/model. After a kill the same command goes on from the
newest checkpoint; --fresh starts over. The sample board shows what it answers as it learns.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from talklikeme.config import parse
from talklikeme.errors import run_script
from talklikeme.options import FinetuneOptions
from talklikeme.runs import SEARCH_FILE

if TYPE_CHECKING:
    from talklikeme.training import TrainingReport


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; returns the exit code."""
    options = parse(FinetuneOptions, "finetune", __doc__ or "", argv)
    from talklikeme import finetuning, hub
    from talklikeme.inputs import load_inputs

    hub.check_push(options)
    inputs = load_inputs(options)
    if finetuning.is_trained(options, inputs.run):
        print(f"{options.model_folder}: already trained like this. Pass --fresh to train anew")
        push(options)
        return 0
    numbers = finetuning.finetune(options, inputs)
    if finetuning.is_main_process():
        if options.search:
            print_search(options)
        print_summary(options, numbers)
    push(options)
    return 0


def push(options: FinetuneOptions) -> None:
    """Push the model where --push-to-hub says, once for all processes."""
    from talklikeme import finetuning, hub

    if finetuning.is_main_process():
        hub.push_trained(options.model_folder, options.pairs_folder, options)


def print_search(options: FinetuneOptions) -> None:
    """What --search tried, and the best of it as lines for a YAML."""
    from rich.console import Console
    from rich.table import Table

    found = json.loads((options.model_folder / SEARCH_FILE).read_text(encoding="utf-8"))
    names = sorted(found["best"])
    table = Table("trial", "validation loss", *names, "")
    for trial in found["trials"]:
        loss = trial["validation_loss"]
        cells = [str(trial["settings"].get(name, "")) for name in names]
        table.add_row(str(trial["number"]), f"{loss:.4f}" if loss else "–", *cells, trial["state"])
    Console().print(table)
    print("trained with the best:\nfinetune:")
    print("\n".join(f"  {name}: {found['best'][name]}" for name in names))


def print_summary(options: FinetuneOptions, numbers: "TrainingReport") -> None:
    """What the user wants to know after a training, and the next command."""
    losses = {
        "first loss": numbers.first_loss,
        "last loss": numbers.last_loss,
        "best validation loss": numbers.validation_loss,
    }
    print(", ".join(f"{name} {loss:.3f}" for name, loss in losses.items() if loss is not None))
    print(
        f"{numbers.steps} steps, {numbers.epochs:.1f} epochs in {numbers.seconds:.0f} s, "
        f"{numbers.tokens_per_second:,.0f} tokens/s on {numbers.hardware}, "
        f"at most {numbers.peak_memory_mb:,.0f} MB"
    )
    print(f"wrote {options.model_folder}. Next: python app.py {options.config or ''}")


if __name__ == "__main__":
    run_script(main)
