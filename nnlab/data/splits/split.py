"""Splitting examples into train, validation and test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.splits.strata import rounded_sizes, stratified_sizes
from nnlab.errors import DataError

if TYPE_CHECKING:
    from nnlab.config.splits import SplitConfig

POOLED_TEST_FRACTION = 1 / 7
AUTO_TEST_FRACTION = 0.15


@dataclass(frozen=True)
class Indices:
    """Indices of the examples of each split, ``(N,)`` int64."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


def split_indices(
    config: SplitConfig, targets: np.ndarray, num_official_test: int, *, by_class: bool = False
) -> Indices:
    """Split examples; the result depends only on the config and the targets.

    A random split without strata selects the same examples as scikit-learn's
    ``train_test_split(random_state=seed)``.

    Args:
        config: Sizes, order and seed.
        targets: Targets of all examples, ``(N,)``.
        num_official_test: Number of examples at the end that form the official test set.
        by_class: Whether strata are rounded class by class, as earlier versions did.

    Raises:
        DataError: If the training split would be empty.
    """
    num_examples = len(targets)
    wanted = config.test
    if wanted == "auto":
        wanted = "official" if num_official_test else AUTO_TEST_FRACTION
    if wanted == "official":
        pool = np.arange(num_examples - num_official_test)
        test = np.arange(num_examples - num_official_test, num_examples)
        fractions: tuple[float, ...] = (config.val,)
    else:
        pool, test = np.arange(num_examples), None
        test_fraction = POOLED_TEST_FRACTION if wanted == "pooled" else wanted
        fractions = (config.val, test_fraction)
    *held_out, train = (
        _divide(config, targets[pool], fractions, by_class=by_class) if len(pool) else [pool] * 3
    )
    if not len(train):
        msg = f"no examples are left to train on, of {num_examples}; see dataset.split"
        raise DataError(msg)
    val, test = held_out[0], test if test is not None else held_out[1]
    return Indices(pool[train], pool[val], test)


def _divide(
    config: SplitConfig, targets: np.ndarray, fractions: tuple[float, ...], *, by_class: bool
) -> list[np.ndarray]:
    """Return the indices of one split per fraction (validation, test), then the rest (train)."""
    num_examples = len(targets)
    if config.order == "sequential":
        backwards = np.arange(num_examples)[::-1]
        return [np.sort(split) for split in _take_last_first(backwards, fractions)]
    generator = np.random.RandomState(config.seed)
    is_classification = np.issubdtype(targets.dtype, np.integer)
    if not (config.stratify and is_classification):
        return _take_last_first(generator.permutation(num_examples), fractions)
    strata = _examples_by_class(targets)
    counts = np.array([len(stratum) for stratum in strata])
    sizes = rounded_sizes(counts, fractions) if by_class else stratified_sizes(counts, fractions)
    pieces = [
        np.split(generator.permutation(stratum), np.cumsum(of_class))
        for stratum, of_class in zip(strata, sizes.T, strict=True)
    ]
    splits = [np.concatenate(same) for same in zip(*pieces, strict=True)]
    return [generator.permutation(split) for split in splits]


def _examples_by_class(targets: np.ndarray) -> list[np.ndarray]:
    order = np.argsort(targets, kind="stable")
    _, starts = np.unique(targets[order], return_index=True)
    return np.split(order, starts[1:])


def _take_last_first(order: np.ndarray, fractions: tuple[float, ...]) -> list[np.ndarray]:
    """Cut off test, then validation: scikit-learn takes the test split from the front."""
    sizes = [math.ceil(len(order) * fraction) for fraction in fractions[::-1]]
    *held_out, train = np.split(order, np.cumsum(sizes))
    return [*held_out[::-1], train]
