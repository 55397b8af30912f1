"""From the parameters of an estimator to an experiment, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.config.arrays import experiment_on_arrays

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnlab.config.dataset_base import Task
    from nnlab.config.experiment import ExperimentConfig

# Where an experiment has each parameter; None leaves the default of the experiment.
PLACES = {
    "hidden_sizes": "model.hidden_sizes",
    "activation": "model.activation",
    "dropout": "model.dropout",
    "init": "model.init",
    "optimizer": "optimizer.name",
    "lr": "optimizer.lr",
    "weight_decay": "optimizer.weight_decay",
    "momentum": "optimizer.momentum",
    "schedule": "schedule.name",
    "warmup_steps": "schedule.warmup_steps",
    "epochs": "train.epochs",
    "batch_size": "train.batch_size",
    "clip_norm": "train.clip_norm",
    "seed": "train.seed",
    "seeds": "train.seeds",
    "val": "dataset.split.val",
    "split_seed": "dataset.split.seed",
    "patience": "train.early_stopping.patience",
    "min_delta": "train.early_stopping.min_delta",
    "monitor": "train.monitor",
    "select": "train.select",
    "standardize": "dataset.standardize",
    "standardize_target": "dataset.standardize_target",
    "class_weight": "loss.class_weight",
    "label_smoothing": "loss.label_smoothing",
    "engine": "train.engine",
    "device": "train.device",
    "threads": "train.threads",
    "precision": "train.precision",
}
LOSSES = {"classification": "cross_entropy", "regression": "mse"}


def experiment_of(parameters: Mapping[str, Any], task: Task) -> ExperimentConfig:
    """Return the experiment that an estimator trains.

    Args:
        parameters: Its parameters by name.
        task: What it predicts.

    Raises:
        ConfigProblems: If a value is not allowed.
    """
    value: dict[str, Any] = {
        "name": "estimator",
        "dataset": {"task": task, "split": {"test": 0.0}},
        "model": {"name": "mlp"},
        "loss": {"name": LOSSES[task]},
    }
    for name, item in parameters.items():
        if item is not None:
            *sections, key = PLACES[name].split(".")
            place = value
            for section in sections:
                place = place.setdefault(section, {})
            place[key] = _plain(item)
    return experiment_on_arrays(value)


def parameters_of(config: ExperimentConfig, names: list[str]) -> dict[str, Any]:
    """Return the parameters of an estimator that an experiment has, too.

    Args:
        config: The experiment.
        names: The names of the estimator's parameters.
    """
    found: dict[str, Any] = {}
    for name in names:
        place: Any = config
        for key in PLACES[name].split("."):
            place = getattr(place, key, None)
        if place is not None:
            found[name] = place
    if config.model.is_dense:
        found["hidden_sizes"] = config.model.hidden_widths
    return found


def _plain(value: Any) -> Any:
    """Return a number or an array of NumPy, as searches draw them, as plain values."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
