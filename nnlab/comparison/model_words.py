"""What a model word stands for: a bundled experiment, or a baseline on another contender's data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import (
    ESTIMATORS,
    WORDS,
    bundled_configs,
    find_bundled,
    find_config,
    is_there,
)
from nnlab.config.estimator_rules import IDLE
from nnlab.config.estimators import TRAINING, AnyEstimator
from nnlab.config.files import MAX_NAME
from nnlab.config.load import config_from_mapping, load_config, read_document, validate
from nnlab.config.own_anchoring import mapping_of
from nnlab.config.unions import members_of, tags_of
from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.metrics import TaskName

# Estimators that take no weights of examples.
UNWEIGHTED = {
    tags_of(member)[1]
    for member in members_of(AnyEstimator)
    if not member.takes_class_weight  # type: ignore[attr-defined]
}
ONLY_NETWORKS = (
    *("optimizer", "schedule"),
    *(f"train.{key}" for key in (*IDLE, *TRAINING, "device")),
)


def is_word(reference: object) -> bool:
    """Return whether a reference is a model word."""
    return isinstance(reference, str) and reference in WORDS


def experiment_of(word: str, base: ExperimentConfig, overrides: Sequence[str]) -> ExperimentConfig:
    """Return the experiment of a model word on the data of another experiment, with its class weights.

    Args:
        word: ``logistic``, ``linear``, ``mlp``, ``cnn``, or an estimator of scikit-learn; settings of
            an optimizer do not apply to these.
        base: The experiment whose data it uses.
        overrides: ``key.path=value`` for the experiment.

    Raises:
        ConfigError: If there is no such model for these data.
    """
    bundled = bundled_configs().get(f"{base.dataset.name}_{word}")
    if bundled is not None:
        experiment: dict[str, Any] = mapping_of(load_config(bundled))
    else:
        experiment = _baseline(word, base)
    experiment["dataset"] = mapping_of(base.dataset)
    if base.loss.weighs_classes and word not in UNWEIGHTED:
        experiment["loss"] = base.loss.model_dump(mode="json", include={"name", "class_weight"})
    if word in ESTIMATORS:
        experiment["dataset"].pop("standardize_target", None)
    return config_from_mapping(experiment, applicable(word, overrides))


def applicable(word: str, overrides: Sequence[str]) -> list[str]:
    """Return the overrides without those that steer only the training of networks."""
    if word not in ESTIMATORS:
        return list(overrides)
    return [text for text in overrides if not text.startswith(ONLY_NETWORKS)]


def title_of(word: str, task: TaskName) -> str:
    """Return what a model word is called: on numbers, one linear layer is linear regression."""
    is_linear = word in {"logistic", "linear"} and task == "regression"
    return "linear regression" if is_linear else word


def data_named(dataset: str, overrides: Sequence[str]) -> ExperimentConfig:
    """Return an experiment on the data that model words use.

    Args:
        dataset: An experiment file or a bundled experiment, whose data they are, or a data set.
        overrides: ``key.path=value``; those of the data apply.

    Raises:
        ConfigError: If there is no such file and no such data set.
    """
    own = [text for text in overrides if text.startswith(("dataset.", "dataset="))]
    path = Path(dataset)
    if is_there(path.is_file) or path.suffix in {".yaml", ".yml"} or find_bundled(dataset):
        document = read_document(find_config(dataset), own)
        document.value.setdefault("model", {"name": "sklearn", "estimator": "dummy"})
        return validate(document)
    for word in WORDS:
        if (bundled := bundled_configs().get(f"{dataset}_{word}")) is not None:
            return load_config(bundled, [f"name={dataset}", *own])
    content = {"name": dataset, "dataset": {"name": dataset}}
    content["model"] = {"name": "sklearn", "estimator": "dummy"}
    return config_from_mapping(content, own)


def _baseline(word: str, base: ExperimentConfig) -> dict[str, Any]:
    name = f"{base.name}_{word}"[:MAX_NAME]
    seed = base.train.seed
    if word == "cnn" and base.dataset.has_images:
        return {
            "name": name,
            "model": {"name": "fashion_cnn"},
            "optimizer": {"name": "adam"},
            "train": {"epochs": 20, "batch_size": 32, "seed": seed},
        }
    if word == "cnn":
        known = ", ".join(known for known in WORDS if known not in {"cnn", "linear"})
        msg = f"there is no cnn for {base.dataset.name}; model words for these data: {known}"
        raise ConfigError(msg)
    if word in ESTIMATORS:
        model = {"name": "sklearn", "estimator": word}
        return {"name": name, "model": model, "train": {"seed": seed}}
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
