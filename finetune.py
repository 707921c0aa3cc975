"""Pairs and tokenizer → a model that answers like me.

    accelerate launch --quiet finetune.py configs/tiny.yaml
    python finetune.py configs/tiny.yaml

Reads out/pairs and out/tokenizer, writes out/model. After a kill the same command goes on from the
newest checkpoint; --fresh starts over. The sample board shows what it answers as it learns.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from talklikeme.config import parse
from talklikeme.errors import run_script
from talklikeme.options import FinetuneOptions

if TYPE_CHECKING:
    from talklikeme.training import TrainingReport


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; returns the exit code."""
    options = parse(FinetuneOptions, "finetune", __doc__ or "", argv)
    from talklikeme import finetuning

    inputs = finetuning.load_inputs(options)
    if finetuning.is_trained(options, inputs.run):
        print(f"{options.model_folder}: already trained like this. Pass --fresh to train anew")
        return 0
    numbers = finetuning.finetune(options, inputs)
    if finetuning.is_main_process():
        print_summary(options, numbers)
    return 0


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
        f"{numbers.tokens_per_second:,.0f} tokens/s, at most {numbers.peak_memory_mb:,.0f} MB"
    )
    print(f"wrote {options.model_folder}. Next: python app.py {options.config or ''}")


if __name__ == "__main__":
    run_script(main)
