"""Test rows that are copies, exact or nearly, of training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.check.data_facts import DataFacts

# One row in two splits may be a coincidence, such as the common origin of the spiral's arms.
SHARED = 0.01
# Shared rows may be this many times as many as independent columns would share by chance.
MAX_COINCIDENCE = 3
# A row is a near copy if its nearest neighbour is this much closer than its tenth; chance makes a
# hundredth of the rows so close. Whoever joins or augments tables copies more than a few rows.
NEAR, NUM_NEIGHBOURS = 0.2, 10
BY_CHANCE, MIN_NEAR = 0.01, 0.05
MAX_NEAR_TRAIN, MAX_NEAR_TEST = 20_000, 300
MIN_NEAR_TRAIN = 30
# Mean of log(T_10 / T_k) over k = 2 to 9, times the dimension; with the nearest it would be 1.
WITHOUT_NEAREST = 0.77
# A neighbour nearer than this part of the spread is the same row in rounding.
ZERO = 1e-12
# With fewer dimensions, neighbours of a row are close by chance.
MIN_DIMENSIONS, MIN_DISTINCT = 2, 0.2
FEW_VALUES = 20
# Rows of the same answers by chance have different outcomes.
SAME_TARGETS = 0.9


class Twins(NamedTuple):
    """How many test rows are copies of training rows.

    Attributes:
        exact: Number with exactly the same inputs.
        near: Number that differ only by jitter or rounding.
        num_test: Number that were looked at.
    """

    exact: int
    near: int
    num_test: int


def find_twins(data: DataFacts) -> Twins:
    """Count the test rows that are copies of training rows, beyond what chance explains."""
    inputs, indices = data.examples.inputs, data.indices
    is_shared = _is_shared(inputs[indices.train], inputs[indices.test])
    exact, num_test = int(is_shared.sum()), len(indices.test)
    if exact and data.columns and not _exceeds_chance(data, is_shared):
        exact = 0
    if exact > max(1, SHARED * num_test):
        return Twins(exact, 0, num_test)
    near, num_seen = _count_near(data) if data.columns else (0, num_test)
    return Twins(0, near if near > max(2, MIN_NEAR * num_seen) else 0, num_seen)


def count_shared(inputs: np.ndarray, first: np.ndarray, second: np.ndarray) -> int:
    """Return how many of the second rows are also among the first."""
    return int(_is_shared(inputs[first], inputs[second]).sum())


def _is_shared(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    trained = set(_bytes(train))
    return np.array([row in trained for row in _bytes(test)], dtype=bool)


def _bytes(inputs: np.ndarray) -> Iterator[bytes]:
    """Yield the bytes of each example; adding 0 turns -0.0 into 0.0, its equal in other bytes."""
    for row in inputs + 0:
        yield row.tobytes()


def _exceeds_chance(data: DataFacts, is_shared: np.ndarray) -> bool:
    """Return whether more rows coincide than columns of few values explain.

    Answers to a few questions, or the settings of a designed experiment, coincide by nature. Their
    number is then near that of independent columns, or their targets differ from row to row.
    """
    train, test = data.indices.train, data.indices.test
    inputs = data.examples.inputs
    log_chances = np.zeros(len(test))
    for column in inputs.T:
        values, inverse, counts = np.unique(column, return_inverse=True, return_counts=True)
        if len(values) > 1:
            log_chances += np.log(counts[inverse[test]] / len(column))
    expected = -np.expm1(len(train) * np.log1p(-np.exp(np.minimum(log_chances, -1e-9))))
    if is_shared.mean() <= MAX_COINCIDENCE * expected.mean() + SHARED:
        return False
    has_numbers = any(len(np.unique(column)) > FEW_VALUES for column in inputs.T)
    return has_numbers or _same_targets(data, is_shared) > SAME_TARGETS


def _same_targets(data: DataFacts, is_shared: np.ndarray) -> float:
    """Return the part of the shared test rows with a training row of the same inputs and target."""
    both = np.column_stack([data.examples.inputs, data.examples.targets])
    train, test = data.indices.train, data.indices.test[is_shared]
    of_train = data.examples.inputs[train]
    known: dict[bytes, set[float]] = {}
    for row, target in zip(_bytes(of_train), data.examples.targets[train].tolist(), strict=True):
        known.setdefault(row, set()).add(target)
    rows = zip(_bytes(both[test, :-1]), both[test, -1].tolist(), strict=True)
    return float(np.mean([known[row] == {target} for row, target in rows]))


def _count_near(data: DataFacts) -> tuple[int, int]:
    """Return how many test rows lie next to a training row, and how many were looked at."""
    train = _evenly(data.indices.train, MAX_NEAR_TRAIN)
    test = _evenly(data.indices.test, MAX_NEAR_TEST)
    points = _points(data)
    if points.shape[1] < MIN_DIMENSIONS or len(train) < MIN_NEAR_TRAIN or not len(test):
        return 0, len(test)
    squares = np.zeros((len(test), len(train)))
    for column in points.T:
        squares += np.square(column[test, None] - column[train])
    nearest_squares = np.partition(squares, NUM_NEIGHBOURS - 1)[:, :NUM_NEIGHBOURS]
    distances = np.sqrt(np.sort(nearest_squares))
    nearest, farther = distances[:, 0], distances[:, -1]
    is_near = (nearest > ZERO) & (nearest < _near(distances) * farther)
    return int(is_near.sum()), len(test)


def _evenly(indices: np.ndarray, most: int) -> np.ndarray:
    return indices[:: max(1, -(-len(indices) // most))]


def _near(distances: np.ndarray) -> float:
    """Return the ratio of the nearest to the tenth distance that chance hardly makes.

    In d dimensions, the d-th power of the ratio is the smallest of nine uniform numbers. The number
    of dimensions is estimated from the other neighbours.

    Source: Levina and Bickel, "Maximum likelihood estimation of intrinsic dimension" (2004).
    """
    others, last = distances[:, 1:-1], distances[:, -1:]
    is_apart = (others > ZERO).all(axis=1)
    if not is_apart.any():
        return 0.0
    spread = np.log(last[is_apart] / others[is_apart]).mean()
    chance = BY_CHANCE / (NUM_NEIGHBOURS - 1)
    return float(min(NEAR, chance ** (spread / WITHOUT_NEAREST)))


def _points(data: DataFacts) -> np.ndarray:
    """Return the columns of numbers with many values in units of their spread, ``(N, K)``."""
    known = [name for name, column in data.columns.items() if not np.isnan(column).any()]
    columns = [data.columns[name] for name in known if name in data.numbers]
    varied = [column for column in columns if len(np.unique(column)) > FEW_VALUES]
    if len(varied) <= MIN_DIMENSIONS:  # equal values leave too few dimensions
        varied = [c for c in varied if len(np.unique(c)) > MIN_DISTINCT * len(c)]
    if not varied:
        return np.empty((len(data.examples.targets), 0))
    return np.column_stack([_in_spreads(column) for column in varied])


def _in_spreads(column: np.ndarray) -> np.ndarray:
    low, high = np.percentile(column, [25, 75])
    scaled: np.ndarray = column / ((high - low) or np.std(column))
    return scaled
