"""The model card beside the weights: counts, options, metrics, limits. Never a text or a name."""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import transformers

from talklikeme.facts import ModelFacts
from talklikeme.training import TrainingReport

_CARD = """\
---
library_name: transformers
tags: [talklikeme, {architecture}, chat]
---
# A model that talks like one person

A {parameters:,}-parameter encoder-decoder ({architecture}), trained with talklikeme {version} on {pairs:,} pairs
of what friends said and what one person answered. It imitates that person's way of writing. It knows
nothing, makes things up, and may be rude: do not take what it says for the person's word.
The chats that it learned from belong to at least two people each; share it only with their consent.

## How to use it

    python app.py --out FOLDER        # FOLDER/model is this folder

or, in Python:

    from pathlib import Path
    from talklikeme.replies import load_replier
    load_replier(Path("FOLDER/model")).reply([{{"role": "user", "content": "whats up"}}])

The weights load with `transformers.AutoModelForSeq2SeqLM`; how a conversation becomes ids is in
`talklikeme/tokens.py`: `<friend> hey <bubble> you up? <me> yes </s>`.

## How it was made

| option | value |
|---|---|
{options}

| measured | |
|---|---|
{numbers}

Losses are nats a token of the reply. {software}
{evaluation}"""


def write_card(
    path: Path,
    facts: ModelFacts,
    numbers: TrainingReport,
    run: Mapping[str, Any],
    architecture: str = "t5",
    *,
    evaluation: str = "",
) -> None:
    """Write README.md for a model folder; `evaluation` is the tables of talklikeme.evaluation."""
    options = (
        f"| {name} | {_without_folders(name, value)} |" for name, value in run["options"].items()
    )
    measured = (
        f"| {name.replace('_', ' ')} | {value} |" for name, value in numbers.to_json().items()
    )
    text = _CARD.format(
        architecture=architecture,
        parameters=facts.parameters,
        pairs=facts.pairs,
        version=run["version"],
        options="\n".join(options),
        numbers="\n".join(measured),
        software=f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"transformers {transformers.__version__}.",
        evaluation=f"\n## How near it comes\n\n{evaluation}" if evaluation else "",
    )
    path.write_text(text, encoding="utf-8")


def _without_folders(name: str, value: Any) -> Any:
    """An option's value; of files only the last part, because folders are named after people."""
    if name == "start" and Path(value).is_dir():
        return Path(value).name
    if name == "mix" and value:
        return {key: item for key, item in value.items() if key != "corpora"}
    return value
