"""Checks across fields: values that contradict each other."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from typing import Any

from nnlab.config.base import ComponentConfig, Contradiction
from nnlab.config.codes import RuleCode
from nnlab.config.estimator_rules import estimator_rules
from nnlab.config.experiment import CheckpointConfig, ExperimentConfig
from nnlab.config.fold_rules import fold_rules
from nnlab.config.losses import AnyLoss
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer
from nnlab.formatting import did_you_mean
from nnlab.metrics import CLASS_METRICS, TABLE, metrics_of

SECTIONS = ("dataset", "model", "loss", "optimizer", "schedule")


def contradictions(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield the path and message of every contradiction within or between sections."""
    for section in SECTIONS:
        for path, text in getattr(config, section).contradictions():
            yield (section, *path), text
    yield from _task_rules(config)
    yield from _split_rules(config)
    yield from _training_rules(config)
    yield from _augment_rules(config)
    yield from _ignore_rules(config)
    yield from _metric_rules(config)
    if config.model.is_estimator:
        yield from estimator_rules(config)
        return
    if config.optimizer.name == "none":
        yield ("optimizer", "name"), f"{config.model.name} needs an optimizer, such as adam"
    if config.train.engine == "vmap":
        yield from _vmap_rules(config)
    if config.train.engine in {"fused", "native"}:
        yield from _dense_rules(config)
    if config.train.engine == "numpy":
        yield from _numpy_rules(config)
    if config.train.engine == "sklearn":
        yield from _sklearn_rules(config)


def _task_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    task, dataset, model = config.dataset.task, config.dataset.name, config.model
    if task not in config.loss.tasks:
        yield ("loss", "name"), f"{config.loss.name} does not support {task}, the task of {dataset}"
    if model.needs_images and not config.dataset.has_images:
        yield ("model", "name"), f"{model.name} needs images, but {dataset} has none; try mlp"
    if model.output_squashing != "none" and task == "regression":
        yield ("model", "output_activation"), "is only for classification; use none"
    split, _, metric = config.train.monitor.partition(".")
    metrics = [*metrics_of(task), *(own.metric for own in config.metrics)]
    if metric not in metrics:
        hint = did_you_mean(metric, metrics)
        text = f"unknown metric '{metric}'{hint}; {task} metrics: {', '.join(metrics)}"
        yield ("train", "monitor"), text
    fraction = config.dataset.split.val if split == "val" else config.dataset.split.test
    if needs_monitor(config) and not fraction:
        text = f"there is no {split} split to monitor; see dataset.split.{split}"
        yield ("train", "monitor"), text


def needs_monitor(config: ExperimentConfig) -> bool:
    """Return whether any decision depends on the monitored metric."""
    train = config.train
    has_plateau = config.schedule.plateau is not None
    return has_plateau or train.select == "best" or train.early_stopping is not None


def _split_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    split = config.dataset.split
    if split.folds is not None:
        yield from fold_rules(config)
        return
    test = 1 / 7 if split.test == "pooled" else split.test
    if isinstance(test, float) and test + split.val >= 1:
        text = f"test and val leave no examples to train on ({test:.3g} + {split.val:.3g})"
        yield ("dataset", "split"), text
    if split.vary:
        yield from _varied_split_rules(config)


def _varied_split_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    split, where = config.dataset.split, ("dataset", "split", "vary")
    if split.order == "sequential":
        yield where, "a sequential split is the same for every replica; use order: random"
    if split.test in {"auto", "official"} and not split.val:
        yield where, "the official test set is the same for every replica, and val is 0"
    if config.train.engine == "sklearn":
        yield where, "the sklearn engine takes one split for all replicas; use auto"
    if config.loss.weighs_classes and not split.stratify:
        yield where, f"the class weights of {config.loss.name} need stratify: true with vary"
    if config.loss.weighs_classes and split.own is not None:
        yield (
            where,
            f"groups change the class counts that {config.loss.name} weighs; use vary: false",
        )


def _training_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    name, train = config.optimizer.name, config.train
    if train.checkpoint_every == CheckpointConfig():
        yield ("train", "checkpoint_every"), "set epochs, steps or seconds, or remove it"
    if config.optimizer.has_line_search:
        if train.batch_size != "full":
            text = f"{name} needs the full batch; use batch_size: full"
            yield ("train", "batch_size"), text
        if train.clip_norm is not None:
            yield ("train", "clip_norm"), f"{name} chooses its own step length; remove clip_norm"


def _metric_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    names = [own.metric for own in config.metrics]
    taken = {metric.name for metric in TABLE} | {
        *CLASS_METRICS,
        "support",
        "confusion",
        "per_class",
    }
    for index, name in enumerate(names):
        if name in taken:
            yield ("metrics", index), f"nnlab has a metric '{name}'; give yours another name"
        if name in names[:index]:
            yield ("metrics", index), f"there are two metrics '{name}'"


