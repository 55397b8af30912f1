"""What no single field can tell: sections that contradict each other."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from typing import Any

from nnlab.config.base import ComponentConfig, Contradiction
from nnlab.config.codes import RuleCode
from nnlab.config.experiment import CheckpointConfig, ExperimentConfig
from nnlab.config.losses import AnyLoss
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer
from nnlab.formatting import did_you_mean
from nnlab.metrics import metrics_of

SECTIONS = ("dataset", "model", "loss", "optimizer", "schedule")


def contradictions(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield the place and the text of every contradiction within and between sections."""
    for section in SECTIONS:
        for path, text in getattr(config, section).contradictions():
            yield (section, *path), text
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
    if model.needs_images and not config.dataset.has_images:
        yield ("model", "name"), f"{model.name} needs images, and {dataset} has none; try mlp"
    if model.output_squashing != "none" and task == "regression":
        yield ("model", "output_activation"), "is for classification; use none"
    split, _, metric = config.train.monitor.partition(".")
    metrics = metrics_of(task)
    if metric not in metrics:
        known = f"{did_you_mean(metric, metrics)}; {task} has {', '.join(metrics)}"
        yield ("train", "monitor"), f"unknown metric '{metric}'{known}"
    size = config.dataset.split.val if split == "val" else config.dataset.split.test
    if needs_monitor(config) and not size:
        text = f"there is no {split} split to monitor; see dataset.split.{split}"
        yield ("train", "monitor"), text


def needs_monitor(config: ExperimentConfig) -> bool:
    """Return whether something is decided by the monitored metric."""
    train = config.train
    has_plateau = config.schedule.plateau is not None
    return has_plateau or train.select == "best" or train.early_stopping is not None


def _split_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    split = config.dataset.split
    test = 1 / 7 if split.test == "pooled" else split.test
    if isinstance(test, float) and test + split.val >= 1:
        yield ("dataset", "split"), f"test and val take all examples ({test:.3g} + {split.val:.3g})"


def _training_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    name, train = config.optimizer.name, config.train
    if train.checkpoint_every == CheckpointConfig():
        yield ("train", "checkpoint_every"), "give epochs, steps or seconds, or leave it out"
    if config.optimizer.has_line_search:
        if train.batch_size != "full":
            text = f"{name} needs every example in one step: batch_size: full"
            yield ("train", "batch_size"), text
        if train.clip_norm is not None:
            yield ("train", "clip_norm"), f"{name} chooses its own step length; leave clip_norm out"


def _ignore_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    codes = typing.get_args(RuleCode)
    for code in config.ignore:
        if code not in codes:
            hint = did_you_mean(code, codes)
            yield ("ignore", code), f"no rule has this code{hint}; docs/rules.md lists them"


def why_not_fused(config: ExperimentConfig) -> str | None:
    """Return why the fused engine cannot train an experiment, or None if it can."""
    if not config.model.is_dense:
        return f"{config.model.name} is not a dense network"
    if not config.optimizer.is_elementwise:
        return f"{config.optimizer.name} is not an elementwise optimizer"
    if "fused" not in config.loss.engines:
        return f"the derivative of {config.loss.name} is not built in"
    if config.train.precision == "bf16":
        return "bf16 is for autograd"
    return None


def _fused_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if reason := why_not_fused(config):
        yield ("train", "engine"), f"fused cannot train this: {reason}; use auto"


def _numpy_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if not config.model.is_dense:
        known = _names(AnyModel, lambda model: model.is_dense)
        yield ("train", "engine"), f"numpy trains {known}, not {config.model.name}"
    elif config.model.dropout_rate:
        yield ("model", "dropout"), "the numpy engine has no dropout"
    yield from _built_in_rules(config)
    if config.train.clip_norm is not None:
        yield ("train", "clip_norm"), "the numpy engine does not clip gradients"
    yield from _cpu_rule(config)


def _sklearn_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if not config.model.is_linear:
        known = _names(AnyModel, lambda model: model.is_linear)
        yield ("train", "engine"), f"sklearn trains {known}, not {config.model.name}"
    yield from _built_in_rules(config)
    if config.train.epochs != 1:
        yield ("train", "epochs"), "the sklearn engine solves in one epoch: epochs: 1"
    yield from _cpu_rule(config)


def _built_in_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield the loss and the optimizer that are not built into an engine."""
    engine = config.train.engine
    for section, union in (("loss", AnyLoss), ("optimizer", AnyOptimizer)):
        if engine not in getattr(config, section).engines:
            known = _names(union, lambda member: engine in member.engines)
            yield (section, "name"), f"the {engine} engine has {known}"


def _names(union: Any, is_meant: Callable[[Any], bool]) -> str:
    """Return the names of the members of a union that have a fact."""
    members: tuple[type[ComponentConfig], ...] = typing.get_args(typing.get_args(union)[0])
    return " and ".join(m.model_fields["name"].default for m in members if is_meant(m))


def _cpu_rule(config: ExperimentConfig) -> Iterator[Contradiction]:
    if config.train.precision == "bf16":
        yield ("train", "precision"), f"the {config.train.engine} engine has float32 and float64"
    if config.train.device == "cuda":
        yield ("train", "device"), f"the {config.train.engine} engine computes on the CPU"
