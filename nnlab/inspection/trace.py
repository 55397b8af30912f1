"""A few training examples forward and backward through the NumPy network, with every number."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from nnlab.assembly.learner import Parts, build_learner
from nnlab.assembly.replicas import Replica
from nnlab.config.consistency import contradictions
from nnlab.config.optimizers import SGDConfig
from nnlab.config.resolve import build_optimizer
from nnlab.data.batches import as_float
from nnlab.errors import ConfigError
from nnlab.inspection.derivation import Section, derivation, updates
from nnlab.inspection.gradients import LossAtInit, check_has_gradients, without_dropout
from nnlab.storage import versions
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.optimizers import AnyOptimizer, NoOptimizerConfig
    from nnlab.learners.numpy import NumpyLearner
    from nnlab.learners.numpy_mlp import Array

MAX_EXAMPLES = 8
# Longer arrays have no numbers in JSON: a matrix of MNIST would be a megabyte.
MAX_JSON_VALUES = 4096


@dataclass(frozen=True)
class Trace:
    """One update of the initial weights, derived step by step.

    Attributes:
        name: Name of the experiment.
        seed: Seed of the initial weights.
        examples: Indices in the training split.
        num_examples: Examples in the training split.
        targets: Class names or values of the examples.
        optimizer: Name of the rule of the update.
        lr: Learning rate of the first step.
        sections: The derivation.
        loss_before: Loss of the examples.
        loss_after: Their loss after the update.
        gradient_difference: Largest difference of the gradients from autograd's.
        update_difference: Largest difference of the updated parameters from torch.optim's; None if
            torch.optim computed the update.
        notes: What differs from a step of the training.
    """

    name: str
    seed: int
    examples: list[int]
    num_examples: int
    targets: list[str | float]
    optimizer: str
    lr: float
    sections: list[Section]
    loss_before: float
    loss_after: float
    gradient_difference: float
    update_difference: float | None
    notes: list[str]

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of ``nnlab trace --json``."""
        facts = {key: value for key, value in vars(self).items() if key != "sections"}
        sections = [
            {"title": title, "quantities": [q.to_json(MAX_JSON_VALUES) for q in quantities]}
            for title, quantities in self.sections
        ]
        return {"schema_version": versions.OUTPUT, **facts, "sections": sections}


def trace_examples(
    config: ExperimentConfig, data_dir: Path, examples: Sequence[int] = (0,)
) -> Trace:
    """Derive one update of an experiment's initial weights from a few training examples.

    Args:
        config: The experiment.
        data_dir: Folder of installed data.
        examples: Indices in the training split, one to eight.

    Raises:
        ConfigError: If the NumPy network cannot compute the experiment.
        DataError: If the data set is missing, corrupt or unusable, or has no such example.
    """
    check_has_gradients(config)
    traced = _traceable(config)
    with deterministic(), threads(1):
        at_init = _with_examples(LossAtInit.load(traced, data_dir, has_dropout=False), examples)
        return _trace(config, at_init, examples)


def _traceable(config: ExperimentConfig) -> ExperimentConfig:
    """Return the experiment without dropout and clipping, if the NumPy network can compute it."""
    optimizer = config.optimizer if "numpy" in config.optimizer.engines else SGDConfig()
    train = config.train.model_copy(
        update={"engine": "numpy", "clip_norm": None, "device": "cpu", "precision": "float64"}
    )
    changes = {"train": train, "optimizer": optimizer}
    traced = without_dropout(config).model_copy(update=changes)
    reason = next((text for _, text in contradictions(traced)), None)
    if reason is not None:
        msg = f"{config.name} cannot be traced: {reason}"
        raise ConfigError(msg)
    return traced


def _with_examples(at_init: LossAtInit, examples: Sequence[int]) -> LossAtInit:
    split = at_init.job.dataset.to_learn(torch.float64).of(0)
    if not 1 <= len(examples) <= MAX_EXAMPLES:
        msg = f"--example: a trace shows 1 to {MAX_EXAMPLES} examples, not {len(examples)}"
        raise ConfigError(msg)
    chosen = split.pick(examples, "training")
    inputs = as_float(chosen.inputs, torch.float64)
    return replace(at_init, inputs=inputs[None], targets=chosen.targets[None])


