"""From raw examples to a split, standardised data set on a device."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.data.augment import augmentation_of
from nnlab.data.columns.encoders import features_of, fit_columns, recoded
from nnlab.data.columns.seen import seen_in
from nnlab.data.inputs import check_finite, features, preprocessed, shape_of
from nnlab.data.moments import moments_of
from nnlab.data.splits.division import check_filled, divide
from nnlab.data.splits.folds import of_equal_sizes
from nnlab.data.tables.cells import check_memory
from nnlab.data.types import Dataset, DataSpec, Examples, Preprocessing, Split
from nnlab.data.varied import stacked
from nnlab.errors import DataError
from nnlab.formatting import shorten
from nnlab.target_scale import TargetScale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.data.moments import Moments
    from nnlab.data.splits.split import Indices


def prepare(
    examples: Examples,
    config: DatasetConfig,
    *,
    seeds: Sequence[int] = (0,),
    sizes: Mapping[str, int] | None = None,
    device: torch.device,
    dtype: torch.dtype,
    scratch: Path | None = None,
) -> Dataset:
    """Split and standardise the examples, and move them to the device.

    The statistics come from the training split. Pixels stay uint8; batches scale them to [0, 1].

    Args:
        examples: All examples.
        config: How they are split, and whether they are standardised.
        seeds: One seed per replica, for a split that is varied.
        sizes: Number of examples of each split of a stored run, whose split is wanted again.
        device: Where tensors are put.
        dtype: Type of features that are not pixels.
        scratch: Folder for what does not fit well into memory; None: it is kept in memory.

    Raises:
        DataError: If a split that is wanted has no example, or a feature is not finite in the dtype.
        KeyedError: If the data cannot be augmented.
    """
    augmentation_of(config.augmentation, examples.inputs.shape[1:])
    splits = [config.split.of_seed(seed) for seed in seeds] if config.split.vary else [config.split]
    divided = [divide(split, examples, sizes) for split in splits]
    if config.split.folds is not None:
        divided = of_equal_sizes(divided, sizes)
    elif len({tuple(map(len, vars(indices).values())) for indices in divided}) > 1:
        msg = "the groups cannot be divided into splits of the same sizes; use split.vary: false"
        raise DataError(msg)
    if sizes is None:
        check_filled(config.split, examples, divided[0])
    datasets = [
        _prepare(examples, config, indices, device=device, dtype=dtype, scratch=scratch)
        for indices in divided
    ]
    return stacked(datasets) if config.split.vary else datasets[0]


def _prepare(
    examples: Examples,
    config: DatasetConfig,
    indices: Indices,
    *,
    device: torch.device,
    dtype: torch.dtype,
    scratch: Path | None,
) -> Dataset:
    preprocessing = _fitted(examples, config, indices.train)
    raw = in_fitted_columns(examples, preprocessing)
    if config.table_path is not None:
        size = math.prod((len(raw), *shape_of(raw, preprocessing))) * dtype.itemsize
        check_memory(config.table_path, "its features", size)
    # Standardised targets keep all their digits; they are rounded after the mean is subtracted.
    is_rounded = config.task == "regression" and not config.standardizes_target
    folder = scratch if device.type == "cpu" else None

    def take(chosen: np.ndarray) -> Split | None:
        if not len(chosen):
            return None
        inputs = to_inputs(raw, preprocessing, dtype=dtype, rows=chosen, scratch=folder)
        if inputs.is_floating_point():
            check_finite(inputs.numpy(), preprocessing)
        targets = torch.from_numpy(examples.targets[chosen])
        return Split(inputs.to(device), (targets.to(dtype) if is_rounded else targets).to(device))

    train = take(indices.train)
    assert train is not None, "split_indices never leaves the training split empty"
    num_outputs = len(examples.class_names) or 1
    spec = DataSpec(config.task, tuple(train.inputs.shape[1:]), num_outputs)
    return Dataset(
        train=train,
        val=take(indices.val),
        test=None if config.split.withhold_test else take(indices.test),
        spec=spec,
        preprocessing=preprocessing,
        sha256=examples.sha256,
        rows_dropped=examples.rows_dropped,
        left_out=examples.left_out,
        has_official_test=examples.num_official_test > 0,
    )


def _fitted(examples: Examples, config: DatasetConfig, train: np.ndarray) -> Preprocessing:
    """Return what an experiment fits on its training examples: features, target, what was seen."""
    augment = config.augmentation
    fitted = fit_preprocessing(
        examples,
        train,
        standardize=config.standardizes,
        is_varied=config.split.vary,
        by_channel=augment is not None and augment.normalize,
    )
    seen = seen_in(examples.inputs, examples.feature_names, examples.columns, train)
    if not config.standardizes_target:
        return replace(fitted, seen=seen)
    scale = fit_target_scale(examples.targets[train], config.target_name)
    return replace(fitted, seen=seen, target=scale)


def to_inputs(
    raw: np.ndarray,
    preprocessing: Preprocessing,
    *,
    dtype: torch.dtype,
    rows: np.ndarray | None = None,
    scratch: Path | None = None,
) -> Tensor:
    """Return raw features preprocessed as they were for training; see ``preprocessed``."""
    numpy_dtype = torch.empty(0, dtype=dtype).numpy().dtype
    inputs = preprocessed(raw, preprocessing, dtype=numpy_dtype, rows=rows, scratch=scratch)
    return torch.from_numpy(inputs)


def fit_preprocessing(
    examples: Examples,
    train: np.ndarray,
    *,
    standardize: bool,
    is_varied: bool = False,
    by_channel: bool = False,
) -> Preprocessing:
    """Fit what turns raw features into inputs on the training examples.

    Args:
        examples: All examples.
        train: Numbers of the training examples.
        standardize: Whether features have a mean and a deviation.
        is_varied: Whether each replica has its own training examples.
        by_channel: Whether all pixels of a channel have the same mean and deviation.
    """
    fitted = Preprocessing(
        examples.feature_names, examples.class_names, number_style=examples.number_style
    )
    if not all(column.is_plain for column in examples.columns):
        columns = fit_columns(examples.columns, examples.inputs, train, is_varied=is_varied)
        names = tuple(feature.name for feature in features_of(columns))
        fitted = replace(fitted, feature_names=names, columns=columns)
    if standardize or by_channel:
        return _fit_scale(examples, fitted, train, by_channel=by_channel)
    return fitted


def in_fitted_columns(examples: Examples, fitted: Preprocessing) -> np.ndarray:
    """Return the raw features as ``to_inputs`` takes them."""
    if not fitted.columns:
        return examples.inputs
    return recoded(examples.inputs, examples.columns, fitted.columns)


def _fit_scale(
    examples: Examples, fitted: Preprocessing, train: np.ndarray, *, by_channel: bool
) -> Preprocessing:
    """Fit the mean and deviation of each feature; those that are only ever 0 or 1 stay so."""
    raw = in_fitted_columns(examples, fitted)
    with np.errstate(over="ignore", invalid="ignore"):
        found = moments_of(partial(features, raw, fitted, train))
    is_finite = np.isfinite(found.mean) & np.isfinite(found.std)
    if not is_finite.all():
        names = shorten([*compress(fitted.feature_names, ~is_finite.ravel())]) or "the features"
        msg = (
            f"too large: the mean or standard deviation of {names} is not finite; divide the values"
        )
        raise DataError(msg)
    if by_channel:
        mean, std = _of_channels(found)
        return replace(fitted, mean=mean, std=std)
    # The computed deviation of a constant can be a rounding error instead of zero.
    mean = np.where(found.is_constant, found.first, found.mean)
    std = np.where(found.is_constant, 1.0, found.std)
    if fitted.columns:
        is_scaled = np.array([feature.is_scaled for feature in features_of(fitted.columns)])
        mean, std = np.where(is_scaled, mean, 0.0), np.where(is_scaled, std, 1.0)
    return replace(fitted, mean=mean, std=std)


def _of_channels(found: Moments) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and deviation of each channel over all of its pixels, each ``(C, H, W)``."""
    means = np.where(found.is_constant, found.first, found.mean)
    variances = np.where(found.is_constant, 0.0, np.square(found.std))
    mean = means.mean((1, 2), keepdims=True)
    std = np.sqrt((variances + np.square(means - mean)).mean((1, 2), keepdims=True))
    std[std == 0] = 1
    return np.broadcast_to(mean, means.shape).copy(), np.broadcast_to(std, means.shape).copy()


def fit_target_scale(targets: np.ndarray, name: str) -> TargetScale:
    """Return the mean and deviation of the training targets ``(N,)``.

    Args:
        targets: Values, float64.
        name: What messages call the target.

    Raises:
        DataError: If the squares of the targets are not finite.
    """
    with np.errstate(over="ignore"):
        is_finite = np.isfinite(np.square(targets).sum())
    if not is_finite:
        msg = f"{name} has values too large to square in float64: up to {abs(targets).max():g}"
        raise DataError(msg)
    mean = targets[0] if np.ptp(targets) == 0 else targets.mean()
    # Divided by the largest first, because the squares of very small deviations would be zero.
    largest = abs(targets - mean).max()
    std = largest * np.std((targets - mean) / largest) if largest else 1.0
    return TargetScale(np.array([mean], dtype=np.float64), np.array([std], dtype=np.float64))
