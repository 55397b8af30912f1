"""Which learner trains an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from nnlab.config.consistency import why_not_fused
from nnlab.config.optimizers import LBFGSConfig
from nnlab.config.resolve import resolve
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.learners.protocol import Learner
    from nnlab.tasks import Classification, Task

CPU_ENGINES = {"numpy", "sklearn"}


@dataclass(frozen=True)
class Parts:
    """What a learner is made of.

    Attributes:
        config: The experiment.
        models: One module per replica, on the CPU.
        task: Criterion and metrics.
        seeds: One seed per replica.
        targets: Targets of the training part.
        device: Where to compute.
    """

    config: ExperimentConfig
    models: list[nn.Module]
    task: Task
    seeds: Sequence[int]
    targets: Tensor
    device: torch.device


def build_learner(parts: Parts) -> Learner:
    """Return the learner of the experiment's engine."""
    return ENGINES[parts.config.train.engine](parts)


def output_activation(config: ExperimentConfig) -> str:
    """Return what the model applies to its outputs."""
    return getattr(config.model, "output_activation", "none")


def _build_autograd(parts: Parts) -> Learner:
    from nnlab.learners.autograd import AutogradLearner

    config = parts.config
    # Convolutions are faster with the channels last; a plain matrix has no such format.
    models = [
        model.to(parts.device).to(memory_format=torch.channels_last) for model in parts.models
    ]
    build_optimizer = resolve(config.optimizer)
    optimizers = [build_optimizer(config.optimizer, model.parameters()) for model in models]
    l2 = 0.0
    if isinstance(config.optimizer, LBFGSConfig) and config.optimizer.C is not None:
        # Of two classes scikit-learn penalises the difference of the rows, not both of them.
        is_binary = len(getattr(parts.task, "class_names", ())) == 2
        l2 = (2 if is_binary else 1) / (config.optimizer.C * _total_weight(parts))
    return AutogradLearner(
        models,
        optimizers,
        parts.task,
        seeds=parts.seeds,
        clip_norm=config.train.clip_norm,
        l2=l2,
        is_mixed=config.train.precision == "bf16",
        has_exact_loss=isinstance(config.optimizer, LBFGSConfig),
    )


def _build_auto(parts: Parts) -> Learner:
    return _build_autograd(parts) if why_not_fused(parts.config) else _build_fused(parts)


def _build_fused(parts: Parts) -> Learner:
    from nnlab.learners.dense_buffers import DenseSpec
    from nnlab.learners.flat_optimizer import FlatOptimizer
    from nnlab.learners.fused import FusedLearner

    config = parts.config
    spec = DenseSpec(
        activation=getattr(config.model, "activation", "identity"),
        output_activation=output_activation(config),
        loss=config.loss.name,
        dropout=getattr(config.model, "dropout", 0.0),
        class_weight=_class_weight(parts),
        clip_norm=config.train.clip_norm,
    )
    return FusedLearner(
        parts.models,
        spec,
        parts.task,
        seeds=parts.seeds,
        make_optimizer=lambda flat, gradient: FlatOptimizer(config.optimizer, flat, gradient),
        device=parts.device,
    )


def _class_weight(parts: Parts) -> Tensor | None:
    weight: Tensor | None = getattr(parts.task, "class_weight", None)
    return None if weight is None else weight.to(next(parts.models[0].parameters()).dtype)


def _total_weight(parts: Parts) -> float:
    """Return the sum of the examples' weights, as scikit-learn's C counts it."""
    class_weight = getattr(parts.task, "class_weight", None)
    if class_weight is None:
        return len(parts.targets)
    return float(class_weight[parts.targets].sum())


def _build_numpy(parts: Parts) -> Learner:
    from nnlab.learners.numpy import NumpyLearner
    from nnlab.learners.numpy_mlp import SGD, Adam, Network

    config = parts.config
    class_weight = getattr(parts.task, "class_weight", None)
    networks = []
    for model in parts.models:
        layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
        networks.append(
            Network(
                weights=[layer.weight.detach().numpy() for layer in layers],
                biases=[layer.bias.detach().numpy() for layer in layers],
                activation=getattr(config.model, "activation", "identity"),
                output_activation=output_activation(config),
                cost=config.loss.name,
                class_weight=None if class_weight is None else class_weight.numpy(),
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
        msg = f"the sklearn engine needs every class in the training part; it lacks {names}"
        raise DataError(msg)
    options = parts.config.optimizer.model_dump(include={"C", "max_iter", "tolerance_grad"})
    states = [model.state_dict() for model in parts.models]
    weight = torch.stack([state["linear.weight"] for state in states])
    bias = torch.stack([state["linear.bias"] for state in states])
    return SklearnLearner(weight, bias, task, **options)


ENGINES: dict[str, Callable[[Parts], Learner]] = {
    "auto": _build_auto,
    "autograd": _build_autograd,
    "fused": _build_fused,
    "numpy": _build_numpy,
    "sklearn": _build_sklearn,
}
