"""`--search N`: try N settings with Optuna, and go on with the best (Akiba et al. 2019).

Tried are, by TPE (Bergstra et al. 2011) from the options' seed:

    learning_rate     a tenth to three times the option's, on a log scale
    batch_size        half, once or twice the option's; not where batch_tokens limits a batch
    label_smoothing   0 to 0.2
    dropout           0 to 0.3; only for models from scratch

Every trial is a whole training from the start with early stopping, so N trials take up to N times as
long; from the sixth on, a trial that lags behind the median is given up. What counts is the best
validation loss, which label smoothing does not change.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import optuna
from datasets import DatasetDict
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from talklikeme import runs
from talklikeme.arguments import build_arguments
from talklikeme.errors import ConfigError, RunError
from talklikeme.options import FinetuneOptions
from talklikeme.training import build_trainer

_STUDY = "settings"
STARTUP_TRIALS = 5  # before the first one may be given up
_ARGUMENTS = {
    "learning_rate": "learning_rate",
    "batch_size": "per_device_train_batch_size",
    "label_smoothing": "label_smoothing_factor",
}

Opener = Callable[[FinetuneOptions], PreTrainedModel]


def find_settings(
    options: FinetuneOptions, data: DatasetDict, tokenizer: PreTrainedTokenizerBase, opener: Opener
) -> FinetuneOptions:
    """The options with the best settings found; those of an earlier search of this run if there are.

    Writes out/training/search.json. Raises ConfigError where there is nothing to judge by, and
    RunError if no trial came to an end.
    """
    file = options.training_folder / runs.SEARCH_FILE
    if not file.exists():
        if len(data["validation"]) == 0:
            raise ConfigError("--search: there are no validation pairs to judge a setting by")
        found = _search(options, data, tokenizer, opener)
        with runs.publish_file(file) as out:
            json.dump(found, out, indent=1)
    best: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["best"]
    return replace(options, **best)


def _search(
    options: FinetuneOptions, data: DatasetDict, tokenizer: PreTrainedTokenizerBase, opener: Opener
) -> dict[str, Any]:
    arguments = build_arguments(_quiet(options), options.training_folder, validates=True)
    if arguments.world_size > 1:
        raise ConfigError("--search: runs in one process. Pass --num_processes 1 to the launcher")

    def open_trial(trial: optuna.Trial | None) -> PreTrainedModel:
        chosen = {} if trial is None else _choose_shape(trial, options)
        return opener(replace(options, **chosen))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    trainer = build_trainer(None, tokenizer, data, arguments, options, model_init=open_trial)

    def best_so_far(metrics: dict[str, float]) -> float:
        before = trainer.state.best_metric
        return metrics["eval_loss"] if before is None else min(before, metrics["eval_loss"])

    storage = optuna.storages.InMemoryStorage()
    try:
        trainer.hyperparameter_search(
            hp_space=lambda trial: _choose_arguments(trial, options),
            compute_objective=best_so_far,
            n_trials=options.search,
            direction="minimize",
            backend="optuna",
            sampler=optuna.samplers.TPESampler(seed=options.seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS),
            storage=storage,
            study_name=_STUDY,
            catch=(RunError,),  # a setting whose loss is no number is a bad one, and not the end
        )
    except ValueError:  # Optuna's word for "no trial completed"
        raise RunError(
            "--search: the loss of every trial was no finite number. Try a lower --learning-rate"
        ) from None
    return _describe(optuna.load_study(study_name=_STUDY, storage=storage))


def _quiet(options: FinetuneOptions) -> FinetuneOptions:
    """Trials write no checkpoints and no logs: early stopping needs only the losses."""
    quiet = {"save_strategy": "no", "load_best_model_at_end": False, "report_to": "none"}
    return replace(options, trainer=options.trainer | quiet)


def _choose_shape(trial: optuna.Trial, options: FinetuneOptions) -> dict[str, Any]:
    if not options.start.startswith("scratch-"):
        return {}
    return {"dropout": _round(trial.suggest_float("dropout", 0.0, 0.3))}


def _choose_arguments(trial: optuna.Trial, options: FinetuneOptions) -> dict[str, Any]:
    """The Trainer's arguments of a trial; it sets them on itself."""
    rate = options.learning_rate
    chosen: dict[str, Any] = {
        "learning_rate": trial.suggest_float(
            "learning_rate", rate / 10, min(1.0, rate * 3), log=True
        ),
        "label_smoothing": trial.suggest_float("label_smoothing", 0.0, 0.2),
    }
    if options.batch_tokens is None:
        sizes = sorted(
            {max(1, options.batch_size // 2), options.batch_size, options.batch_size * 2}
        )
        chosen["batch_size"] = trial.suggest_categorical("batch_size", sizes)
    return {_ARGUMENTS[name]: _round(value) for name, value in chosen.items()}


def _round(value: Any) -> Any:
    """Three digits: what differs less is noise, and a person can copy them."""
    return float(f"{value:.3g}") if isinstance(value, float) else value


def _describe(study: optuna.Study) -> dict[str, Any]:
    def settings(trial: Any) -> dict[str, Any]:
        return {name: _round(value) for name, value in trial.params.items()}

    return {
        "best": settings(study.best_trial),
        "trials": [
            {
                "number": trial.number,
                "state": trial.state.name.lower(),  # complete, pruned (given up), fail
                "validation_loss": trial.value,
                "settings": settings(trial),
            }
            for trial in study.trials
        ],
    }
