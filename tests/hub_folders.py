"""Folders as the scripts leave them, full of what must stay at home: every private text holds MARK."""

import json
from pathlib import Path
from typing import Any

from talklikeme import runs

MARK = "Zoe Vale"
NUMBERS = {
    "training": {"steps": 3},
    "evaluation": {
        "held_out": 120,
        "notes": [],
        "lines": {
            "me": {"is_reference": True, "style": {"probability": 0.69, "auc": 0.9}},
            "this model": {
                "bits_per_byte": {"value": 2.77, "low": 2.7, "high": 2.8},
                "hits_at_1": {"value": 0.055, "low": 0.04, "high": 0.07},
                "style": {"probability": 0.79, "auc": 0.93},
            },
        },
    },
    "leaks": {"searched": 10_000, "secrets_known": 12, "found": 0, "canaries_extracted": 0},
}
PRIVATE_IN_MODEL = (
    "friends.json", "samples.jsonl", "secrets.json", "evaluation.md", "training_args.bin", "optimizer.pt",
    "search.json", "notes.txt", ".env", "model-zoe.safetensors", "baselines.json", "pytorch_model.bin",
)  # fmt: skip


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def make_model_folder(folder: Path, **report: Any) -> Path:
    """out/model with weights of 5 kB that nothing can load; `report` goes into evaluation.json."""
    make_tokenizer_folder(folder)
    for name in ("coverage.json", "coverage.png", "word_vectors.safetensors", "extension.json"):
        (folder / name).unlink()
    (folder / "model.safetensors").write_bytes(bytes(range(250)) * 20)
    _write(folder / "config.json", {"model_type": "t5", "_name_or_path": f"/home/{MARK}/base",
                                    "encoder": {"_name_or_path": f"/home/{MARK}/enc", "d_model": 8}})  # fmt: skip
    _write(folder / "generation_config.json", {"do_sample": True})
    _write(
        folder / "talklikeme.json",
        {
            "pairs": 1234,
            "parameters": 3_700_000,
            "limits": {"context_turns": 3, "max_context_tokens": 64, "max_reply_tokens": 40},
            "redaction": {"region": "DE", "keep_hosts": False},
            "friends": {MARK: "<friend:1>"},
        },
    )
    _write(folder / "evaluation.json", NUMBERS | {"samples": [MARK]} | report)
    _write(folder / "README.md", f"card with {MARK}")
    (folder / "evaluation_style.png").write_bytes(b"\x89PNG style")
    for name in PRIVATE_IN_MODEL:
        _write(folder / name, f"{name}: {MARK}")
    _write(folder / "logs" / "events.out.tfevents.1", MARK)
    _write(folder / "checkpoint-10" / "model.safetensors", MARK)
    options = {
        "seed": 0, "learning_rate": 0.001, "precision": "auto", "canaries": 0, "compile": False,
        "start": f"models/{MARK}", "mix": {"corpora": [f"chats/{MARK}.jsonl"]},
        "trainer": {"run_name": MARK, "report_to": "wandb"},
    }  # fmt: skip
    run = {"script": "finetune", "version": "0.1.0", "config": f"configs/{MARK}.yaml"}
    inputs = {"pairs": "abc", "start_weights": "0123"}
    runs.write_run(folder, run | {"options": options, "inputs": inputs})
    return folder


def make_tokenizer_folder(folder: Path) -> Path:
    """out/tokenizer with three tokens."""
    folder.mkdir(parents=True)
    _write(folder / "tokenizer.json", {"added_tokens": [{"id": 0, "content": "<pad>"}],
                                       "model": {"type": "BPE", "vocab": {"a": 1, "b": 2}, "merges": []}})  # fmt: skip
    _write(
        folder / "tokenizer_config.json",
        {
            "eos_token": "</s>",
            "name_or_path": f"/home/{MARK}/tok",
            "local_files_only": True,
            "vocab_file": f"/home/{MARK}/v.txt",
            "files": [f"~/{MARK}/x", "kept"],
        },
    )
    _write(
        folder / "extension.json",
        {"base": f"/home/{MARK}/base", "base_size": 2, "pieces": {"2": [1]}, "note": MARK},
    )
    _write(
        folder / "coverage.json",
        {
            "tokenizers": [{"name": MARK, "size": 3, "bytes_per_token": 3.25, "slang_whole": None}],
            "costly_words": [{"word": MARK, "uses": 9, "pieces": 4}],
        },
    )
    (folder / "coverage.png").write_bytes(f"picture with {MARK}".encode())
    (folder / "word_vectors.safetensors").write_bytes(MARK.encode())
    runs.write_run(folder, {"script": "train_tokenizer", "options": {"extend": f"/home/{MARK}"}})
    return folder


def make_pairs_folder(folder: Path, *, redact: str = "on") -> Path:
    """out/pairs with four pairs of two friends in two splits; MARK is all over its metadata."""
    from datasets import DatasetDict

    from talklikeme.dataset import rows_to_dataset, save_dataset

    def row(friend: str, session: str, number: int) -> dict[str, Any]:
        return {
            "prompt": [{"role": "user", "content": f"question {number}"}],
            "completion": [{"role": "assistant", "content": f"answer {number}"}],
            "platform": "telegram",
            "conversation": f"chat with {friend}",
            "friend": friend,
            "session": session,
            "reply_delay_s": 1.5,
            "source": f"/exports/{friend}.json",
        }

    train = [row(MARK, f"{MARK} 1", 1), row("Ana", "Ana 1", 2), row(MARK, f"{MARK} 1", 3)]
    data = DatasetDict(
        {
            "train": rows_to_dataset(train),
            "validation": rows_to_dataset([]),
            "test": rows_to_dataset([row("Ana", "Ana 2", 4)]),
        }
    )
    folder.mkdir(parents=True)
    save_dataset(data, folder)
    fates = {"in a pair as reply": 4, "system notice": 2}
    redaction = {"mode": redact, "counts": {"phone": 3}, "examples": {"phone": [MARK]}}
    files = {f"/exports/{MARK}.json": {"records": 6}}
    _write(
        folder / "ledger.json",
        {"records": 6, "total": fates, "files": files, "redaction": redaction},
    )
    for name in ("pairs.txt", "report.html", "secrets.json"):
        _write(folder / name, MARK)
    options = {"me": [MARK], "exports": [f"/exports/{MARK}"], "pseudonymise": False}
    runs.write_run(folder, {"script": "prepare_data", "version": "0.1.0", "options": options})
    return folder
