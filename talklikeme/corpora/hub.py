"""Dialogue in datasets: saved on disk (such as out/pairs), or of the Hub by name.

Columns: one with whole dialogues, a list of texts or of messages ({"role", "content"}, ShareGPT's
{"from", "value"} and their like), or a prompt and a completion, texts or lists of messages.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from talklikeme.corpora.dialogue import Dialogue, Said
from talklikeme.errors import ConfigError

DIALOGUE_COLUMNS = (
    "messages", "conversations", "conversation", "dialog", "dialogue", "dialogs", "turns", "utterances",
)  # fmt: skip
SPEAKER_KEYS = ("role", "speaker", "from", "speaker_id", "user", "author")
TEXT_KEYS = ("content", "text", "value", "utterance", "message")


def read_saved(path: Path) -> Iterator[Dialogue]:
    """The training rows of a dataset saved by save_to_disk."""
    from datasets import DatasetDict, load_from_disk

    try:
        data = load_from_disk(str(path))
    except Exception as error:  # pyarrow, json and datasets each raise their own
        raise ConfigError(f"mix: {path}: not a whole dataset ({type(error).__name__})") from None
    if isinstance(data, DatasetDict):
        data = data["train"] if "train" in data else next(iter(data.values()))
    yield from _read_rows(str(path), data, data.column_names, {})


def read_hub(name: str, spec: Mapping[str, str]) -> Iterator[Dialogue]:
    """The rows of one split (default: train) of a dataset of the Hub, fetched as they are read."""
    from datasets import load_dataset

    try:
        data = load_dataset(
            name, spec.get("config"), split=spec.get("split", "train"), streaming=True
        )
        columns = data.column_names or list(next(iter(data), {}))
    except Exception as error:  # httpx, huggingface_hub and datasets each raise their own
        raise ConfigError(
            f"mix: {name}: no such file here, and not to be had from the Hub "
            f"({type(error).__name__}). Go online, check the name, or leave it out of corpora"
        ) from None
    yield from _read_rows(name, data, columns, spec)


def _read_rows(
    name: str, rows: Iterable[Mapping[str, Any]], columns: list[str], spec: Mapping[str, str]
) -> Iterator[Dialogue]:
    asked, answered = spec.get("prompt", "prompt"), spec.get("completion", "completion")
    whole = spec.get("dialogue") or next((c for c in DIALOGUE_COLUMNS if c in columns), None)
    # Pairs first: out/pairs has a column "conversation" too, and it is no dialogue.
    if "dialogue" not in spec and {asked, answered} <= set(columns):
        for row in rows:
            prompt = _said(name, row[asked], ("user",))
            yield Dialogue(prompt + _said(name, row[answered], ("assistant",)), last_only=True)
    elif whole in columns:
        yield from (Dialogue(_said(name, row[whole], ("0", "1"))) for row in rows)
    else:
        raise ConfigError(
            f"mix: {name}: which column holds the dialogue? Found {', '.join(columns)}. Say "
            "dialogue: COLUMN, or prompt: COLUMN and completion: COLUMN"
        )


def _said(name: str, value: Any, speakers: tuple[str, ...]) -> list[Said]:
    """Who said what; texts without names go to the speakers in turn."""
    if value is None:
        return []
    if isinstance(value, Mapping):  # a sequence of structs comes as a struct of sequences
        value = [
            dict(zip(value, fields, strict=False)) for fields in zip(*value.values(), strict=False)
        ]
    items = [value] if isinstance(value, str) else list(value)
    said = [_one(name, item, speakers[n % len(speakers)]) for n, item in enumerate(items)]
    return [(who, text) for who, text in said if who != "system"]


def _one(name: str, item: Any, speaker: str) -> Said:
    if isinstance(item, str):
        return speaker, item
    if isinstance(item, Mapping):
        text = next((item[key] for key in TEXT_KEYS if isinstance(item.get(key), str)), None)
        if text is not None:
            who = next(
                (str(item[key]) for key in SPEAKER_KEYS if item.get(key) is not None), speaker
            )
            return who, text
    raise ConfigError(
        f"mix: {name}: a message is neither a text nor has one of {', '.join(TEXT_KEYS)}"
    )