def _augment_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    augment, where = config.dataset.augmentation, ("dataset", "augment")
    if augment is None:
        return
    if augment.normalize and config.dataset.standardizes:
        yield (*where, "normalize"), "the images are standardised already; choose one of the two"
    if not augment.is_random:
        return
    if config.model.is_estimator or config.train.engine == "sklearn":
        yield where, "scikit-learn learns from the same images in one go; leave out flip and crop"
    elif config.optimizer.has_line_search:
        name = config.optimizer.name
        yield where, f"{name} needs the same images at every step; leave out flip and crop"


def _ignore_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    codes = typing.get_args(RuleCode)
    for code in config.ignore:
        if code not in codes:
            hint = did_you_mean(code, codes)
            yield ("ignore", code), f"unknown rule{hint}; docs/rules.md lists all rules"


def why_not_fused(config: ExperimentConfig) -> str | None:
    """Return why the fused engine cannot train an experiment, or None if it can."""
    if config.model.is_estimator:
        return "scikit-learn fits it"
    if not config.model.is_dense:
        return f"{config.model.name} is not a dense network"
    if not config.optimizer.is_elementwise:
        return f"{config.optimizer.name} is not an elementwise optimizer"
    if "fused" not in config.loss.engines:
        return f"{config.loss.name} has no built-in derivative"
    if config.train.precision == "bf16":
        return "bf16 needs autograd"
    return None


def why_not_native(config: ExperimentConfig) -> str | None:
    """Return why the native engine cannot train an experiment, or None if it can where it is built."""
    if reason := why_not_fused(config):
        return reason
    for part in (config.loss, config.optimizer):
        if "native" not in part.engines:
            return f"{part.name} is not part of it"
    return None


def _vmap_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if config.optimizer.has_line_search:
        name = config.optimizer.name
        yield (
            ("train", "engine"),
            f"the vmap engine takes single steps, and {name} searches; use auto",
        )
    if config.train.precision == "bf16":
        yield ("train", "precision"), "the vmap engine supports float32 and float64"


def _dense_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    engine = config.train.engine
    reason = why_not_native(config) if engine == "native" else why_not_fused(config)
    if reason:
        yield ("train", "engine"), f"the {engine} engine cannot train this: {reason}; use auto"
    if engine == "native" and config.train.device == "cuda":
        yield ("train", "device"), "the native engine runs on the CPU"


def _numpy_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if not config.model.is_dense:
        known = _names(AnyModel, lambda model: model.is_dense)
        yield ("train", "engine"), f"the numpy engine trains {known}, not {config.model.name}"
    elif config.model.dropout_rate:
        yield ("model", "dropout"), "the numpy engine does not support dropout"
    yield from _built_in_rules(config)
    if config.train.clip_norm is not None:
        yield ("train", "clip_norm"), "the numpy engine does not clip gradients"
    yield from _cpu_rule(config)


def _sklearn_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    if not config.model.is_linear:
        known = _names(AnyModel, lambda model: model.is_linear)
        yield ("train", "engine"), f"the sklearn engine trains {known}, not {config.model.name}"
    yield from _built_in_rules(config)
    if config.loss.smoothing:
        yield ("loss", "label_smoothing"), "the sklearn engine does not smooth labels; use auto"
    if config.train.epochs != 1:
        yield ("train", "epochs"), "the sklearn engine needs only one epoch; use epochs: 1"
    yield from _cpu_rule(config)


def _built_in_rules(config: ExperimentConfig) -> Iterator[Contradiction]:
    """Yield the loss and the optimizer if the engine does not support them."""
    engine = config.train.engine
    for section, union in (("loss", AnyLoss), ("optimizer", AnyOptimizer)):
        if engine not in getattr(config, section).engines:
            known = _names(union, lambda member: engine in member.engines)
            yield (section, "name"), f"the {engine} engine supports {known}"


def _names(union: Any, matches: Callable[[Any], bool]) -> str:
    """Return the names of the members of a union that match."""
    members: tuple[type[ComponentConfig], ...] = typing.get_args(typing.get_args(union)[0])
    names = [str(m.model_fields["name"].default) for m in members if matches(m)]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _cpu_rule(config: ExperimentConfig) -> Iterator[Contradiction]:
    if config.train.precision == "bf16":
        text = f"the {config.train.engine} engine supports float32 and float64"
        yield ("train", "precision"), text
    if config.train.device == "cuda":
        yield ("train", "device"), f"the {config.train.engine} engine runs on the CPU"
