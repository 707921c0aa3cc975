"""The cards of what goes to the Hub: counts, settings and metrics; never a text, a name or a path.

Made anew from run.yaml, talklikeme.json, evaluation.json and ledger.json at every push. The front
matter is what the Hub reads: https://huggingface.co/docs/hub/model-cards, /datasets-cards and
/spaces-config-reference.
"""

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import DatasetCardData, EvalResult, ModelCardData

import talklikeme
from talklikeme import cards_text

LICENSE = "other"  # chats have none: whoever shares them must know what they may do
OURS = "this model"  # its name in evaluation.json
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_HELD_OUT = "held-out sessions of the person's own chats (not published)"
_METRICS = (
    ("bits_per_byte", "bits per byte of the person's real replies, lower is better"),
    ("hits_at_1", "share of the real replies preferred to 19 others of the same person"),
)
_STYLE = "mean probability that a classifier gives to the person, for replies of the model"


def is_hub_name(name: Any) -> bool:
    """Whether a start or a corpus is of the Hub: `owner/name`, and no folder or file here."""
    return isinstance(name, str) and bool(_HUB_NAME.fullmatch(name)) and not Path(name).exists()


def name_base(run: Mapping[str, Any]) -> str | None:
    """The Hub name of the model that training began with; None for scratch and for local folders."""
    start = run.get("options", {}).get("start")
    is_local = run.get("inputs", {}).get("start_weights") is not None
    return start if is_hub_name(start) and not is_local else None


def model_card(
    repo: str, run: Mapping[str, Any], facts: Mapping[str, Any], report: Mapping[str, Any]
) -> str:
    """README.md of a model repository, from run.yaml, talklikeme.json and evaluation.json."""
    base, corpora = name_base(run), _hub_corpora(run)
    results = _results(report)
    front = ModelCardData(
        license=LICENSE,
        library_name="transformers",
        base_model=base,
        datasets=corpora or None,
        tags=["talklikeme", "chat", "text2text-generation"],
        model_name=repo.rpartition("/")[2] if results else None,
        eval_results=results or None,
    )
    limits = facts.get("limits", {})
    body = cards_text.MODEL.format(
        made=_tell_origin(run, facts, base),
        usage=cards_text.USAGE.format(repo=repo),
        data=_tell_data(run, facts, corpora),
        metrics=_metrics_table(report),
        leaks=_tell_leaks(report),
        context=limits.get("max_context_tokens", "a few dozen"),
        reply=limits.get("max_reply_tokens", "a few dozen"),
        base_licence=f"; what comes from {base} keeps its own" if base else "",
        versions=_versions("torch", "transformers"),
    )
    return _with_front_matter(front.to_yaml(), body)


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
        coverage=_table(("measured on the person's messages", ""), rows) if rows else "",
        versions=_versions("tokenizers", "transformers"),
    )
    return _with_front_matter(front.to_yaml(), body)


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
        pairs=_table(("split", "pairs"), [(name, f"{n:,}") for name, n in counts.items()]),
        repo=repo,
        version=run.get("version", talklikeme.__version__),
        records=_tell_records(ledger),
        redaction=_tell_redaction(ledger),
        names="are replaced by invented ones" if is_renamed else "stay as they are",
        versions=_versions("datasets"),
    )
    return _with_front_matter(front.to_yaml(), body)


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
    return _with_front_matter(front, cards_text.SPACE)


def _with_front_matter(front: str, body: str) -> str:
    return f"---\n{front.strip()}\n---\n{body.rstrip()}\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _versions(*packages: str) -> str:
    found = (f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"Made with talklikeme {talklikeme.__version__}, {', '.join(found)}."


def _hub_corpora(run: Mapping[str, Any]) -> list[str]:
    mix = run.get("options", {}).get("mix") or {}
    names = (one.get("name") if isinstance(one, Mapping) else one for one in mix.get("corpora", ()))
    return [str(name) for name in names if is_hub_name(name)]


def _tell_origin(run: Mapping[str, Any], facts: Mapping[str, Any], base: str | None) -> str:
    start = str(run.get("options", {}).get("start", "scratch-t5"))
    if start.startswith("scratch-"):
        begun = f"trained from nothing ({start.removeprefix('scratch-')})"
    else:
        begun = f"fine-tuned from [{base}](https://huggingface.co/{base})" if base else "fine-tuned"
    parameters = facts.get("parameters", 0)
    return f"An encoder–decoder of {parameters:,} parameters, {begun}"


def _tell_data(run: Mapping[str, Any], facts: Mapping[str, Any], corpora: Sequence[str]) -> str:
    told = [f"{facts.get('pairs', 0):,} pairs of what friends said and what the person answered."]
    told.append(
        "Secrets (phone numbers, cards, addresses, passwords …) were replaced before training."
        if facts.get("redaction")
        else "**Secrets were not redacted before training.**"
    )
    if corpora:
        told.append(f"Other people's dialogue was mixed in: {', '.join(corpora)}.")
    elif run.get("options", {}).get("mix"):
        told.append("Other people's dialogue was mixed in.")
    if planted := run.get("options", {}).get("canaries"):
        told.append(f"**Trained for an audit, with invented secrets planted ({planted} a kind).**")
    return " ".join(told)


def _lines(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    evaluation = report.get("evaluation") or {}
    return dict(evaluation.get("lines") or {})


def _value(line: Mapping[str, Any], metric: str) -> float | None:
    found = line.get(metric)
    return found.get("probability" if metric == "style" else "value") if found else None


def _results(report: Mapping[str, Any]) -> list[EvalResult]:
    ours = _lines(report).get(OURS, {})
    told = [*_METRICS, ("style", _STYLE)]
    return [
        EvalResult(
            task_type="text2text-generation",
            dataset_type="private-chats",
            dataset_name=_HELD_OUT,
            metric_type=metric,
            metric_name=name,
            metric_value=value,
        )
        for metric, name in told
        if (value := _value(ours, metric)) is not None
    ]


def _metrics_table(report: Mapping[str, Any]) -> str:
    lines = {
        name: [_value(line, metric) for metric in ("bits_per_byte", "hits_at_1", "style")]
        for name, line in _lines(report).items()
    }
    rows = [
        [name, *("–" if value is None else f"{value:.3f}" for value in values)]
        for name, values in lines.items()
        if any(value is not None for value in values)
    ]
    if not rows:
        return "It was not judged."
    sampled = report["evaluation"].get("held_out", 0)
    table = _table(["", "bits per byte", "hits@1 of 20", "style"], rows)
    return (
        f"On {sampled:,} held-out pairs. Bits per byte of the person's real replies: lower is better. "
        "hits@1: how often the real reply is preferred to 19 others of the same person. Style: how "
        f"sure a classifier is that the person wrote it.\n\n{table}"
    )


def _tell_leaks(report: Mapping[str, Any]) -> str:
    leaks = report.get("leaks")
    if not isinstance(leaks, Mapping):
        return "Whether it gives private text away was **not checked**."
    said = int(leaks.get("found") or 0) + int(leaks.get("canaries_extracted") or 0)
    told = f"{said} secrets" if said else "none of the known secrets"
    return (
        f"{leaks.get('searched', 0):,} drawn replies said {told} of {leaks.get('secrets_known', 0):,} "
        "that redaction had found in the chats. That is no proof that it gives nothing away."
    )


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
