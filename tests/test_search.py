"""--search: N settings are tried, the model is trained with the best, the same seed finds the same."""

import json
from pathlib import Path
from typing import Any

import pytest

import finetune
from talklikeme.errors import ConfigError
from talklikeme.finetuning import finetune as run
from talklikeme.inputs import load_inputs
from tests.models import make_inputs, tiny
from tests.scripts import call

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*"),
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
]

FLAGS = ["--d-model", "32", "--d-ff", "48", "--heads", "2", "--encoder-layers", "1",
         "--decoder-layers", "1", "--batch-size", "8", "--precision", "float32", "--max-steps", "4",
         "--eval-steps", "2", "--sample-steps", "99", "--search", "2"]  # fmt: skip


def search(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "model" / "search.json").read_text(encoding="utf-8"))
    return found


def validation_loss(out: Path) -> float:
    report = json.loads((out / "model" / "evaluation.json").read_text(encoding="utf-8"))
    return float(report["training"]["validation_loss"])


def test_the_best_of_two_trials_is_shown_and_trained_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_inputs(tmp_path / "a")
    make_inputs(tmp_path / "b")
    said = call(finetune.main, ["--out", str(tmp_path / "a"), *FLAGS], capsys)
    assert said.code == 0, said.err
    assert call(finetune.main, ["--out", str(tmp_path / "b"), *FLAGS], capsys).code == 0

    found = search(tmp_path / "a")
    assert found == search(tmp_path / "b")
    assert len(found["trials"]) == 2
    assert found["trials"][0]["settings"] != found["trials"][1]["settings"]
    best = min(found["trials"], key=lambda trial: trial["validation_loss"])
    assert best["settings"] == found["best"]
    assert set(found["best"]) == {"learning_rate", "batch_size", "label_smoothing", "dropout"}
    for name, value in found["best"].items():
        assert f"  {name}: {value}\n" in said.out

    config = json.loads((tmp_path / "a" / "model" / "config.json").read_text(encoding="utf-8"))
    assert config["dropout_rate"] == found["best"]["dropout"]
    # It is the model that the same settings give without a search.
    make_inputs(tmp_path / "c")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in found["best"].items()]
    plain = ["--out", str(tmp_path / "c"), *FLAGS[:-2], *flags]
    assert call(finetune.main, plain, capsys).code == 0
    assert validation_loss(tmp_path / "a") == pytest.approx(validation_loss(tmp_path / "c"))


def test_a_search_without_validation_pairs_is_refused(tmp_path: Path) -> None:
    make_inputs(tmp_path, validation=0)
    options = tiny(tmp_path, search=2, max_steps=2)
    with pytest.raises(ConfigError, match="--search: there are no validation pairs"):
        run(options, load_inputs(options))
