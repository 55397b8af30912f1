"""What a model word stands for: a bundled experiment, or a baseline on another contender's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import WORDS, bundled_configs
from nnlab.config.load import config_from_mapping, load_config
from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.experiment import ExperimentConfig

MAX_NAME = 64


def is_word(reference: object) -> bool:
    """Return whether a reference is a model word."""
    return isinstance(reference, str) and reference in WORDS


def experiment_of(word: str, base: ExperimentConfig, overrides: Sequence[str]) -> ExperimentConfig:
    """Return the experiment of a model word on the data of another experiment.

    Args:
        word: ``logistic``, ``linear``, ``mlp`` or ``cnn``.
        base: The experiment whose data it uses.
        overrides: ``key.path=value`` for the experiment.

    Raises:
        ConfigError: If there is no such model for these data.
    """
    bundled = bundled_configs().get(f"{base.dataset.name}_{word}")
    if bundled is not None:
        experiment: dict[str, Any] = load_config(bundled).model_dump(mode="json")
    else:
        experiment = _baseline(word, base)
    experiment["dataset"] = base.dataset.model_dump(mode="json")
    return config_from_mapping(experiment, overrides)


def _baseline(word: str, base: ExperimentConfig) -> dict[str, Any]:
    name = f"{base.name}_{word}"[:MAX_NAME]
    seed = base.train.seed
    if word == "cnn":
        msg = f"there is no cnn for {base.dataset.name}; model words for these data: logistic, mlp"
        raise ConfigError(msg)
    if word == "mlp":
        return {
            "name": name,
            "model": {"name": "mlp", "hidden_sizes": [64, 64]},
            "optimizer": {"name": "adam"},
            "train": {"epochs": 50, "batch_size": 32, "seed": seed},
        }
    # As scikit-learn fits it: a penalty for classes, none for numbers.
    penalty = {"C": 1.0} if base.dataset.task == "classification" else {}
    return {
        "name": name,
        "model": {"name": "logistic"},
        "optimizer": {"name": "lbfgs", **penalty},
        "train": {"epochs": 1, "batch_size": "full", "seed": seed},
    }
