"""What of a folder goes to the Hub: an allow-list, file by file; all else stays on this machine.

A parcel maps paths in the repository to files here, or to their content where it was cleaned: names,
folders and ids of the apps are taken out of the JSON, YAML and columns that go up.

    model      weights, configuration, tokenizer, talklikeme.json, plots, CREDITS.md; cleaned run.yaml,
               evaluation.json
    tokenizer  the tokenizer; cleaned extension.json
    pairs      Parquet with the columns of COLUMNS; friends and sessions are numbers

Never: friends.json, secrets.json, samples.jsonl, logs, checkpoints, coverage reports, word vectors,
pairs.txt, report.html, ledger.json, and whatever somebody else put there.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml

from talklikeme import cards, model_card, runs
from talklikeme.credits import CREDITS_FILE, read_licence
from talklikeme.errors import RunError
from talklikeme.evaluation.report import REPORT, read_report
from talklikeme.facts import FACTS_FILE

Content = Path | bytes
Files = dict[str, Content]
Kind = Literal["model", "tokenizer", "pairs"]

WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?")
_TOKENIZER = re.compile(
    r"tokenizer\.(json|model)|vocab\.(json|txt)|merges\.txt|spiece\.model|sentencepiece\.bpe\.model"
)
_CLEANED = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
)
_AS_THEY_ARE = (
    CREDITS_FILE,
    "evaluation_likelihood.png",
    "evaluation_style.png",
    "evaluation_habits.png",
    "canaries.png",
)
_REPORT_KEYS = ("training", "evaluation", "leaks", "canaries")
_EXTENSION = "extension.json"
_COVERAGE = "coverage.json"
_MEASURED = (
    "bytes_per_token",
    "pieces_per_word",
    "slang_whole",
    "frequent_slang_whole",
    "emoji_whole",
)
_WHERE_FROM = {"_name_or_path", "name_or_path", "is_local", "local_files_only", "auto_map"}
_A_PATH = re.compile(r"(?:/|~/|\.{1,2}/|[A-Za-z]:\\)[^/\\]+[/\\].*", re.DOTALL)

COLUMNS = ("prompt", "completion", "platform", "friend", "session", "reply_delay_s")
_NUMBERED = ("friend", "session")
_ROWS_AT_ONCE = 10_000


def tell_kind(folder: Path) -> Kind:
    """What a folder holds, by its content; raises RunError if it is nothing of ours."""
    runs.restore(folder)
    has_weights = folder.is_dir() and any(map(_is_weights, folder.iterdir()))
    if (folder / "dataset_dict.json").is_file():
        return "pairs"
    if has_weights and (folder / FACTS_FILE).is_file():
        return "model"
    if not has_weights and (folder / "tokenizer_config.json").is_file():
        return "tokenizer"
    raise RunError(
        f"{folder}: holds no model, tokenizer or pairs of talklikeme. Give a folder such as out/model"
    )


def _is_weights(path: Path) -> bool:
    return bool(WEIGHTS.fullmatch(path.name))


def pack_model(folder: Path, repo: str) -> Files:
    """The files of a model repository."""
    run, report = runs.read_run(folder), read_report(folder)
    facts = read_json(folder / FACTS_FILE)
    files: Files = {path.name: path for path in _regular(folder) if _is_weights(path)}
    files |= _pack_tokenizer_files(folder)
    files |= {path.name: path for path in _regular(folder) if path.name in _AS_THEY_ARE}
    known = ("pairs", "parameters", "limits", "redaction")
    files[FACTS_FILE] = _to_json({key: facts[key] for key in known if key in facts})
    report = {key: report[key] for key in _REPORT_KEYS if key in report}
    files[REPORT] = _to_json(clean_json(report))
    files[runs.RUN_FILE] = yaml.safe_dump(model_card.clean_run(run), sort_keys=False).encode()
    licence = read_licence(folder)
    files["README.md"] = model_card.model_card(run, facts, report, licence, repo).encode()
    return files


def pack_tokenizer(folder: Path, repo: str) -> Files:
    """The files of a tokenizer repository."""
    files = _pack_tokenizer_files(folder)
    extension = read_json(folder / _EXTENSION)
    base = extension.get("base")
    base = base if model_card.is_hub_name(base) else None
    if extension:
        known = {key: extension[key] for key in ("base_size", "pieces") if key in extension}
        files[_EXTENSION] = _to_json({"base": base or "a local folder"} | known)
    size = _count_tokens(folder)
    files["README.md"] = cards.tokenizer_card(repo, size, base, _coverage(folder)).encode()
    return files


def _pack_tokenizer_files(folder: Path) -> Files:
    files: Files = {path.name: path for path in _regular(folder) if _TOKENIZER.fullmatch(path.name)}
    for path in _regular(folder):
        if path.name in _CLEANED:
            files[path.name] = _to_json(clean_json(read_json(path)))
    return files


def pack_pairs(folder: Path, repo: str, scratch: Path) -> Files:
    """The files of a dataset repository; the Parquet is written to `scratch`."""
    from talklikeme.dataset import load_pairs

    files: Files = {}
    counts: dict[str, int] = {}
    numbers: dict[str, dict[str, str]] = defaultdict(dict)
    for split, rows in load_pairs(folder).items():
        if len(rows):  # load_dataset reads no Parquet without rows
            name = f"{split}-00000-of-00001.parquet"
            _write_parquet(rows, scratch / name, numbers)
            files[f"data/{name}"] = scratch / name
            counts[str(split)] = len(rows)
    card = cards.dataset_card(
        repo, counts, runs.read_run(folder), read_json(folder / "ledger.json")
    )
    return files | {"README.md": card.encode()}


def _write_parquet(rows: Any, path: Path, numbers: dict[str, dict[str, str]]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    writer = None
    for table in rows.with_format("arrow").iter(batch_size=_ROWS_AT_ONCE):
        table = table.select([name for name in COLUMNS if name in table.column_names])
        for name in _NUMBERED:
            if name in table.column_names:
                values = [_number(numbers[name], name, one) for one in table[name].to_pylist()]
                place = table.column_names.index(name)
                table = table.set_column(place, name, pa.array(values, pa.string()))
        table = table.replace_schema_metadata(None)
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def _number(known: dict[str, str], what: str, value: str | None) -> str | None:
    """ "friend 1" for the first, and so on: the same number for the same value in every split."""
    return None if value is None else known.setdefault(value, f"{what} {len(known) + 1}")


def clean_json(value: Any) -> Any:
    """A JSON value without paths of this machine, at any depth."""
    if isinstance(value, Mapping):
        return {
            key: clean_json(item)
            for key, item in value.items()
            if key not in _WHERE_FROM and not _is_path(item)
        }
    if isinstance(value, list):
        return [clean_json(item) for item in value if not _is_path(item)]
    return value


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and bool(_A_PATH.fullmatch(value))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty if there is none or it is broken."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _to_json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def _regular(folder: Path) -> Iterator[Path]:
    """The folder's own files: no links, which may point anywhere, and nothing below."""
    return (path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink())


def _count_tokens(folder: Path) -> int:
    stored = read_json(folder / "tokenizer.json")
    ids = {one.get("id") for one in stored.get("added_tokens", ())}
    vocabulary = stored.get("model", {}).get("vocab", {})
    if isinstance(vocabulary, Mapping):
        return len(ids | set(vocabulary.values()))
    return len(ids | set(range(len(vocabulary))))


def _coverage(folder: Path) -> dict[str, float]:
    """The numbers about this tokenizer in coverage.json, and none of its words."""
    tokenizers = read_json(folder / _COVERAGE).get("tokenizers") or {}
    values = tokenizers if isinstance(tokenizers, list) else list(tokenizers.values())
    first = values[0] if values and isinstance(values[0], Mapping) else {}
    return {key: first[key] for key in _MEASURED if isinstance(first.get(key), int | float)}
