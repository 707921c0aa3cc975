"""The pairs → a byte-level BPE tokenizer that knows how these people write.

    python train_tokenizer.py configs/tiny.yaml
    python train_tokenizer.py configs/tiny.yaml --extend models/base   # or a Hub name

Reads out/pairs, writes out/tokenizer, which AutoTokenizer loads, with the report coverage.json and
coverage.png. --extend adds my words to an existing tokenizer instead; --word-vectors trains Word2Vec.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from talklikeme.config import parse
from talklikeme.errors import run_script
from talklikeme.options import TokenizerOptions

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from talklikeme.coverage import Sample


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; returns the exit code."""
    options = parse(TokenizerOptions, "train_tokenizer", __doc__ or "", argv)
    from talklikeme import hub, runs

    hub.check_push(options)
    pairs_folder = runs.need(options.pairs_folder, "prepare_data")
    runs.claim(options.tokenizer_folder, options, fresh=options.fresh)

    from talklikeme.coverage import build_sample
    from talklikeme.coverage_report import report
    from talklikeme.dataset import load_pairs
    from talklikeme.tokenizer import open_tokenizer

    sample = build_sample(load_pairs(pairs_folder))
    run = runs.describe_run(options, "train_tokenizer", pairs=runs.pairs_identity(pairs_folder))
    with runs.publish(options.tokenizer_folder) as draft:
        tokenizer, beside = make_tokenizer(options, sample, draft)
        tokenizer.save_pretrained(str(draft))
        beside |= {name: open_tokenizer(name, "--compare") for name in options.compare}
        report(draft, {"this one": tokenizer} | beside, sample)
        if options.word_vectors:
            make_vectors(options, tokenizer, sample, draft)
        runs.write_run(draft, run)
    print(
        f"wrote {options.tokenizer_folder}: {len(tokenizer):,} tokens. "
        f"Next: accelerate launch finetune.py {options.config or ''}"
    )
    hub.push_made(options.tokenizer_folder, options)
    return 0


def make_tokenizer(
    options: TokenizerOptions, sample: "Sample", draft: Path
) -> tuple["PreTrainedTokenizerBase", dict[str, "PreTrainedTokenizerBase"]]:
    """Train a tokenizer, or extend a base by my words; returns it and the base by its name."""
    from talklikeme.tokenizer import open_tokenizer, train_tokenizer

    if options.extend is None:
        sizes = {"vocab_size": options.vocab_size, "min_frequency": options.min_frequency}
        return train_tokenizer(sample.corpus, **sizes), {}
    from talklikeme.extension import extend_tokenizer, write_pieces

    base = open_tokenizer(options.extend, "--extend")
    tokenizer, extension = extend_tokenizer(
        base,
        sample.my_train,
        most_new=options.new_tokens,
        always=sample.frequent_slang,
        name=options.extend,
    )
    write_pieces(draft, extension)
    new = len(tokenizer) - extension.base_size
    print(f"{options.extend}: {extension.base_size:,} tokens, {new:,} new ones. {extension.note}")
    return tokenizer, {options.extend: base}


def make_vectors(
    options: TokenizerOptions, tokenizer: "PreTrainedTokenizerBase", sample: "Sample", draft: Path
) -> None:
    """Train Word2Vec, show what it learned, and save it as rows of an embedding."""
    from talklikeme import word_vectors

    width, seed = options.word_vectors_width, options.seed
    vectors = word_vectors.train_vectors(sample.corpus, width=width, seed=seed)
    if vectors is None:
        print("no word vectors: no word comes often enough")
        return
    for word, near in word_vectors.find_neighbours(vectors).items():
        print(f"near {word}: {', '.join(near)}")
    word_vectors.save_rows(word_vectors.build_rows(vectors, tokenizer), draft)


if __name__ == "__main__":
    run_script(main)
