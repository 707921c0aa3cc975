"""How many real tokens a second training takes: ours beside the stock Seq2SeqTrainer, piece by piece.

python benchmarks/training_speed.py --pairs out/pairs                 # writes docs/training-speed.md
python benchmarks/training_speed.py --pairs out/pairs --rounds 1 --seconds 5 --only stock ours

All variants train the same model on the same pairs in this process, in turn, for a fixed time a
round; the table has medians of the rounds. Real tokens are those of contexts and replies, without
padding. Set-up and the first steps of a round do not count.
"""

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from datasets import DatasetDict
from transformers import (
    DataCollatorForSeq2Seq,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerCallback,
    set_seed,
)

from benchmarks.tables import processor, table, write_block
from talklikeme.arguments import build_arguments
from talklikeme.dataset import load_pairs
from talklikeme.facts import Limits
from talklikeme.options import FinetuneOptions
from talklikeme.scratch import build_model
from talklikeme.tokenizer import texts_of, train_tokenizer
from talklikeme.tokens import ChatEncoder, spell
from talklikeme.training import build_trainer, encode_pairs

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "training-speed.md"
VOCABULARY: Final = 8192
# 8 million parameters, context and reply as in configs/tiny.yaml
SHAPE: Final[dict[str, Any]] = {
    "d_model": 256, "d_ff": 512, "heads": 8, "encoder_layers": 4, "decoder_layers": 4,
    "max_context_tokens": 64, "max_reply_tokens": 40, "dropout": 0.1,
}  # fmt: skip
WARM_STEPS: Final = 2
BUDGET: Final = 2048
# Dense bf16, operations a second (data sheets); another GPU has no MFU column.
PEAKS: Final = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L4": 121e12, "T4": 65e12}
STOCK_ROWS: Final = "stock, 32 rows"


@dataclass(frozen=True)
class Variant:
    """A way to train: options of ours, or the stock Trainer's arguments."""

    name: str
    options: dict[str, Any] | None = None
    stock: dict[str, Any] = field(default_factory=dict)


TOKENS: Final[dict[str, Any]] = {"batch_tokens": BUDGET}
OURS: Final = TOKENS | {"precision": "bf16"}
VARIANTS: Final = (
    Variant("stock"),
    Variant(STOCK_ROWS, stock={"per_device_train_batch_size": 32}),
    Variant("our batches of 32 rows", {"precision": "float32"}),
    Variant(f"ours: batches of {BUDGET} tokens", TOKENS | {"precision": "float32"}),
    Variant("ours: … and bf16 (finetune.py)", OURS),
    Variant(f"… with batches of {2 * BUDGET} tokens", OURS | {"batch_tokens": 2 * BUDGET}),
    Variant("… with one DataLoader worker", OURS | {"trainer": {"dataloader_num_workers": 1}}),
    *(
        [Variant("… with torch.compile", OURS | {"compile": True})]
        if torch.cuda.is_available()
        else []
    ),
    Variant("… without dropout (another model)", OURS | {"dropout": 0.0}),
)


@dataclass
class Count:
    """What one round has trained so far."""

    real: int = 0
    padded: int = 0
    seconds: float = 0.0


class Stopwatch(TrainerCallback):
    """Counts tokens of every batch and stops training when the time is up."""

    def __init__(self, seconds: float) -> None:
        self.count = Count()
        self._seconds = seconds
        self._start = 0.0
        self._batch = Count()

    def see(self, inputs: dict[str, Any]) -> None:
        """Count a batch before it is trained on."""
        mask, labels = inputs["attention_mask"], inputs["labels"]
        self._batch.real += int(mask.sum()) + int(labels.ne(-100).sum())
        self._batch.padded += mask.numel() + labels.numel()

    def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> None:
        """Begin to count after the first steps."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        now = time.perf_counter()
        if state.global_step == WARM_STEPS:
            self._start = now
        elif state.global_step > WARM_STEPS:
            self.count.real += self._batch.real
            self.count.padded += self._batch.padded
            self.count.seconds = now - self._start
            control.should_training_stop = self.count.seconds >= self._seconds
        self._batch = Count()


@dataclass(frozen=True)
class Material:
    """What all variants train on."""

    data: DatasetDict
    tokenizer: PreTrainedTokenizerBase
    encoder: ChatEncoder


def main() -> None:
    """Measure in turn, write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--pairs", type=Path, required=True, help="folder that prepare_data.py wrote"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30, help="of each variant in each round")
    parser.add_argument("--only", nargs="+", default=[], help="variants whose name has these words")
    parser.add_argument("--no-page", action="store_true", help="only print the table")
    given = parser.parse_args()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    chosen = [v for v in VARIANTS if not given.only or any(word in v.name for word in given.only)]
    material = prepare(given.pairs)
    found: dict[str, list[Count]] = {variant.name: [] for variant in chosen}
    for number in range(given.rounds):
        for variant in chosen:
            found[variant.name].append(count := measure(variant, material, given.seconds, number))
            print(f"round {number + 1}, {variant.name}: {count.real / count.seconds:,.0f} tokens/s",
                  flush=True)  # fmt: skip
    table = f"{tabulate(found)}\n\n{describe(material, given)}"
    print(table)
    if not given.no_page:
        write_block(PAGE, "table", table)