def _trace(config: ExperimentConfig, at_init: LossAtInit, examples: Sequence[int]) -> Trace:
    inputs, targets = at_init.inputs[0].flatten(1).numpy(), at_init.targets[0].numpy()
    update = _update_rule(config)
    lr = config.optimizer.lr * at_init.job.rates[0].schedule(0)
    learner = _numpy_learner(config, at_init)
    network = learner.networks[0]
    done = network.forward_and_backward(inputs, targets)
    sections = list(derivation(copy.deepcopy(network), done, targets))
    gradients, updated = _by_torch(update, at_init, lr)
    is_ours = "numpy" in update.engines
    if is_ours:
        learner.optimizers[0].update(network.parameters, done.gradients, lr)
    else:
        network.weights, network.biases = updated[::2], updated[1::2]
    sections.append(updates(len(network.weights), _formula(update), network.parameters))
    class_names = at_init.job.dataset.preprocessing.class_names
    return Trace(
        name=config.name,
        seed=config.train.seed,
        examples=list(examples),
        num_examples=len(at_init.job.dataset.train),
        targets=[class_names[t] if class_names else float(t) for t in targets],
        optimizer=update.name,
        lr=lr,
        sections=sections,
        loss_before=done.loss,
        loss_after=network.forward_and_backward(inputs, targets).loss,
        gradient_difference=_largest_difference(done.gradients, gradients),
        update_difference=_largest_difference(network.parameters, updated) if is_ours else None,
        notes=list(_notes(config)),
    )


def _update_rule(config: ExperimentConfig) -> AnyOptimizer | NoOptimizerConfig:
    """Return the optimizer of the update: the experiment's, unless it needs a whole fit."""
    has_search = config.optimizer.has_line_search
    return SGDConfig(lr=config.optimizer.lr) if has_search else config.optimizer


def _numpy_learner(config: ExperimentConfig, at_init: LossAtInit) -> NumpyLearner:
    job = at_init.job
    traced = _traceable(config)
    replicas = [Replica(traced, job.seeds[0])]
    parts = Parts(traced, [at_init.model()], job.learner.task, replicas, job.dataset, job.device)
    return cast("NumpyLearner", build_learner(parts))


def _by_torch(
    optimizer: AnyOptimizer | NoOptimizerConfig, at_init: LossAtInit, lr: float
) -> tuple[list[Array], list[Array]]:
    """Return autograd's gradients, and the parameters after torch.optim's step."""
    model = at_init.model()
    stepper = build_optimizer(optimizer, model.parameters())
    for group in stepper.param_groups:
        group["lr"] = lr
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(at_init.loss(model), parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    stepper.step()
    updated = [parameter.detach().numpy() for parameter in parameters]
    return [gradient.numpy() for gradient in gradients], updated


def _formula(optimizer: AnyOptimizer | NoOptimizerConfig) -> str:
    """Return the first step of a rule; ``{p}`` stands for the parameter."""
    if "numpy" not in optimizer.engines:
        torch_name = optimizer.torch_name
        return f"by torch.optim.{torch_name}" if torch_name else f"by {optimizer.name}"
    decay = f" + {optimizer.penalty:g} {{p}}" if optimizer.penalty else ""
    if optimizer.name == "adam":
        return f"{{p}} - lr g / (|g| + eps), g = d{{p}}{decay}"
    if getattr(optimizer, "nesterov", False):
        return f"{{p}} - lr (1 + momentum) g, g = d{{p}}{decay}"
    return f"{{p}} - lr (d{{p}}{decay})" if decay else "{p} - lr d{p}"


def _largest_difference(ours: Sequence[Array], others: Sequence[Array]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, others, strict=True))


def _notes(config: ExperimentConfig) -> Iterator[str]:
    optimizer, train = config.optimizer, config.train
    if optimizer.has_line_search:
        yield f"{optimizer.name} searches along lines; here is one step of plain sgd instead"
    if optimizer.inverse_penalty is not None:
        yield "the penalty optimizer.C is left out"
    if config.model.dropout_rate:
        yield f"dropout {config.model.dropout_rate:g} is left out"
    if train.clip_norm is not None:
        yield f"gradients are not clipped (train.clip_norm {train.clip_norm:g})"
    if config.dataset.standardizes_target:
        yield "the targets are standardised, as they are learned"
