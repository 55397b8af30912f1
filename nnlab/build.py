"""From a config to objects: the only place that resolves a builder."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn

from nnlab.config.experiment import LOWER_IS_BETTER
from nnlab.config.optimizers import LBFGSConfig
from nnlab.config.schedules import PlateauConfig
from nnlab.data.batches import TrainBatches
from nnlab.data.prepare import prepare
from nnlab.optim.schedules import with_warmup
from nnlab.seeding import derive_seed
from nnlab.training.job import Job
from nnlab.training.runtime import choose_device, seeded
from nnlab.training.selection import Plateau, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nnlab.config.base import ComponentConfig
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import Dataset, Spec
    from nnlab.optim.schedules import Schedule
    from nnlab.tasks import Classification, Task
    from nnlab.training.learner import Learner

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def build_job(config: ExperimentConfig, data_dir: Path) -> Job:
    """Build everything an experiment needs to train.

    Raises:
        DeviceError: If the device is absent.
        DataError: If the data set is missing, corrupt or unusable.
    """
    device = choose_device("cpu" if config.train.engine in CPU_ENGINES else config.train.device)
    dtype = DTYPES[config.train.precision]
    examples = resolve(config.dataset)(config.dataset, data_dir)
    dataset = prepare(examples, config.dataset, device=device, dtype=dtype)
    seeds = tuple(range(config.train.seed, config.train.seed + config.train.seeds))
    size = config.train.batch_size
    batches = TrainBatches(
        dataset.train,
        seeds=seeds,
        batch_size=len(dataset.train) if size == "full" else size,
        shuffle=config.train.shuffle,
        dtype=dtype,
        limit_batches=config.train.limit_batches,
    )
    models = build_models(config, dataset.spec, seeds)
    task = _build_task(config, dataset)
    return Job(
        learner=ENGINES[config.train.engine](config, models, task, dataset, seeds, device),
        dataset=dataset,
        batches=batches,
        schedule=_build_schedule(config, batches.num_batches),
        lr=config.optimizer.lr,
        selection=_build_selection(config),
        seeds=seeds,
        num_epochs=config.train.epochs,
        eval_every=config.train.eval_every,
        max_seconds=config.train.max_minutes and 60 * config.train.max_minutes,
        device=device,
        dtype=dtype,
        num_parameters=sum(p.numel() for p in models[0].parameters()),
    )


def resolve(config: ComponentConfig) -> Callable[..., Any]:
    """Return the function that builds a component; its name is a constant of the config class."""
    module, _, function = config.builder.partition(":")
    return cast("Callable[..., Any]", getattr(importlib.import_module(module), function))


def build_models(config: ExperimentConfig, spec: Spec, seeds: Sequence[int]) -> list[nn.Module]:
    """Return one module per seed, its initial weights drawn on the CPU from that seed."""
    models = []
    for seed in seeds:
        with seeded(derive_seed("init", seed)):
            module: nn.Module = resolve(config.model)(config.model, spec)
        models.append(module.to(DTYPES[config.train.precision]))
    return models


def output_activation(config: ExperimentConfig) -> str:
    """Return what the model applies to its outputs."""
    return getattr(config.model, "output_activation", "none")


def _build_task(config: ExperimentConfig, dataset: Dataset) -> Task:
    task: Task = resolve(config.loss)(
        config.loss,
        dataset.preprocessing.class_names,
        dataset.train.targets,
        output_activation(config),
    )
    return task


def _build_schedule(config: ExperimentConfig, steps_per_epoch: int) -> Schedule:
    warmup = config.schedule.warmup_steps
    num_steps = max(config.train.epochs * steps_per_epoch - warmup, 1)
    schedule = resolve(config.schedule)(config.schedule, num_steps, steps_per_epoch)
    return with_warmup(schedule, warmup)


def _build_selection(config: ExperimentConfig) -> Selection:
    part, _, metric = config.train.monitor.partition(".")
    stopping, schedule = config.train.early_stopping, config.schedule
    plateau = None
    if isinstance(schedule, PlateauConfig):
        plateau = Plateau(schedule.factor, schedule.patience, schedule.min_factor)
    return Selection(
        part=part,
        metric=metric,
        is_lower_better=metric in LOWER_IS_BETTER,
        min_delta=stopping.min_delta if stopping else 0.0,
        patience=stopping.patience if stopping else None,
        plateau=plateau,
    )


def _build_autograd(
    config: ExperimentConfig,
    models: list[nn.Module],
    task: Task,
    dataset: Dataset,
    seeds: Sequence[int],
    device: torch.device,
) -> Learner:
    from nnlab.training.autograd_learner import AutogradLearner

    on_device = [model.to(device) for model in models]
    build_optimizer = resolve(config.optimizer)
    optimizers = [build_optimizer(config.optimizer, model.parameters()) for model in on_device]
    l2 = 0.0
    if isinstance(config.optimizer, LBFGSConfig) and config.optimizer.C is not None:
        l2 = 1 / (config.optimizer.C * len(dataset.train))
    return AutogradLearner(
        on_device, optimizers, task, seeds=seeds, clip_norm=config.train.clip_norm, l2=l2
    )


def _build_numpy(
    config: ExperimentConfig,
    models: list[nn.Module],
    task: Task,
    dataset: Dataset,
    seeds: Sequence[int],
    device: torch.device,
) -> Learner:
    from nnlab.training.numpy_learner import NumpyLearner
    from nnlab.training.numpy_mlp import SGD, Adam, Network

    rules = {"sgd": SGD, "adam": Adam}
    options = config.optimizer.model_dump(exclude={"name", "lr"})
    class_weight = getattr(task, "class_weight", None)
    networks = []
    for model in models:
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
    names = [name for name, _ in models[0].named_parameters()]
    return NumpyLearner(
        networks, [rules[config.optimizer.name](**options) for _ in seeds], names, task
    )


def _build_sklearn(
    config: ExperimentConfig,
    models: list[nn.Module],
    task: Task,
    dataset: Dataset,
    seeds: Sequence[int],
    device: torch.device,
) -> Learner:
    from nnlab.training.sklearn_learner import SklearnLearner

    options = config.optimizer.model_dump(include={"C", "max_iter", "tolerance_grad"})
    states = [model.state_dict() for model in models]
    weight = torch.stack([state["linear.weight"] for state in states])
    bias = torch.stack([state["linear.bias"] for state in states])
    return SklearnLearner(weight, bias, cast("Classification", task), **options)


CPU_ENGINES = {"numpy", "sklearn"}
ENGINES: dict[str, Callable[..., Learner]] = {
    "auto": _build_autograd,
    "autograd": _build_autograd,
    "numpy": _build_numpy,
    "sklearn": _build_sklearn,
}
