"""Whether an experiment learns what its model can learn: measured by training it, if that is quick."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlab.assembly.job import job_of
from nnlab.config.estimators import KNNConfig, SVMConfig
from nnlab.config.optimizers import AdamConfig
from nnlab.config.schedules import ConstantConfig
from nnlab.errors import NnlabError
from nnlab.formatting import format_fraction
from nnlab.training.loop import evaluate_split
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.messages import KeyPath
    from nnlab.data.types import Examples
    from nnlab.training.job import Job

# About a second on one core.
MAX_STEPS, MAX_PRODUCTS = 2_000, 500_000_000
# Scikit-learn fits these within a second to as many rows.
QUICK, MAX_FITTED = (KNNConfig, SVMConfig), 1_000
# Less than this part of what the model can learn, if that is this much at least.
FEW, MUCH = 0.5, 0.3
# What the plain steps learn is only counted as far as it holds for examples that were not trained on.
MIN_VALIDATED = 20


class Obstacle(NamedTuple):
    """A setting without which the model learns far more.

    Attributes:
        path: The key.
        value: Its value.
        skill: What the experiment learns: the part of the errors of a constant that it avoids.
        possible: The same without the setting.
    """

    path: KeyPath
    value: object
    skill: float
    possible: float

    def __str__(self) -> str:
        learned, possible = (format_fraction(max(x, 0.0), 0) for x in (self.skill, self.possible))
        key = ".".join(map(str, self.path))
        return (
            f"a trial run avoids {learned} of the errors of a constant prediction; without {key} "
            f"{self.value} it avoids {possible}"
        )


@dataclass(frozen=True)
class Trial:
    """An experiment that may be trained to see what it learns.

    Attributes:
        config: The experiment.
        examples: Its data.
        num_parameters: Number of parameters of its model.
        num_train: Number of training examples.
    """

    config: ExperimentConfig
    examples: Examples
    num_parameters: int
    num_train: int

    @property
    def is_quick(self) -> bool:
        """Whether it can be trained in about a second."""
        config, size = self.config, self.config.train.batch_size
        if config.model.is_estimator:
            return isinstance(config.model, QUICK) and self.num_train <= MAX_FITTED
        if config.model.needs_images or not self.num_parameters:
            return False
        batch = self.num_train if size == "full" else min(size, self.num_train)
        num_steps = config.train.epochs * math.ceil(self.num_train / batch)
        is_small = num_steps * batch * self.num_parameters <= MAX_PRODUCTS
        return is_small and num_steps <= MAX_STEPS and not config.optimizer.has_line_search

    @cached_property
    def obstacle(self) -> Obstacle | None:
        """The setting that keeps the model from learning; None if it learns, or is not trained."""
        if not self.is_quick:
            return None
        try:
            with deterministic():
                return self._find()
        except NnlabError:
            return None  # nnlab train says what is wrong

    def _find(self) -> Obstacle | None:
        skill = self._skill({}, FEW, pick=max)
        if skill > FEW:
            return None
        possible = self._skill(_plain(self.config), 1.0, pick=min)
        if possible < MUCH or skill > FEW * possible:
            return None
        wanted = (skill + possible) / 2
        for path, change in _repairs(self.config):
            repaired = self._skill(change, wanted, pick=min)
            if repaired > wanted:
                return Obstacle(path, _value_at(self.config, path), skill, repaired)
        name = ("optimizer", "name")
        return Obstacle(name, _value_at(self.config, name), skill, possible)

    def _skill(
        self, changes: dict[str, Any], enough: float, *, pick: Callable[[list[float]], float]
    ) -> float:
        """Return what a changed experiment learns: the part of the errors of a constant it avoids.

        Args:
            changes: See ``_changed``.
            enough: At what skill training may end.
            pick: Chooses between the skill on training and on validation examples.
        """
        job = job_of(_changed(self.config, changes), self.examples)
        step, skill = 0, -1.0
        with threads(job.num_threads), job.training_mode():
            for epoch in range(1, job.num_epochs + 1):
                for inputs, targets in job.batches.epoch(epoch - 1):
                    job.learner.train_step(inputs, targets, lrs=[job.rates[0].at(step)])
                    step += 1
                if epoch.bit_count() == 1 or epoch == job.num_epochs:  # a power of 2
                    skill = pick(list(_skills(job)))
                if skill > enough:
                    break
        return skill


def _plain(config: ExperimentConfig) -> dict[str, Any]:
    """Return the changes that make an experiment plain: what its model learns without settings."""
    if config.model.is_estimator:
        return {"model": type(config.model)()}
    return {
        "optimizer": AdamConfig(),
        "schedule": ConstantConfig(),
        "train": {"clip_norm": None, "limit_batches": None},
        "model": {"dropout": 0.0},
    }


def _repairs(config: ExperimentConfig) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Yield each setting that may be in the way, and the change that removes it."""
    optimizer, train, model = config.optimizer, config.train, config.model
    if model.is_estimator:
        for key in sorted(model.model_fields_set - {"name", "estimator"}):
            yield ("model", key), {"model": {key: type(model).model_fields[key].default}}
        return
    if train.clip_norm is not None:
        yield ("train", "clip_norm"), {"train": {"clip_norm": None}}
    if optimizer.penalty:
        yield ("optimizer", "weight_decay"), {"optimizer": {"weight_decay": 0.0}}
    if config.schedule != ConstantConfig():
        key = "warmup_steps" if config.schedule.warmup_steps else "name"
        yield ("schedule", key), {"schedule": ConstantConfig()}
    if getattr(optimizer, "momentum", 0.0):
        yield ("optimizer", "momentum"), {"optimizer": {"momentum": 0.0}}
    if model.dropout_rate:
        yield ("model", "dropout"), {"model": {"dropout": 0.0}}
    if train.limit_batches is not None:
        yield ("train", "limit_batches"), {"train": {"limit_batches": None}}
    default = type(optimizer).model_fields["lr"].default
    yield ("optimizer", "lr"), {"optimizer": {"lr": default}}


