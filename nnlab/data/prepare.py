"""From all examples to a divided, standardised data set on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.data.split import split_indices
from nnlab.data.types import Dataset, Examples, Part, Preprocessing, Spec

if TYPE_CHECKING:
    from torch import Tensor

    from nnlab.config.datasets import DatasetConfig


def prepare(
    examples: Examples, config: DatasetConfig, *, device: torch.device, dtype: torch.dtype
) -> Dataset:
    """Divide the examples, standardise by the training part, and move them to the device.

    Pixels stay uint8; batches scale them to [0, 1].
    """
    indices = split_indices(config.split, examples.targets, examples.num_official_test)
    preprocessing = _fit(examples, indices.train, standardize=config.standardizes)

    def part(chosen: np.ndarray) -> Part | None:
        if not len(chosen):
            return None
        inputs = to_inputs(examples.inputs[chosen], preprocessing, dtype=dtype)
        targets = torch.from_numpy(examples.targets[chosen])
        targets = targets if config.task == "classification" else targets.to(dtype)
        return Part(inputs.to(device), targets.to(device))

    train = part(indices.train)
    assert train is not None, "split_indices leaves no training part empty"
    num_outputs = len(examples.class_names) or 1
    spec = Spec(config.task, tuple(examples.inputs.shape[1:]), num_outputs)
    return Dataset(
        train, part(indices.val), part(indices.test), spec, preprocessing, examples.sha256
    )


def to_inputs(raw: np.ndarray, preprocessing: Preprocessing, *, dtype: torch.dtype) -> Tensor:
    """Return raw features the way the model was trained on them.

    Args:
        raw: ``(N, ...)`` uint8 pixels, kept as they are, or float64.
        preprocessing: Mean and deviation of each feature.
        dtype: Type of features that are not pixels.
    """
    if preprocessing.mean is not None and preprocessing.std is not None:
        return torch.from_numpy((_scaled(raw) - preprocessing.mean) / preprocessing.std).to(dtype)
    tensor = torch.from_numpy(np.ascontiguousarray(raw))
    return tensor if raw.dtype == np.uint8 else tensor.to(dtype)


def _scaled(raw: np.ndarray) -> np.ndarray:
    return raw / 255 if raw.dtype == np.uint8 else raw


def _fit(examples: Examples, train: np.ndarray, *, standardize: bool) -> Preprocessing:
    if not standardize:
        return Preprocessing(examples.feature_names, examples.class_names)
    inputs = _scaled(examples.inputs[train])
    std = inputs.std(axis=0)
    return Preprocessing(
        examples.feature_names,
        examples.class_names,
        mean=inputs.mean(axis=0),
        std=np.where(std > 0, std, 1.0),
    )
