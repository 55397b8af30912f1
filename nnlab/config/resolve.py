"""From a section of an experiment to the object it describes."""

from __future__ import annotations

import importlib
import pathlib
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy as np
    import torch
    from torch import Tensor, nn

    from nnlab.config.base import ComponentConfig
    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.config.losses import LossConfig
    from nnlab.config.models import ModelConfig
    from nnlab.config.optimizers import OptimizerConfig
    from nnlab.config.own import OwnMetricConfig
    from nnlab.config.schedules import ScheduleConfig
    from nnlab.data.types import DataSpec, Examples
    from nnlab.optim.schedules import Schedule
    from nnlab.target_scale import TargetScale
    from nnlab.tasks.classification import Classification
    from nnlab.tasks.regression import Regression


def load_examples(config: DatasetConfig, data_dir: Path) -> Examples:
    """Return all examples of a data set.

    Raises:
        DataError: If they are missing, corrupt or unusable.
    """
    examples: Examples = _builder(config)(config, data_dir)
    return examples


def load_feature_map(config: DatasetConfig) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that computes the inputs of a data set from its raw features."""
    return _function(config.feature_map)


def find_files(config: DatasetConfig, path: str) -> list[Path]:
    """Return the files that are read if the user's own data are at a path.

    Raises:
        DataError: If there are none.
    """
    if not config.file_finder:
        return [pathlib.Path(path)]
    return list(_function(config.file_finder)(path))


def build_model(config: ModelConfig, spec: DataSpec) -> nn.Module:
    """Return a model for the given data, its weights drawn from torch's global generator."""
    model: nn.Module = _builder(config)(config, spec)
    return model


def build_task(
    config: LossConfig,
    class_names: Sequence[str],
    targets: Tensor,
    output_activation: str,
    scale: TargetScale | None = None,
    own_metrics: Sequence[OwnMetricConfig] = (),
) -> Classification | Regression:
    """Return the criterion and the metrics of a loss.

    Args:
        config: The loss.
        class_names: Names of the classes by index; empty for regression.
        targets: Training targets, ``(N,)``, from which class weights are computed.
        output_activation: Activation that the model applies to its outputs.
        scale: The scale in which the targets of a regression are learned, or None for their unit.
        own_metrics: The user's own metrics.
    """
    task = _builder(config)(config, class_names, targets, output_activation)
    if scale is not None:
        task.scale = scale
    task.own_metrics = [_builder(metric)(metric) for metric in own_metrics]
    built: Classification | Regression = task
    return built


def build_optimizer(
    config: OptimizerConfig, parameters: Iterable[nn.Parameter]
) -> torch.optim.Optimizer:
    """Return a torch optimizer over the parameters."""
    optimizer: torch.optim.Optimizer = _builder(config)(config, parameters)
    return optimizer


def build_schedule(config: ScheduleConfig, num_steps: int, steps_per_epoch: int) -> Schedule:
    """Return the learning-rate factor as a function of the step, without warm-up."""
    schedule: Schedule = _builder(config)(config, num_steps, steps_per_epoch)
    return schedule


def _builder(config: ComponentConfig | OwnMetricConfig) -> Callable[..., Any]:
    """Return the function that builds a component; its name is a constant of the config class."""
    return _function(config.builder)


def _function(place: str) -> Callable[..., Any]:
    """Return a function by its module and name, ``package.module:function``."""
    module, _, function = place.partition(":")
    return cast("Callable[..., Any]", getattr(importlib.import_module(module), function))
