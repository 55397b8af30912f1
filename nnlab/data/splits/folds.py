"""Dividing examples into folds, each of which is tested by one replica."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.splits.groups import MAX_COUNTS
from nnlab.data.splits.own_split import OwnSplit
from nnlab.data.splits.split import Indices, split_indices
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.config.splits import SplitConfig
    from nnlab.data.types import Examples

# Scores of folds that differ by less are equal: they are rounding errors of sums.
DIGITS = 9


def fold_indices(config: SplitConfig, examples: Examples) -> Indices:
    """Return the examples of each split of one fold.

    The fold is the test split; validation examples are drawn from the others.

    Args:
        config: The split of a seed; see ``SplitConfig.of_seed``.
        examples: All examples.

    Raises:
        DataError: If there are too few examples or groups, or the data have test examples of their own.
    """
    assert config.folds is not None, "only a split into folds has a fold"
    seed, fold = divmod(config.seed, config.folds)
    is_tested = folds_of(config, examples, seed) == fold
    test, rest = np.flatnonzero(is_tested), np.flatnonzero(~is_tested)
    draw = config.seed % 2**32
    inner = config.model_copy(
        update={
            "folds": None,
            "test": 0.0,
            "val": config.val * len(is_tested) / len(rest),
            "seed": draw,
        }
    )
    own, targets = examples.own_split, examples.targets[rest]
    if own is None:
        found = split_indices(inner, targets, 0)
    else:
        _, groups = np.unique(own.values[rest], return_inverse=True)
        found = OwnSplit("group", groups, own.source).divide(inner, targets)
    val = np.random.RandomState(draw).permutation(found.val)  # any part of it is a fair one
    return Indices(rest[found.train], rest[val], test)


def of_equal_sizes(divided: Sequence[Indices], sizes: Mapping[str, int] | None) -> list[Indices]:
    """Return the splits of folds, with as many training and validation examples in each.

    Examples that are too many for that are left out; every example of a fold is tested.

    Args:
        divided: The splits of each replica.
        sizes: Number of examples of each split of a stored run, whose split is wanted again.
    """
    names = ("train", "val")
    most = sizes or {name: min(len(getattr(one, name)) for one in divided) for name in names}
    return [
        replace(one, train=one.train[: most["train"]], val=one.val[: most["val"]])
        for one in divided
    ]


def folds_of(config: SplitConfig, examples: Examples, seed: int) -> np.ndarray:
    """Return the fold of each example, ``(N,)``.

    Without groups, they are the folds of scikit-learn's ``KFold`` or ``StratifiedKFold``, with
    ``shuffle=True, random_state=seed``. Of groups, all examples are in one fold.

    Raises:
        DataError: See ``fold_indices``.
    """
    assert config.folds is not None, "only a split into folds has folds"
    own, targets = examples.own_split, examples.targets
    if examples.num_official_test or (own is not None and own.kind != "group"):
        msg = (
            "the data have test or validation examples of their own, which no other examples replace; "
            "dataset.split.test=pooled divides all examples into folds"
        )
        raise DataError(msg)
    is_stratified = config.stratify and np.issubdtype(targets.dtype, np.integer)
    classes = targets if is_stratified else np.zeros(len(targets), dtype=np.int64)
    generator = np.random.RandomState(seed)
    if own is None:
        _check_enough(config.folds, len(targets), "examples")
        draw = _stratified if is_stratified else _random
        return draw(classes, config.folds, generator)
    _check_enough(config.folds, len(np.unique(own.values)), f"groups ({own.source})")
    return _of_groups(own.values, classes, config.folds, generator)


def _check_enough(folds: int, number: int, what: str) -> None:
    if number < folds:
        msg = f"{folds} folds need {folds} {what} or more, and there are {number}; use fewer folds"
        raise DataError(msg)


def _random(classes: np.ndarray, folds: int, generator: np.random.RandomState) -> np.ndarray:
    found = np.empty(len(classes), dtype=np.int64)
    parts = np.array_split(generator.permutation(len(classes)), folds)
    for fold, part in enumerate(parts):
        found[part] = fold
    return found


def _stratified(classes: np.ndarray, folds: int, generator: np.random.RandomState) -> np.ndarray:
    """Deal the examples, sorted by class, to the folds in turn; then shuffle within each class."""
    _, firsts, own = np.unique(classes, return_index=True, return_inverse=True)
    numbers = np.argsort(np.argsort(firsts))[own]  # classes in the order of their first example
    in_order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers))[:-1]
    found = np.empty(len(numbers), dtype=np.int64)
    dealt = np.arange(len(numbers)) % folds
    for of_class, own_folds in zip(np.split(in_order, ends), np.split(dealt, ends), strict=True):
        found[of_class] = generator.permutation(np.sort(own_folds))
    return found


def _of_groups(
    groups: np.ndarray, classes: np.ndarray, folds: int, generator: np.random.RandomState
) -> np.ndarray:
    """Put each group, large ones first, into the fold with the fewest examples of its classes."""
    if (groups.max() + 1) * (classes.max() + 1) > MAX_COUNTS:
        classes = np.zeros_like(classes)
    counts = np.zeros((groups.max() + 1, classes.max() + 1))
    np.add.at(counts, (groups, classes), 1)
    shares = counts / np.maximum(counts.sum(0), 1)
    # Groups of about the same size come in any order, so that another seed draws other folds.
    order = generator.permutation(len(counts))
    order = order[np.argsort(-np.floor(np.log2(counts.sum(1)[order])), kind="stable")]
    found = np.empty(len(counts), dtype=np.int64)
    totals, sizes = np.zeros((folds, counts.shape[1])), np.zeros(folds)
    for group in order:
        crowding = np.round((totals * shares[group]).sum(1), DIGITS)
        fold = np.lexsort((sizes, crowding))[0]
        found[group] = fold
        totals[fold] += counts[group]
        sizes[fold] += counts[group].sum()
    of_examples: np.ndarray = found[groups]
    return of_examples
