"""What the linter knows about an experiment's data; read once, without training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from nnlab.config.resolve import build_model, load_examples
from nnlab.data.archives import is_installed
from nnlab.data.division import divide
from nnlab.data.types import DataSpec
from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.split import Indices
    from nnlab.data.types import Examples


@dataclass(frozen=True)
class DataFacts:
    """The examples of an experiment and how they are split.

    Attributes:
        examples: All examples of the source.
        indices: Indices of the training, validation and test examples.
        num_parameters: Number of parameters of the model for these data.
        has_batch_norm: Whether the model has batch norm layers.
    """

    examples: Examples
    indices: Indices
    num_parameters: int
    has_batch_norm: bool

    @property
    def num_train(self) -> int:
        """Number of training examples."""
        return len(self.indices.train)

    @cached_property
    def class_counts(self) -> np.ndarray:
        """Training examples per non-empty class, ``(C,)``; empty for regression."""
        if not self.examples.class_names:
            return np.empty(0, dtype=np.int64)
        counts = np.bincount(self.examples.targets[self.indices.train])
        return counts[counts > 0]

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The features of a table by name, each ``(N,)``; none for images."""
        names = self.examples.feature_names
        return {name: self.examples.inputs[:, i] for i, name in enumerate(names)}


def read_data(config: ExperimentConfig, data_dir: Path) -> DataFacts:
    """Read the data of an experiment, without downloading anything.

    Raises:
        DataError: If the data are not installed, or unusable.
    """
    dataset = config.dataset
    if dataset.is_downloaded and not is_installed(dataset.name, data_dir):
        msg = f"{dataset.name} is not installed in {data_dir}; run: nnlab data fetch {dataset.name}"
        raise DataError(msg)
    examples = load_examples(dataset, data_dir)
    indices = divide(dataset.split, examples)
    model = _meta_model(config, examples)
    return DataFacts(
        examples,
        indices,
        num_parameters=sum(parameter.numel() for parameter in model.parameters()),
        has_batch_norm=any(isinstance(layer, _BatchNorm) for layer in model.modules()),
    )


def _meta_model(config: ExperimentConfig, examples: Examples) -> torch.nn.Module:
    num_outputs = len(examples.class_names) or 1
    spec = DataSpec(config.dataset.task, tuple(examples.inputs.shape[1:]), num_outputs)
    with torch.device("meta"):
        return build_model(config.model, spec)
