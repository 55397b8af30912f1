"""The interval of one contender's metric, which stays in the range of the metric."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from nnlab.comparison.intervals import LEVEL, Interval
from nnlab.metrics import is_fraction, limits_of
from nnlab.runs.uncertainty import QUANTILE, wilson_interval

if TYPE_CHECKING:
    from nnlab.comparison.intervals import BySource

# A fraction that is closer to 0 or 1 is there, but for rounding.
ROUNDING = 1e-12
TINY = 1e-12
# The exponential of more is no longer finite.
MOST = 700.0


def interval_in_range(metric: str, uncertainty: BySource, size: tuple[int, int]) -> Interval | None:
    """Return the 95 % interval of a metric; None if its spread is unknown at the end of its range.

    Args:
        metric: Its name.
        uncertainty: Its mean and variances.
        size: Number of seeds, and of examples.
    """
    mean, half_width = uncertainty.mean, uncertainty.half_width(1 - LEVEL)
    low, high = limits_of(metric)
    if is_fraction(metric):
        return _of_fraction(mean, half_width, *size)
    if high < sys.float_info.max:
        found = _of_positive(high - mean, half_width)
        return found and Interval(high - found.high, high - found.low)
    if low > -sys.float_info.max:
        found = _of_positive(mean - low, half_width)
        return found and Interval(low + found.low, low + found.high)
    return Interval(mean - half_width, mean + half_width)


def _of_fraction(mean: float, half_width: float, num_seeds: int, num_examples: int) -> Interval:
    """Return the score interval of a fraction.

    Source: the effective number of examples of Korn and Graubard, "Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data" (1998). At
    most every answer of every seed is an example of its own; where all are right, or all are wrong,
    seeds add nothing.

    Args:
        mean: The fraction.
        half_width: Half-width of its symmetric interval.
        num_seeds: Seeds of the mean.
        num_examples: Examples of each.
    """
    mean = min(max(mean, 0.0), 1.0)
    number: float = num_examples
    if min(mean, 1 - mean) > ROUNDING:
        effective = mean * (1 - mean) * (QUANTILE / max(half_width, TINY)) ** 2
        number = max(min(effective, num_examples * num_seeds), TINY)
    low, high = wilson_interval(mean, number)
    return Interval(min(low, mean), max(high, mean))


def _of_positive(mean: float, half_width: float) -> Interval | None:
    """Return the interval of a positive number that is symmetric in its logarithm."""
    if mean <= 0:
        return None
    factor = math.exp(min(half_width / mean, MOST))
    return Interval(mean / factor, min(mean * factor, sys.float_info.max))
