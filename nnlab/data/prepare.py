"""From raw examples to a split, standardised data set on a device."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.data.split import split_indices
from nnlab.data.types import Dataset, DataSpec, Examples, Preprocessing, Split
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.config.splits import SplitConfig


def prepare(
    examples: Examples,
    config: DatasetConfig,
    *,
    seeds: Sequence[int] = (0,),
    device: torch.device,
    dtype: torch.dtype,
) -> Dataset:
    """Split and standardise the examples, and move them to the device.

    The statistics come from the training split. Pixels stay uint8; batches scale them to [0, 1].

    Args:
        examples: All examples.
        config: How they are split, and whether they are standardised.
        seeds: One seed per replica, for a split that is varied.
        device: Where tensors are put.
        dtype: Type of features that are not pixels.

    Raises:
        DataError: If no example is left to train on, or a feature is not finite in the dtype.
    """
    if not config.split.vary:
        return _prepare(examples, config, config.split, device=device, dtype=dtype)
    splits = [config.split.of_seed(seed) for seed in seeds]
    return _stack([_prepare(examples, config, s, device=device, dtype=dtype) for s in splits])


def _stack(datasets: Sequence[Dataset]) -> Dataset:
    """Return the data sets of replicas as one."""
    first = datasets[0]
    fitted = [dataset.preprocessing for dataset in datasets]
    means = [p.mean for p in fitted if p.mean is not None]
    stds = [p.std for p in fitted if p.std is not None]
    return replace(
        first,
        train=Split.stack([dataset.train for dataset in datasets]),
        val=first.val and Split.stack([d.val for d in datasets if d.val is not None]),
        test=first.test and _stack_splits([d.test for d in datasets if d.test is not None]),
        preprocessing=replace(
            first.preprocessing,
            mean=np.stack(means) if means else None,
            std=np.stack(stds) if stds else None,
            is_varied=True,
        ),
    )


def _stack_splits(splits: Sequence[Split]) -> Split:
    """Return the splits of replicas as one; equal ones, as official test images, once."""
    first = splits[0]
    are_equal = all(
        torch.equal(split.inputs, first.inputs) and torch.equal(split.targets, first.targets)
        for split in splits[1:]
    )
    return first if are_equal and len(splits) > 1 else Split.stack(splits)


def _prepare(
    examples: Examples,
    config: DatasetConfig,
    split: SplitConfig,
    *,
    device: torch.device,
    dtype: torch.dtype,
) -> Dataset:
    indices = split_indices(split, examples.targets, examples.num_official_test)
    preprocessing = fit_preprocessing(examples, indices.train, standardize=config.standardizes)

    def take(chosen: np.ndarray) -> Split | None:
        if not len(chosen):
            return None
        inputs = to_inputs(examples.inputs[chosen], preprocessing, dtype=dtype)
        if inputs.is_floating_point():
            check_finite_inputs(inputs, preprocessing)
        targets = torch.from_numpy(examples.targets[chosen])
        targets = targets if config.task == "classification" else targets.to(dtype)
        return Split(inputs.to(device), targets.to(device))

    train = take(indices.train)
    assert train is not None, "split_indices never leaves the training split empty"
    num_outputs = len(examples.class_names) or 1
    spec = DataSpec(config.task, tuple(examples.inputs.shape[1:]), num_outputs)
    return Dataset(
        train=train,
        val=take(indices.val),
        test=take(indices.test),
        spec=spec,
        preprocessing=preprocessing,
        sha256=examples.sha256,
    )


def to_inputs(raw: np.ndarray, preprocessing: Preprocessing, *, dtype: torch.dtype) -> Tensor:
    """Return raw features preprocessed as they were for training.

    Args:
        raw: ``(N, ...)`` uint8 pixels, or float64.
        preprocessing: Mean and standard deviation of each feature.
        dtype: Type of features that are not pixels.
    """
    if preprocessing.mean is not None and preprocessing.std is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (_scaled(raw) - preprocessing.mean) / preprocessing.std
        return torch.from_numpy(scaled).to(dtype)
    tensor = torch.from_numpy(np.ascontiguousarray(raw))
    return tensor if raw.dtype == np.uint8 else tensor.to(dtype)


def _scaled(raw: np.ndarray) -> np.ndarray:
    return raw / 255 if raw.dtype == np.uint8 else raw


def fit_preprocessing(examples: Examples, train: np.ndarray, *, standardize: bool) -> Preprocessing:
    """Return the mean and deviation of each feature over the training examples, if wanted."""
    if not standardize:
        return Preprocessing(examples.feature_names, examples.class_names)
    inputs = _scaled(examples.inputs[train])
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = inputs.mean(axis=0), inputs.std(axis=0)
    if not (np.isfinite(mean).all() and np.isfinite(std).all()):
        msg = "the features are too large: their mean or standard deviation is not finite"
        raise DataError(msg)
    # The computed deviation of a constant can be a rounding error instead of zero.
    is_constant = inputs.max(axis=0) == inputs.min(axis=0)
    return Preprocessing(
        examples.feature_names,
        examples.class_names,
        mean=np.where(is_constant, inputs[0], mean),
        std=np.where(is_constant, 1.0, std),
    )


def check_finite_inputs(inputs: Tensor, preprocessing: Preprocessing) -> None:
    """Check that inputs are finite after standardising and rounding to their dtype.

    Raises:
        DataError: With the name of the first feature that is not.
    """
    bad = torch.nonzero(~inputs.isfinite())
    if len(bad):
        column = bad[0, 1:].tolist()
        name = preprocessing.feature_names[column[0]] if preprocessing.feature_names else column
        msg = f"feature {name!r} has values too large for {inputs.dtype}"
        raise DataError(msg)
