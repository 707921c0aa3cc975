"""From public dialogue to models/base: the commands of configs/base.yaml on a small corpus."""

import json
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from benchmarks import base_model
from benchmarks.base_card import CREDITS, QUESTIONS
from talklikeme import base_pairs
from talklikeme.config import parse
from talklikeme.options import BasePairsOptions
from tests.scripts import command
from tests.test_base_pairs import chat, write_corpus

SMALL = ["--d-model", "32", "--d-ff", "48", "--heads", "2", "--encoder-layers", "1",
         "--decoder-layers", "1", "--max-steps", "6", "--eval-steps", "3", "--sample-steps", "6",
         "--batch-tokens", "1024"]  # fmt: skip


def run(script: str, *argv: str) -> None:
    done = command(script, *argv)
    assert done.code == 0, done.err


def test_every_corpus_of_the_config_is_credited() -> None:
    options = parse(BasePairsOptions, "base_pairs", "", ["configs/base.yaml"])
    assert set(options.take) == set(CREDITS)


@pytest.mark.slow
def test_a_base_model_is_made_judged_and_loads_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first, name in ((0, "self_dialogue"), (60, "sgd")):
        talk = [chat(number) for number in range(first, first + 60)]
        write_corpus(tmp_path / "base", f"{name}.jsonl.xz", talk)
    config = tmp_path / "base.yaml"
    config.write_text(
        f"out: {tmp_path / 'out'}\n"
        f"base_pairs:\n  corpora: {tmp_path / 'base'}\n  held_out: 10\n"
        "  take: {self_dialogue: 1, sgd: 1}\n"
        "finetune: {optimizer: muon, evaluate: false}\n",
        encoding="utf-8",
    )
    assert base_pairs.main([str(config)]) == 0
    run("train_tokenizer", str(config), "--vocab-size", "600")
    run("finetune", str(config), *SMALL)

    target = tmp_path / "models" / "base"
    monkeypatch.setattr(sys, "argv", ["", str(tmp_path / "out"), str(target), "--limit", "8"])
    base_model.main()

    card = (target / "README.md").read_text(encoding="utf-8")
    assert "license: cc-by-sa-4.0" in card
    assert card.count("\n| ") >= 2 + len(QUESTIONS)
    corpora = json.loads((target / "corpora.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in corpora] == ["self_dialogue", "sgd"]
    assert (target / "curves.png").read_bytes()[:4] == b"\x89PNG"
    model = AutoModelForSeq2SeqLM.from_pretrained(str(target))
    assert model.dtype == torch.bfloat16
    ids = AutoTokenizer.from_pretrained(str(target))(" hi", return_tensors="pt").input_ids
    assert model.generate(input_ids=ids, max_new_tokens=3).shape[0] == 1

    out = ["--out", str(tmp_path / "out"), "--fresh"]
    run("train_tokenizer", *out, "--extend", str(target))
    run("finetune", *out, "--start", str(target), "--max-steps", "2", "--no-evaluate")
    mine = tmp_path / "out" / "model"
    assert (mine / "CREDITS.md").read_text(encoding="utf-8").count("Self-dialogue Corpus") == 1
    assert "license: cc-by-sa-4.0" in (mine / "README.md").read_text(encoding="utf-8")

    base_model.main()  # what went on from the target is a further leg of it

    legs = json.loads((target / "legs.json").read_text(encoding="utf-8"))
    assert [leg["steps"] for leg in legs] == [6, 2]
    assert all(0 < leg["bits_per_byte"] < 9 for leg in legs)
    steps = [
        int(line.split(",")[1])
        for line in (target / "curves.csv").read_text(encoding="utf-8").splitlines()
        if line.startswith("training")
    ]
    assert steps == sorted(steps)
    assert steps[-1] > 6
    assert "| 2 | `no config` |" in (target / "README.md").read_text(encoding="utf-8")
