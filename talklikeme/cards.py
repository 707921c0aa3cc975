"""The cards of a tokenizer, a dataset and a Space on the Hub: counts and settings; never a text, a name
or a path. The model's is in model_card.py.

Made anew from run.yaml and ledger.json at every push. The front
matter is what the Hub reads: https://huggingface.co/docs/hub/model-cards, /datasets-cards and
/spaces-config-reference.
"""

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml
from huggingface_hub import DatasetCardData, ModelCardData

import talklikeme
from talklikeme import cards_text

LICENSE = "other"  # chats have none: whoever shares them must know what they may do


def tokenizer_card(repo: str, size: int, base: str | None, coverage: Mapping[str, Any]) -> str:
    """README.md of a tokenizer repository; `coverage` is name → number of the report."""
    front = ModelCardData(
        license=LICENSE,
        library_name="transformers",
        tags=["talklikeme", "tokenizer"],
        base_model=base,
    )
    rows = [(name.replace("_", " "), f"{value:.3g}") for name, value in coverage.items()]
    body = cards_text.TOKENIZER.format(
        size=size,
        base=f", {base} extended" if base else "",
        repo=repo,
        coverage=table(("measured on the person's messages", ""), rows) if rows else "",
        versions=versions("tokenizers", "transformers"),
    )
    return with_front_matter(front.to_yaml(), body)


def dataset_card(
    repo: str, counts: Mapping[str, int], run: Mapping[str, Any], ledger: Mapping[str, Any]
) -> str:
    """README.md of a dataset repository, from the number of pairs a split, run.yaml, ledger.json."""
    front = DatasetCardData(
        license=LICENSE,
        tags=["talklikeme", "chat", "private"],
        configs=[
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": f"data/{split}-*.parquet"} for split in counts
                ],
            }
        ],
    )
    is_renamed = run.get("options", {}).get("pseudonymise", False)
    body = cards_text.DATASET.format(
        pairs=table(("split", "pairs"), [(name, f"{n:,}") for name, n in counts.items()]),
        repo=repo,
        version=run.get("version", talklikeme.__version__),
        records=_tell_records(ledger),
        redaction=_tell_redaction(ledger),
        names="are replaced by invented ones" if is_renamed else "stay as they are",
        versions=versions("datasets"),
    )
    return with_front_matter(front.to_yaml(), body)


def space_card(title: str) -> str:
    """README.md of a Space: its front matter is the Space's settings."""
    settings = {
        "title": title,
        "emoji": "💬",
        "colorFrom": "blue",
        "colorTo": "green",
        "sdk": "gradio",
        "sdk_version": importlib.metadata.version("gradio"),
        "python_version": f"{sys.version_info.major}.{sys.version_info.minor}",
        "app_file": "app.py",
        "pinned": False,
        "license": LICENSE,
    }
    front = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    return with_front_matter(front, cards_text.SPACE)


def with_front_matter(front: str, body: str) -> str:
    """A card: YAML for the Hub, then Markdown."""
    return f"---\n{front.strip()}\n---\n{body.rstrip()}\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def versions(*packages: str) -> str:
    """What a card says that it was made with."""
    found = (f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"Made with talklikeme {talklikeme.__version__}, {', '.join(found)}."


def _tell_records(ledger: Mapping[str, Any]) -> str:
    fates = ledger.get("total") or {}
    told = ", ".join(f"{count:,} {fate}" for fate, count in fates.items())
    return f"Of {ledger.get('records', 0):,} messages: {told}." if told else ""


def _tell_redaction(ledger: Mapping[str, Any]) -> str:
    redaction = ledger.get("redaction") or {}
    if redaction.get("mode") != "on":
        return "**Secrets in them were not redacted.**"
    counts = ", ".join(f"{count:,} {kind}" for kind, count in redaction.get("counts", {}).items())
    return f"Replaced by placeholders: {counts or 'nothing was found'}."
