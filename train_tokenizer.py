"""The pairs → a byte-level BPE tokenizer that knows how these people write.

    python train_tokenizer.py configs/tiny.yaml

Reads out/pairs, writes out/tokenizer, which AutoTokenizer loads.
"""

from collections.abc import Sequence

from talklikeme.config import parse
from talklikeme.errors import run_script
from talklikeme.options import TokenizerOptions


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; returns the exit code."""
    options = parse(TokenizerOptions, "train_tokenizer", __doc__ or "", argv)
    from talklikeme import runs

    pairs_folder = runs.need(options.pairs_folder, "prepare_data")
    runs.claim(options.tokenizer_folder, options, fresh=options.fresh)

    from talklikeme.dataset import load_pairs
    from talklikeme.tokenizer import texts_of, train_tokenizer
    from talklikeme.tokens import spell

    texts = [spell(text) for text in texts_of(load_pairs(pairs_folder)["train"])]
    tokenizer = train_tokenizer(
        texts, vocab_size=options.vocab_size, min_frequency=options.min_frequency
    )
    run = runs.describe_run(options, "train_tokenizer", pairs=runs.pairs_identity(pairs_folder))
    with runs.publish(options.tokenizer_folder) as draft:
        tokenizer.save_pretrained(str(draft))
        runs.write_run(draft, run)
    size = sum(len(text.encode()) for text in texts)
    tokens = sum(len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"])
    print(
        f"wrote {options.tokenizer_folder}: {len(tokenizer):,} tokens, {size / max(tokens, 1):.2f} "
        f"bytes a token on these chats. Next: accelerate launch finetune.py {options.config or ''}"
    )
    return 0


if __name__ == "__main__":
    run_script(main)
