"""One person's model from one start: the real commands, what they took, and what they found.

A run has a folder of its own, WORK/PERSON/START, with the config that was written for it, the pairs
(copied: datasets writes beside what it reads), tokenizer, model and log; and a record of numbers,
RESULTS/PERSON.START.json, written after each step. What stands in the record is not done again,
unless the folder went before the run was judged.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.people_recipes import CANARIES, Run, Settings, build_config
from talklikeme import runs
from talklikeme.dataset import load_pairs
from talklikeme.errors import RunError
from talklikeme.evaluation.leaks import LEAKED
from talklikeme.evaluation.report import read_report
from talklikeme.facts import read_nature

ROOT: Final = Path(__file__).resolve().parent.parent


def do(run: Run, settings: Settings) -> dict[str, Any]:
    """Do what is not done yet; returns the record. Raises RunError if a command fails."""
    check_pairs(run.pairs)
    config = build_config(run, settings)
    record = open_record(run, settings, {"config": config})
    if "evaluation" not in record["steps"] and _is_lost(run, settings, record):
        record["steps"].clear()
        record.pop("under_way", None)
    file, log = _open_folder(run, settings, config)
    for step, command in _commands(run, settings, file).items():
        if step not in record["steps"]:
            earlier = _earlier_seconds(record, step, log)
            record["under_way"] = {"step": step, "began": time.time(), "earlier": earlier}
            save_record(run, settings, record)
            took = _execute(command, log)
            took["seconds"] += earlier
            record["steps"][step] = took | {"continued": earlier > 0}
            _read_model(run.model(settings), record)
            save_record(run, settings, record)
    return record


def make_tokenizer(run: Run, settings: Settings) -> Path:
    """The run's tokenizer; where it went with its machine, the same one again."""
    folder = _tokenizer(run, settings)
    if not folder.exists():
        file, log = _open_folder(run, settings, build_config(run, settings))
        _execute(_commands(run, settings, file)["tokenizer"], log)
    return folder


def _tokenizer(run: Run, settings: Settings) -> Path:
    return run.folder(settings) / "tokenizer"


def _is_lost(run: Run, settings: Settings, record: Mapping[str, Any]) -> bool:
    """Whether what the record tells of is no longer there."""
    made = {"tokenizer": _tokenizer(run, settings), "finetune": run.model(settings)}
    return any(step in record["steps"] and not path.exists() for step, path in made.items())


def _open_folder(run: Run, settings: Settings, config: Mapping[str, Any]) -> tuple[Path, Path]:
    """The run's folder with its pairs; returns the config that its commands read, and their log."""
    folder = run.folder(settings)
    if not (folder / "pairs").exists():
        with runs.publish(folder / "pairs") as draft:
            shutil.copytree(run.pairs, draft, dirs_exist_ok=True)
    log = folder / "log.txt"
    if not log.exists():
        log.touch(mode=0o600)  # the sample board shows chat
    file = folder / "config.yaml"
    config = {"out": str(folder.resolve()), **config}
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return file, log


def _earlier_seconds(record: Mapping[str, Any], step: str, log: Path) -> float:
    """What a step took before it was stopped, as far as its log tells."""
    before: Mapping[str, Any] = record.get("under_way", {})
    if before.get("step") != step or step in record["steps"]:
        return 0.0
    seconds: float = before["earlier"] + max(0.0, log.stat().st_mtime - before["began"])
    return round(seconds, 1)


def check_pairs(folder: Path) -> None:
    """Raise RunError unless the test split is the newest: else friends' later words leak into train."""
    pairs = load_pairs(runs.need(folder, "prepare_data"))
    times: dict[str, list[datetime]] = {
        split: [time for time in pairs[split]["sent_at"] if time] for split in pairs
    }
    known = times["train"] + times.get("validation", [])
    if not known or not times.get("test") or min(times["test"]) <= max(known):
        raise RunError(
            f"{folder}: its test split is not the newest part. Run python prepare_data.py --test-since DAY"
        )


def open_record(run: Run, settings: Settings, given: Mapping[str, Any]) -> dict[str, Any]:
    """The run's record, or a new one; raises RunError if it is of other pairs, settings or `given`."""
    now = {
        "person": run.person,
        "start": run.start,
        "pairs": runs.pairs_identity(run.pairs),
        "limit": settings.limit,
        "seed": settings.seed,
        **given,
    }
    path = run.record(settings)
    if not path.exists():
        return {**now, "steps": {}}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if changed := [name for name, value in now.items() if found.get(name) != value]:
        raise RunError(
            f"{path}: made with other {', '.join(changed)}. Pass another --work, or delete it and "
            f"{run.folder(settings)}"
        )
    return found


def save_record(run: Run, settings: Settings, record: Mapping[str, Any]) -> None:
    """Write the record, whole or not at all."""
    with runs.publish_file(run.record(settings)) as out:
        json.dump(record, out, indent=1, ensure_ascii=False)


def _commands(run: Run, settings: Settings, config: Path) -> dict[str, list[str]]:
    model = str(run.model(settings))
    seed = ["--seed", str(settings.seed)]
    judged = ["-m", "talklikeme.evaluation", model, "--no-baselines", *seed]
    judged += ["--limit", str(settings.limit)]
    audited = ["-m", "talklikeme.evaluation.leaks", model, *seed]
    audited += ["--replies", str(settings.leak_replies)]
    return {
        "tokenizer": ["train_tokenizer.py", str(config)],
        "finetune": ["finetune.py", str(config), "--no-evaluate"],
        "evaluation": audited if run.start == CANARIES else judged,
    }


def _execute(command: list[str], log: Path) -> dict[str, float]:
    """Run one of our scripts; returns wall seconds and the most memory that it held, in MB."""
    began = time.perf_counter()
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
        # The only call that tells the memory of one child.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, LEAKED):
        raise RunError(
            f"{' '.join(command[:2])} failed with exit code {process.returncode}: {_complaint(log)}"
        )
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes on Linux
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "mb": round(used.ru_maxrss * unit / 1e6),
    }


def _complaint(log: Path) -> str:
    """The script's own line on what went wrong, and where the rest stands."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line for line in lines if line.startswith("error: ")]
    return f"{said[-1]} ({log})" if said else f"see {log}"


def _read_model(model: Path, record: dict[str, Any]) -> None:
    """Copy the numbers of a model folder, if there is one already."""
    if not (model / runs.RUN_FILE).exists():
        return
    record["facts"] = {"parameters": read_nature(model).facts.parameters}
    for name, value in read_report(model).items():
        if name in ("training", "evaluation", "canaries", "leaks"):
            record[name] = value
