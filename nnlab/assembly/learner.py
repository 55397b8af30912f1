"""Building the learner that trains an experiment."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from nnlab.assembly.engine import engine_of
from nnlab.assembly.layout import in_layout
from nnlab.config.resolve import build_optimizer
from nnlab.errors import DataError, DeviceError
from nnlab.native.library import find_library
from nnlab.training.runtime import num_free_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from nnlab.assembly.replicas import Replica
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.optimizers import AnyOptimizer
    from nnlab.data.types import Dataset
    from nnlab.learners.dense_buffers import DenseSpec
    from nnlab.learners.protocol import Learner
    from nnlab.models.estimators import Estimator
    from nnlab.tasks.classification import Classification
    from nnlab.tasks.protocol import Task

logger = logging.getLogger(__name__)

DTYPES = {"float32": torch.float32, "bf16": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Parts:
    """What a learner is built from.

    Attributes:
        config: The experiment.
        models: One module per replica, on the CPU.
        task: Criterion and metrics.
        replicas: What trains in each.
        dataset: Its splits.
        device: Device to train on.
    """

    config: ExperimentConfig
    models: list[nn.Module]
    task: Task
    replicas: Sequence[Replica]
    dataset: Dataset
    device: torch.device

    @property
    def seeds(self) -> list[int]:
        """One seed per replica."""
        return [replica.seed for replica in self.replicas]

    @property
    def configs(self) -> list[ExperimentConfig]:
        """The experiment of each replica."""
        return [replica.config for replica in self.replicas]

    @property
    def targets(self) -> Tensor:
        """Targets of the training split, of the first replica if it is varied."""
        return self.dataset.train.of(0).targets


def build_learner(parts: Parts) -> Learner:
    """Return the learner of the experiment's model and engine."""
    if parts.config.model.is_estimator:
        return _build_estimators(parts)
    engine, _ = engine_of(parts.config)
    return ENGINES[engine](parts)


def _build_autograd(parts: Parts) -> Learner:
    from nnlab.learners.autograd import AutogradLearner

    config = parts.config
    models = [in_layout(model, parts.device) for model in parts.models]
    pairs = zip(parts.configs, models, strict=True)
    optimizers = [build_optimizer(own.optimizer, model.parameters()) for own, model in pairs]
    return AutogradLearner(
        models,
        optimizers,
        parts.task,
        seeds=parts.seeds,
        clip_norms=[own.train.clip_norm for own in parts.configs],
        l2=_l2(parts),
        is_mixed=config.train.precision == "bf16",
        is_solver=config.optimizer.has_line_search,
        draws_globally=config.model.draws_globally,
    )


def _build_vmap(parts: Parts) -> Learner:
    from nnlab.data.batches import as_float
    from nnlab.learners.vmap import VmapLearner, why_not_vectorised

    config = parts.config
    few = parts.dataset.to_learn(DTYPES[config.train.precision]).of(0).inputs[:2]
    models = [model.to(parts.device) for model in parts.models]
    reason = why_not_vectorised(models[0], as_float(few, DTYPES[config.train.precision]))
    if reason is not None:
        logger.warning("autograd trains this, one seed after another: %s", reason)
        return _build_autograd(parts)
    return VmapLearner(
        models,
        [partial(_build_own_optimizer, own) for own in parts.configs],
        parts.task,
        clip_norm=config.train.clip_norm,
    )


def _build_own_optimizer(config: ExperimentConfig, own: list[Tensor]) -> torch.optim.Optimizer:
    return build_optimizer(config.optimizer, cast("list[nn.Parameter]", own))


def _l2(parts: Parts) -> float:
    """Return the factor of the penalty |W|^2 / 2 in the mean loss, as scikit-learn defines C."""
    inverse = parts.config.optimizer.inverse_penalty
    if inverse is None:
        return 0.0
    weight, targets = parts.task.class_weight, parts.targets
    total_weight = len(targets) if weight is None else float(weight[targets].sum())
    # With two classes, scikit-learn penalises the difference of the two rows, not both rows.
    return (2 if len(parts.task.class_names) == 2 else 1) / (inverse * total_weight)


