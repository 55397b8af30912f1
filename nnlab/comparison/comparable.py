"""Whether a metric can be compared: refused before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.config.resolve import load_examples
from nnlab.errors import ConfigError
from nnlab.formatting import flatten
from nnlab.tasks.scoring import TOP, why_undefined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.comparison.contenders import Contender
    from nnlab.config.experiment import ExperimentConfig


def check_metric(contenders: Sequence[Contender], metric: str, data_dir: Path) -> None:
    """Refuse losses that are different quantities, and a top-k accuracy of too few classes.

    Raises:
        ConfigError: With the reason, and the metrics to compare instead.
    """
    if metric == "loss":
        _check_same_loss(contenders)
    if metric in TOP:
        _check_number_of_classes(contenders[0], metric, data_dir)


def _check_same_loss(contenders: Sequence[Contender]) -> None:
    """Refuse losses of different definitions, and those whose weights depend on the training split."""
    first, task = contenders[0], contenders[0].config.dataset.task
    instead = "mse, mae or r2" if task == "regression" else "log_loss or accuracy"
    for other in contenders[1:]:
        one, two = _loss_of(first.config), _loss_of(other.config)
        differing = [
            f"{key} is {one.get(key)} and {two.get(key)}"
            for key in one | two
            if one.get(key) != two.get(key)
        ]
        if differing:
            msg = (
                f"the losses of {first.name} and {other.name} are different quantities: "
                f"{', '.join(differing)}; use --metric {instead}"
            )
            raise ConfigError(msg)
    if first.config.loss.weighs_classes:
        msg = (
            "losses with loss.class_weight cannot be compared: the weights depend on the training "
            f"split; use --metric {instead}"
        )
        raise ConfigError(msg)


def _check_number_of_classes(contender: Contender, metric: str, data_dir: Path) -> None:
    names = (
        contender.run.preprocessing.class_names
        if contender.run
        else load_examples(contender.config.dataset, data_dir).class_names
    )
    if reason := why_undefined(metric, torch.arange(len(names)), names):
        msg = f"{metric} is undefined: {reason}; use --metric accuracy"
        raise ConfigError(msg)


def _loss_of(config: ExperimentConfig) -> dict[str, object]:
    """Return all that the value of a loss depends on, besides outputs and targets."""
    return {
        **flatten({"loss": config.loss.model_dump(mode="json")}),
        "dataset.standardize_target": config.dataset.standardizes_target,
    }
