"""Whether a column of a table gives the target away: a copy, its intervals, or a sum of parts."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# With fewer rows, or fewer rows per value, a column may determine the target by chance.
MIN_ROWS, MIN_ROWS_PER_VALUE = 20, 5
EXACT = 1 - 1e-6
# No two quantities that are measured apart agree so closely.
COPY = 0.999
# Classes whose means lie about 14 deviations apart; petals of irises lie 8 apart.
CLASS_COPY = 0.98
# Classes may lie far apart in all columns; a copy has far less variance within them than another.
STANDS_OUT = 0.2
# A cut between classes that lie closer together than this part of the range was made, not found.
MAX_GAP = 0.05
MAX_PARTS = 50
# Weights of parts that may have been rounded.
NEARLY_EXACT, SAME_WEIGHT = 0.9999, 0.01
LAGS, SAME_ROWS = (1, 2, 3, 7, 12, 24), 0.9


def gives_away(
    column: np.ndarray, targets: np.ndarray, *, is_only: bool, best_other: float = 0.0
) -> str | None:
    """Return how a column gives the target away, or None if it does not.

    Args:
        column: Its values, ``(N,)``, none of them missing.
        targets: Class indices, or float values, ``(N,)``.
        is_only: Whether it is the only feature: its relation to the target may then be a law.
        best_other: The largest correlation ratio of a feature that is no copy of the class.
    """
    if len(column) < MIN_ROWS or np.ptp(column) == 0 or np.ptp(targets) == 0:
        return None
    if np.issubdtype(targets.dtype, np.floating):
        return _copies_number(column, targets, is_only=is_only)
    if _determines_class(column, targets):
        return "alone determines"
    ratio = correlation_ratio(column, targets)
    if ratio > CLASS_COPY and 1 - ratio < STANDS_OUT * (1 - best_other):
        return f"is a noisy copy of (correlation ratio {ratio:.4f} with)"
    return None


def _copies_number(column: np.ndarray, targets: np.ndarray, *, is_only: bool) -> str | None:
    strength = correlation(column, targets)
    if strength > EXACT or _is_banded(column, targets) or _is_mapped(column, targets):
        return "alone determines"
    ranked = correlation(_ranks(column), _ranks(targets))
    if not is_only and max(strength, ranked) > COPY:
        return f"is nearly a copy of (correlation {max(strength, ranked):.4f} with)"
    return None


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the absolute value of Pearson's correlation; 0 if either column is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(abs(np.corrcoef(first, second)[0, 1]))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return mean ranks, which equal values share."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: np.ndarray = (ends - (counts - 1) / 2)[inverse]
    return ranks


def _is_mapped(column: np.ndarray, targets: np.ndarray) -> bool:
    """Return whether each of a few values maps to a single target."""
    pairs = np.unique(np.column_stack([column, targets]), axis=0)
    is_function = len(np.unique(column)) == len(pairs)
    return is_function and len(targets) >= MIN_ROWS_PER_VALUE * len(pairs)


def _is_banded(column: np.ndarray, targets: np.ndarray) -> bool:
    """Return whether the values are intervals of the target, as deciles are."""
    values, inverse, counts = np.unique(column, return_inverse=True, return_counts=True)
    if not 3 <= len(values) <= len(column) / MIN_ROWS_PER_VALUE:
        return False
    order = np.argsort(inverse, kind="stable")
    parts = np.split(targets[order], np.cumsum(counts)[:-1])
    lows, highs = [part.min() for part in parts], [part.max() for part in parts]
    rising = all(high <= low for high, low in zip(highs, lows[1:], strict=False))
    return rising or all(low >= high for low, high in zip(lows, highs[1:], strict=False))


def _determines_class(column: np.ndarray, targets: np.ndarray) -> bool:
    """Return whether each value, or each interval of dense values, belongs to a single class.

    Classes may lie apart by nature, with a gap between them. A limit that divides values that lie
    close together is how the classes were made.
    """
    pairs = np.unique(np.column_stack([column, targets]), axis=0)
    if len(np.unique(column)) < len(pairs):
        return False  # one value, two classes
    changes = np.diff(pairs[:, 1]) != 0
    num_changes = int(changes.sum())
    if num_changes == len(np.unique(targets)) - 1 and num_changes:
        gaps = np.diff(pairs[:, 0])[changes] / np.ptp(column)
        is_dense = len(targets) >= MIN_ROWS_PER_VALUE * (num_changes + 1) and gaps.max() < MAX_GAP
        return is_dense or len(pairs) == num_changes + 1 or _is_zero_elsewhere(pairs)
    return len(targets) >= MIN_ROWS_PER_VALUE * len(pairs)


def _is_zero_elsewhere(pairs: np.ndarray) -> bool:
    """Return whether one class has a single value, and the other many, as a sum repaid has."""
    _, counts = np.unique(pairs[:, 1], return_counts=True)
    return len(counts) == 2 and counts.min() == 1 and counts.max() >= MIN_ROWS


def correlation_ratio(column: np.ndarray, targets: np.ndarray) -> float:
    """Return the part of the variance of a column that its class explains."""
    counts = np.bincount(targets)
    sums = np.bincount(targets, weights=column)
    means = np.divide(sums, counts, where=counts > 0, out=np.zeros(len(counts)))
    within = column - means[targets]
    return float(1 - np.square(within).mean() / np.var(column))


def parts_of(
    columns: Mapping[str, np.ndarray], targets: np.ndarray
) -> tuple[list[str], str] | None:
    """Return the columns whose sum, mean or product the target is, and the word for it.

    Args:
        columns: Numbers, none of them missing.
        targets: ``(N,)`` float.
    """
    rows = len(targets)
    if rows < MIN_ROWS or not 2 <= len(columns) <= min(MAX_PARTS, rows // 3):
        return None
    found = _equal_weights(columns, targets)
    if found is not None:
        names, weight = found
        return names, "sum" if abs(weight - 1) < SAME_WEIGHT else f"{weight:.3g} x the sum"
    positive = {name: column for name, column in columns.items() if (column > 0).all()}
    if len(positive) < 2 or (targets <= 0).any():
        return None
    logs = {name: np.log(column) for name, column in positive.items()}
    product = _equal_weights(logs, np.log(targets))
    return (product[0], "product") if product and abs(product[1] - 1) < SAME_WEIGHT else None


def _equal_weights(
    columns: Mapping[str, np.ndarray], targets: np.ndarray
) -> tuple[list[str], float] | None:
    """Return the columns that add up to the target with equal weights but for signs."""
    names = [name for name, column in columns.items() if np.ptp(column) > 0]
    if len(names) < 2 or np.ptp(targets) == 0:
        return None
    scaled = np.column_stack([columns[name] - columns[name].mean() for name in names])
    spread = scaled.std(axis=0)
    centred = targets - targets.mean()
    if not (np.isfinite(scaled / spread).all() and np.isfinite(centred).all()):
        return None
    fitted, *_ = np.linalg.lstsq(scaled / spread, centred, rcond=None)
    if np.var(centred - scaled / spread @ fitted) > (1 - NEARLY_EXACT) * np.var(centred):
        return None
    weights, effects = fitted / spread, abs(fitted) / centred.std()
    used = list(itertools.compress(range(len(names)), effects > SAME_WEIGHT))
    size = float(abs(weights[used]).mean()) if used else 0.0
    if len(used) < 2 or (abs(abs(weights[used]) - size) > SAME_WEIGHT * size).any():
        return None
    return [names[i] for i in used], size


def shifted_copies(columns: Mapping[str, np.ndarray], targets: np.ndarray) -> Iterator[str]:
    """Yield the columns that hold the target of an earlier or later row, as lags do."""
    if len(targets) < MIN_ROWS or len(np.unique(targets)) < MIN_ROWS / 2:
        return
    for name, column in columns.items():
        for lag in LAGS:
            if len(targets) < lag + MIN_ROWS:
                break
            matches = max(
                (column[lag:] == targets[:-lag]).mean(), (column[:-lag] == targets[lag:]).mean()
            )
            if matches > SAME_ROWS:
                yield name
                break
