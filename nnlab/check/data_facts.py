"""What the linter knows about an experiment's data; read once, without training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from nnlab.check.trial import Trial
from nnlab.config.resolve import build_model, build_task, load_examples
from nnlab.data.installed import is_installed
from nnlab.data.prepare import fit_preprocessing
from nnlab.data.splits.division import divide
from nnlab.data.types import DataSpec
from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.splits.split import Indices
    from nnlab.data.types import Examples


@dataclass(frozen=True)
class DataFacts:
    """The examples of an experiment and how they are split.

    Attributes:
        examples: All examples of the source.
        indices: Indices of the training, validation and test examples.
        num_parameters: Number of parameters of the model for these data.
        has_batch_norm: Whether the model has batch norm layers.
        class_weights: Weight of each class relative to the mean of the training examples; empty
            without class weights.
        trial: What the experiment learns; trained when it is first asked.
    """

    examples: Examples
    indices: Indices
    num_parameters: int
    has_batch_norm: bool
    class_weights: dict[str, float]
    trial: Trial

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
        """The columns of a table by name, each ``(N,)``, NaN if missing; none for images."""
        names = self.examples.feature_names
        return {name: self.examples.inputs[:, i] for i, name in enumerate(names)}

    @property
    def numbers(self) -> dict[str, np.ndarray]:
        """The cells of columns that are numbers, by name, without missing ones."""
        texts = {c.name for c in self.examples.columns if c.kind in {"category", "boolean"}}
        known = {name: column[~np.isnan(column)] for name, column in self.columns.items()}
        return {name: column for name, column in known.items() if name not in texts and len(column)}


def read_data(config: ExperimentConfig, data_dir: Path) -> DataFacts:
    """Read the data of an experiment, without downloading anything.

    Raises:
        DataError: If the data are not installed, or unusable.
        KeyedError: If the experiment contradicts them.
    """
    dataset = config.dataset
    name = dataset.download_name
    if name is not None and not is_installed(name, data_dir):
        msg = f"{name} is not installed in {data_dir}; run: nnlab data fetch {name}"
        raise DataError(msg)
    return facts_of(config, load_examples(dataset, data_dir))


def facts_of(config: ExperimentConfig, examples: Examples) -> DataFacts:
    """Return what the linter knows about examples that have been read."""
    indices = divide(config.dataset.split, examples)
    model = _meta_model(config, examples, indices)
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    return DataFacts(
        examples,
        indices,
        num_parameters=num_parameters,
        has_batch_norm=any(isinstance(layer, _BatchNorm) for layer in model.modules()),
        class_weights=_class_weights(config, examples, indices.train),
        trial=Trial(config, examples, num_parameters, len(indices.train)),
    )


def _class_weights(
    config: ExperimentConfig, examples: Examples, train: np.ndarray
) -> dict[str, float]:
    if not config.loss.weighs_classes:
        return {}
    names, targets = examples.class_names, torch.from_numpy(examples.targets[train])
    task = build_task(config.loss, names, targets, config.model.output_squashing)
    assert task.relative_weight is not None, "the loss weighs classes"
    return dict(zip(names, task.relative_weight.tolist(), strict=True))


def _meta_model(config: ExperimentConfig, examples: Examples, indices: Indices) -> torch.nn.Module:
    num_outputs = len(examples.class_names) or 1
    is_varied = config.dataset.split.vary
    fitted = fit_preprocessing(examples, indices.train, standardize=False, is_varied=is_varied)
    shape = (len(fitted.feature_names),) if fitted.columns else tuple(examples.inputs.shape[1:])
    spec = DataSpec(config.dataset.task, shape, num_outputs)
    with torch.device("meta"):
        return build_model(config.model, spec)
