"""A tiny model world for tests: invented pairs, a throwaway tokenizer, options of a small T5."""

from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict

from talklikeme import runs
from talklikeme.dataset import rows_to_dataset, save_dataset
from talklikeme.options import FinetuneOptions, PrepareOptions, TokenizerOptions
from talklikeme.tokenizer import texts_of, train_tokenizer
from talklikeme.tokens import spell

WORDS = [
    "lol",
    "haha",
    "no way",
    "whats up",
    "see you",
    "nothing much",
    "omg yes",
    "k",
    "why",
    "😂",
]

TINY: dict[str, Any] = {
    "d_model": 32,
    "d_ff": 48,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "heads": 2,
    "max_context_tokens": 24,
    "max_reply_tokens": 12,
    "batch_size": 8,
    "eval_steps": 4,
    "sample_steps": 4,
    "precision": "float32",
}


def tiny(out: Path, **options: Any) -> FinetuneOptions:
    """Options of a model that trains in a second."""
    return FinetuneOptions(out=out, **(TINY | options))


def make_pairs(count: int, start: int = 0) -> Dataset:
    """Pairs of different lengths; the friend's words decide mine."""
    rows = []
    for number in range(start, start + count):
        asked, answered = WORDS[number % 10], WORDS[(number * 3 + number // 10) % 10]
        prompt = [asked] if number % 4 else [asked, "and " + asked * (number % 5), asked]
        completion = [answered] * (1 + number % 3)
        rows.append(
            {
                "prompt": [{"role": "user", "content": text} for text in prompt],
                "completion": [{"role": "assistant", "content": text} for text in completion],
                "session": str(number),
            }
        )
    return rows_to_dataset(rows)


def make_inputs(out: Path, pairs: int = 64, validation: int = 8, test: int = 8) -> None:
    """Write out/pairs and out/tokenizer as the first two scripts would."""
    data = DatasetDict(
        {
            "train": make_pairs(pairs),
            "validation": make_pairs(validation, start=pairs),
            "test": make_pairs(test, start=pairs + validation),
        }
    )
    prepared = PrepareOptions(out=out, context_turns=3)
    with runs.publish(prepared.pairs_folder) as draft:
        save_dataset(data, draft)
        runs.write_run(draft, runs.describe_run(prepared, "prepare_data", pairs=f"{pairs} pairs"))
    texts = [spell(text) for text in texts_of(data["train"])]
    with runs.publish(out / "tokenizer") as draft:
        train_tokenizer(texts, vocab_size=320, min_frequency=2).save_pretrained(str(draft))
        runs.write_run(draft, runs.describe_run(TokenizerOptions(out=out), "train_tokenizer"))
