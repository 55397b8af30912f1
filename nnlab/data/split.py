"""Dividing examples into train, validation and test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnlab.config.datasets import SplitConfig

POOLED_TEST_FRACTION = 1 / 7


@dataclass(frozen=True)
class Indices:
    """Indices of the examples of each part, ``(N,)`` int64."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


def split_indices(config: SplitConfig, targets: np.ndarray, num_official_test: int) -> Indices:
    """Divide examples; the result depends on the config and the targets alone.

    The random division without strata takes the same examples as scikit-learn's
    ``train_test_split(random_state=seed)`` does.

    Args:
        config: Sizes, order and seed.
        targets: Targets of all examples, ``(N,)``.
        num_official_test: The last examples that are the official test part.

    Raises:
        DataError: If the training part would be empty.
    """
    num_examples = len(targets)
    if config.test == "official":
        pool = np.arange(num_examples - num_official_test)
        test = np.arange(num_examples - num_official_test, num_examples)
        fractions: tuple[float, ...] = (config.val,)
    else:
        pool, test = np.arange(num_examples), None
        test_fraction = POOLED_TEST_FRACTION if config.test == "pooled" else config.test
        fractions = (config.val, test_fraction)
    *held_out, train = _divide(config, targets[pool], fractions) if len(pool) else [pool] * 3
    if not len(train):
        msg = f"no example is left to train on: {num_examples} in all; see dataset.split"
        raise DataError(msg)
    val, test = held_out[0], test if test is not None else held_out[1]
    return Indices(pool[train], pool[val], test)


def _divide(
    config: SplitConfig, targets: np.ndarray, fractions: tuple[float, ...]
) -> list[np.ndarray]:
    """Return indices of one part per fraction (validation, test), then of the rest (train)."""
    num_examples = len(targets)
    if config.order == "sequential":
        backwards = np.arange(num_examples)[::-1]
        return [np.sort(part) for part in _take_last_first(backwards, fractions)]
    generator = np.random.RandomState(config.seed)
    is_classification = np.issubdtype(targets.dtype, np.integer)
    if not (config.stratify and is_classification):
        return _take_last_first(generator.permutation(num_examples), fractions)
    strata = [np.flatnonzero(targets == value) for value in np.unique(targets)]
    parts = [_take(generator.permutation(stratum), fractions, round) for stratum in strata]
    merged = [np.concatenate(same) for same in zip(*parts, strict=True)]
    return [generator.permutation(part) for part in merged]


def _take_last_first(order: np.ndarray, fractions: tuple[float, ...]) -> list[np.ndarray]:
    """Cut off test, then validation: scikit-learn tests on the first examples of its order."""
    *held_out, train = _take(order, fractions[::-1], math.ceil)
    return [*held_out[::-1], train]


def _take(
    order: np.ndarray, fractions: tuple[float, ...], rounding: Callable[[float], int]
) -> list[np.ndarray]:
    """Cut an order into one piece per fraction of it, and the rest."""
    sizes = [rounding(len(order) * fraction) for fraction in fractions]
    return np.split(order, np.cumsum(sizes))
