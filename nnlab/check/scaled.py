"""Columns whose numbers were scaled over all rows of a table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

# A column with fewer values is coded, such as -1 and +1.
MIN_VALUES = 10
# Over all rows, a scaler fitted on a training split is off by about 1 / sqrt(N).
TOLERANCE = 1e-3
# A single column may have such limits by nature.
MIN_SHARE, MIN_COLUMNS = 0.5, 2


def scaled_columns(columns: Mapping[str, np.ndarray]) -> tuple[list[str], str] | None:
    """Return the columns that were scaled, and how they look; None if none was.

    Args:
        columns: Numbers of all rows, by name, without missing ones.
    """
    varied = {name: c for name, c in columns.items() if len(np.unique(c)) >= MIN_VALUES}
    standardised = [name for name, column in varied.items() if _is_standardised(column)]
    if standardised:
        return standardised, "mean 0 and standard deviation 1"
    fine = {name: column for name, column in varied.items() if not _is_grid(column)}
    least = max(MIN_COLUMNS, MIN_SHARE * len(fine))
    # Whole ends, for the lags of a series have the same ends, too.
    limits = {name: (float(c.min()), float(c.max())) for name, c in fine.items()}
    ends = {n: (low, high) for n, (low, high) in limits.items() if _are_whole(low, high)}
    counts = Counter(ends.values()).most_common(1)
    if counts and counts[0][1] >= least:
        (low, high), _ = counts[0]
        same = [name for name, pair in ends.items() if pair == (low, high)]
        return same, f"minimum {low:g} and maximum {high:g}"
    for words, is_scaled in SCALINGS.items():
        found = [name for name, column in fine.items() if is_scaled(column)]
        if len(found) >= least:
            return found, words
    return None


def _are_whole(*values: float) -> bool:
    return all(abs(value - round(value)) < TOLERANCE / 100 for value in values)


def _is_grid(column: np.ndarray) -> bool:
    """Return whether most multiples of a power of ten are there, as of a share in percent.

    Such columns reach their ends by rounding, not by scaling.
    """
    values = np.unique(column)
    step = np.diff(values).min()
    power = np.power(10.0, np.round(np.log10(step)))
    is_decimal = abs(step / power - 1) < TOLERANCE
    return bool(is_decimal and len(values) > MIN_SHARE * np.ptp(values) / step)


def _is_standardised(column: np.ndarray) -> bool:
    if abs(np.mean(column)) >= TOLERANCE:
        return False
    # Scalers divide by N, statistics software by N - 1.
    return any(abs(np.std(column, ddof=ddof) - 1) < TOLERANCE for ddof in (0, 1))


def _are(*pairs: tuple[float, float]) -> bool:
    return all(abs(value - wanted) < TOLERANCE / 10 for value, wanted in pairs)


def _is_robust(column: np.ndarray) -> bool:
    low, middle, high = np.percentile(column, [25, 50, 75])
    return _are((middle, 0), (high - low, 1))


def _has_length_1(column: np.ndarray) -> bool:
    return abs(np.mean(column)) < TOLERANCE * np.std(column) and _are((np.square(column).sum(), 1))


SCALINGS = {
    "the largest absolute value 1": lambda column: _are((abs(column).max(), 1)),
    "median 0 and interquartile range 1": _is_robust,
    "mean 0 and length 1": _has_length_1,
}
