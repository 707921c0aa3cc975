"""The model card, README.md of a model folder and of its repository: counts, options, metrics, limits.

One builder for both, from run.yaml, talklikeme.json and evaluation.json; never a text, a name of a
person or a path. The front matter is what the Hub reads: https://huggingface.co/docs/hub/model-cards.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from talklikeme import cards_text, runs
from talklikeme.cards import LICENSE, table, versions, with_front_matter
from talklikeme.credits import CREDITS_FILE, read_licence
from talklikeme.evaluation.report import read_report
from talklikeme.facts import FACTS_FILE

OURS = "this model"  # its name in evaluation.json
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_WORDS_OF_OPTIONS = ("precision",)  # the others with words name files, people and folders
_HERE = "out/model"  # what a card calls a model that was not pushed
_HELD_OUT = "held-out sessions of the person's own chats (not published)"
_METRICS = (
    ("bits_per_byte", "bits per byte of the person's real replies, lower is better"),
    ("hits_at_1", "share of the real replies preferred to 19 others of the same person"),
)
_STYLE = "mean probability that a classifier gives to the person, for replies of the model"


def write_card(folder: Path) -> None:
    """Write README.md of a model folder from the files in it: what a push would send, but its name."""
    facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
    text = model_card(runs.read_run(folder), facts, read_report(folder), read_licence(folder))
    (folder / "README.md").write_text(text, encoding="utf-8")


def model_card(
    run: Mapping[str, Any],
    facts: Mapping[str, Any],
    report: Mapping[str, Any],
    licence: str | None = None,
    repo: str = "",
) -> str:
    """The card, from run.yaml, talklikeme.json and evaluation.json.

    `licence` is that of CREDITS.md, if there is one; `repo` is known when it is pushed.
    """
    base, corpora = name_base(run), _hub_corpora(run)
    results = _results(report)
    front = ModelCardData(
        license=licence or LICENSE,
        library_name="transformers",
        base_model=base,
        datasets=corpora or None,
        tags=["talklikeme", "chat", "text2text-generation"],
        model_name=(repo or _HERE).rpartition("/")[2] if results else None,
        eval_results=results or None,
    )
    limits = facts.get("limits", {})
    body = cards_text.MODEL.format(
        made=_tell_origin(run, facts, base),
        usage=cards_text.USAGE.format(place=repo or _HERE),
        data=_tell_data(run, facts, corpora),
        metrics=_metrics_table(report),
        leaks=_tell_leaks(report),
        options=_options_table(run),
        training=_training_table(report),
        context=limits.get("max_context_tokens", "a few dozen"),
        reply=limits.get("max_reply_tokens", "a few dozen"),
        base_licence=_tell_licence(base, licence),
        versions=versions("torch", "transformers"),
    )
    return with_front_matter(front.to_yaml(), body)


def _tell_licence(base: str | None, licence: str | None) -> str:
    if licence:
        return (
            f". The base model that they were fine-tuned from is under {licence}: whoever shares them "
            f"does it under the same licence and hands on its credits, [{CREDITS_FILE}]({CREDITS_FILE})"
        )
    return f"; what comes from {base} keeps its own" if base else ""


def is_hub_name(name: Any) -> bool:
    """Whether a start or a corpus is of the Hub: `owner/name`, and no folder or file here."""
    return isinstance(name, str) and bool(_HUB_NAME.fullmatch(name)) and not Path(name).exists()


def name_base(run: Mapping[str, Any]) -> str | None:
    """The Hub name of the model that training began with; None for scratch and for local folders."""
    start = run.get("options", {}).get("start")
    is_local = run.get("inputs", {}).get("start_weights") is not None
    return start if is_hub_name(start) and not is_local else None


def clean_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """run.yaml without what may name people, files or folders: numbers and switches stay."""
    options = run.get("options", {})
    kept = {
        name: value
        for name, value in options.items()
        if isinstance(value, int | float) or name in _WORDS_OF_OPTIONS
    }
    start = str(options.get("start", ""))
    base = start if start.startswith("scratch-") else name_base(run)
    if base:
        kept["start"] = base
    return {"script": run.get("script"), "version": run.get("version"), "options": kept}


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
    told = table(["", "bits per byte", "hits@1 of 20", "style"], rows)
    return (
        f"On {sampled:,} held-out pairs. Bits per byte of the person's real replies: lower is better. "
        "hits@1: how often the real reply is preferred to 19 others of the same person. Style: how "
        f"sure a classifier is that the person wrote it.\n\n{told}"
    )


def _options_table(run: Mapping[str, Any]) -> str:
    kept = clean_run(run)["options"]
    return table(("option", ""), [(name, str(value)) for name, value in kept.items()])


def _training_table(report: Mapping[str, Any]) -> str:
    measured = report.get("training") or {}
    told = {
        name: value if isinstance(value, str) else f"{value:,}"
        for name, value in measured.items()
        if value
    }
    rows = [(name.replace("_", " "), value) for name, value in told.items()]
    return (
        f"Losses are nats a token of the reply.\n\n{table(('measured', ''), rows)}" if rows else ""
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
