"""Imports point one way, as data flows: a module may import only from layers to its left."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LAYERS = [
    {
        "control",
        "curves",
        "errors",
        "failures",
        "hardware",
        "jobs",
        "journal",
        "loopback",
        "pace",
        "rhythm",
        "sampling",
        "schema",
        "templates",
        "vocabulary",
    },
    {"commands", "events", "options", "turns"},
    {"config", "messages"},
    {"corpora", "exports", "privacy"},
    {"lesson", "merging", "openers", "sessions", "spool", "survey", "thumbs"},
    {"owner", "pairs"},
    {"people"},
    {"cleaning", "heldout", "ledger", "rows", "selection"},
    {"credits", "facts", "parts", "report", "runs"},
    {"dataset", "reading"},
    {"pairing"},
    {"releasing"},
    {"preparation", "inspection", "forget", "base_pairs"},
    {"extension_bpe", "extension_unigram", "extension_words", "rates"},
    {"bare_tokenizer", "embeddings", "friends", "layer_decay", "lora", "tokenizer", "word_vectors"},
    {"extension", "mixing", "tokens"},
    {"coverage", "starts", "generation"},
    {"coverage_report", "scratch"},
    {"model"},
    {"batching", "callbacks", "fast_parts", "loss", "muon", "sharding"},
    {"engines", "optimizers", "query_rate"},
    {"arguments", "chat_trainer"},
    {"sample_board", "training"},
    {"search"},
    {"choosing", "guard"},
    {"answering"},
    {"replies"},
    {"evaluation"},
    {"cards_text"},
    {"cards"},
    {"inputs", "model_card"},
    {"finetuning"},
    {"hub_files"},
    {"hub_checks", "hub_space"},
    {"hub_errors"},
    {"guide", "hub"},
    {"blend"},
    {"blindtest", "desk", "store"},
    {"pages"},
    {"channels", "chat", "tuning"},
    {"feedback", "messenger", "tune"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
PACKAGE = Path("talklikeme")
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]
TORCH_FREE = {"errors", "options", "turns", "config", "messages", "exports", "pairs", "ledger", "corpora",
              "jobs", "runs", "credits", "facts", "reading", "pairing", "releasing", "preparation", "inspection",
              "channels", "pages", "blindtest", "guide", "cards", "model_card", "hub_files", "hub_space", "hub_checks", "hub"}  # fmt: skip


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if module == "talklikeme")


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_to_the_left(path: Path) -> None:
    own = layer_of(path)
    assert own in RANK, f"{path}: not in a layer; say in {__file__} where it belongs"
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "talklikeme" and len(parts) > 1 and parts[1] in RANK and parts[1] != own:
            assert RANK[parts[1]] < RANK[own], f"{path} imports {name}, which is to its right"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_scripts_are_never_imported_and_light_modules_stay_light(path: Path) -> None:
    names = {name.split(".")[0] for name in imported(path)}
    assert not names & {"prepare_data", "train_tokenizer", "finetune", "app"}
    if layer_of(path) in TORCH_FREE:
        assert not names & {"torch", "transformers", "accelerate"}
