"""Settings that an estimator of scikit-learn would ignore: each is an error that names it."""

from __future__ import annotations

from collections.abc import Iterator

from nnlab.config.base import Contradiction
from nnlab.config.estimators import TRAINING, DummyConfig, EstimatorConfig
from nnlab.config.experiment import ExperimentConfig, TrainConfig
from nnlab.config.optimizers import NoOptimizerConfig
from nnlab.config.schedules import ConstantConfig

# What else steers a training of several epochs; only the default has no effect.
IDLE = (
    "engine",
    "clip_norm",
    "eval_every",
    "log_every",
    "early_stopping",
    "select",
    "checkpoint_every",
    "limit_batches",
    "max_minutes",
)


def estimator_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield every setting that has no effect on the experiment's estimator."""
    model = config.model
    assert isinstance(model, EstimatorConfig), "only estimators have these rules"
    why = f"scikit-learn fits {model.title} in one go; leave it out"
    for section, usual in (("optimizer", NoOptimizerConfig()), ("schedule", ConstantConfig())):
        if getattr(config, section) != usual:
            yield (section,), f"has no effect: {why}"
    for key, value in (TRAINING | _defaults()).items():
        if getattr(config.train, key) != value and key != "precision":
            yield ("train", key), f"has no effect: {why}"
    yield from _component_rules(config, model)


def _component_rules(config: ExperimentConfig, model: EstimatorConfig) -> Iterator[Contradiction]:
    if config.dataset.standardizes_target:
        text = f"{model.title} learns the target in its own unit, as in scikit-learn; leave it out"
        yield ("dataset", "standardize_target"), text
    if config.train.precision == "bf16":
        yield ("train", "precision"), "scikit-learn computes in float32 and float64"
    if config.train.device == "cuda":
        yield ("train", "device"), f"scikit-learn fits {model.title} on the CPU"
    if "sklearn" not in config.loss.engines and config.loss.name != "mse":
        text = f"{model.title} is measured by cross_entropy for classes, by mse for numbers"
        yield ("loss", "name"), text
    if getattr(config.loss, "label_smoothing", 0.0):
        text = f"has no effect: {model.title} learns the classes themselves; leave it out"
        yield ("loss", "label_smoothing"), text
    if config.loss.weighs_classes and not model.takes_class_weight:
        yield ("loss", "class_weight"), f"{model.title} takes no weights of examples"
    if config.loss.smoothing:
        yield ("loss", "label_smoothing"), f"has no effect on {model.title}; leave it out"
    if isinstance(model, DummyConfig):
        for path, text in model.contradictions_with(config.dataset.task):
            yield ("model", *path), text


def _defaults() -> dict[str, object]:
    plain = TrainConfig()
    return {key: getattr(plain, key) for key in IDLE}
