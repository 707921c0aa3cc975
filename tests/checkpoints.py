"""Tiny checkpoints of the Hub's architectures, made on the spot: CI has no Hub."""

import contextlib
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoTokenizer,
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BlenderbotSmallConfig,
    BlenderbotSmallForConditionalGeneration,
    BlenderbotSmallTokenizer,
    EncoderDecoderConfig,
    EncoderDecoderModel,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
    T5GemmaConfig,
    T5GemmaForConditionalGeneration,
    T5GemmaModuleConfig,
)

from talklikeme import runs
from talklikeme.extension import Extension, extend_tokenizer, write_pieces
from talklikeme.options import TokenizerOptions
from talklikeme.tokens import spell

FORMAL = ["we would like to inform you that the meeting takes place", "what is your question"] * 4
KINDS = ("flan-t5", "t5gemma", "bart", "blenderbot-small", "bert2bert")
PADDED = 8  # rows that no token owns, as in t5's 32128 for 32100 tokens


def make_checkpoint(kind: str, folder: Path) -> Path:
    """A model of random weights with its own tokenizer, saved as the Hub's are."""
    tokenizer = _train_unigram() if kind == "flan-t5" else _train_bpe()
    torch.manual_seed(1)
    model = _BUILDERS[kind](len(tokenizer) + PADDED, tokenizer)
    with torch.no_grad():  # biases that are not zero, so that a test can see them
        for name, buffer in (*model.named_buffers(), *model.named_parameters()):
            if name.endswith(("final_logits_bias", "predictions.bias")):
                buffer.copy_(torch.randn_like(buffer))
    save_quietly(model, folder)
    tokenizer.save_pretrained(str(folder))
    return folder


def write_python_tokenizer(folder: Path) -> None:
    """Blenderbot-small's own kind: whole lower-case words, no tokenizer.json."""
    letters = "abcdefghijklmnopqrstuvwxyz.,!?'"
    entries = ["<s>", "<pad>", "</s>", "<unk>", "__newln__", "lo@@", "lol"]
    entries += [letter + end for letter in letters for end in ("", "@@")]
    for stale in ("tokenizer.json", "tokenizer_config.json"):
        (folder / stale).unlink()
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version\nl o\nlo l</w>\n", encoding="utf-8")
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    tokenizer = BlenderbotSmallTokenizer(folder / "vocab.json", folder / "merges.txt", **names)
    tokenizer.save_pretrained(str(folder))


def save_quietly(model: PreTrainedModel, folder: Path) -> None:
    """save_pretrained without its progress bar."""
    with contextlib.redirect_stderr(io.StringIO()):
        model.save_pretrained(str(folder))


def _train_bpe() -> PreTrainedTokenizerFast:
    """Byte-level BPE with BART's special tokens and ids: <s> 0, <pad> 1, </s> 2."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(FORMAL, trainer)
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names, mask_token="<mask>")


def _train_unigram() -> PreTrainedTokenizerFast:
    """SentencePiece's Unigram as in T5: <pad> 0, </s> 1, <unk> 2, and two <extra_id_n>."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=60,
        special_tokens=["<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(FORMAL, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        extra_special_tokens=["<extra_id_0>", "<extra_id_1>"],
    )


def _build_flan(size: int, _: Any) -> PreTrainedModel:
    """T5 1.1: an output layer of its own, which the config tells by tie_word_embeddings=False."""
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=size,
            d_model=32,
            d_kv=16,
            d_ff=48,
            num_layers=2,
            num_heads=2,
            dropout_rate=0.0,
            feed_forward_proj="gated-gelu",
            tie_word_embeddings=False,
            decoder_start_token_id=0,
        )
    )
    model.lm_head.weight = torch.nn.Parameter(torch.randn(size, 32))
    return model


_SHAPE: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "dropout": 0.0,
    "max_position_embeddings": 64,
}


def _build_bart(size: int, _: Any) -> PreTrainedModel:
    config = BartConfig(vocab_size=size, **_SHAPE)
    model = BartForConditionalGeneration(config)
    model.generation_config.forced_bos_token_id = 0  # as facebook/bart-base has it
    model.generation_config.forced_eos_token_id = 2
    return model


def _build_blenderbot(size: int, _: Any) -> PreTrainedModel:
    ids = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 0}
    return BlenderbotSmallForConditionalGeneration(
        BlenderbotSmallConfig(vocab_size=size, **_SHAPE, **ids)
    )


def _build_bert2bert(size: int, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    shape = {
        "vocab_size": size,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 64,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }
    decoder = BertConfig(**shape, is_decoder=True, add_cross_attention=True)
    return EncoderDecoderModel(
        EncoderDecoderConfig.from_encoder_decoder_configs(
            BertConfig(**shape), decoder, decoder_start_token_id=0, pad_token_id=1
        )
    )


def _build_t5gemma(size: int, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    stack = T5GemmaModuleConfig(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        max_position_embeddings=64,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        layer_types=["sliding_attention", "full_attention"],
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    config = T5GemmaConfig(
        encoder=stack, decoder=stack, vocab_size=size, dropout_rate=0.0, decoder_start_token_id=0
    )
    return T5GemmaForConditionalGeneration(config)


_BUILDERS = {
    "flan-t5": _build_flan,
    "t5gemma": _build_t5gemma,
    "bart": _build_bart,
    "blenderbot-small": _build_blenderbot,
    "bert2bert": _build_bert2bert,
}


def extend_for(base: Path, out: Path, texts: Iterable[str] = ()) -> Extension:
    """Write out/tokenizer as `train_tokenizer.py --extend BASE` does."""
    spelled = [spell(text) for text in texts]
    own = AutoTokenizer.from_pretrained(str(base))
    tokenizer, extension = extend_tokenizer(own, spelled, min_count=2, name=str(base))
    with runs.publish(out / "tokenizer") as draft:
        tokenizer.save_pretrained(str(draft))
        write_pieces(draft, extension)
        runs.write_run(draft, runs.describe_run(TokenizerOptions(out=out), "train_tokenizer"))
    return extension
