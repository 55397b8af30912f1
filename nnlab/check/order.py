"""The order of a table's rows: sorted by a column, or in time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from nnlab.check.leaks import correlation, shifted_copies
from nnlab.check.left_out import left_out_columns
from nnlab.data.columns.row_numbers import WORDS

if TYPE_CHECKING:
    from nnlab.check.data_facts import DataFacts
    from nnlab.config.dataset_base import DatasetConfig

TIMES = {
    "time", "times", "timestamp", "date", "dates", "datetime", "day", "days", "hour", "hours",
    "minute", "minutes", "second", "seconds", "week", "weeks", "month", "months", "quarter", "year",
    "years", "t", "ts", "tick", "ticks", "step", "steps", "period", "epoch", "datum", "zeit", "tag",
    "jahr", "monat", "woche", "stunde",
}  # fmt: skip
TIME_PART = re.compile(r"(date|time|datetime|timestamp|stamp)$")
MIN_ROWS = 20
# Times are different in most rows; the hour of a day or the year of a car is not.
DISTINCT = 0.9
# The correlation of a target with the one before it that rows without memory hardly reach.
MEMORY, MIN_DEVIATIONS = 0.3, 4
# Dates in another order than the rows may be qualities, such as the year of a house.
STRONG_MEMORY = 0.7


def is_time(name: str) -> bool:
    """Return whether a column is called like a time."""
    words = [word.casefold() for word in WORDS.findall(name)]
    return any(word in TIMES or TIME_PART.search(word) for word in words)


def sorted_by(data: DataFacts) -> str | None:
    """Return the column by which the rows are sorted, or None; a time series is in order."""
    targets = data.examples.targets
    if time_column(data) is not None:
        return None
    if data.examples.class_names and _is_in_blocks(targets):
        return "class"
    if _is_monotone(targets):
        return "the target"
    return next((name for name, c in data.columns.items() if _is_monotone(c)), None)


def _is_monotone(column: np.ndarray) -> bool:
    steps = np.diff(column[~np.isnan(column)])
    return bool(steps.any()) and bool((steps >= 0).all() or (steps <= 0).all())


def _is_in_blocks(targets: np.ndarray) -> bool:
    """Return whether the rows of each class lie together, in any order of the classes."""
    num_blocks = 1 + int((np.diff(targets) != 0).sum())
    return len(targets) >= MIN_ROWS and num_blocks == len(np.unique(targets))


def time_column(data: DataFacts) -> str | None:
    """Return the feature that says when each row was taken, or None."""
    kinds = {column.name: column.kind for column in data.examples.columns}
    for name, column in data.columns.items():
        is_date = kinds.get(name) == "date"
        is_called_so = kinds.get(name, "number") == "number" and is_time(name)
        if (is_date or is_called_so) and _tells_time(column, is_date=is_date):
            return name
    return None


def _tells_time(column: np.ndarray, *, is_date: bool) -> bool:
    if np.isnan(column).any() or len(column) < MIN_ROWS:
        return False
    is_distinct = len(np.unique(column)) > DISTINCT * len(column)
    return is_date or is_distinct or _is_monotone(column)


def why_series(dataset: DatasetConfig, data: DataFacts) -> str | None:
    """Return why the rows are a time series whose neighbours are alike, or None if they are not."""
    targets = data.examples.targets.astype(np.float64)
    whole = {name: c for name, c in data.columns.items() if not np.isnan(c).any()}
    lagged = next(shifted_copies(whole, targets), None)
    if lagged is not None:
        return f"the column {lagged} is the target of another row"
    name, times = time_column(data), None
    if name is not None:
        times = data.columns[name]
    else:
        name, times = next(left_out_columns(dataset, data, "time", is_time), (None, None))
    if times is None or not _tells_time(times, is_date=True):
        return None
    memory = _memory(times, targets)
    least = MEMORY if _is_monotone(times) else STRONG_MEMORY
    if memory < max(least, MIN_DEVIATIONS / np.sqrt(len(targets))):
        return None
    return f"by {name}, each row is like the one before it (correlation of the target {memory:.2f})"


def _memory(times: np.ndarray, targets: np.ndarray) -> float:
    """Return the correlation of a target with the one before it; of equal times, the mean target."""
    _, inverse, counts = np.unique(times, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=targets) / counts
    return correlation(means[1:], means[:-1]) if len(means) >= MIN_ROWS else 0.0