def prepare(folder: Path) -> Material:
    """Encode the pairs with a tokenizer trained on them."""
    pairs = load_pairs(folder)
    texts = (spell(text) for text in texts_of(pairs["train"]))
    tokenizer = train_tokenizer(texts, vocab_size=VOCABULARY, min_frequency=2)
    limits = Limits(
        context_turns=4,
        max_context_tokens=SHAPE["max_context_tokens"],
        max_reply_tokens=SHAPE["max_reply_tokens"],
    )
    encoder = ChatEncoder(tokenizer, limits)
    data = DatasetDict({"train": encode_pairs(pairs["train"], encoder)})
    return Material(data, tokenizer, encoder)


def measure(variant: Variant, material: Material, seconds: float, seed: int) -> Count:
    """Train for so many seconds; every round has other batches, the same ones for like variants."""
    set_seed(seed)
    watch = Stopwatch(seconds)
    with tempfile.TemporaryDirectory() as folder:
        build = _stock if variant.options is None else _ours
        trainer = build(variant, material, Path(folder), seed)
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(watch)
        trainer.training_step = _watched(trainer.training_step, watch)
        trainer.train()
    return watch.count


def _watched(step: Callable[..., Any], watch: Stopwatch) -> Callable[..., Any]:
    def counted(model: Any, inputs: dict[str, Any], *rest: Any, **more: Any) -> Any:
        watch.see(inputs)
        return step(model, inputs, *rest, **more)

    return counted


QUIET: Final[dict[str, Any]] = {
    "report_to": "none", "save_strategy": "no", "disable_tqdm": True, "max_steps": 1_000_000,
    "logging_steps": 1_000_000, "logging_first_step": False,
}  # fmt: skip


def _stock(variant: Variant, material: Material, folder: Path, seed: int) -> Seq2SeqTrainer:
    model = build_model(_options({}), material.encoder, len(material.tokenizer))
    return Seq2SeqTrainer(
        model=model,
        args=Seq2SeqTrainingArguments(
            output_dir=str(folder), seed=seed, use_cpu=not torch.accelerator.is_available(),
            dataloader_pin_memory=torch.cuda.is_available(), **QUIET | variant.stock,
        ),
        train_dataset=material.data["train"],
        data_collator=DataCollatorForSeq2Seq(material.tokenizer, model=model),
        processing_class=material.tokenizer,
    )  # fmt: skip


def _ours(variant: Variant, material: Material, folder: Path, seed: int) -> Seq2SeqTrainer:
    options = _options(variant.options or {})
    options = replace(options, seed=seed, trainer=QUIET | options.trainer)
    model = build_model(options, material.encoder, len(material.tokenizer))
    arguments = build_arguments(options, folder, validates=False)
    return build_trainer(model, material.tokenizer, material.data, arguments, options)


def _options(more: dict[str, Any]) -> FinetuneOptions:
    return FinetuneOptions(**(SHAPE | more))


def tabulate(found: dict[str, list[Count]]) -> str:
    """The Markdown table; ratios are medians of the ratios inside a round."""
    peak = _peak()
    head = ["variant", "real tokens/s", "padding", "× stock", f"× {STOCK_ROWS}"]
    rows = []
    for name, counts in found.items():
        speeds = [count.real / count.seconds for count in counts]
        padding = 1 - sum(count.real for count in counts) / sum(count.padded for count in counts)
        speed = statistics.median(speeds)
        cells = [name, f"{speed:,.0f}", f"{padding:.0%}"]
        cells += [_ratio(found, speeds, "stock"), _ratio(found, speeds, STOCK_ROWS)]
        rows.append(cells + ([f"{speed * _operations() / peak:.1%}"] if peak else []))
    return table(head + ["MFU"] * bool(peak), rows)


def _ratio(found: dict[str, list[Count]], speeds: Sequence[float], base: str) -> str:
    if base not in found:
        return "–"
    against = [count.real / count.seconds for count in found[base]]
    ratios = [ours / theirs for ours, theirs in zip(speeds, against, strict=True)]
    return f"{statistics.median(ratios):.2f}"


def _peak() -> float:
    """What the GPU could do, in bf16 operations a second; 0 if there is none, or an unknown one."""
    if not torch.cuda.is_available():
        return 0.0
    name = torch.cuda.get_device_name()
    return next((peak for key, peak in PEAKS.items() if key in name), 0.0)


def _operations() -> float:
    """Operations a real token: 6 for each weight of the stack that it goes through (Kaplan et al.
    2020), and the output layer for a reply's; attention left out. Taken for the mean of both stacks."""
    width, inner = SHAPE["d_model"], SHAPE["d_ff"]
    encoder = SHAPE["encoder_layers"] * (4 * width**2 + 3 * width * inner)
    decoder = SHAPE["decoder_layers"] * (8 * width**2 + 3 * width * inner) + VOCABULARY * width
    return 6 * (encoder + decoder) / 2


def describe(material: Material, given: argparse.Namespace) -> str:
    """On what, when and how it was measured."""
    rows = material.data["train"]
    contexts = statistics.mean(map(len, rows["input_ids"]))
    replies = statistics.mean(map(len, rows["labels"]))
    model = build_model(_options({}), material.encoder, len(material.tokenizer))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}, torch {torch.__version__} with "
        f"{torch.get_num_threads()} threads. T5 of {model.num_parameters() / 1e6:.1f} million "
        f"parameters, vocabulary {VOCABULARY:,}; {len(rows):,} pairs, in the mean {contexts:.0f} "
        f"tokens of context and {replies:.0f} of reply. Medians of {given.rounds} rounds of "
        f"{given.seconds:.0f} s; load of the machine at the end: {os.getloadavg()[0]:.1f}."
    )


def _machine() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} cores of {processor()}"


if __name__ == "__main__":
    main()