def _build_fused(parts: Parts) -> Learner:
    from nnlab.learners.flat_optimizer import flat_optimizer
    from nnlab.learners.fused import FusedLearner

    optimizer = parts.config.optimizer
    return FusedLearner(
        parts.models,
        _dense_spec(parts, parts.config),
        parts.task,
        seeds=parts.seeds,
        make_optimizer=lambda flat, gradient: flat_optimizer(optimizer, flat, gradient),
        device=parts.device,
    )


def _build_native(parts: Parts) -> Learner:
    from nnlab.learners.native import NativeLearner

    library, chosen = find_library(), parts.config.train.threads
    if library is None:
        msg = (
            "the native engine is not built here; with a C++ compiler: python -m nnlab.native.build\n"
            "or train without it: train.engine=fused"
        )
        raise DeviceError(msg)
    return NativeLearner(
        parts.models,
        [_dense_spec(parts, own) for own in parts.configs],
        parts.task,
        seeds=parts.seeds,
        optimizers=[cast("AnyOptimizer", own.optimizer) for own in parts.configs],
        num_threads=num_free_threads() if chosen == "auto" else chosen,
        library=library,
    )


def _dense_spec(parts: Parts, config: ExperimentConfig) -> DenseSpec:
    from nnlab.learners.dense_buffers import DenseSpec

    return DenseSpec(
        activation=config.model.hidden_activation or "identity",
        output_activation=config.model.output_squashing,
        loss=config.loss.name,
        dropout=config.model.dropout_rate,
        class_weight=_relative_weight(parts),
        label_smoothing=config.loss.smoothing,
        clip_norm=config.train.clip_norm,
    )


def _relative_weight(parts: Parts) -> Tensor | None:
    weight = parts.task.relative_weight
    return None if weight is None else weight.to(next(parts.models[0].parameters()).dtype)


def _build_numpy(parts: Parts) -> Learner:
    from nnlab.learners.numpy import NumpyLearner
    from nnlab.learners.numpy_mlp import SGD, Adam, Network

    config = parts.config
    weight = parts.task.relative_weight
    networks = []
    for model in parts.models:
        layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
        networks.append(
            Network(
                weights=[layer.weight.detach().numpy() for layer in layers],
                biases=[layer.bias.detach().numpy() for layer in layers],
                activation=config.model.hidden_activation or "identity",
                output_activation=config.model.output_squashing,
                cost=config.loss.name,
                class_weight=None if weight is None else weight.numpy(),
                label_smoothing=config.loss.smoothing,
            )
        )
    names = [name for name, _ in parts.models[0].named_parameters()]
    rule = {"sgd": SGD, "adam": Adam}[config.optimizer.name]
    options = config.optimizer.model_dump(exclude={"name", "lr"})
    return NumpyLearner(networks, [rule(**options) for _ in parts.seeds], names, parts.task)


def _build_sklearn(parts: Parts) -> Learner:
    from nnlab.learners.sklearn import SklearnLearner

    task = cast("Classification", parts.task)
    missing = set(range(len(task.class_names))) - set(parts.targets.tolist())
    if missing:
        names = ", ".join(task.class_names[i] for i in sorted(missing))
        msg = f"the sklearn engine needs every class in the training split, which lacks {names}"
        raise DataError(msg)
    options = parts.config.optimizer.model_dump(include={"C", "max_iter", "tolerance_grad"})
    states = [model.state_dict() for model in parts.models]
    weight = torch.stack([state["linear.weight"] for state in states])
    bias = torch.stack([state["linear.bias"] for state in states])
    return SklearnLearner(weight, bias, task, **options)


def _build_estimators(parts: Parts) -> Learner:
    from nnlab.learners.estimators import EstimatorLearner

    dataset, dtype = parts.dataset, DTYPES[parts.config.train.precision]
    return EstimatorLearner(
        cast("list[Estimator]", parts.models),
        parts.task,
        seeds=parts.seeds,
        train=dataset.to_learn(dtype),
        identified=dataset.test or dataset.val or dataset.train,
        dtype=dtype,
    )


ENGINES: dict[str, Callable[[Parts], Learner]] = {
    "autograd": _build_autograd,
    "vmap": _build_vmap,
    "fused": _build_fused,
    "native": _build_native,
    "numpy": _build_numpy,
    "sklearn": _build_sklearn,
}