def _changed(config: ExperimentConfig, changes: dict[str, Any]) -> ExperimentConfig:
    """Return the experiment of the first seed on the CPU, with other sections or keys of these."""
    config = config.of_first_seed()
    on_cpu = {"device": "cpu", "engine": "auto"}
    sections: dict[str, Any] = {"train": config.train.model_copy(update=on_cpu)}
    for name, change in changes.items():
        section = sections.get(name, getattr(config, name))
        if isinstance(change, dict):
            keys = set(type(section).model_fields)
            known = {key: value for key, value in change.items() if key in keys}
            sections[name] = section.model_copy(update=known)
        else:
            sections[name] = change
    return config.model_copy(update=sections)


def _value_at(config: ExperimentConfig, path: KeyPath) -> object:
    value: object = config
    for key in path:
        value = getattr(value, str(key))
    return f"{value:g}" if isinstance(value, float) else value


def _skills(job: Job) -> Iterator[float]:
    """Yield the skill on the training examples, and on those for validation if there are enough."""
    dataset = job.dataset
    splits = [dataset.train]
    if dataset.val is not None and len(dataset.val) >= MIN_VALIDATED:
        splits.append(dataset.val)
    for split in splits:
        metrics = evaluate_split(job.learner, split, job.dtype, {"accuracy", "mse"})[0].scalars
        targets = split.of(0).targets
        if dataset.spec.task == "classification":
            most = float(np.bincount(targets.numpy()).max()) / len(targets)
            skill = (metrics["accuracy"] - most) / (1 - most) if most < 1 else 0.0
        else:
            variance = float(np.var(targets.double().numpy()))
            skill = 1 - metrics["mse"] / variance if variance else 0.0
        yield skill if math.isfinite(skill) else -1.0
