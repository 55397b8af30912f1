"""What no single field can tell: sections that contradict each other."""

from __future__ import annotations

import typing
from collections.abc import Iterator

from nnlab.config.codes import RuleCode
from nnlab.config.datasets import ImagesConfig
from nnlab.config.experiment import (
    CLASSIFICATION_METRICS,
    REGRESSION_METRICS,
    CheckpointConfig,
    ExperimentConfig,
)
from nnlab.config.losses import CrossEntropyConfig, QuadraticConfig
from nnlab.config.messages import KeyPath
from nnlab.config.models import FashionCNNConfig, LogisticConfig, MLPConfig
from nnlab.config.optimizers import AdamConfig, LBFGSConfig, SGDConfig
from nnlab.config.schedules import PlateauConfig
from nnlab.formatting import did_you_mean

Contradiction = tuple[KeyPath, str]


def contradictions(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield the place and the text of every contradiction between sections."""
    yield from _task_rules(config)
    yield from _split_rules(config)
    yield from _training_rules(config)
    yield from _ignore_rules(config)
    if config.train.engine == "fused":
        yield from _fused_rules(config)
    if config.train.engine == "numpy":
        yield from _numpy_rules(config)
    if config.train.engine == "sklearn":
        yield from _sklearn_rules(config)


def _task_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    task, dataset, model = config.dataset.task, config.dataset.name, config.model
    if task not in config.loss.tasks:
        yield ("loss", "name"), f"{config.loss.name} is not a loss for {task}, which {dataset} is"
    has_images = isinstance(config.dataset, ImagesConfig) or dataset == "digits"
    if isinstance(model, FashionCNNConfig) and not has_images:
        yield ("model", "name"), f"fashion_cnn needs images, and {dataset} has none; try mlp"
    if isinstance(model, MLPConfig) and model.output_activation != "none" and task == "regression":
        yield ("model", "output_activation"), "is for classification; use none"
    part, _, metric = config.train.monitor.partition(".")
    metrics = CLASSIFICATION_METRICS if task == "classification" else REGRESSION_METRICS
    if metric not in metrics:
        known = f"{did_you_mean(metric, metrics)}; {task} has {', '.join(metrics)}"
        yield ("train", "monitor"), f"unknown metric '{metric}'{known}"
    has_part = config.dataset.split.val if part == "val" else config.dataset.split.test
    if needs_monitor(config) and not has_part:
        yield ("train", "monitor"), f"there is no {part} part to monitor; see dataset.split.{part}"


def needs_monitor(config: ExperimentConfig) -> bool:
    """Return whether something is decided by the monitored metric."""
    is_plateau = isinstance(config.schedule, PlateauConfig)
    return is_plateau or config.train.select == "best" or config.train.early_stopping is not None


def _split_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    split = config.dataset.split
    test = 1 / 7 if split.test == "pooled" else split.test
    if isinstance(test, float) and test + split.val >= 1:
        yield ("dataset", "split"), f"test and val take all examples ({test:.3g} + {split.val:.3g})"


def _training_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    optimizer, train = config.optimizer, config.train
    if train.checkpoint_every == CheckpointConfig():
        yield ("train", "checkpoint_every"), "give epochs, steps or seconds, or leave it out"
    if isinstance(optimizer, LBFGSConfig):
        if train.batch_size != "full":
            yield ("train", "batch_size"), "lbfgs needs every example in one step: batch_size: full"
        if train.clip_norm is not None:
            yield ("train", "clip_norm"), "lbfgs chooses its own step length; leave clip_norm out"
    if isinstance(optimizer, SGDConfig) and optimizer.nesterov and not optimizer.momentum:
        yield ("optimizer", "nesterov"), "needs momentum above 0"


def _ignore_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    codes = typing.get_args(RuleCode)
    for code in config.ignore:
        if code not in codes:
            hint = did_you_mean(code, codes)
            yield ("ignore", code), f"no rule has this code{hint}; docs/rules.md lists them"


def why_not_fused(config: ExperimentConfig) -> str | None:
    """Return why the fused engine cannot train an experiment, or None if it can."""
    if isinstance(config.model, FashionCNNConfig):
        return f"{config.model.name} is no dense network"
    if isinstance(config.optimizer, LBFGSConfig):
        return "lbfgs is no elementwise optimizer"
    if config.train.precision == "bf16":
        return "bf16 is for autograd"
    return None


def _fused_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if reason := why_not_fused(config):
        yield ("train", "engine"), f"fused cannot train this: {reason}; use auto"


def _numpy_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if isinstance(config.model, FashionCNNConfig):
        yield ("train", "engine"), "numpy trains logistic and mlp, not fashion_cnn"
    if isinstance(config.model, MLPConfig) and config.model.dropout:
        yield ("model", "dropout"), "the numpy engine has no dropout"
    if isinstance(config.loss, QuadraticConfig | CrossEntropyConfig) is False:
        yield ("loss", "name"), "the numpy engine has cross_entropy and quadratic"
    if not isinstance(config.optimizer, SGDConfig | AdamConfig):
        yield ("optimizer", "name"), "the numpy engine has sgd and adam"
    if config.train.clip_norm is not None:
        yield ("train", "clip_norm"), "the numpy engine does not clip gradients"
    yield from _cpu_rule(config)


def _sklearn_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if not isinstance(config.model, LogisticConfig):
        yield ("train", "engine"), f"sklearn trains logistic, not {config.model.name}"
    if not isinstance(config.loss, CrossEntropyConfig):
        yield ("loss", "name"), "the sklearn engine has cross_entropy"
    if not isinstance(config.optimizer, LBFGSConfig):
        yield ("optimizer", "name"), "the sklearn engine has lbfgs"
    if config.train.epochs != 1:
        yield ("train", "epochs"), "the sklearn engine solves in one epoch: epochs: 1"
    yield from _cpu_rule(config)


def _cpu_rule(config: ExperimentConfig) -> Iterator[Contradiction]:
    if config.train.precision == "bf16":
        yield ("train", "precision"), f"the {config.train.engine} engine has float32 and float64"
    if config.train.device == "cuda":
        yield ("train", "device"), f"the {config.train.engine} engine computes on the CPU"
